"""A scene's tables for the kernels, and its edges. The tree and the edges' topology of the last meshes are kept, so
that an optimizer's next scene only refits and reweighs them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np

from .boundary import Edges
from .bsdf import MODELS, transmits
from .device import Width
from .errors import Problem, SceneError
from .geometry.build import build, refit
from .geometry.edges import allot, importance, sides, topology, visible_edges
from .light import FACE, KINDS
from .params import BLACK, Layout, layout, theta
from .scene import Light, Scene
from .tables import Tables, alias_table
from .unrendered import refuse_unrendered

KEPT = 4  # meshes whose trees are kept
REFIT_FROM = 4096  # faces: below, a new tree costs nothing


@dataclass
class Mesh:
    """All faces of a scene. `parts`: the shapes' face arrays, held so that their ids stay theirs."""

    parts: tuple[np.ndarray, ...]
    faces: np.ndarray
    tree: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    extent: float = 0.0


_meshes: OrderedDict[tuple[int, ...], Mesh] = OrderedDict()
_lock = Lock()


def mesh_of(scene: Scene, place: Layout) -> Mesh:
    if not scene.shapes:
        raise SceneError([Problem(*scene.where("shapes"), "", "shapes", "expected at least one shape, got none")])
    parts = tuple(shape.faces for shape in scene.shapes.values())
    key = tuple(map(id, parts))
    with _lock:
        if key not in _meshes:
            offset = [place.rows[name].start for name in scene.shapes]
            faces = np.concatenate([f + o for f, o in zip(parts, offset, strict=True)]).astype(np.int32)
            _meshes[key] = Mesh(parts, faces)
        _meshes.move_to_end(key)
        while len(_meshes) > KEPT:
            _meshes.popitem(last=False)
        return _meshes[key]


