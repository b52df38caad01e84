"""The geometry's part of theta: the shapes' vertices in world space; points on their triangles, the ends of the lines
where a checkerboard jumps; then corner normals, of the shapes that are not flat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..geometry.texture_lines import checker_lines
from ..geometry.vertex_normals import vertex_normals, vertex_normals_adj, vertex_normals_tan
from ..scene import Scene
from ..scene.models import Checkerboard, Shape, textures_of
from ..scene.transform import (
    world_normals,
    world_normals_adj,
    world_normals_tan,
    world_vertices,
    world_vertices_adj,
    world_vertices_tan,
)

MOST_LINES = 300_000  # of a shape's checkerboards: with more they are left out


class Lines(NamedTuple):
    """face: (2 n,) of the shape, weights: (2 n, 3) of its corners; points 2 k and 2 k + 1 are the ends of line k."""

    face: np.ndarray
    weights: np.ndarray


class Geometry:
    start = 0

    def __init__(self, scene: Scene):
        self.shapes = scene.shapes
        self.rows: dict[str, slice] = {}
        self.faces: dict[str, slice] = {}
        count = face = 0
        for name, shape in scene.shapes.items():
            self.rows[name] = slice(count, count + len(shape.vertices))
            self.faces[name] = slice(face, face + len(shape.faces))
            count, face = self.rows[name].stop, self.faces[name].stop
        self.vertices = count
        self.lines: dict[str, Lines] = {}
        self.points: dict[str, slice] = {}
        self.crowded: list[str] = []  # shapes with too many lines
        for name in scene.shapes:
            try:
                lines = lines_of(scene, name)
            except ValueError:
                self.crowded.append(name)
                continue
            if lines is not None:
                self.lines[name], self.points[name] = lines, slice(count, count + len(lines.face))
                count += len(lines.face)
        self.normals: dict[str, slice] = {}
        for name, shape in scene.shapes.items():
            if shape.normals != "flat":
                own = len(shape.vertices) if shape.normals == "smooth" else 3 * len(shape.faces)
                self.normals[name] = slice(count, count + own)
                count += own
        self.size = 3 * count

    def normal_offsets(self, name: str) -> np.ndarray:
        """(F, 3) offset in theta of each corner's normal; -1 if the shape is flat."""
        faces = self.shapes[name].faces
        if name not in self.normals:
            return np.full(faces.shape, -1)
        first = 3 * self.normals[name].start
        return first + 3 * (faces if self.shapes[name].normals == "smooth" else np.arange(faces.size).reshape(-1, 3))

    def fill(self, out: np.ndarray) -> None:
        rows = out.reshape(-1, 3)
        for name, shape in self.shapes.items():
            world = world_vertices(shape.vertices, shape.transform)
            rows[self.rows[name]] = world
            if name in self.lines:
                rows[self.points[name]] = _on_lines(self.lines[name], world, shape)
            if shape.normals == "smooth":
                rows[self.normals[name]] = vertex_normals(world, shape.faces)
            elif shape.normals == "file":
                rows[self.normals[name]] = world_normals(_corner_normals(shape), shape.transform).reshape(-1, 3)

    def push(self, directions: Mapping[str, np.ndarray], out: np.ndarray) -> None:
        rows = out.reshape(-1, 3)
        for name, shape in self.shapes.items():
            move = {key: directions[path] for path, key in _paths(name, shape).items() if path in directions}
            if not move:
                continue
            d_vertices = move.pop("vertices", None)
            d_world = world_vertices_tan(shape.vertices, shape.transform, d_vertices, move)
            rows[self.rows[name]] = d_world
            if name in self.lines:
                rows[self.points[name]] = _on_lines(self.lines[name], d_world, shape)
            if shape.normals == "smooth":
                world = world_vertices(shape.vertices, shape.transform)
                rows[self.normals[name]] = vertex_normals_tan(world, shape.faces, d_world)
            elif shape.normals == "file":
                d_normals = world_normals_tan(_corner_normals(shape), shape.transform, move)
                rows[self.normals[name]] = d_normals.reshape(-1, 3)

    def pull(self, gradient: np.ndarray, wrt: Sequence[str]) -> dict[str, np.ndarray]:
        rows = gradient.reshape(-1, 3)
        wanted, out = set(wrt), {}
        for name, shape in self.shapes.items():
            paths = _paths(name, shape)
            if wanted.isdisjoint(paths):
                continue
            g_world = rows[self.rows[name]]
            if name in self.lines:
                g_world = g_world + _on_lines_adj(self.lines[name], rows[self.points[name]], shape)
            if shape.normals == "smooth":
                world = world_vertices(shape.vertices, shape.transform)
                g_world = g_world + vertex_normals_adj(world, shape.faces, rows[self.normals[name]])
            g = world_vertices_adj(shape.vertices, shape.transform, g_world)
            if shape.normals == "file":
                g_normals = rows[self.normals[name]].reshape(-1, 3, 3)
                for key, more in world_normals_adj(_corner_normals(shape), shape.transform, g_normals).items():
                    g[key] = g[key] + more
            out.update({path: g[key] for path, key in paths.items() if path in wanted and key in g})
        return out


def _paths(name: str, shape: Shape) -> dict[str, str]:
    """The paths of what moves a shape -> keys of scene/transform.py."""
    keys = ["matrix"] if shape.transform.matrix is not None else ["translate", "rotate", "scale", "pivot"]
    return {f"shapes.{name}.vertices": "vertices", **{f"shapes.{name}.transform.{key}": key for key in keys}}


def _corner_normals(shape: Shape) -> np.ndarray:
    assert shape.corner_normals is not None
    return shape.corner_normals


def lines_of(scene: Scene, name: str) -> Lines | None:
    """The lines on a shape's triangles at which a checkerboard of its material or emission jumps. ValueError if there
    are too many."""
    shape = scene.shapes[name]
    if shape.uvs is None:
        return None
    boards = [value for value in textures_of(shape, scene.materials) if isinstance(value, Checkerboard)]
    if not boards:
        return None
    found = [checker_lines(shape.uvs, board.scale, board.offset, MOST_LINES) for board in boards]
    face, a, b = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Lines(np.repeat(face, 2), np.stack([a, b], axis=1).reshape(-1, 3))


def _on_lines(lines: Lines, vertices: np.ndarray, shape: Shape) -> np.ndarray:
    return np.asarray(np.einsum("nk,nkj->nj", lines.weights, vertices[shape.faces[lines.face]]))


def _on_lines_adj(lines: Lines, g: np.ndarray, shape: Shape) -> np.ndarray:
    out = np.zeros_like(shape.vertices)
    np.add.at(out, shape.faces[lines.face], lines.weights[:, :, None] * g[:, None, :])
    return out
