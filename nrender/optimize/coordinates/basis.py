"""The coefficients of a linear basis: value = mean + sum over k of c_k direction_k.

For body models and blend shapes: few numbers move many vertices.  The coordinates are those of the coefficients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nrender.optimize.coordinates.elementwise import Linear


class Coefficients:
    """basis: directions (K, *shape), mean, scale; start: (K,) coefficients; free: which of them."""

    def __init__(
        self,
        path: str,
        basis: Any,
        start: np.ndarray,
        bounds: tuple[np.ndarray, np.ndarray],
        step: np.ndarray,
        free: np.ndarray,
    ) -> None:
        self.path, self.basis = path, basis
        self.inner = Linear(f"{path}.basis", start, bounds, step, free)
        self.names, self.lower, self.upper = self.inner.names, self.inner.lower, self.inner.upper
        self.scalar_bounds = self.inner.scalar_bounds
        self.scalars, self.slope_along = self.inner.scalars, self.inner.slope_along

    def coefficients(self, x: np.ndarray) -> np.ndarray:
        """(K,)."""
        return self.inner.value(x)

    def value(self, x: np.ndarray) -> np.ndarray:
        return self.basis.mean + np.tensordot(self.coefficients(x), self.basis.directions, 1)

    def push(self, x: np.ndarray, dx: np.ndarray) -> np.ndarray:
        return np.tensordot(self.inner.push(x, dx), self.basis.directions, 1)

    def pull(self, x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        shape = self.basis.mean.shape
        return self.inner.pull(x, np.tensordot(self.basis.directions, np.reshape(gradient, shape), len(shape)))


def nearest_coefficients(basis: Any, value: np.ndarray) -> np.ndarray:
    """(K,): those whose value is nearest to this one (least squares); 0 if it is the mean."""
    difference = np.reshape(value - basis.mean, -1)
    if not np.any(difference):
        return np.zeros(len(basis.directions))
    flat = basis.directions.reshape(len(basis.directions), -1)
    return np.linalg.lstsq(flat.T, difference, rcond=None)[0]
