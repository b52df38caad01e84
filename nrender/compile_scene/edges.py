"""The edges in view: of the mesh, and the lines on it where a checkerboard jumps."""

from __future__ import annotations

import numpy as np

from ..boundary import Edges
from ..device import Width
from ..geometry.edges import allot, importance, sides, topology, visible_edges
from ..geometry.pairs import places
from ..geometry.texture_lines import checker_edges, uv_seams
from ..params import Layout
from ..scene import Scene
from ..scene.models import Checkerboard, textures_of
from ..tables import FACE, FACE_EMISSION, FACE_MATERIAL, Tables
from .mesh import Mesh
from .rows import face_uvs


def edges_of(
    scene: Scene,
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
    geometry = place.geometry
    points = values[: geometry.size].reshape(-1, 3)
    vertices = points[: geometry.vertices]
    camera = values[place.view.start : place.view.start + 12]
    ends, share, left, right = topology(vertices, mesh.faces)
    look = tables.faces.reshape(-1, FACE)[:, [FACE_MATERIAL, FACE_EMISSION]]
    weight = importance(vertices, mesh.faces, left, right, look, camera[:3])
    weight = np.where(_jumps(scene, place, vertices, mesh.faces, left, right), 1.0, weight)
    ends = np.hstack([ends, sides(vertices, mesh.faces, left, right, camera[:3])])
    for name, lines in geometry.lines.items():
        face = lines.face[::2] + geometry.faces[name].start
        start = geometry.points[name].start + 2 * np.arange(len(face))
        ends = np.concatenate([ends, np.stack([start, start + 1, face, face], axis=1)])
        share, weight = (np.concatenate([x, np.ones(len(face))]) for x in (share, weight))
    ends, clip, lengths = visible_edges(points, ends, share, weight, camera, size)
    if not lengths.sum() > 0.0:
        return None
    first, spacing = allot(lengths, samples, np.random.default_rng([seed & 0xFFFFFFFF, 1]).random())
    return Edges(
        np.ascontiguousarray(ends, np.int32),
        np.ascontiguousarray(clip, width.literal),
        first,
        width.literal(spacing),
    )


def _jumps(
    scene: Scene, place: Layout, vertices: np.ndarray, faces: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """(E,) at which edges a texture does not go on, though the faces are in one plane."""
    out = np.zeros(len(left), bool)
    shapes = {name: shape for name, shape in scene.shapes.items() if shape.uvs is not None}
    textured = {name: textures_of(shape, scene.materials) for name, shape in shapes.items()}
    if not any(textured.values()):
        return out
    uv, matched = face_uvs(scene), places(vertices)[faces]
    for name, found in textured.items():
        if not found:
            continue
        of = place.geometry.faces[name]
        own = np.flatnonzero((left >= of.start) & (left < of.stop))
        two = left[own], right[own]
        out[own] |= uv_seams(matched, uv, *two)
        for board in found:
            if isinstance(board, Checkerboard):
                out[own] |= checker_edges(matched, uv, board.scale, board.offset, *two)
    return out
