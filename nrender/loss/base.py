"""What a loss is, and what every loss does first: check its arguments, blind itself to the mask.

A loss is a function of one image.  Its gradient is exact, the derivative of the number that it
returns; what noise in the image does to both is for `claim` and for `two` (two.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrender.errors import NrenderError

Image = NDArray[np.float64]


class LossError(NrenderError):
    """A loss that can't be used: an option, the shapes, or what a user's function returned."""


class Residual(NamedTuple):
    """A loss as a sum of squares, for Gauss-Newton, with N = H * W * C or more.

    r    (N,): sum(r**2) is the loss
    jvp  d_image (H, W, C) -> the change of r, (N,)
    vjp  w (N,) -> its transpose, (H, W, C)
    """

    r: Image
    jvp: Callable[[Image], Image]
    vjp: Callable[[Image], Image]


class Loss(NamedTuple):
    """A loss between an image and its target.

    of        (image, target, weight) -> (value, gradient): image, target and gradient
              = dvalue/dimage (H, W, C); weight (H, W, 1) >= 0, only the proportions of which
              matter: value = sum(weight * term) / (C * sum(weight)).  Where the weight is 0,
              image and target don't matter, whatever they hold, and the gradient is 0.
    residual  (image, target, weight) -> Residual, with sum(r**2) == value; None if the loss is no
              sum of squares
    claim     one line: in what sense its estimate from noisy images is unbiased
    """

    of: Callable[[Image, Image, Image], tuple[float, Image]]
    residual: Callable[[Image, Image, Image], Residual] | None
    claim: str


class Prepared(NamedTuple):
    """Image and target (H, W, C), 0 where masked; share (H, W, 1): weight / (C * sum(weight))."""

    image: Image
    target: Image
    share: Image


def prepare(image: Image, target: Image, weight: Image) -> Prepared:
    """The arguments of a loss, checked, masked and copied.

    LossError for shapes that don't fit, and weights that are negative, not finite, or all zero.
    """
    image, target, weight = (np.asarray(x, np.float64) for x in (image, target, weight))
    if image.ndim != 3 or not image.size:
        raise LossError(f"image: expected (height, width, channels), got {image.shape}")
    if target.shape != image.shape:
        raise LossError(f"target: expected {image.shape} as the image, got {target.shape}")
    if weight.shape != (*image.shape[:2], 1):
        raise LossError(f"weight: expected {(*image.shape[:2], 1)}, got {weight.shape}")
    total = float(np.sum(weight))
    if not (math.isfinite(total) and weight.min() >= 0):
        raise LossError("weight: expected finite numbers of at least 0, got others")
    if total == 0:
        raise LossError("weight: expected a pixel above 0, got none")
    seen = weight > 0
    share = weight / total / image.shape[2]
    return Prepared(np.where(seen, image, 0.0), np.where(seen, target, 0.0), share)


def positive(loss: str, option: str, value: float) -> float:
    """The option of a loss as a float; LossError unless it is a finite number above 0."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise LossError(f"loss '{loss}': {option}: expected a number above 0, got {value!r}")
    return number
