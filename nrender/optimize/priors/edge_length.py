"""edge_length, no edge is stretched:  mean over edges of (l / l0 - 1)^2

l0: the edge's own length at the start; or with `to: mean` the mean length of all edges of the present mesh, which
evens them out, however long they are.  Edges along a seam of doubled vertices count once, each with its share.
An edge shorter than a millionth of the extent at the start counts for nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nrender.geometry.pairs import FINE
from nrender.optimize.mesh import edges_of, sum_rows

from .prior import Kind, choice, mesh_faces, needs_vertices, number

TO = ("start", "mean")


class EdgeLength:
    """to: 'start' or 'mean'."""

    def __init__(
        self, path: str, start: np.ndarray, scene: Any, *, weight: float = 1.0, to: str = TO[0]
    ) -> None:
        self.path, self.weight = path, number("prior edge_length: weight", weight)
        self._to_mean = choice("prior edge_length: to", to, TO) == "mean"
        start = np.array(start, np.float64)
        edges = edges_of(start, mesh_faces(path, scene))
        length = np.linalg.norm(_along(edges.ends, start), axis=1)
        kept = length * FINE > np.max(np.ptp(start, axis=0), initial=0.0)
        self._ends, share, self._length = edges.ends[kept], edges.share[kept], length[kept]
        self._share = share / max(share.sum(), 1.0)

    def residual(self, value: np.ndarray) -> np.ndarray:
        length, _ = self._lengths(value)
        return np.sqrt(self._share) * (length / self._goal(length) - 1.0)

    def jvp(self, value: np.ndarray, d_value: np.ndarray) -> np.ndarray:
        length, direction = self._lengths(value)
        d_length = np.sum(direction * _along(self._ends, d_value), axis=1)
        goal = self._goal(length)
        d_ratio = d_length / goal
        if self._to_mean:
            d_ratio -= length * (self._share @ d_length) / goal**2
        return np.sqrt(self._share) * d_ratio

    def vjp(self, value: np.ndarray, w: np.ndarray) -> np.ndarray:
        length, direction = self._lengths(value)
        goal = self._goal(length)
        g_ratio = np.sqrt(self._share) * w
        g_length = g_ratio / goal
        if self._to_mean:
            g_length -= self._share * (g_ratio @ length) / goal**2
        pull = g_length[:, None] * direction
        first, second = self._ends.T
        return sum_rows(second, pull, len(value)) - sum_rows(first, pull, len(value))

    def _lengths(self, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """((E,), unit vectors (E, 3)); an edge of no length has no direction either."""
        along = _along(self._ends, value)
        length = np.linalg.norm(along, axis=1)
        return length, along / np.where(length > 0.0, length, 1.0)[:, None]

    def _goal(self, length: np.ndarray) -> Any:
        """(E,), or one number; a mesh shrunk to a point has a mean length of 0, which 1 stands for."""
        return (float(self._share @ length) or 1.0) if self._to_mean else self._length


def _along(ends: np.ndarray, value: np.ndarray) -> np.ndarray:
    return value[ends[:, 1]] - value[ends[:, 0]]


KIND = Kind(EdgeLength, needs_vertices)
