"""Smooth normals: at each vertex the mean of its faces' unit normals, weighted by their angles there (Thuermer and
Wuethrich 1998), so that it doesn't matter how a polygon is cut into triangles. NumPy, float64, on the host.

    N_v = sum of alpha n over the corners at v,    alpha = atan2(|c|, e1 . e2),    c = e1 x e2,    n = c / |c|

A face without area counts for nothing. Where N_v is 0 the normal is that of the vertex's first face, or +z if it has
none with an area, and doesn't move.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

FLAT = 4 * float(np.finfo(np.float64).eps)  # height over length below which a triangle has no area: rounding
LEAST = 1e-10  # |N_v| over the sum of angles below which they cancel


class _Corners(NamedTuple):
    """edge: (F, 3, 3) from each corner to the next, over `size`; area: (F,) whether there is one; normal: (F, 3) unit,
    0 without area; double: (F,) |c|, 1 without area; dots, angle: (F, 3) e1 . e2 and alpha of each corner, the latter 0
    without area; sums: (V, 3) N_v."""

    edge: np.ndarray
    size: float
    area: np.ndarray
    normal: np.ndarray
    double: np.ndarray
    dots: np.ndarray
    angle: np.ndarray
    sums: np.ndarray


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (V, 3) of vertices (V, 3) with faces (F, 3), counter-clockwise seen from the front."""
    c = _corners(vertices, faces)
    normal, length = _unit(c, faces)
    fixed = np.flatnonzero(length == 0.0)
    if len(fixed):
        normal[fixed] = _of_first_face(c, faces)[fixed]
    return normal


def vertex_normals_tan(vertices: np.ndarray, faces: np.ndarray, d_vertices: np.ndarray) -> np.ndarray:
    """Their velocity (V, 3) when the vertices move with d_vertices (V, 3)."""
    c = _corners(vertices, faces)
    normal, length = _unit(c, faces)
    corner = d_vertices[faces] / c.size
    d_edge = np.roll(corner, -1, axis=1) - corner
    d_c = np.cross(c.edge[:, 0], -d_edge[:, 2]) - np.cross(d_edge[:, 0], c.edge[:, 2])
    d_double = np.einsum("ij,ij->i", c.normal, d_c)
    d_normal = (d_c - c.normal * d_double[:, None]) * (c.area / c.double)[:, None]
    d_dots = -(d_edge * np.roll(c.edge, 1, axis=1) + c.edge * np.roll(d_edge, 1, axis=1)).sum(axis=2)
    by_double, by_dots = _angle_slopes(c)
    d_angle = by_double * d_double[:, None] + by_dots * d_dots
    d_corner = d_angle[:, :, None] * c.normal[:, None] + c.angle[:, :, None] * d_normal[:, None]
    return _tangential(normal, length, _gather(d_corner, faces, len(vertices)))


def vertex_normals_adj(vertices: np.ndarray, faces: np.ndarray, g_normals: np.ndarray) -> np.ndarray:
    """Gradient (V, 3) for the vertices, given that of the normals (V, 3)."""
    c = _corners(vertices, faces)
    normal, length = _unit(c, faces)
    g_sums = _tangential(normal, length, g_normals)[faces]
    g_angle = np.einsum("ijk,ik->ij", g_sums, c.normal)
    g_normal = np.einsum("ij,ijk->ik", c.angle, g_sums)
    by_double, by_dots = _angle_slopes(c)
    g_double = (g_angle * by_double).sum(axis=1) - np.einsum("ij,ij->i", g_normal, c.normal) * (c.area / c.double)
    g_dots = (g_angle * by_dots)[:, :, None]
    g_c = g_normal * (c.area / c.double)[:, None] + c.normal * g_double[:, None]
    g_edge = -g_dots * np.roll(c.edge, 1, axis=1) - np.roll(g_dots * c.edge, -1, axis=1)
    g_edge[:, 0] -= np.cross(c.edge[:, 2], g_c)
    g_edge[:, 2] -= np.cross(g_c, c.edge[:, 0])
    return _gather((np.roll(g_edge, 1, axis=1) - g_edge) / c.size, faces, len(vertices))


def _corners(vertices: np.ndarray, faces: np.ndarray) -> _Corners:
    corner = vertices[faces]
    edge = np.roll(corner, -1, axis=1) - corner
    # A power of two: normals don't depend on it at all, and squares stay in range.
    size = float(np.ldexp(1.0, np.frexp(np.abs(edge).max(initial=0.0))[1]))
    edge /= size
    before = np.roll(edge, 1, axis=1)
    cross = np.cross(edge[:, 0], -edge[:, 2])
    double = np.linalg.norm(cross, axis=1)
    area = double > FLAT * (edge * edge).sum(axis=2).max(axis=1, initial=0.0)
    double = np.where(area, double, 1.0)
    normal = np.where(area[:, None], cross / double[:, None], 0.0)
    dots = -(edge * before).sum(axis=2)
    angle = np.where(area[:, None], np.arctan2(double[:, None], dots), 0.0)
    sums = _gather(angle[:, :, None] * normal[:, None], faces, len(vertices))
    return _Corners(edge, size, area, normal, double, dots, angle, sums)


def _angle_slopes(c: _Corners) -> tuple[np.ndarray, np.ndarray]:
    """(F, 3) each: d alpha / d |c| and d alpha / d (e1 . e2). |c| > 0 with an area: finite also near 0 and pi."""
    double = c.double[:, None]
    inverse = c.area[:, None] / (double * double + c.dots * c.dots)
    return c.dots * inverse, -double * inverse


def _unit(c: _Corners, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N_v / |N_v| (V, 3), |N_v| (V,)), both 0 where the normal is fixed."""
    length = np.linalg.norm(c.sums, axis=1)
    total = np.bincount(faces.reshape(-1), c.angle.reshape(-1), len(c.sums))
    length = np.where(length > LEAST * total, length, 0.0)
    return c.sums * _inverse(length), length


def _tangential(normal: np.ndarray, length: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The derivative of N -> N/|N|, its own transpose; 0 where the normal is fixed."""
    return (x - normal * (normal * x).sum(axis=1, keepdims=True)) * _inverse(length)


def _inverse(length: np.ndarray) -> np.ndarray:
    """(V, 1) 1/length, 0 for 0."""
    return np.divide(1.0, length, out=np.zeros_like(length), where=length > 0.0)[:, None]


def _of_first_face(c: _Corners, faces: np.ndarray) -> np.ndarray:
    """(V, 3) the normal of each vertex's first face with an area, else +z."""
    out = np.tile([0.0, 0.0, 1.0], (len(c.sums), 1))
    good = np.flatnonzero(c.area)[::-1]  # of equal indexes the last assignment stays
    out[faces[good].reshape(-1)] = np.repeat(c.normal[good], 3, axis=0)
    return out


def _gather(of_corners: np.ndarray, faces: np.ndarray, count: int) -> np.ndarray:
    """(V, 3) sums at the vertices of what the corners have (F, 3, 3)."""
    where = faces.reshape(-1)
    return np.stack([np.bincount(where, of_corners[:, :, k].reshape(-1), count) for k in range(3)], axis=1)
