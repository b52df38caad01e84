"""Many starts of one fit: the scene's own, and Sobol' points within the bounds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nrender.optimize.coordinates import Elementwise
from nrender.optimize.variables import Variables

STREAM = 0x53544152
SPAN = 10.0  # typical steps to both sides, where there is no bound


class StartRow(NamedTuple):
    """How the fit from one start went; loss: judged with the same random numbers for all of them."""

    start: int
    status: str
    iterations: int
    evaluations: int
    loss_initial: float
    loss: float
    seconds: float
    best: bool = False


def start_points(variables: Variables, count: int, seed: int) -> np.ndarray:
    """(count, n) points x; the first is the scene's own start.

    Between bounds they are uniform in the parameter's own units, whatever its coordinates.
    """
    if count == 1:
        return np.zeros((1, variables.size))
    from scipy.stats.qmc import Sobol  # slow to import

    # A power of two of them is drawn, and the first taken: fewer are balanced less, not differently.
    power = int(np.ceil(np.log2(count)))
    rng = np.random.default_rng((seed, STREAM))
    if variables.size <= Sobol.MAXDIM:
        unit = Sobol(variables.size, rng=rng).random_base2(power)
    else:  # of so many numbers, a few points can't be even in any way
        unit = rng.random((count, variables.size))
    points = np.empty_like(unit)
    for block in variables.blocks:
        points[:, block.part] = _placed(block.coordinates, unit[:, block.part])
    points = np.clip(points[:count], variables.lower, variables.upper)
    points[0] = 0.0
    return points


def _placed(coordinates: object, unit: np.ndarray) -> np.ndarray:
    lower, upper = coordinates.lower, coordinates.upper  # type: ignore[attr-defined]
    x = np.maximum(lower, -SPAN) + unit * (np.minimum(upper, SPAN) - np.maximum(lower, -SPAN))
    if not isinstance(coordinates, Elementwise):
        return x
    low, high = coordinates.scalar_bounds
    bounded = np.isfinite(low) & np.isfinite(high)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = coordinates.inverse(np.where(bounded, low + unit * (high - low), low))
    return np.where(bounded & np.isfinite(inside), inside, x)
