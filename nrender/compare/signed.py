"""Signed values as colours: blue below zero, white at it, red above."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nrender.compare.pair import pair
from nrender.errors import ImageError
from nrender.image import check_finite, luminance


def signed_to_rgb(values: ArrayLike, scale: float | None = None) -> NDArray[np.uint8]:
    """Blue (-scale or less), white (0), red (+scale or more), linear between; `(H, W, 3)` uint8.

    values: `(H, W)`, or `(H, W, 3)` of which the luminance is shown.
    scale: positive; None for the 99th percentile of the values' sizes without the zeros, so that a
        few extreme pixels don't turn the rest white.
    Raises ImageError for other shapes, values that aren't finite, and a scale that isn't positive.
    """
    signed = _one_channel(values)
    if scale is None:
        scale = _default_scale(signed)
    if not (np.isfinite(scale) and scale > 0):
        raise ImageError(f"scale: expected a positive number, got {scale}")
    share = np.clip(signed / scale, -1.0, 1.0)
    red, blue = 1 - np.maximum(-share, 0.0), 1 - np.maximum(share, 0.0)
    return np.rint(255 * np.stack([red, np.minimum(red, blue), blue], axis=-1)).astype(np.uint8)


def difference_image(a: ArrayLike, b: ArrayLike, scale: float | None = None) -> NDArray[np.uint8]:
    """`signed_to_rgb` of b - a in luminance: red where b is the brighter one, blue where a is."""
    first, second = pair(a, b)
    return signed_to_rgb(second - first, scale)


def full_colour(values: ArrayLike) -> float:
    """The scale that `signed_to_rgb` takes if none is given."""
    return _default_scale(_one_channel(values))


def _one_channel(values: ArrayLike) -> NDArray[np.float64]:
    signed = np.asarray(values, np.float64)
    if signed.ndim == 3 and signed.shape[2] == 3:
        signed = luminance(signed)
    if signed.ndim != 2:
        raise ImageError(f"values: expected (height, width) or (…, 3), got {signed.shape}")
    check_finite(signed, "values")
    return signed


def _default_scale(signed: NDArray[np.float64]) -> float:
    sizes = np.abs(signed[signed != 0])
    return float(np.percentile(sizes, 99)) if sizes.size else 1.0
