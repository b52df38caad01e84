"""log: squared differences of log(1 + radiance), for images of a high dynamic range.

    term = (log(1 + I) - log(1 + T))^2,  I and T clipped at 0

An image below 0 (radiance never is, but an image from outside may be) counts as 0: the derivative
there is 0.  At 0 itself it is the one from above, so that black pixels can become lighter.

The logarithm bends under noise.  `two` takes off the first order of that in the variance of the
noise, from the value and from the gradient of both halves; `half_weight` has it still, so a
stochastic method at few samples settles where log(1 + I) is right on average.
"""

from __future__ import annotations

import numpy as np

from nrender.loss.base import Image, Loss
from nrender.loss.entrywise import of_squares

CLAIM = "bias of second order in the variance of a pixel; of first order in adam's gradient"


def log() -> Loss:
    """Mean of (log(1 + I) - log(1 + T))^2."""
    return of_squares(_entry, CLAIM)


def _entry(image: Image, target: Image) -> tuple[Image, Image]:
    clipped = np.maximum(image, 0.0)
    value = np.log1p(clipped) - np.log1p(np.maximum(target, 0.0))
    return value, np.where(image < 0, 0.0, 1 / (1 + clipped))
