"""ssim: 1 - SSIM, which compares local means, contrasts and structures of the linear values.

    term = 1 - (2 m_x m_y + C1)(2 s_xy + C2) / ((m_x^2 + m_y^2 + C1)(s_x^2 + s_y^2 + C2))

m, s^2 and s_xy are means, variances and covariance in a window around the pixel, of each channel on
its own.  Constants and window are those of `nrender.compare.ssim` (Wang, Bovik, Sheikh, Simoncelli
2004, eq. 13), with C1 = (K1 range)^2, C2 = (K2 range)^2.  Two things differ.  The values are linear
and not clamped, so that there is a gradient everywhere.  And a pixel counts in a window by its
weight, 0 if it is masked or outside the image, and the window is divided by what it saw: so every
pixel has a term, and with equal weights those further than 5 pixels from the border are compare's.

Smooth, so `two` takes off the first order in the variance of the noise, from the value and from the
gradient of both halves; `half_weight` has it still: noise lowers the contrast that is called
alike, and a stochastic method at few samples makes up for it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nrender.compare.ssim import K1, K2, RADIUS, WINDOW
from nrender.loss.base import Image, Loss, positive, prepare

CLAIM = "bias of second order in the variance of a window; of first order in adam's gradient"


class Similarity(NamedTuple):
    """SSIM of each pixel and channel, and its derivatives by the window's means of x, x^2 and x y;
    (H, W, C) each."""

    value: Image
    by_mean: Image
    by_square: Image
    by_product: Image


def ssim(range: float | None = None) -> Loss:
    """Mean of 1 - SSIM.

    range  the span of the values, above 0; by default the target's maximum (where the weight is not
           0), or 1 if that isn't positive
    """
    span = None if range is None else positive("ssim", "range", range)

    def of(image: Image, target: Image, weight: Image) -> tuple[float, Image]:
        x, y, share = prepare(image, target, weight)
        # An image that overflowed has no finite loss: for the caller to see, not a warning.
        with np.errstate(invalid="ignore", over="ignore"):
            seen = window_weights(share)
            found = similarity(x, y, share, span or _span(y), seen)
            means = [-share / seen * by for by in found[1:]]
            by_mean, by_square, by_product = map(blur, means)  # the window is its own transpose
            gradient = share * (by_mean + 2 * x * by_square + y * by_product)
            return float(np.sum(share * (1 - found.value))), gradient

    return Loss(of, None, CLAIM)


def similarity(x: Image, y: Image, weight: Image, span: float, seen: Image) -> Similarity:
    """SSIM around each pixel; x, y (H, W, C), weight (H, W, 1), seen = window_weights(weight)."""

    def mean(values: Image) -> Image:
        return blur(weight * values) / seen

    c1, c2 = (K1 * span) ** 2, (K2 * span) ** 2
    m_x, m_y = mean(x), mean(y)
    # Rounding may make a variance negative, but never the loss infinite.
    var_x, var_y = np.maximum(mean(x * x) - m_x**2, 0.0), np.maximum(mean(y * y) - m_y**2, 0.0)
    above_1, above_2 = 2 * m_x * m_y + c1, 2 * (mean(x * y) - m_x * m_y) + c2
    below_1, below_2 = m_x**2 + m_y**2 + c1, var_x + var_y + c2
    below = below_1 * below_2
    value = above_1 * above_2 / below
    by_square, by_product = -value / below_2, 2 * above_1 / below
    # The mean of x is in var_x and in the covariance too.
    by_mean = 2 * (m_y * above_2 / below - m_x * value / below_1)
    by_mean = by_mean - 2 * m_x * by_square - m_y * by_product
    return Similarity(value, by_mean, by_square, by_product)


def window_weights(weight: Image) -> Image:
    """What each window sees of the weights, (H, W, 1); 1 where it sees nothing: divide by it."""
    seen = blur(weight)
    return np.where(seen > 0, seen, 1.0)


def blur(values: Image) -> Image:
    """Values times the window, summed; 0 outside the image.  Symmetric: its own transpose."""
    for axis in (0, 1):
        rows = np.moveaxis(values, axis, 0)
        out = WINDOW[RADIUS] * rows
        for k in np.arange(1, RADIUS + 1):
            tap = WINDOW[RADIUS + k]
            out[k:] += tap * rows[:-k]
            out[:-k] += tap * rows[k:]
        values = np.moveaxis(out, 0, axis)
    return values


def _span(target: Image) -> float:
    largest = float(np.max(target))
    return largest if largest > 0 else 1.0
