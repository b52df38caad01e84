"""Losses whose term sees one channel of one pixel only.

A term is a function (image, target) -> (value, derivative with respect to the image), both arrays
of the image's shape, finite where image and target are 0 (masked pixels).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nrender.loss.base import Image, Loss, Residual, prepare

Term = Callable[[Image, Image], tuple[Image, Image]]


def of_terms(term: Term, claim: str) -> Loss:
    """The weighted mean of the terms."""

    def of(image: Image, target: Image, weight: Image) -> tuple[float, Image]:
        image, target, share = prepare(image, target, weight)
        value, slope = term(image, target)
        return float(np.sum(share * value)), share * slope

    return Loss(of, None, claim)


def of_squares(entry: Term, claim: str) -> Loss:
    """The weighted mean of the squares of the terms; a residual is a term times sqrt(share)."""

    def of(image: Image, target: Image, weight: Image) -> tuple[float, Image]:
        image, target, share = prepare(image, target, weight)
        # An image that overflowed has no finite loss: for the caller to see, not a warning.
        with np.errstate(invalid="ignore", over="ignore"):
            value, slope = entry(image, target)
            return float(np.sum(share * value**2)), 2 * share * value * slope

    def residual(image: Image, target: Image, weight: Image) -> Residual:
        image, target, share = prepare(image, target, weight)
        value, slope = entry(image, target)
        root = np.sqrt(share)
        jacobian = root * slope  # diagonal
        return Residual(
            (root * value).reshape(-1),
            lambda d_image: (jacobian * d_image).reshape(-1),
            lambda w: jacobian * np.reshape(w, jacobian.shape),
        )

    return Loss(of, residual, claim)
