"""A mesh as a graph: its edges, Laplacian, and `LargeSteps`, coordinates in which a gradient step is smooth.

Vertices at the same place are one *point*: a seam, where vertices are doubled for the sake of their normals or uvs, is
no border.  The same place means the same cell of a grid of a millionth of the mesh's extent (`geometry.pairs.places`),
in the vertices given here, which are those of the start.  So two parts that touch in a vertex are one there.  Faces
of which two corners are at one place count for nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nrender.errors import NrenderError
from nrender.geometry.edges import mesh_edges
from nrender.geometry.pairs import distinct_pairs, places, sides_of
from nrender.optimize.factor import factorised


class MeshError(NrenderError):
    """What can't be done with a mesh."""


class Edges(NamedTuple):
    """Distinct edges by vertex number.  Of n edges at one place (a seam) each has the share 1/n."""

    ends: np.ndarray  # (E, 2), the lesser vertex first
    share: np.ndarray  # (E,)


class InnerEdges(NamedTuple):
    """Edges of points at which exactly two faces meet."""

    faces: np.ndarray  # (I, 2) the two faces, the lesser first
    sign: np.ndarray  # (I,) 1, or -1 where the two are wound against each other: the normal of one is turned


class Points(NamedTuple):
    """Points, in the order of their first vertices, and the edges between them."""

    of: np.ndarray  # (N,) the point of each vertex, in 0 .. P - 1
    first: np.ndarray  # (P,) the first vertex at each
    held: np.ndarray  # (P,) how many vertices are there
    edges: np.ndarray  # (E, 2) distinct
    border: np.ndarray  # (E,) whether the edge has one face alone


def edges_of(vertices: np.ndarray, faces: np.ndarray) -> Edges:
    """vertices: (N, 3); faces: (M, 3)."""
    ends, share, _, _, place = mesh_edges(vertices, faces)
    apart = place[ends[:, 0]] != place[ends[:, 1]]
    return Edges(ends[apart].astype(np.int64), share[apart])


def inner_edges(vertices: np.ndarray, faces: np.ndarray) -> InnerEdges:
    place, kept = _whole(vertices, faces)
    sides = place[sides_of(faces[kept])]
    at = distinct_pairs(sides, len(vertices))
    two = at.start[:-1][np.diff(at.start) == 2]
    first, second = at.order[two], at.order[two + 1]
    ahead = sides[:, 0] < sides[:, 1]
    # Two faces of one winding go along their edge in opposite directions.
    sign = np.where(ahead[first] != ahead[second], 1.0, -1.0)
    return InnerEdges(kept[np.stack([first, second], axis=1) // 3], sign)


def points_of(vertices: np.ndarray, faces: np.ndarray) -> Points:
    place, kept = _whole(vertices, faces)
    first, of, held = np.unique(place, return_inverse=True, return_counts=True)
    at = distinct_pairs(of[sides_of(faces[kept])], len(first))
    return Points(of, first, held, at.rows.astype(np.int64), np.diff(at.start) == 1)


def _whole(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(place (N,), numbers of the faces whose corners are at three places)."""
    place = places(vertices)
    a, b, c = place[faces].T
    return place, np.flatnonzero((a != b) & (b != c) & (c != a))


def _both_ways(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """(rows, columns), (2 E,) each: every edge from either end."""
    return points.edges.T.reshape(-1), points.edges[:, ::-1].T.reshape(-1)


def uniform_laplacian(vertices: np.ndarray, faces: np.ndarray) -> Any:
    """(N, N) scipy.sparse CSR: a row takes from its vertex the mean of the neighbours' points.

    Of a point on the border only those neighbours count to which a border edge leads: a border is a curve of its own,
    which the inside does not pull inwards (Taubin 1995, "A signal processing approach to fair surface design", has it
    among hierarchical neighbourhoods).  Where vertices are doubled, a neighbour is the mean of them, and each of
    them has a row: one that leaves the others is seen.  The row of a vertex without neighbours is zero.
    """
    from scipy.sparse import csr_array, diags_array

    points = points_of(vertices, faces)
    n, p = len(points.of), len(points.held)
    on_border = np.zeros(p, bool)
    on_border[points.edges[points.border]] = True
    row, column = _both_ways(points)
    counts = ~on_border[row] | np.tile(points.border, 2)
    row, column = row[counts], column[counts]
    degree = np.bincount(row, minlength=p)
    mean_of_neighbours = csr_array((1.0 / degree[row], (row, column)), shape=(p, p))
    vertex = np.arange(n)
    mean_of_vertices = csr_array((1.0 / points.held[points.of], (points.of, vertex)), shape=(p, n))
    own = diags_array((degree > 0).astype(np.float64)[points.of])
    return (own - (mean_of_neighbours @ mean_of_vertices)[points.of]).tocsr()


class LargeSteps:
    """u = (I + smoothness L) x: coordinates u of a mesh's points x in which steps down a gradient move it smoothly.

    L = D - A is the combinatorial Laplacian of the P points, symmetric, borders like the rest.  In u the gradient of a
    loss is (I + smoothness L)^-1 times that of x, and a step in u moves x by that inverse again: what one vertex is
    pulled by spreads over about sqrt(smoothness) edges.  Both maps are linear and keep a translation as it is; they
    take displacements as well as positions.  Vertices at one place have one u, and move together.

    u is (P, 3), P = `size` <= N; `first` (P,) is a vertex at each point.  A vertex that no face uses has u = x.
    Source: Nicolet, Jacobson, Jakob 2021, "Large Steps in Inverse Rendering of Geometry".
    """

    def __init__(self, faces: np.ndarray, vertices: np.ndarray, smoothness: float) -> None:
        """faces: (M, 3); vertices: (N, 3), of the start; smoothness: lambda >= 0, without a unit (0: u = x).
        MeshError for another one."""
        from scipy.sparse import csr_array, diags_array

        if not (np.isfinite(smoothness) and smoothness >= 0):
            raise MeshError(f"smoothness: expected a number >= 0, got {smoothness!r}")
        vertices = np.asarray(vertices, np.float64)
        points = points_of(vertices, np.asarray(faces))
        self.first, self._of, self._held = points.first, points.of, points.held
        self.size = len(points.held)
        row, column = _both_ways(points)
        shape = (self.size, self.size)
        adjacent = csr_array((np.ones(len(row)), (row, column)), shape=shape)
        degree = np.bincount(row, minlength=self.size).astype(np.float64)
        self._matrix = (diags_array(1.0 + smoothness * degree) - smoothness * adjacent).tocsr()
        self._solve = factorised(self._matrix, vertices[points.first])

    def from_vertices(self, vertices: np.ndarray) -> np.ndarray:
        """(N, 3) -> u (P, 3), of the mean of the vertices at each point."""
        return self._matrix @ (self._sum(vertices) / self._held[:, None])

    def to_vertices(self, u: np.ndarray) -> np.ndarray:
        """u (P, 3) -> (N, 3)."""
        return self._solve(u)[self._of]

    def pull(self, gradient: np.ndarray) -> np.ndarray:
        """The transpose of `to_vertices`: a derivative by the vertices (N, 3) to that by u (P, 3)."""
        return self._solve(self._sum(gradient))  # the matrix is symmetric

    def _sum(self, values: np.ndarray) -> np.ndarray:
        return sum_rows(self._of, values, self.size)


def sum_rows(index: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """(count, k): the sum of those of rows (n, k) that have each index, added up in their order."""
    return np.stack([np.bincount(index, column, minlength=count) for column in rows.T], axis=1)
