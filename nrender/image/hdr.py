"""Radiance's picture files (.hdr, .pic): 8 bits a colour and a common exponent, run-length encoded or not.

Source: Ward, "Real Pixels", Graphics Gems II, 1991; the format's description in Radiance's reference manual.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nrender.errors import ImageError
from nrender.files import read_regular
from nrender.image.pixels import check_packed

MAGIC = (b"#?RADIANCE", b"#?RGBE")
LONGEST_LINE = 4096  # of the header: more is no header
EXPONENT = 136  # of a value's mantissa as a whole number: 128, and 8 for its bits


def read(name: str) -> NDArray[np.float32]:
    """Linear `(H, W, 3)`, exposures undone. ImageError for what is damaged, or is no -Y/+Y picture in RGB."""
    content = read_regular(name)
    if not content.startswith(MAGIC):
        raise ImageError(f"{name}: damaged or not a Radiance HDR file: expected #?RADIANCE at its start")
    exposure, size, begin = _header(content, name)
    match = re.fullmatch(r"([-+])Y (\d{1,9}) ([-+])X (\d{1,9})", size)
    if not match:
        raise ImageError(f"{name}: expected a size like '-Y 512 +X 1024', got {size[:40]!r}")
    height, width = int(match[2]), int(match[4])
    check_packed(width, height, 3, len(content), name)
    if height > len(content):  # a row takes some bytes
        raise ImageError(f"{name}: cut short: {len(content)} bytes for {height} rows")
    quads = np.zeros((height, width, 4), np.uint8)
    done = _compiled()(np.frombuffer(content, np.uint8), begin, quads)
    if done < height:
        raise ImageError(f"{name}: damaged or cut short: {done} of {height} rows")
    quads = quads[:: 1 if match[1] == "-" else -1, :: 1 if match[3] == "+" else -1]
    exponent = quads[..., 3:].astype(np.int32)
    scale = np.where(exponent > 0, np.ldexp(1.0 / exposure, exponent - EXPONENT), 0.0)
    with np.errstate(over="ignore"):  # what float32 can't hold is infinite, and refused as such
        return (quads[..., :3] * scale).astype(np.float32)


def _header(content: bytes, name: str) -> tuple[float, str, int]:
    """(product of the exposures, line of the size, where the pixels begin)."""
    exposure, at, blank = 1.0, 0, False
    while True:
        end = content.find(b"\n", at, at + LONGEST_LINE)
        if end < 0:
            raise ImageError(f"{name}: damaged: the header has no end")
        line = content[at:end].decode("latin-1").strip()
        at = end + 1
        if blank:
            return exposure, line, at
        blank = not line
        key, _, value = line.partition("=")
        if key.strip() == "FORMAT" and value.strip() != "32-bit_rle_rgbe":
            raise ImageError(f"{name}: expected FORMAT=32-bit_rle_rgbe, got {value.strip()[:40]!r}")
        if key.strip() == "EXPOSURE":
            exposure *= _exposure(value, name)


def _exposure(value: str, name: str) -> float:
    try:
        exposure = float(value)
    except ValueError:
        exposure = 0.0
    if not 0.0 < exposure < np.inf:
        raise ImageError(f"{name}: EXPOSURE: expected a number above 0, got {value.strip()[:40]!r}")
    return exposure


@functools.cache
def _compiled() -> Callable[..., int]:
    import numba

    return numba.njit(_decode)


def _decode(packed: NDArray[np.uint8], at: int, quads: NDArray[np.uint8]) -> int:
    """Fill the rows; return how many are whole."""
    height, width = quads.shape[:2]
    end = len(packed)
    for y in range(height):
        by_colour = at + 4 <= end and packed[at] == 2 and packed[at + 1] == 2 and packed[at + 2] < 128
        if by_colour and 8 <= width < 32768:
            if 256 * int(packed[at + 2]) + packed[at + 3] != width:
                return y
            at += 4
            for colour in range(4):
                x = 0
                while x < width:
                    if at + 2 > end:
                        return y
                    word = int(packed[at])
                    run = word > 128
                    count = word - 128 if run else word
                    if count == 0 or x + count > width or at + 1 + (1 if run else count) > end:
                        return y
                    for i in range(count):
                        quads[y, x + i, colour] = packed[at + 1 + (0 if run else i)]
                    x += count
                    at += 1 + (1 if run else count)
        else:  # pixel by pixel; (1, 1, 1, n) repeats the one before, the next of them in a row 256 times that
            x, shift = 0, 0
            while x < width:
                if at + 4 > end:
                    return y
                if packed[at] == 1 and packed[at + 1] == 1 and packed[at + 2] == 1:
                    count = int(packed[at + 3]) << shift
                    if x == 0 or shift > 16 or x + count > width:
                        return y
                    for i in range(count):
                        for colour in range(4):
                            quads[y, x + i, colour] = quads[y, x - 1, colour]
                    x += count
                    shift += 8
                else:
                    for colour in range(4):
                        quads[y, x, colour] = packed[at + colour]
                    x += 1
                    shift = 0
                at += 4
    return height
