"""Points that fill a box evenly: Sobol' points, shifted by a seed.

The shift (Cranley and Patterson 1976) makes other points of every seed that are as even; it is used instead of a
scrambling since the points themselves then depend on no version of a library: a sweep means the same next year.
Source: Sobol' 1967; direction numbers of Joe and Kuo 2008, which scipy has.
"""

from __future__ import annotations

import warnings

import numpy as np


def points(count: int, dimensions: int, seed: int) -> np.ndarray:
    """(count, dimensions) in [0, 1)."""
    from scipy.stats import qmc  # slow to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that counts other than powers of two are less even
        even = qmc.Sobol(dimensions, scramble=False).random(count)
    return (even + np.random.default_rng(seed).random(dimensions)) % 1.0
