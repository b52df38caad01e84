"""An array of numbers as a picture on the screen."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ..errors import NrenderError
from ..image import tonemap


class Picture:
    """pixels (height, width, 3) uint8. A notebook shows it where a cell ends with it."""

    def __init__(self, pixels: np.ndarray):
        self.pixels = pixels

    def _repr_png_(self) -> bytes:
        import imageio.v3 as iio

        stream = io.BytesIO()
        iio.imwrite(stream, self.pixels, extension=".png")
        return stream.getvalue()

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        return f"Picture({width} x {height})"


def show(image: Any, exposure: float = 0.0, low: float | None = None, high: float | None = None) -> Picture:
    """An image as a `Picture`.

    image: (height, width, 3) linear radiance, made visible as `nrender.write_image` does for PNG, after 2**exposure; or
    (height, width) or (height, width, 1) of anything, grey from `low` (default: the least) to `high` (the largest).
    What isn't finite is black. NrenderError for another shape.
    """
    array = np.asarray(image, np.float64)
    finite = np.isfinite(array)
    known = np.where(finite, array, 0.0)
    if array.ndim == 3 and array.shape[2] == 3:
        return Picture(tonemap(known * 2.0**exposure))
    if array.ndim == 3 and array.shape[2] == 1:
        known, finite = known[..., 0], finite[..., 0]
    if known.ndim != 2:
        expected = "an image (height, width, 3), (height, width, 1) or (height, width)"
        raise NrenderError(f"show: expected {expected}, got shape {array.shape}")
    counts = known[finite]
    bottom = low if low is not None else float(counts.min(initial=np.inf)) if counts.size else 0.0
    top = high if high is not None else float(counts.max(initial=-np.inf)) if counts.size else 1.0
    share = np.clip((known - bottom) / (top - bottom if top > bottom else 1.0), 0.0, 1.0)
    grey = np.where(finite, np.rint(255 * share), 0).astype(np.uint8)
    return Picture(np.repeat(grey[..., None], 3, axis=2))
