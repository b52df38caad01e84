"""A loss estimated from two independent renders a, b of a scene.

A render is a noisy estimate, I = E[I] + noise.  If one render gave both the residual and the
samples that are differentiated, their noise would be correlated: the gradient would be biased, and
a perfect match would drift.  And a loss bends: of a noisy image it is f(E[I]) plus half of f''
times the variance.  Both are cured by two renders and the jackknife (Quenouille 1956, "Notes on
bias in estimation").  With m = (a + b) / 2

    value    = 2 f(m) - (f(a) + f(b)) / 2
    weight_a = f'(m) - f'(a) / 2          its exact derivative with respect to a;  b alike

f(m) has half of the first-order bias that f(a) and f(b) have, so it cancels.  For l2 that gives
(a - T)(b - T), and weight_b = (a - T) / N, without b; for any smooth loss weight_b depends on the
noise of b in second order only, by the third derivative.

How far off is the value?  To second order it is f + f' (n_a + n_b) / 2 + n_a f'' n_b / 2, where
n_a, n_b are the noises, independent from pixel to pixel, V the covariance of a pixel's channels:

    variance = sum_p  f'_p V_p f'_p / 2  +  1/4 trace(f'' V f'' V)
    noise^2  = sum_p (f'(m)_p . (a - b)_p / 2)^2

The second has the first as its mean if the noise is normal, since then m and a - b are independent:
near the match, where f' is all noise, as well as far from it, and whatever correlates the channels.
For other noise of kurtosis K, `noise` is sqrt((K - 1) / 2) times too large at the match (K = 3: 1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nrender.loss.base import Image, Loss


class Two(NamedTuple):
    """A loss from two renders.

    value     the estimate; of either sign near a perfect match
    noise     its standard error: 'could this loss be zero?' (0 for images without noise)
    weight_a  dvalue/da, (H, W, C): what to pull back through a
    weight_b  dvalue/db
    """

    value: float
    noise: float
    weight_a: Image
    weight_b: Image


def two(loss: Loss, a: Image, b: Image, target: Image, weight: Image) -> Two:
    """The jackknife estimate of a loss and its exact derivatives.

    a, b, target: (H, W, C); weight (H, W, 1).  Symmetric in a and b.  LossError as of `Loss.of`.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    # A scene that ran away has no finite loss: the caller sees that, and needs no warning.
    with np.errstate(invalid="ignore", over="ignore"):
        of_a, of_b = loss.of(a, target, weight), loss.of(b, target, weight)
        middle, slope = loss.of((a + b) / 2, target, weight)
        change = np.where(np.asarray(weight) > 0, a - b, 0.0) / 2
        noise = np.linalg.norm(np.sum(slope * change, axis=2))
        value = 2 * middle - (of_a[0] + of_b[0]) / 2
        return Two(value, float(noise), slope - of_a[1] / 2, slope - of_b[1] / 2)


def half_weight(loss: Loss, a: Image, target: Image, weight: Image) -> Image:
    """f'(a), (H, W, C): pulled back through b alone, it estimates the whole gradient.

    Independent of b.  For l2 and relative_l2 it is 2 weight_b, and unbiased; for others its bias is
    of the first order in the variance of a.  Half of the work: what a stochastic method takes.
    """
    return loss.of(a, target, weight)[1]
