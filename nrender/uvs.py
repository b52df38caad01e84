"""Texture coordinates for meshes that have none, by xatlas (the extra `uv`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .errors import NrenderError


def generate_uvs(vertices: ArrayLike, faces: ArrayLike) -> np.ndarray:
    """Charts without overlap in [0, 1]^2: (M, 3, 2) float64, of the corners of faces; a mesh takes them as `uvs`.

    vertices: (N, 3); faces: (M, 3), numbers from 0. The mesh stays as it is: no vertex is torn apart.
    Raises NrenderError if they aren't a mesh, or without xatlas.
    """
    points, triangles = np.asarray(vertices, dtype=np.float32), np.asarray(faces, dtype=np.int64)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise NrenderError(f"vertices: expected finite numbers of shape (N, 3), got {points.shape}")
    if triangles.ndim != 2 or triangles.shape[1] != 3 or not len(triangles):
        raise NrenderError(f"faces: expected whole numbers of shape (M, 3), got {triangles.shape}")
    if triangles.min() < 0 or triangles.max() >= len(points):
        raise NrenderError(f"faces: expected numbers in [0, {len(points) - 1}], got "
                           f"{triangles.min() if triangles.min() < 0 else triangles.max()}")
    try:
        import xatlas
    except ImportError:
        raise NrenderError("texture coordinates need xatlas: pip install 'nrender[uv]'") from None
    _, corners, uvs = xatlas.parametrize(points, triangles.astype(np.uint32))
    return np.asarray(uvs, dtype=np.float64)[np.asarray(corners)]
