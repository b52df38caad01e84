"""bilaplacian, the surface bends evenly:  mean over points of |L L x|^2 / extent^2

As `laplacian`, but it leaves alone what has a constant Laplacian: of low frequencies it sees less, of noise more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nrender.optimize.mesh import uniform_laplacian

from .laplacian import Laplacian, row_scale
from .prior import Kind, needs_vertices


class Bilaplacian(Laplacian):
    """of: what is smooth, 'displacement' or 'shape'."""

    name = "bilaplacian"

    def _operator(self, start: np.ndarray, faces: np.ndarray) -> Any:
        from scipy.sparse import diags_array

        laplacian = uniform_laplacian(start, faces)
        return (diags_array(row_scale(start, faces)) @ laplacian @ laplacian).tocsr()


KIND = Kind(Bilaplacian, needs_vertices)
