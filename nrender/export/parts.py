"""Shapes as triangles whose uvs and normals belong to vertices, as other formats have them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..scene.models import Shape, Transform
from ..scene.transform import cofactors, world_vertices


class Part(NamedTuple):
    """Local. vertices (N, 3), faces (M, 3); uvs (N, 2), normals (N, 3), unit, colors (N, 3), linear, or None.

    matrix: (4, 4), local to world. Where that mirrors, triangles and normals are turned over: other programs take the
    front from the local order."""

    vertices: np.ndarray
    faces: np.ndarray
    uvs: np.ndarray | None
    normals: np.ndarray | None
    colors: np.ndarray | None
    matrix: np.ndarray


def matrix_of(transform: Transform) -> np.ndarray:
    """(4, 4)"""
    origin = world_vertices(np.zeros((1, 3)), transform)[0]
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    matrix[:3, :3] = (world_vertices(np.eye(3), transform) - origin).T if transform.matrix is None else (
        transform.matrix[:, :3])
    return matrix


def part_of(shape: Shape) -> Part:
    """The vertices stay as they are, in their order, if every one has one uv and one normal; else they are split."""
    matrix = matrix_of(shape.transform)
    corners = shape.corner_normals if shape.normals == "file" else None
    if shape.normals == "smooth":
        corners = smooth_normals(shape, matrix)[shape.faces]
    faces, uvs = shape.faces, shape.uvs
    if np.linalg.det(matrix[:3, :3]) < 0:
        order = [0, 2, 1]
        faces = faces[:, order]
        uvs = None if uvs is None else uvs[:, order]
        corners = None if corners is None else -corners[:, order]
    given = [array.reshape(-1, array.shape[2]) for array in (uvs, corners) if array is not None]
    if not given:
        return Part(shape.vertices, faces, None, None, shape.colors, matrix)
    used = faces.reshape(-1)
    rows = np.column_stack([used, *given])
    _, first, inverse = np.unique(rows + 0.0, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    if len(first) == len(np.unique(used)):  # every vertex is one corner
        new, size, source = faces, len(shape.vertices), np.arange(len(shape.vertices))
    else:
        new, size, source = inverse.reshape(-1, 3), len(first), used[first]
    place = used[first] if new is faces else np.arange(size)

    def spread(array: np.ndarray | None, width: int, usual: tuple[float, ...]) -> np.ndarray | None:
        if array is None:
            return None
        out = np.tile(np.array(usual, dtype=np.float64), (size, 1))
        out[place] = array.reshape(-1, width)[first]
        return out

    return Part(shape.vertices[source], new, spread(uvs, 2, (0, 0)), spread(corners, 3, (0, 0, 1)),
                None if shape.colors is None else shape.colors[source], matrix)


def smooth_normals(shape: Shape, matrix: np.ndarray) -> np.ndarray:
    """(N, 3) local, unit: in the world the means of the triangles, weighted by their angles at the vertex."""
    world = world_vertices(shape.vertices, shape.transform)
    corner = world[shape.faces]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    total = np.zeros_like(world)
    for k in range(3):
        a, b = corner[:, (k + 1) % 3] - corner[:, k], corner[:, (k + 2) % 3] - corner[:, k]
        angle = np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), (a * b).sum(axis=1))
        np.add.at(total, shape.faces[:, k], angle[:, None] * normal)
    # A normal n of the world is cof(A) n' of a local one n': n' is along det(A) A^T n.
    local = total @ matrix[:3, :3] * (np.sign(np.linalg.det(matrix[:3, :3])) or 1.0)
    length = np.linalg.norm(local, axis=1, keepdims=True)
    return np.where(length > 0, local / np.maximum(length, 1e-300), (0.0, 0.0, 1.0))


def in_world(part: Part) -> Part:
    """The same with its matrix applied, counter-clockwise from the front."""
    linear = part.matrix[:3, :3]
    mirrored = np.linalg.det(linear) < 0
    normals = part.normals
    if normals is not None:
        normals = normals @ cofactors(linear).T * (-1.0 if mirrored else 1.0)
        normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    return part._replace(vertices=part.vertices @ linear.T + part.matrix[:3, 3], normals=normals, matrix=np.eye(4),
                         faces=part.faces[:, [0, 2, 1]] if mirrored else part.faces)
