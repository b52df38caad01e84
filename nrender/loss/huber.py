"""huber: squares of small differences, absolute values of large ones.

    term = e^2 / 2                  |e| <= delta        e = I - T
           delta (|e| - delta / 2)  elsewhere

Source: Huber 1964, "Robust estimation of a location parameter".  For Gauss-Newton it is
the square of sign(e) sqrt(term), which has a continuous derivative, 1 / sqrt(2) inside.

Where the noise stays on one side of delta, the term is quadratic or linear, and `two` is unbiased
as for l2; where it crosses, a bias of the order of the noise beyond delta is left.
"""

from __future__ import annotations

import numpy as np

from nrender.loss.base import Image, Loss, positive
from nrender.loss.entrywise import of_squares

CLAIM = "unbiased where the noise doesn't cross delta, nearly so elsewhere"


def huber(delta: float = 0.1) -> Loss:
    """Mean of Huber's function of I - T, quadratic up to delta > 0 (radiance), linear beyond."""
    delta = positive("huber", "delta", delta)

    def entry(image: Image, target: Image) -> tuple[Image, Image]:
        difference = image - target
        # Outside delta the root, inside a constant that np.where leaves out.
        root = np.sqrt(delta * (np.maximum(np.abs(difference), delta) - delta / 2))
        inside = np.abs(difference) <= delta
        value = np.where(inside, difference / np.sqrt(2), np.sign(difference) * root)
        return value, np.where(inside, 1 / np.sqrt(2), delta / (2 * root))

    return of_squares(entry, CLAIM)
