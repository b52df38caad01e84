"""Losses between a rendered image and its target, with gradients, from two independent renders.

A render is a noisy estimate, I = E[I] + noise.  If one render gave both the residual and the
samples that are differentiated, their noise would be correlated: the gradient would be biased, and
a perfect match would drift.  So a loss sees two renders a, b of a scene, from independent samples:

    terms(a, b, target)     (H, W, 3): the loss is their mean
    gradient(a, b, target)  (w_a, w_b): the exact derivative of that mean with respect to a and b;
                            w_b pulls back the samples of b, and must be independent of them

A loss treats a and b alike: swapping the images swaps the weights.  Hence 2 w_b, pulled back
through b alone, estimates the whole gradient with less work (what a stochastic method takes).

l2: E[(a - T)(b - T)] = (E[I] - T)^2, without the variance of the noise: unbiased at any spp, and
zero (with either sign) at a perfect match.

To add a loss: a pair of functions, a line in `LOSSES`; the tests run over the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Images = tuple[np.ndarray, np.ndarray]


class Loss(NamedTuple):
    """A pair of functions of two independent renders and the target, all (H, W, 3) float64."""

    terms: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray, np.ndarray, np.ndarray], Images]


class Estimate(NamedTuple):
    """A loss and the standard error of it, as it is when only noise is left.

    The error takes the pixels as independent, and their mean as zero: it answers the question
    'could this loss be zero?', and is too large where the images differ.
    """

    value: float
    noise: float


def l2_terms(a: np.ndarray, b: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Squared residual of each pixel and channel, (H, W, 3)."""
    return (a - target) * (b - target)


def l2_gradient(a: np.ndarray, b: np.ndarray, target: np.ndarray) -> Images:
    """Derivative of the mean of `l2_terms` with respect to a and to b, (H, W, 3) each."""
    return (b - target) / target.size, (a - target) / target.size


LOSSES = {"l2": Loss(l2_terms, l2_gradient)}


def estimate(loss: Loss, a: np.ndarray, b: np.ndarray, target: np.ndarray) -> Estimate:
    """Mean of the terms of `loss`, and its noise."""
    terms = loss.terms(a, b, target)
    return Estimate(float(np.mean(terms)), float(np.sqrt(np.mean(terms**2) / terms.size)))
