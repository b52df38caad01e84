"""In what a method takes its steps: one file for each way from scaled coordinates x to a parameter's value.

x = 0 is the start, exactly, and one unit of x is a typical step.  What all of them have:

    lower, upper      bounds of x, infinite where there is none
    value(x)          the parameter, in its shape
    push(x, dx)       its velocity, when x moves by dx: J dx
    pull(x, g)        the transpose: dLoss/dvalue to dLoss/dx
    names             of the free scalars, beginning with the parameter's path
    scalars(x)        what a user reads: the free scalars in their own units, as many as x has
    slope_along(x, dx)    their velocity, when x moves by dx
    scalar_bounds     (lower, upper) of `scalars`
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from nrender.optimize.coordinates.basis import Coefficients
from nrender.optimize.coordinates.elementwise import Elementwise, Linear, Log, Sigmoid
from nrender.optimize.coordinates.rotation import Rotation
from nrender.optimize.coordinates.smooth import Smooth

__all__ = ["Coefficients", "Coordinates", "Elementwise", "Linear", "Log", "Rotation", "Sigmoid", "Smooth"]


class Coordinates(Protocol):
    """See the top of the file."""

    path: str
    names: list[str]
    lower: np.ndarray
    upper: np.ndarray

    @property
    def scalar_bounds(self) -> tuple[np.ndarray, np.ndarray]: ...
    def value(self, x: np.ndarray) -> np.ndarray: ...
    def push(self, x: np.ndarray, dx: np.ndarray) -> np.ndarray: ...
    def pull(self, x: np.ndarray, gradient: np.ndarray) -> np.ndarray: ...
    def scalars(self, x: np.ndarray) -> np.ndarray: ...
    def slope_along(self, x: np.ndarray, dx: np.ndarray) -> np.ndarray: ...
