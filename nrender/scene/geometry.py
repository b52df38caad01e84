"""Checks of a mesh: face numbers, triangles without area, shapes without area."""

from __future__ import annotations

from typing import Any

import numpy as np

from .models import Mesh, Shape, Transform
from .report import Report
from .transform import world_vertices

EPSILON = float(np.finfo(np.float64).eps)


def has_area(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """For each triangle, whether its area differs from zero by more than float64 rounding."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    # Rounding of a corner far from the origin moves it by eps * |corner|, so that counts as zero.
    reach = np.maximum(np.abs(a).max(axis=1, initial=0), np.abs(b - a).max(axis=1, initial=0))
    one, two = b - a, c - a
    length = np.linalg.norm(one, axis=1) + np.linalg.norm(two, axis=1)
    return np.linalg.norm(np.cross(one, two), axis=1) > 4 * EPSILON * length * reach


def tidy_mesh(report: Report, path: tuple[str, ...], mesh: Mesh, transform: Transform,
              emits: bool) -> Mesh | None:
    """The mesh with int32 faces, unit normals, and no triangles without area (one warning a shape).

    Reports a face number out of range, and a shape of which nothing is left.
    """
    vertices, faces = mesh.vertices, mesh.faces
    count = len(vertices)
    wrong = np.argwhere((faces < 0) | (faces >= count))
    if len(wrong):
        face, corner = (int(n) for n in wrong[0])
        report.add((*path, "faces", face), f"face {face} has vertex {int(faces[face, corner])}, "
                   f"but the mesh has {count} vertices, from 0 to {count - 1}")
        return None
    good = has_area(vertices, faces)
    dropped = int(np.count_nonzero(~good))
    kind = "a light" if emits else "a shape"
    if dropped == len(faces):
        report.add(path, f"expected {kind} with an area, got {dropped} triangles without")
        return None
    kept = np.ascontiguousarray(faces[good], dtype=np.int32)
    if not has_area(world_vertices(vertices, transform), kept).any():
        report.add((*path, "transform"), f"expected {kind} with an area, got one that is scaled "
                   "to none")
        return None
    if dropped:
        report.warn(path, f"{dropped} of {len(faces)} triangles dropped: they have no area")
    normals = None if mesh.normals is None else unit_normals(mesh.normals[good], vertices, kept)
    tidy = Mesh(np.ascontiguousarray(vertices, dtype=np.float64), kept,
                None if mesh.uvs is None else np.ascontiguousarray(mesh.uvs[good], dtype=np.float64),
                normals, mesh.colors)
    for array in tidy:
        if array is not None:
            array.flags.writeable = False
    return tidy


def unit_normals(normals: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(M, 3, 3) of length 1; a corner without direction gets that of its triangle."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    lengths = np.linalg.norm(normals, axis=2, keepdims=True)
    own = np.cross(b - a, c - a)[:, None, :]
    own = own / np.linalg.norm(own, axis=2, keepdims=True)
    # What has length 1 to rounding stays as it is, so that files can be written and read again.
    divisor = np.where((lengths > 0) & (np.abs(lengths - 1) > 4 * EPSILON), lengths, 1)
    return np.where(lengths > 0, normals / divisor, own)


def light_problem(shape: Shape) -> str | None:
    """Why a changed shape can't emit, or None: a light needs an area."""
    if shape.emission is None:
        return None
    world: Any = world_vertices(shape.vertices, shape.transform)
    return None if has_area(world, shape.faces).any() else "expected a light with an area"
