"""The edges in view: of the mesh, and the lines on it where a checkerboard jumps."""

from __future__ import annotations

import numpy as np

from ..boundary.lights import EmitterTable
from ..boundary.plan import Boundary, Visible, clusters
from ..boundary.segment import EVERY
from ..camera.arrays import Lens
from ..camera.kinds import BENT, ORTHOGRAPHIC, THINLENS
from ..device import Width
from ..geometry.edge_tree import build
from ..geometry.edges import Defocus, importance, seen_from, sides, topology, visible_edges
from ..geometry.pairs import places
from ..geometry.texture_lines import checker_edges, uv_seams
from ..geometry.wedges import wedges
from ..params import Layout
from ..pixel_filter import POINT, limits
from ..scene import Scene
from ..scene.models import Checkerboard, Texture, Textured, textures_of
from ..tables import FACE, FACE_EMISSION, FACE_MATERIAL, alias_table
from .compiled import Compiled
from .curves import curved_edges
from .rows import face_uvs

ROUGH = 0.35  # surfaces that are less rough are not connected to the eye: boundary/mirrored.py


def boundary_of(scene: Scene, compiled: Compiled, size: tuple[int, int], width: Width) -> Boundary:
    """Without shadows only what is in view is looked for."""
    place, values, mesh, tables, power = compiled
    vertices = values[: 3 * place.geometry.vertices].reshape(-1, 3)
    edges, measure, cluster = None, np.zeros(0), np.zeros(1, np.int32)
    found = wedges(vertices, mesh.faces) if tables.shadows else None
    if found is not None and len(found.span):
        edges = build(vertices, found, width.literal)
        a, b = vertices[edges.ends.reshape(-1, 2)].transpose(1, 0, 2)
        measure = np.linalg.norm(b - a, axis=1) * edges.share * edges.span
        cluster = clusters(measure)
    chance, threshold, other = alias_table(power if power.any() else np.ones(1))
    chances: np.ndarray = np.stack([chance, threshold], axis=1).reshape(-1).astype(width.literal)
    emitters = EmitterTable(chances, other.astype(np.int32))
    visible = visible_of(scene, compiled, size, width)
    rough = ROUGH if least_roughness(scene) < ROUGH else 0.0
    if tables.filter == POINT:
        rough = EVERY
    return Boundary(visible, edges, measure, cluster, emitters, tables.light_count > 0, rough)


def least_roughness(scene: Scene) -> float:
    """Of all materials, 1 if none has a lobe."""
    least = 1.0
    for material in scene.materials.values():
        value = material.values.get("roughness")
        if isinstance(value, Texture):
            least = min(least, float(value.image.min()))
        elif isinstance(value, Checkerboard):
            least = min(least, float(np.min(value.a)), float(np.min(value.b)))
        elif isinstance(value, Textured):
            return 0.0  # vertex colours, which may be anything
        elif value is not None:
            least = min(least, float(np.min(value)))
    return least


def visible_of(
    scene: Scene, compiled: Compiled, size: tuple[int, int], width: Width, every: bool = False
) -> Visible | None:
    """The edges across which the picture may jump, None if there is none, or if pixels are points, over which an edge
    goes at once. every: it may jump across any edge."""
    place, values, mesh, tables, _ = compiled
    if tables.filter == POINT:
        return None
    geometry = place.geometry
    points = values[: geometry.size].reshape(-1, 3)
    vertices = points[: geometry.vertices]
    camera, kind = values[place.view.start : place.view.start + 12], place.view.kind
    eye = np.append(-camera[9:12], 0.0) if kind == ORTHOGRAPHIC else np.append(camera[:3], 1.0)
    ends, share, left, right = topology(vertices, mesh.faces)
    look = tables.faces.reshape(-1, FACE)[:, [FACE_MATERIAL, FACE_EMISSION]]
    lens, defocus = _lens(values[place.view.start :], kind)
    seen = seen_from(vertices, mesh.faces, eye, lens)
    weight = importance(seen, left, right, look)
    weight = np.where(every or _jumps(scene, place, vertices, mesh.faces, left, right), 1.0, weight)
    ends = np.hstack([ends, sides(seen, left, right)])
    for name, lines in geometry.lines.items():
        face = lines.face[::2] + geometry.faces[name].start
        start = geometry.points[name].start + 2 * np.arange(len(face))
        ends = np.concatenate([ends, np.stack([start, start + 1, face, face], axis=1)])
        share, weight = (np.concatenate([x, np.ones(len(face))]) for x in (share, weight))
    if kind >= BENT:
        bent = Lens(values, place.view.start, kind)
        ends, clip, lengths = curved_edges(points, ends, share, weight, bent, size, limits(tables))
    else:
        parallel = kind == ORTHOGRAPHIC
        ends, clip, lengths = visible_edges(
            points, ends, share, weight, camera, size, parallel, limits(tables), defocus
        )
    if not lengths.sum() > 0.0:
        return None
    return Visible(np.ascontiguousarray(ends, np.int32), np.ascontiguousarray(clip, width.literal), lengths)


def _lens(camera: np.ndarray, kind: int) -> tuple[np.ndarray | None, Defocus | None]:
    """(the radii of a thin lens, what it does to the picture), unless it is a point. camera: its numbers in theta."""
    if kind != THINLENS:
        return None, None
    right, up = camera[3:6], camera[6:9]
    lens, turn = camera[12:18].reshape(2, 3), camera[18:21]
    radius = np.linalg.norm(lens, axis=1)
    focus = radius[0] / np.linalg.norm(turn) if radius[0] > 0.0 else 1.0  # where nothing is moved
    return lens, Defocus(radius[0] / float(np.linalg.norm(right)), radius[1] / float(np.linalg.norm(up)), focus)


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
