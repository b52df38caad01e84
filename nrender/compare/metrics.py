"""Errors of linear values, and all the measures of two images at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from nrender.compare.flip import flip
from nrender.compare.pair import pair
from nrender.compare.ssim import ssim


def mse(a: ArrayLike, b: ArrayLike) -> float:
    """Mean of the squared differences over all pixels and channels; 0 for equal images."""
    first, second = pair(a, b)
    return float(np.mean((first - second) ** 2))


def mae(a: ArrayLike, b: ArrayLike) -> float:
    """Mean of the absolute differences over all pixels and channels; 0 for equal images."""
    first, second = pair(a, b)
    return float(np.mean(np.abs(first - second)))


def psnr(a: ArrayLike, b: ArrayLike) -> float | None:
    """Peak signal-to-noise ratio in dB for a peak of 1: -10 log10(MSE); None for equal images.

    None and not infinity, which JSON can't say.  Negative where the mean squared error exceeds 1.
    """
    error = mse(a, b)
    return None if error == 0 else -10 * math.log10(error)


def compare(a: ArrayLike, b: ArrayLike) -> dict[str, float | None]:
    """All measures: `mse`, `mae`, `psnr` (None for equal images), `ssim`, `flip`.

    a, b: linear images `(H, W, 3)`; all measures are symmetric.  Raises ImageError for shapes that
    differ and values that aren't finite.
    """
    return {
        "mse": mse(a, b),
        "mae": mae(a, b),
        "psnr": psnr(a, b),
        "ssim": ssim(a, b),
        "flip": flip(a, b),
    }
