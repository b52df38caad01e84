"""Local to world coordinates, in float64, with the tangent and the adjoint.

    x = R(rotate) (scale * (v - pivot)) + pivot + translate      or      x = M [v; 1]

R is the exponential of the rotation vector w (radians): with W = [w]x, theta = |w|,
    R = I + a W + b W^2,   a = sin(theta)/theta,   b = (1 - cos(theta))/theta^2.
Its derivative is a rotation on top of R (left-trivialised; Gallego & Yezzi 2015 give the same
derivative in another form):
    dR = [J dw]x R,   J = I + b W + c W^2,   c = (theta - sin(theta))/theta^3.
a, b, c are smooth in theta^2; near zero they come from their series, and nothing is special
at 180 degrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import radians
from typing import NamedTuple

import numpy as np

from .models import Transform

Tangent = Mapping[str, np.ndarray]
"""Directions by key: translate, rotate (degrees), scale, pivot, matrix; one left out is zero."""
ROUNDING = 4 * float(np.finfo(np.float64).eps)
"""Of a product of two rows: what counts as 0 beside it."""


def coefficients(angle2: float) -> tuple[float, float, float]:
    """a, b, c above at theta^2 = angle2 (radians^2), to a relative error near 1e-15."""
    if angle2 < 1.0:
        # Terms fall by theta^2/(n (n+1)): 10 are enough for float64 below theta = 1.
        sums = []
        for start in (1, 2, 3):
            term, total = 1.0 / (1, 1, 2, 6)[start], 0.0
            for k in range(start, start + 20, 2):
                total += term
                term *= -angle2 / ((k + 1) * (k + 2))
            sums.append(total)
        return sums[0], sums[1], sums[2]
    angle = np.sqrt(angle2)
    return (float(np.sin(angle) / angle), float(2 * np.sin(angle / 2) ** 2 / angle2),
            float((angle - np.sin(angle)) / (angle2 * angle)))


def cross_matrix(w: np.ndarray) -> np.ndarray:
    """[w]x, so that [w]x y = w x y."""
    x, y, z = w
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=np.float64)


def rotation(rotate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R, J) of a rotation vector in degrees; J is per radian."""
    w = np.radians(np.asarray(rotate, dtype=np.float64))
    a, b, c = coefficients(float(w @ w))
    cross = cross_matrix(w)
    square = cross @ cross
    return np.eye(3) + a * cross + b * square, np.eye(3) + b * cross + c * square


def rotation_tan(rotate: np.ndarray, d_rotate: np.ndarray) -> np.ndarray:
    """Velocity (3, 3) of R when the rotation vector moves; both in degrees."""
    r, j = rotation(rotate)
    return cross_matrix(j @ np.radians(d_rotate)) @ r


