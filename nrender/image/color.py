"""The sRGB curve, both ways, and the luminance of linear RGB.

Source: IEC 61966-2-1:1999 (the exact piecewise curve, not a power of 2.2); ITU-R BT.709 (weights).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nrender.image.pixels import check_finite

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Weights of linear R, G and B in the luminance Y."""


def srgb_decode(encoded: ArrayLike) -> NDArray[np.float64]:
    """Linear value of an sRGB value; [0, 1] to [0, 1], any shape."""
    v = np.asarray(encoded, np.float64)
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0.0) + 0.055) / 1.055) ** 2.4)


def srgb_encode(linear: ArrayLike) -> NDArray[np.float64]:
    """sRGB value of a linear value; [0, 1] to [0, 1], any shape."""
    x = np.asarray(linear, np.float64)
    power = 1.055 * np.maximum(x, 0.0) ** (1 / 2.4) - 0.055
    return np.where(x <= 0.0031308, 12.92 * x, power)


def luminance(image: ArrayLike) -> NDArray[np.float64]:
    """Luminance of linear RGB: `(..., 3)` to `(...)`."""
    return np.asarray(image, np.float64) @ np.array(LUMINANCE)


def tonemap(image: ArrayLike) -> NDArray[np.uint8]:
    """What a screen shows of a linear image: clamped to [0, 1], sRGB-encoded, rounded to 8 bits.

    image: `(H, W)` or `(H, W, C)`; the result has its shape.
    Raises ImageError where a value isn't finite.
    """
    values = np.asarray(image)
    check_finite(values, "image")
    return np.rint(255 * srgb_encode(np.clip(values, 0.0, 1.0))).astype(np.uint8)
