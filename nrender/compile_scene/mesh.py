"""The faces of a scene and the tree over them. The trees and the edges' topology of the last meshes are kept, so that
an optimizer's next scene only refits and reweighs them; so are the tables that a mesh has in a scene, by what they are
made from: if only a colour has changed, all else is the same arrays, and on a GPU already."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from ..device import Width
from ..errors import Problem, SceneError
from ..geometry.compressed import compress, nothing
from ..geometry.refitted import GROWN, Refitted, Words
from ..geometry.tree import Tree, build, corners_of, extent_of, refit
from ..params import Layout
from ..scene import Scene

KEPT = 4  # meshes whose trees are kept
T = TypeVar("T")
REFIT_FROM = 4096  # faces: below, a new tree costs nothing


@dataclass
class Mesh:
    """All faces of a scene. parts: the shapes' face arrays, held so that their ids stay theirs; crossing: the names of
    shapes that pass through each other, once that is asked for; trees: the last one and its extent, by `together`;
    words: those of the last one that a device refits; made: the last tables by name, with what they were made from."""

    parts: tuple[np.ndarray, ...]
    faces: np.ndarray
    trees: dict[int, tuple[Tree, float]] = field(default_factory=dict)
    words: Words | None = None
    crossing: list[tuple[str, str]] | None = None
    made: dict[str, tuple[tuple[Any, ...], Any]] = field(default_factory=dict)

    def again(self, name: str, source: tuple[Any, ...], make: Callable[[], T]) -> T:
        """make(), or what it gave the last time if `source`, numbers and arrays, is the same."""
        with _lock:
            before, made = self.made.get(name, ((), None))
        if len(before) != len(source) or not all(map(np.array_equal, before, source)):
            made = make()
            with _lock:
                self.made[name] = source, made
        return made


_meshes: OrderedDict[tuple[int, ...], Mesh] = OrderedDict()
_lock = Lock()


def mesh_of(scene: Scene, place: Layout) -> Mesh:
    if not scene.shapes:
        raise SceneError([Problem(*scene.where("shapes"), "", "shapes", "expected at least one shape, got none")])
    parts = tuple(shape.faces for shape in scene.shapes.values())
    key = tuple(map(id, parts))
    with _lock:
        if key not in _meshes:
            offset = [place.geometry.rows[name].start for name in scene.shapes]
            faces = np.concatenate([f + o for f, o in zip(parts, offset, strict=True)]).astype(np.int32)
            _meshes[key] = Mesh(parts, faces)
        _meshes.move_to_end(key)
        while len(_meshes) > KEPT:
            _meshes.popitem(last=False)
        return _meshes[key]


def tree_of(mesh: Mesh, vertices: np.ndarray, together: int) -> Tree:
    """A tree for the mesh as it is now; together: as for `build`. The nearest hit does not depend on the tree, so
    refitting changes no image."""
    if len(mesh.faces) < REFIT_FROM:
        return build(vertices, mesh.faces, together)
    with _lock:
        old, extent = mesh.trees.get(together, (None, 0.0))
    if old is not None:
        tree = refit(old, vertices, mesh.faces)
        if extent_of(tree) < GROWN * extent:
            return tree
    tree = build(vertices, mesh.faces, together)
    with _lock:
        mesh.trees[together] = tree, extent_of(tree)
    return tree


def tree_tables(mesh: Mesh, vertices: np.ndarray, width: Width) -> dict[str, Any]:
    """The tree as the width's walk reads it: in one form, with nothing in the other."""
    return mesh.again(f"tree, {width.name}", (vertices,), lambda: _tree_tables(mesh, vertices, width))


def _tree_tables(mesh: Mesh, vertices: np.ndarray, width: Width) -> dict[str, Any]:
    if width.together == 1:
        real, word = np.zeros(1, np.float32), np.zeros(1, np.int32)
        words = _words(mesh, vertices, width)
        return {"nodes": real, "links": word, "order": word, "corners": real, "compressed": words}
    tree = tree_of(mesh, vertices, width.together)
    return {
        "nodes": tree.nodes.astype(width.literal, copy=False),
        "links": tree.links,
        "order": tree.order,
        "corners": corners_of(tree, vertices, mesh.faces, width.literal),
        "compressed": nothing(),
    }


def _words(mesh: Mesh, vertices: np.ndarray, width: Width) -> np.ndarray | Refitted:
    """The compressed tree; where the device refits it, and has one of the same mesh, only how."""
    if not width.refits or len(mesh.faces) < REFIT_FROM:
        return compressed(tree_of(mesh, vertices, 1))
    with _lock:
        last = mesh.words
    if last is None:
        return _new_words(mesh, vertices).words
    return Refitted(last, lambda: _new_words(mesh, vertices))


def _new_words(mesh: Mesh, vertices: np.ndarray) -> Words:
    tree = build(vertices, mesh.faces, 1)
    words = Words(compressed(tree), tuple(tree.levels.tolist()), extent_of(tree))
    with _lock:
        mesh.words = words
    return words


def compressed(tree: Tree) -> np.ndarray:
    return compress(tree.nodes, tree.links, tree.corners, tree.order)
