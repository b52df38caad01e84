"""How a picture of a fit is made visible: 8 bits, colour as on a screen, other variables between their ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nrender.aov_table import IMAGE
from nrender.image import tonemap
from nrender.optimize.objective import Term


class Shown(NamedTuple):
    """what: "image" or an AOV; low, high: values of an AOV that are black and white."""

    what: str
    low: float = 0.0
    high: float = 1.0

    def pixels(self, image: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 of (H, W, C): colour tonemapped, one channel in grey, of two the third is 0.

        What isn't finite is black.
        """
        finite = np.nan_to_num(np.asarray(image, np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        if self.what == IMAGE:
            return tonemap(finite)
        share = np.clip((_three(finite) - self.low) / (self.high - self.low), 0.0, 1.0)
        return np.rint(255 * share).astype(np.uint8)


def shown_as(term: Term) -> Shown:
    """As the term's target fills the range from black to white, if it isn't a colour.

    The range is the target's, so that all pictures of a fit, and its target, mean the same by a grey.
    """
    if term.what == IMAGE:
        return Shown(IMAGE)
    counts = term.target[np.broadcast_to(term.weight > 0, term.target.shape)]
    low, high = float(counts.min()), float(counts.max())
    return Shown(term.what, low, high if high > low else low + 1.0)


def first_term(terms: list[Term]) -> Term:
    """What a fit shows of itself if it shows one thing: of its first camera the colour, if that is fitted."""
    own = [term for term in terms if term.camera == terms[0].camera]
    return next((term for term in own if term.what == IMAGE), own[0])


def smaller(image: np.ndarray, largest: int) -> np.ndarray:
    """The means of squares of pixels, so many that neither side is more than `largest`; (h, w, C) float64."""
    values = np.asarray(image, np.float64)
    side = -(-max(values.shape[:2]) // largest)
    if side <= 1:
        return values
    for axis in (0, 1):
        begins = np.arange(0, values.shape[axis], side)
        counts = np.diff(np.append(begins, values.shape[axis]))
        shape = [-1 if k == axis else 1 for k in range(values.ndim)]
        values = np.add.reduceat(values, begins, axis=axis) / counts.reshape(shape)
    return values


def _three(image: np.ndarray) -> np.ndarray:
    channels = image.shape[2]
    if channels == 1:
        return np.repeat(image, 3, axis=2)
    return image[..., :3] if channels >= 3 else np.pad(image, ((0, 0), (0, 0), (0, 1)))
