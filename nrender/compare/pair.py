"""The check that every comparison starts with."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nrender.errors import ImageError
from nrender.image import check_finite

Image = NDArray[np.float64]


def pair(a: ArrayLike, b: ArrayLike) -> tuple[Image, Image]:
    """Both images as float64; ImageError unless both are finite, `(H, W, 3)` and of one size."""
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    for image, name in ((first, "first image"), (second, "second image")):
        if image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ImageError(f"{name}: expected (height, width, 3), got {image.shape}")
        check_finite(image, name)
    if first.shape != second.shape:
        (h, w), (height, width) = second.shape[:2], first.shape[:2]
        raise ImageError(f"second image: expected {width}x{height} as the first, got {w}x{h}")
    return first, second
