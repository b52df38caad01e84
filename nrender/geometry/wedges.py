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

from typing import NamedTuple

import numpy as np

from ..host import inner, loop
from ..sharing import in_parallel
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
    n = len(edges.at.rows)
    sides, outward, span = np.empty((n, 2), np.int32), np.empty((n, 3)), np.empty(n)
    in_parallel(_gaps, 0, n, vertices, faces, *edges.at, sides, outward, span)
    kept = np.flatnonzero(span[edges.where] >= FLAT)
    ends, share, where = edges.ends.take(kept, 0), edges.share.take(kept), edges.where.take(kept)
    sides, outward, span = sides.take(where, 0), outward.take(where, 0), span.take(where)
    turned = edges.place[ends[:, 0]] != edges.at.rows[:, 0].take(where)
    sides[turned] = sides[turned, ::-1]
    return Wedges(ends, sides, outward, span, share)


@loop
def _gaps(begin, end, vertices, faces, ends, number, order, start, sides, outward, spans):
    """At each place of an edge: sides (n, 2) the two faces next to the widest gap, outward (n, 3), spans (n,), which
    are not above 0 where no gap is wider than 180 degrees. ends, number, order, start: as in Pairs."""
    for edge in range(begin, end):
        t = _unit(_between(vertices, ends[edge, 0], ends[edge, 1]), 0.0)
        zero = low = high = (0.0, 0.0, 0.0)
        least = greatest = 0.0
        right = left = -1
        # If there is such a gap, all faces are within 180 degrees of the first, on either side of it.
        for j in range(start[edge], start[edge + 1]):
            p = _across(vertices, faces, order[j], t)
            if _dot(p, p) < 0.5:
                continue
            if left < 0:
                zero = low = high = p
                right = left = order[j]
            x, y = zero[1] * p[2] - zero[2] * p[1], zero[2] * p[0] - zero[0] * p[2]
            turn = (x, y, zero[0] * p[1] - zero[1] * p[0])
            angle = np.arctan2(_dot(turn, t), _dot(zero, p))
            if angle < least:
                least, low, right = angle, p, order[j]
            if angle > greatest:
                greatest, high, left = angle, p, order[j]
        o = _unit((-low[0] - high[0], -low[1] - high[1], -low[2] - high[2]), 0.0)
        outward[edge, 0], outward[edge, 1], outward[edge, 2] = o
        spans[edge] = 0.5 * (np.pi - (greatest - least)) if _dot(o, o) * _dot(t, t) > 0.5 else 0.0
        sides[edge, 0], sides[edge, 1] = left // 3, right // 3


@inner
def _across(vertices, faces, side, t):
    """The unit vector from a side of a face into the face, across the unit vector t; 0 if the face has no area."""
    face, k = side // 3, side % 3
    p = _between(vertices, faces[face, k], faces[face, (k + 2) % 3])
    along = _dot(p, t)
    return _unit((p[0] - along * t[0], p[1] - along * t[1], p[2] - along * t[2]), 1e-12 * np.sqrt(_dot(p, p)))


@inner
def _between(vertices, a, b):
    return vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]


@inner
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inner
def _unit(a, short):
    """0 if a is not longer than this."""
    size = np.sqrt(_dot(a, a))
    inverse = 1.0 / size if size > short else 0.0
    return a[0] * inverse, a[1] * inverse, a[2] * inverse
