"""The edges of a mesh that a line can graze, and which lines do. On the host.

In the plane across an edge, each of its faces extends in one direction. Where one gap between these directions is
wider than 180 degrees, a line through the edge may have all faces on one side: the edge is a silhouette, as seen along
that line. With `outward` o in the middle of the gap, the gap 180 degrees + 2 `span`, t the edge's unit tangent and
q = t x o, these are the lines whose direction d has

    |d . o| cos(span) < |d . q| sin(span),

whatever the number of faces: span is 90 degrees at a border, half of the angle between the planes at the edge of two
faces. Boundary segments of Zhang et al. 2020, "Path-space differentiable rendering", section 4, are on these lines.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numba import njit

from ..cache import on_disk
from .edges import mesh_edges

FLAT = 1e-5  # radians: an edge with a smaller span is left out


class Wedges(NamedTuple):
    """k edges. Where several coincide, all have the same faces, outward and span, and each its share of one edge."""

    ends: np.ndarray  # (k, 2) int32 vertices, the lesser number first
    faces: np.ndarray  # (k, 2) int32, next to the gap on the sides of -q and of q; twice the same at a border
    outward: np.ndarray  # (k, 3) unit vectors across the edge
    span: np.ndarray  # (k,) in (0, pi/2]
    share: np.ndarray  # (k,) 1/(how many coincide)


def wedges(vertices: np.ndarray, faces: np.ndarray) -> Wedges:
    """Of the mesh (V, 3), (F, 3): the edges that can be silhouettes."""
    edges = mesh_edges(vertices, faces)
    vertices = np.ascontiguousarray(vertices, np.float64)
    faces = np.ascontiguousarray(faces, np.int32)
    sides, outward, span = _compiled(_gaps)(vertices, faces, edges.at.rows, edges.at.order, edges.at.start)
    kept = np.flatnonzero(span[edges.where] >= FLAT)
    ends, where = edges.ends[kept], edges.where[kept]
    turned = edges.place[ends[:, 0]] != edges.at.rows[where, 0]
    pair = np.where(turned[:, None], sides[where, ::-1], sides[where])
    return Wedges(ends, pair, outward[where], span[where], edges.share[kept])


@functools.cache
def _compiled(function):
    return on_disk(function)


@njit(nogil=True, error_model="numpy")
def _across(vertices, faces, side, t):
    """The unit vector from a side of a face into the face, across the unit vector t; 0 if the face has no area."""
    face, k = side // 3, side % 3
    a, c = faces[face, k], faces[face, (k + 2) % 3]
    x, y, z = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
    length = np.sqrt(x * x + y * y + z * z)
    along = x * t[0] + y * t[1] + z * t[2]
    x, y, z = x - along * t[0], y - along * t[1], z - along * t[2]
    size = np.sqrt(x * x + y * y + z * z)
    inverse = 1.0 / size if size > 1e-12 * length else 0.0
    return x * inverse, y * inverse, z * inverse


@njit(nogil=True, error_model="numpy")
def _tangent(vertices, a, b):
    x, y, z = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
    size = np.sqrt(x * x + y * y + z * z)
    inverse = 1.0 / size if size > 0.0 else 0.0
    return x * inverse, y * inverse, z * inverse


@njit(nogil=True, error_model="numpy")
def _gaps(vertices, faces, ends, order, start):
    """At each place of an edge: (the two faces next to the widest gap (n, 2), the middle of the gap (n, 3), span (n,)).
    The span is 0 where no gap is wider than 180 degrees."""
    n = len(start) - 1
    sides, outward, spans = np.zeros((n, 2), np.int32), np.zeros((n, 3)), np.zeros(n)
    for edge in range(n):
        # If there is such a gap, all faces are within 180 degrees, on either side of the first.
        least = greatest = 0.0
        right = left = -1
        t = _tangent(vertices, ends[edge, 0], ends[edge, 1])
        zero = low = high = (0.0, 0.0, 0.0)
        for j in range(start[edge], start[edge + 1]):
            p = _across(vertices, faces, order[j], t)
            if p[0] * p[0] + p[1] * p[1] + p[2] * p[2] < 0.5:
                continue
            if left < 0:
                zero = low = high = p
                right = left = order[j]
                continue
            x, y = zero[1] * p[2] - zero[2] * p[1], zero[2] * p[0] - zero[0] * p[2]
            z = zero[0] * p[1] - zero[1] * p[0]
            angle = np.arctan2(x * t[0] + y * t[1] + z * t[2], zero[0] * p[0] + zero[1] * p[1] + zero[2] * p[2])
            if angle < least:
                least, low, right = angle, p, order[j]
            if angle > greatest:
                greatest, high, left = angle, p, order[j]
        x, y, z = low[0] + high[0], low[1] + high[1], low[2] + high[2]
        size = np.sqrt(x * x + y * y + z * z)
        span = 0.5 * (np.pi - (greatest - least))
        if span > 0.0 and size > 0.0:
            outward[edge, 0], outward[edge, 1], outward[edge, 2] = -x / size, -y / size, -z / size
            spans[edge] = span
            sides[edge, 0], sides[edge, 1] = left // 3, right // 3
    return sides, outward, spans
