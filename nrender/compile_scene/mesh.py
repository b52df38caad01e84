"""The faces of a scene and the tree over them. The trees and the edges' topology of the last meshes are kept, so that
an optimizer's next scene only refits and reweighs them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np

from ..errors import Problem, SceneError
from ..geometry.tree import Tree, build, extent_of, refit
from ..params import Layout
from ..scene import Scene

KEPT = 4  # meshes whose trees are kept
REFIT_FROM = 4096  # faces: below, a new tree costs nothing


@dataclass
class Mesh:
    """All faces of a scene. parts: the shapes' face arrays, held so that their ids stay theirs; crossing: the names of
    shapes that pass through each other, once that is asked for."""

    parts: tuple[np.ndarray, ...]
    faces: np.ndarray
    tree: Tree | None = None
    extent: float = 0.0
    crossing: list[tuple[str, str]] | None = None


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


def tree_of(mesh: Mesh, vertices: np.ndarray) -> Tree:
    """A tree for the mesh as it is now. The nearest hit does not depend on the tree, so refitting changes no image."""
    if len(mesh.faces) < REFIT_FROM:
        return build(vertices, mesh.faces)
    with _lock:
        old, extent = mesh.tree, mesh.extent
    if old is not None:
        tree = refit(old, vertices, mesh.faces)
        if extent_of(tree) < 1.5 * extent:
            return tree
    tree = build(vertices, mesh.faces)
    with _lock:
        mesh.tree, mesh.extent = tree, extent_of(tree)
    return tree
