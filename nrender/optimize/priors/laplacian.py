"""laplacian, the surface moves (or is) smoothly:  mean over points of |L x|^2 / extent^2

L: `mesh.uniform_laplacian`, what a vertex has beyond the mean of its neighbours; x: the displacement from the start, or
with `of: shape` the vertices themselves, which also evens out the triangles and shrinks what is round; extent: the
diagonal of the box around the mesh at the start.  Nothing of it depends on where or how large the mesh is.  Vertices
doubled along a seam count as one point, and are held together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nrender.optimize.mesh import points_of, uniform_laplacian

from .prior import Kind, choice, mesh_faces, needs_vertices, number

OF = ("displacement", "shape")


class Laplacian:
    """of: what is smooth, 'displacement' or 'shape'."""

    name = "laplacian"

    def __init__(
        self, path: str, start: np.ndarray, scene: Any, *, weight: float = 1.0, of: str = OF[0]
    ) -> None:
        self.path, self.weight = path, number(f"prior {self.name}: weight", weight)
        start = np.array(start, np.float64)
        whole = choice(f"prior {self.name}: of", of, OF) == "shape"
        self._origin = np.zeros_like(start) if whole else start
        matrix = self._operator(start, mesh_faces(path, scene))
        self._matrix, self._transpose = matrix, matrix.T.tocsr()

    def _operator(self, start: np.ndarray, faces: np.ndarray) -> Any:
        """(N, N) CSR with residual = operator @ x."""
        from scipy.sparse import diags_array

        return (diags_array(row_scale(start, faces)) @ uniform_laplacian(start, faces)).tocsr()

    def residual(self, value: np.ndarray) -> np.ndarray:
        return (self._matrix @ (value - self._origin)).reshape(-1)

    def jvp(self, value: np.ndarray, d_value: np.ndarray) -> np.ndarray:
        return (self._matrix @ d_value).reshape(-1)

    def vjp(self, value: np.ndarray, w: np.ndarray) -> np.ndarray:
        return self._transpose @ w.reshape(-1, 3)


def row_scale(start: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(N,) so that the squares are the mean over points, of lengths in extents: doubled vertices share one point."""
    used = start[np.unique(faces)]
    extent = float(np.linalg.norm(np.ptp(used, axis=0))) or 1.0
    points = points_of(start, faces)
    joined = len(np.unique(points.edges))
    return 1.0 / (extent * np.sqrt(max(joined, 1) * points.held[points.of]))


KIND = Kind(Laplacian, needs_vertices)