def tree_of(mesh: Mesh, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A tree for the mesh as it is now. The nearest hit does not depend on the tree, so refitting changes no image."""
    if len(corners) < REFIT_FROM:
        return build(corners)
    with _lock:
        old, extent = mesh.tree, mesh.extent
    if old is not None:
        nodes = refit(*old, corners)
        if _extent(nodes) < 1.5 * extent:
            return nodes, old[1], old[2]
    tree = build(corners)
    with _lock:
        mesh.tree, mesh.extent = tree, _extent(tree[0])
    return tree


def _extent(nodes: np.ndarray) -> float:
    """Surface of all boxes over that of the root's: what a traversal costs, roughly."""
    box = nodes.reshape(-1, 2, 2, 3)
    size = np.maximum(box[:, :, 1] - box[:, :, 0], 0.0)
    area = size[..., 0] * size[..., 1] + size[..., 1] * size[..., 2] + size[..., 2] * size[..., 0]
    return float(area.sum() / max(area[0].sum(), 1e-300))


def compile_scene(scene: Scene, camera: str, width: Width) -> tuple[Layout, np.ndarray, Mesh, Tables]:
    """(layout, theta in float64, mesh, tables in the width's Real)."""
    refuse_unrendered(scene)
    place = layout(scene)
    values = theta(scene, place, camera)
    mesh = mesh_of(scene, place)
    corners = values[: place.camera].reshape(-1, 3)[mesh.faces]
    nodes, links, order = tree_of(mesh, corners)
    material, emission, two_sided, power = _face_tables(scene, place, corners)
    lights, kinds_of_light, chances, threshold, alias = _emitters(scene, place, corners, emission, power)
    chance = np.zeros(len(mesh.faces))
    chance[lights[kinds_of_light == FACE]] = chances[kinds_of_light == FACE]
    offsets = np.array(list(place.materials.values()))
    names = list(MODELS)
    models = [BLACK if name is None else scene.materials[name].type for name in place.materials]
    kinds = np.array([names.index(model) for model in models])
    transmitting = np.array([transmits(MODELS[model]) for model in models])

    def reals(x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x, width.literal).reshape(-1)

    def integers(x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x, np.int32).reshape(-1)

    tables = Tables(
        reals(values),
        integers(mesh.faces),
        integers(material),
        integers(emission),
        integers(two_sided),
        reals(chance),
        integers(offsets),
        integers(kinds),
        integers(transmitting),
        integers(lights),
        integers(kinds_of_light),
        reals(chances),
        reals(threshold),
        integers(alias),
        reals(nodes),
        integers(links),
        integers(order),
        reals(corners[order]),
        place.camera,
        place.background,
        len(lights) if chances.any() else 0,
        scene.integrator.max_depth,
    )
    return place, values, mesh, tables


def _emitters(
    scene: Scene, place: Layout, corners: np.ndarray, emission: np.ndarray, power: np.ndarray
) -> tuple[np.ndarray, ...]:
    """(face or offset, kind, probability, threshold, alias) of everything that next-event estimation can choose; one
    entry of probability 0 if there is nothing."""
    faces = np.flatnonzero(emission >= 0)
    names = list(place.lights)
    ids = np.concatenate([faces, [place.lights[name] for name in names]]).astype(np.int64)
    light_kinds = [KINDS[scene.lights[name].type] for name in names]
    kinds = np.concatenate([np.full(len(faces), FACE), light_kinds]).astype(np.int64)
    weights = np.concatenate([power[faces], [_light_power(scene.lights[name], corners) for name in names]])
    if not len(ids):
        return np.zeros(1, np.int64), np.full(1, FACE), np.zeros(1), np.ones(1), np.zeros(1)
    if not weights.sum() > 0.0:
        weights = np.ones(len(ids))
    return ids, kinds, *alias_table(weights)


def _light_power(light: Light, corners: np.ndarray) -> float:
    """Of a light without size, over pi, on the scale of `_face_tables`' (twice area times radiance)."""
    if light.type == "directional":
        size = np.ptp(corners.reshape(-1, 3), axis=0)
        return float(light.values["irradiance"].sum() * (size @ size) / 2.0)
    share = 2.0
    if light.type == "spot":
        share = 1.0 - np.cos(np.radians(0.5 * float(light.values["cutoff"] + light.values["beam_width"])))
    return float(light.values["intensity"].sum() * 4.0 * share)


def _face_tables(scene: Scene, place: Layout, corners: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of each face: number of its material, offset of its emission, emits from both sides, power."""
    numbers = {name: k for k, name in enumerate(place.materials)}
    columns: list[tuple[int, int, int, float]] = []
    counts = []
    for name, shape in scene.shapes.items():
        radiance = 0.0 if shape.emission is None else float(shape.emission.sum())
        columns.append(
            (
                numbers[shape.material],
                place.emission.get(name, -1),
                int(shape.two_sided),
                radiance * (2 if shape.two_sided else 1),
            )
        )
        counts.append(len(shape.faces))
    material, emission, two_sided, brightness = (np.repeat(column, counts) for column in zip(*columns, strict=True))
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    lit = emission >= 0
    power = area * brightness
    return material, emission, two_sided, power if power[lit].sum() > 0.0 else area * lit


def edges_of(
    values: np.ndarray,
    place: Layout,
    mesh: Mesh,
    tables: Tables,
    size: tuple[int, int],
    samples: int,
    seed: int,
    width: Width,
) -> Edges | None:
    """The edges in view with `samples` allotted to them; None if there is none."""
    vertices = values[: place.camera].reshape(-1, 3)
    camera = values[place.camera : place.camera + 12]
    ends, share, left, right = topology(vertices, mesh.faces)
    look = np.stack([tables.face_material, tables.face_emission], axis=1)
    weight = importance(vertices, mesh.faces, left, right, look, camera[:3])
    ends = np.hstack([ends, sides(vertices, mesh.faces, left, right, camera[:3])])
    ends, clip, lengths = visible_edges(vertices, ends, share, weight, camera, size)
    if not lengths.sum() > 0.0:
        return None
    first, spacing = allot(lengths, samples, np.random.default_rng([seed & 0xFFFFFFFF, 1]).random())
    return Edges(
        np.ascontiguousarray(ends, np.int32),
        np.ascontiguousarray(clip, width.literal),
        first,
        width.literal(spacing),
    )
