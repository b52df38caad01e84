"""l2: the mean squared difference.

    term = (I - T)^2

From two renders, `two` gives (a - T)(b - T), whose mean is (E[I] - T)^2 without the variance of the
noise: value and gradient are unbiased at any number of samples, also a stochastic method's
(`half_weight`), and at a perfect match the value is zero on average, so of either sign.
"""

from __future__ import annotations

import numpy as np

from nrender.loss.base import Image, Loss
from nrender.loss.entrywise import of_squares

CLAIM = "value and gradient unbiased at any number of samples"


def l2() -> Loss:
    """Mean of (I - T)^2."""
    return of_squares(_entry, CLAIM)


def _entry(image: Image, target: Image) -> tuple[Image, Image]:
    return image - target, np.ones_like(image)
