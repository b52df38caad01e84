"""relative_l2: squared differences relative to the target, so that dark parts of an image count.

    term = (I - T)^2 / (T^2 + epsilon)

The relative MSE of Rousselle, Knaus, Zwicker 2011, "Adaptive sampling and reconstruction using
greedy error minimization", who take epsilon = 0.01 too.  The denominator is the target's alone and
knows nothing of the render's noise, so all that holds for l2 holds: `two` gives
(a - T)(b - T) / (T^2 + epsilon), unbiased.  (With the image's own value below, it would not be.)
"""

from __future__ import annotations

import numpy as np

from nrender.loss.base import Image, Loss, positive
from nrender.loss.entrywise import of_squares

CLAIM = "value and gradient unbiased at any number of samples: what divides is the target's"


def relative_l2(epsilon: float = 0.01) -> Loss:
    """Mean of (I - T)^2 / (T^2 + epsilon); epsilon > 0 in squared radiance."""
    epsilon = positive("relative_l2", "epsilon", epsilon)

    def entry(image: Image, target: Image) -> tuple[Image, Image]:
        slope = 1 / np.sqrt(target**2 + epsilon)
        return (image - target) * slope, slope

    return of_squares(entry, CLAIM)