def rotation_adj(rotate: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Gradient of the rotation vector (degrees), given that of R."""
    r, j = rotation(rotate)
    return radians(1.0) * (j.T @ np.cross(r.T, g.T).sum(axis=0))


def world_vertices(vertices: np.ndarray, transform: Transform) -> np.ndarray:
    """World positions (N, 3) float64 of local vertices (N, 3)."""
    if transform.matrix is not None:
        return vertices @ transform.matrix[:, :3].T + transform.matrix[:, 3]
    r, _ = rotation(transform.rotate)
    scaled = transform.scale * (vertices - transform.pivot)
    return scaled @ r.T + (transform.pivot + transform.translate)


def world_vertices_tan(vertices: np.ndarray, transform: Transform,
                       d_vertices: np.ndarray | None, d_transform: Tangent) -> np.ndarray:
    """Velocity (N, 3) of the world positions when the inputs move; None: vertices don't."""
    dv = np.zeros_like(vertices) if d_vertices is None else d_vertices
    if transform.matrix is not None:
        d_matrix = np.asarray(d_transform.get("matrix", np.zeros((3, 4))))
        return dv @ transform.matrix[:, :3].T + vertices @ d_matrix[:, :3].T + d_matrix[:, 3]
    zero = np.zeros(3)
    r, j = rotation(transform.rotate)
    d_pivot = np.asarray(d_transform.get("pivot", zero))
    local = vertices - transform.pivot
    turned = (transform.scale * local) @ r.T
    spin = j @ np.radians(d_transform.get("rotate", zero))
    d_scaled = d_transform.get("scale", 0.0) * local + transform.scale * (dv - d_pivot)
    return (np.cross(spin, turned) + d_scaled @ r.T
            + (d_pivot + d_transform.get("translate", zero)))


def world_vertices_adj(vertices: np.ndarray, transform: Transform,
                       g_world: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients by key (`vertices` and the transform's), given those of the world positions."""
    g_sum = g_world.sum(axis=0)
    if transform.matrix is not None:
        g_matrix = np.concatenate([g_world.T @ vertices, g_sum[:, None]], axis=1)
        return {"vertices": g_world @ transform.matrix[:, :3], "matrix": g_matrix}
    r, j = rotation(transform.rotate)
    local = vertices - transform.pivot
    turned = (transform.scale * local) @ r.T
    g_spin = np.cross(turned, g_world).sum(axis=0)
    g_scaled = g_world @ r
    g_scale = (g_scaled * local).sum(axis=0)
    g_vertices = g_scaled * transform.scale
    return {
        "vertices": g_vertices,
        "translate": g_sum,
        "rotate": radians(1.0) * (j.T @ g_spin),
        "scale": g_scale if np.ndim(transform.scale) else np.asarray(g_scale.sum()),
        "pivot": g_sum - g_vertices.sum(axis=0),
    }


def world_normals(corner_normals: np.ndarray, transform: Transform) -> np.ndarray:
    """World directions (..., 3), of length 1, of local normals (..., 3) of length 1.

    With A the linear part it is that of cof(A) n = det(A) A^-T n, as the cross product of two edges turns: a normal in
    front of its triangle stays in front, also if A mirrors. Where that is 0 (A is singular) it is R n, or n if there is
    a matrix, with derivative 0.
    """
    return _normals(corner_normals, transform).world


def world_normals_tan(corner_normals: np.ndarray, transform: Transform, d_transform: Tangent) -> np.ndarray:
    """Velocity (..., 3) of the world normals when the transform moves; the local ones don't."""
    n = _normals(corner_normals, transform)
    zero = np.zeros(3)
    if transform.matrix is not None:
        d_linear = np.asarray(d_transform.get("matrix", np.zeros((3, 4))))[:, :3]
        spin = zero
    else:
        d_linear = np.diag(np.broadcast_to(d_transform.get("scale", 0.0), (3,)))
        spin = rotation(transform.rotate)[1] @ np.radians(d_transform.get("rotate", zero))
    d_cofactors = cofactors_tan(n.linear, d_linear / n.size)
    d_raw = np.cross(spin, n.raw) + corner_normals @ (n.turn @ d_cofactors).T
    return _tangential(n, d_raw)


def world_normals_adj(corner_normals: np.ndarray, transform: Transform, g_world: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients by key of the transform, given those of the world normals."""
    n = _normals(corner_normals, transform)
    g_raw = _tangential(n, g_world).reshape(-1, 3)
    g_cofactors = n.turn.T @ g_raw.T @ corner_normals.reshape(-1, 3)
    g_linear = cofactors_adj(n.linear, g_cofactors) / n.size
    if transform.matrix is not None:
        return {"matrix": np.concatenate([g_linear, np.zeros((3, 1))], axis=1)}
    g_spin = np.cross(n.raw.reshape(-1, 3), g_raw).sum(axis=0)
    g_scale = np.diagonal(g_linear)
    return {
        "translate": np.zeros(3),
        "rotate": radians(1.0) * (rotation(transform.rotate)[1].T @ g_spin),
        "scale": g_scale.copy() if np.ndim(transform.scale) else np.asarray(g_scale.sum()),
        "pivot": np.zeros(3),
    }


def cofactors(a: np.ndarray) -> np.ndarray:
    """det(A) A^-T (3, 3), also of a singular A: row by row the cross products of A's rows."""
    return np.cross(a[[1, 2, 0]], a[[2, 0, 1]])


def cofactors_tan(a: np.ndarray, d_a: np.ndarray) -> np.ndarray:
    return np.cross(d_a[[1, 2, 0]], a[[2, 0, 1]]) + np.cross(a[[1, 2, 0]], d_a[[2, 0, 1]])


def cofactors_adj(a: np.ndarray, g: np.ndarray) -> np.ndarray:
    return np.cross(a[[1, 2, 0]], g[[2, 0, 1]]) + np.cross(g[[1, 2, 0]], a[[2, 0, 1]])


class _Normals(NamedTuple):
    """A = size * turn @ linear. raw: turn cof(linear) n; inverse: (..., 1) 1/|raw|, or 0 if that is 0 but for rounding;
    world: of length 1."""

    turn: np.ndarray
    linear: np.ndarray
    size: float
    raw: np.ndarray
    inverse: np.ndarray
    world: np.ndarray


def _normals(normals: np.ndarray, transform: Transform) -> _Normals:
    if transform.matrix is not None:
        turn, linear = np.eye(3), transform.matrix[:, :3]
    else:
        turn, linear = rotation(transform.rotate)[0], np.diag(np.broadcast_to(transform.scale, (3,)))
    size = float(np.abs(linear).max()) or 1.0  # of any positive size cof(A) n has the same direction
    linear = linear / size
    raw = normals @ (turn @ cofactors(linear)).T
    length = np.linalg.norm(raw, axis=-1, keepdims=True)
    rows = np.sort(np.linalg.norm(linear, axis=1))
    there = length > ROUNDING * rows[1] * rows[2]
    inverse = np.divide(1.0, length, out=np.zeros_like(length), where=there)
    return _Normals(turn, linear, size, raw, inverse, np.where(there, raw * inverse, normals @ turn.T))


def _tangential(n: _Normals, x: np.ndarray) -> np.ndarray:
    """The derivative of raw -> raw/|raw|, its own transpose."""
    return (x - n.world * (n.world * x).sum(axis=-1, keepdims=True)) * n.inverse
