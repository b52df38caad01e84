"""Lookups in textures, one at a time, as slowly and plainly as they are defined: what kernels are compared with.

Row 0 of an image is at the top: v = 1 is its upper edge, and uv (0, 0) is the lower left corner of the lower left
texel. The centre of texel (row i, column j) is at u = (j + 0.5) / W, v = 1 - (i + 0.5) / H.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor

import numpy as np


def wrapped(index: int, size: int, wrap: str) -> int:
    """The texel that stands where there is none."""
    if wrap == "repeat":
        while index < 0:
            index += size
        while index >= size:
            index -= size
    elif wrap == "clamp":
        index = min(max(index, 0), size - 1)
    elif wrap == "mirror":
        while not 0 <= index < size:  # reflected at the border: -1 is 0, -2 is 1; size is size - 1
            index = -1 - index if index < 0 else 2 * size - 1 - index
    else:
        raise ValueError(wrap)
    return index


def bilinear(image: np.ndarray, u: float, v: float, wrap: str) -> np.ndarray:
    """(C,) of an image (H, W, C), linear between the centres of texels in both directions."""
    height, width, _ = image.shape
    x, y = u * width - 0.5, (1.0 - v) * height - 0.5
    j, i = floor(x), floor(y)
    out = np.zeros(image.shape[2])
    for row, in_y in ((i, 1.0 - (y - i)), (i + 1, y - i)):
        for column, in_x in ((j, 1.0 - (x - j)), (j + 1, x - j)):
            out = out + in_y * in_x * image[wrapped(row, height, wrap), wrapped(column, width, wrap)]
    return out


def checkerboard(a: np.ndarray, b: np.ndarray, u: float, v: float) -> np.ndarray:
    """a where the whole parts of u and v have an even sum, else b."""
    return np.asarray(a if (floor(u) + floor(v)) % 2 == 0 else b)


def by_uv(lookup: Callable[[float, float], np.ndarray], u: float, v: float, h: float = 1e-6) -> np.ndarray:
    """(2, C) derivatives of lookup(u, v) by u and v, by central differences: exact but for rounding, if no line between
    texels is within h."""
    return np.array([(lookup(u + h, v) - lookup(u - h, v)) / (2 * h), (lookup(u, v + h) - lookup(u, v - h)) / (2 * h)])


def by_image(image: np.ndarray, u: float, v: float, wrap: str, weights: np.ndarray, h: float = 0.5) -> np.ndarray:
    """(H, W, C) derivative of weights (C,) . bilinear by each number of the image, by central differences."""
    out = np.zeros(image.shape)
    for index in np.ndindex(image.shape):
        more, less = image.copy(), image.copy()
        more[index] += h
        less[index] -= h
        out[index] = weights @ (bilinear(more, u, v, wrap) - bilinear(less, u, v, wrap)) / (2 * h)
    return out
