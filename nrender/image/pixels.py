"""Checks of image arrays: finite values, the wanted resolution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nrender.errors import ImageError

MAX_PIXELS = 2**28
"""The largest image that is read; a header that claims more is refused before it is believed."""

FREE_NUMBERS, NUMBERS_OF_BYTE = 2**26, 256
"""A file of n bytes may hold 2^26 + 256 n numbers (pixels times channels): a picture of one colour of 4096 x 4096
pixels, but no bomb.  Photographs have about one a byte."""


def check_finite(array: NDArray, name: str, channels: Sequence[str] = ("R", "G", "B")) -> None:
    """Raise ImageError with the place of the first NaN or infinity in `(H, W)` or `(H, W, C)`.

    name: what the message starts with, the file's name as a rule.
    channels: names of the C channels; their numbers are used where they don't match.
    """
    bad = ~np.isfinite(array)
    count = int(np.count_nonzero(bad))
    if not count:
        return
    y, x, *c = (int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))
    value = array[(y, x, *c)]
    where = f"pixel (x={x}, y={y})"
    if c:
        where += f", channel {channels[c[0]] if len(channels) == array.shape[2] else c[0]}"
    more = f"; {count} such values" if count > 1 else ""
    raise ImageError(f"{name}: {where}: expected a finite value, got {value}{more}")


def check_packed(width: int, height: int, channels: int, file_bytes: int, name: str) -> None:
    """Raise ImageError where a header claims an image that can't be read, or more than such a file can well hold."""
    check_size(width, height, name)
    most = FREE_NUMBERS + NUMBERS_OF_BYTE * file_bytes
    if width * height * channels > most:
        raise ImageError(f"{name}: expected at most {most} numbers in a file of {file_bytes} bytes, got "
                         f"{width}x{height} pixels of {channels}")


def check_size(width: int, height: int, name: str) -> None:
    """Raise ImageError for an empty image and for one of more than MAX_PIXELS."""
    if width < 1 or height < 1:
        raise ImageError(f"{name}: expected at least one pixel, got {width}x{height}")
    if width * height > MAX_PIXELS:
        raise ImageError(f"{name}: expected at most {MAX_PIXELS} pixels, got {width}x{height}")


def check_target(image: NDArray, width: int, height: int, name: str) -> None:
    """Raise ImageError unless `image` is `(height, width, 3)`.

    The message is "name: expected 256x256, got 128x64", width first.
    """
    if image.ndim != 3 or image.shape[2] != 3:
        raise ImageError(f"{name}: expected an array ({height}, {width}, 3), got {image.shape}")
    if image.shape[:2] != (height, width):
        got = f"{image.shape[1]}x{image.shape[0]}"
        raise ImageError(f"{name}: expected {width}x{height}, got {got}")
