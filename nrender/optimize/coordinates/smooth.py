"""Vertices by way of their Laplacian: a step of one takes its neighbours along, so a mesh stays a mesh.

    (I + smoothness L) v = (I + smoothness L) start + step x

A gradient step in x is a step of v that is smoothed twice.  Vertices at one place have one coordinate.

Source: Nicolet, Jacobson and Jakob 2021, "Large Steps in Inverse Rendering of Geometry", section 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nrender.optimize.coordinates.elementwise import component_names


class Smooth:
    """start: (N, 3); operator: a `mesh.LargeSteps` of it; step: the length of one unit of x."""

    def __init__(self, path: str, start: np.ndarray, operator: Any, step: float) -> None:
        self.path, self.start, self.operator, self._step = path, start, operator, step
        self._shown = (3 * operator.first[:, None] + np.arange(3)).reshape(-1)
        self.names = component_names(path, start.shape, self._shown)
        self.lower = np.full(self._shown.size, -np.inf)
        self.upper = np.full(self._shown.size, np.inf)

    @property
    def scalar_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return self.lower, self.upper

    def value(self, x: np.ndarray) -> np.ndarray:
        # By the displacement, so that x = 0 is the start to the last bit.
        return self.start + self.push(x, x)

    def push(self, x: np.ndarray, dx: np.ndarray) -> np.ndarray:
        return self.operator.to_vertices(self._step * dx.reshape(-1, 3))

    def pull(self, x: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        return self._step * np.reshape(self.operator.pull(np.reshape(gradient, self.start.shape)), -1)

    def scalars(self, x: np.ndarray) -> np.ndarray:
        return self.value(x).reshape(-1)[self._shown]

    def slope_along(self, x: np.ndarray, dx: np.ndarray) -> np.ndarray:
        return self.push(x, dx).reshape(-1)[self._shown]
