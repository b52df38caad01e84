"""normal_consistency, the surface has few folds:  mean over inner edges of |n1 - n2|^2 = 2 (1 - cos of the fold)

n1, n2: unit normals of the two faces that meet at an edge (one turned, where the two are wound against each other), of
the present vertices, local.  Borders, and edges at which more than two faces meet, don't count.  Nor does an edge with
a face that has no area: it adds 0, and no derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nrender.optimize.mesh import inner_edges, sum_rows

from .prior import Kind, mesh_faces, needs_vertices, number

FLAT = 1e-10
"""Twice the area of a face over its sides' squares, under which its normal is taken to be rounding: errors of 1e-16 of
a side are then a millionth of the normal."""


class NormalConsistency:
    def __init__(self, path: str, start: np.ndarray, scene: Any, *, weight: float = 1.0) -> None:
        self.path, self.weight = path, number("prior normal_consistency: weight", weight)
        self._corners = mesh_faces(path, scene)
        self._inner = inner_edges(np.array(start, np.float64), self._corners)
        self._scale = 1.0 / np.sqrt(max(len(self._inner.sign), 1))

    def residual(self, value: np.ndarray) -> np.ndarray:
        normal, _, _, _, solid = self._normals(value)
        return self._difference(normal, solid).reshape(-1)

    def jvp(self, value: np.ndarray, d_value: np.ndarray) -> np.ndarray:
        normal, size, one, two, solid = self._normals(value)
        d_one, d_two = _sides(self._corners, d_value)
        d_cross = np.cross(d_one, two) + np.cross(one, d_two)
        return self._difference(_across(normal, d_cross) / size, solid).reshape(-1)

    def vjp(self, value: np.ndarray, w: np.ndarray) -> np.ndarray:
        normal, size, one, two, solid = self._normals(value)
        g_normal = self._difference_transposed(w.reshape(-1, 3), solid)
        g_cross = _across(normal, g_normal) / size
        g_one, g_two = np.cross(two, g_cross), np.cross(g_cross, one)
        rows = np.concatenate([-g_one - g_two, g_one, g_two])
        return sum_rows(self._corners.T.reshape(-1), rows, len(value))

    def _normals(self, value: np.ndarray) -> tuple[np.ndarray, ...]:
        """Of all M faces: unit normal (M, 3), length of the cross product (M, 1), the two sides from the first corner
        (M, 3) each, whether there is an area (M,). Without, normal 0 and length 1 stand for themselves."""
        one, two = _sides(self._corners, value)
        cross = np.cross(one, two)
        size = np.linalg.norm(cross, axis=1, keepdims=True)
        solid = size[:, 0] > FLAT * np.sum(one**2 + two**2, axis=1)
        size = np.where(solid[:, None], size, 1.0)
        return np.where(solid[:, None], cross, 0.0) / size, size, one, two, solid

    def _counted(self, solid: np.ndarray) -> np.ndarray:
        """(I, 1): what each inner edge's difference is multiplied by."""
        return solid[self._inner.faces].all(axis=1)[:, None] * self._scale

    def _difference(self, normal: np.ndarray, solid: np.ndarray) -> np.ndarray:
        """(M, 3) -> (I, 3)."""
        first, second = self._inner.faces.T
        return self._counted(solid) * (normal[first] - self._inner.sign[:, None] * normal[second])

    def _difference_transposed(self, w: np.ndarray, solid: np.ndarray) -> np.ndarray:
        """(I, 3) -> (M, 3)."""
        first, second = self._inner.faces.T
        w = self._counted(solid) * w
        count = len(self._corners)
        return sum_rows(first, w, count) - sum_rows(second, self._inner.sign[:, None] * w, count)


def _sides(corners: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b, c = (value[corners[:, k]] for k in range(3))
    return b - a, c - a


def _across(normal: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The part of x that is at right angles to the normal."""
    return x - normal * np.sum(normal * x, axis=1, keepdims=True)


KIND = Kind(NormalConsistency, needs_vertices)
