"""PNG files of 16 bits a channel, which the usual libraries read with 8.

Greys and colours, with or without alpha (dropped), not interlaced.
Source: W3C, Portable Network Graphics Specification, sections 5 (chunks) and 9 (filters).
"""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nrender.errors import ImageError
from nrender.files import open_regular, read_regular
from nrender.image.pixels import check_packed

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}
"""Samples a pixel of each colour type: grey, RGB, grey and alpha, RGBA."""


def is_16_bit(name: str) -> bool:
    """Whether the file is a PNG whose header says 16 bits."""
    with open_regular(name) as stream:
        head = stream.read(25)
    return head.startswith(SIGNATURE) and len(head) == 25 and head[24] == 16


def read(name: str) -> NDArray[np.uint16]:
    """The encoded values, `(H, W, 3)`."""
    content = read_regular(name)
    try:
        width, height, _, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", content, 16)
    except struct.error:
        raise ImageError(f"{name}: damaged or cut short") from None
    if colour not in SAMPLES or interlaced:
        raise ImageError(f"{name}: expected a PNG that isn't interlaced, got an interlaced one")
    samples = SAMPLES[colour]
    check_packed(width, height, samples, len(content), name)
    rows = _rows(content, height, 1 + 2 * samples * width, name)
    values = _unfilter(rows, 2 * samples).view(">u2").reshape(height, width, samples)
    colours = values[..., :3] if samples >= 3 else np.repeat(values[..., :1], 3, axis=2)
    return colours.astype(np.uint16)


def _rows(content: bytes, height: int, row_bytes: int, name: str) -> NDArray[np.uint8]:
    """The inflated rows `(height, row_bytes)`, each led by its filter's number."""
    packed, at = [], len(SIGNATURE)
    while at + 12 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        if content[at + 4 : at + 8] == b"IDAT":
            packed.append(content[at + 8 : at + 8 + size])
        at += 12 + size
    try:
        # Bounded by what the header promised, so a small file can't inflate to a huge one.
        raw = zlib.decompressobj().decompress(b"".join(packed), height * row_bytes)
    except zlib.error:
        raise ImageError(f"{name}: damaged: the pixels can't be read") from None
    if len(raw) < height * row_bytes:
        raise ImageError(f"{name}: cut short: {len(raw) // row_bytes} of {height} rows")
    rows = np.frombuffer(raw, np.uint8).reshape(height, row_bytes)
    if rows[:, 0].max() > 4:
        raise ImageError(f"{name}: damaged: unknown row filter {rows[:, 0].max()}")
    return rows


def _unfilter(rows: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Undo the five filters; step: the bytes of a pixel.  Sequential by nature, so compiled."""
    out = np.zeros((rows.shape[0], rows.shape[1] - 1), np.uint8)
    _compiled()(rows, step, out)
    return out


@functools.cache
def _compiled() -> Callable[..., None]:
    import numba

    return numba.njit(_undo)


def _undo(rows: NDArray[np.uint8], step: int, out: NDArray[np.uint8]) -> None:
    for y in range(out.shape[0]):
        kind = rows[y, 0]
        for i in range(out.shape[1]):
            left = np.int64(out[y, i - step]) if i >= step else np.int64(0)
            up = np.int64(out[y - 1, i]) if y > 0 else np.int64(0)
            corner = np.int64(out[y - 1, i - step]) if y > 0 and i >= step else np.int64(0)
            guess = np.int64(0)
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) // 2
            elif kind == 4:  # Paeth: the neighbour nearest to left + up - corner
                to_left, to_up = abs(up - corner), abs(left - corner)
                to_corner = abs(left + up - 2 * corner)
                if to_left <= to_up and to_left <= to_corner:
                    guess = left
                elif to_up <= to_corner:
                    guess = up
                else:
                    guess = corner
            out[y, i] = (np.int64(rows[y, i + 1]) + guess) & 255
