"""OpenEXR files: single-part, flat, any channel names and order, half, float and uint.

The colour is R, G and B by name.  Pixels are those of the display window; a data window that
reaches beyond it is cropped, one that leaves parts of it open is refused: no pixel is made up.
Source: OpenEXR's "Technical Introduction" (windows, channel names and layers).
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrender.errors import ImageError, did_you_mean
from nrender.files import open_regular
from nrender.image.pixels import check_packed, check_size

MAGIC = b"\x76\x2f\x31\x01"
HALF_MAX = float(np.finfo(np.float16).max)


class _Window(NamedTuple):
    """Columns x0 to x1 and rows y0 to y1, ends included."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        return self.x1 - self.x0 + 1

    @property
    def height(self) -> int:
        return self.y1 - self.y0 + 1

    def contains(self, other: _Window) -> bool:
        inside_x = self.x0 <= other.x0 and other.x1 <= self.x1
        return inside_x and self.y0 <= other.y0 and other.y1 <= self.y1

    def __str__(self) -> str:
        return f"({self.x0}, {self.y0})-({self.x1}, {self.y1})"


def read(
    name: str, wanted: list[str] | Literal[True] | None
) -> tuple[NDArray[np.float32], list[str]]:
    """The wanted channels of a file as float32 `(H, W, C)`, and their names.

    A uint channel is rounded to float32, which is exact up to 2**24.
    """
    with open_regular(name) as stream:
        size = os.fstat(stream.fileno()).st_size
        if stream.read(4) != MAGIC:
            raise ImageError(f"{name}: not an OpenEXR file")
    data, display = _check_header(_open(name, header_only=True), size, name)
    channels = _open(name, header_only=False).channels()
    names = _choose(sorted(channels, key=_natural_order), wanted, name)
    x, y = display.x0 - data.x0, display.y0 - data.y0
    array = np.empty((display.height, display.width, len(names)), np.float32)
    for i, channel in enumerate(names):
        pixels = channels[channel].pixels
        if pixels.shape != (data.height, data.width):
            raise ImageError(f"{name}: channel {channel}: subsampled channels can't be read")
        array[..., i] = pixels[y : y + display.height, x : x + display.width]
    return array, list("RGB") if wanted is None else names


def convert(
    pixels: NDArray[Any], half: bool, name: str
) -> NDArray[np.float32] | NDArray[np.float16]:
    """Pixels in the file's type; ImageError where a finite value doesn't fit it."""
    limit = HALF_MAX if half else float(np.finfo(np.float32).max)
    largest = float(np.max(np.abs(pixels), where=np.isfinite(pixels), initial=0.0))
    if largest > limit:
        kind = "half" if half else "float32"
        raise ImageError(f"{name}: expected values up to {limit:g} ({kind}), got {largest:g}")
    return pixels.astype(np.float16) if half else pixels.astype(np.float32)


def write(name: str, pixels: NDArray[np.float32] | NDArray[np.float16], names: list[str]) -> None:
    """Write `(H, W, C)` as scan lines with ZIP compression, which is lossless."""
    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    channels = {n: np.ascontiguousarray(pixels[..., i]) for i, n in enumerate(names)}
    with _quiet():
        OpenEXR.File(header, channels).write(name)


def _open(name: str, header_only: bool) -> Any:
    import OpenEXR

    try:
        with _quiet():
            file = OpenEXR.File(name, separate_channels=True, header_only=header_only)
    except (RuntimeError, ValueError, TypeError, KeyError, MemoryError) as error:
        raise ImageError(f"{name}: damaged or not an OpenEXR file") from error
    if not file.parts:  # the library prints a warning and gives nothing where pixels are missing
        raise ImageError(f"{name}: damaged or cut short: the pixels can't be read")
    return file


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's own messages off the screen: ImageError says what went wrong.

    It writes to Python's stdout (which `--json` keeps clean) and, below Python, to descriptor 2.
    """
    try:
        saved = os.dup(2)
    except OSError:  # closed: nobody is listening
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere, contextlib.redirect_stdout(io.StringIO()):
            os.dup2(nowhere.fileno(), 2)
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _check_header(file: Any, size: int, name: str) -> tuple[_Window, _Window]:
    """The data and the display window; ImageError for a file that can't be read here."""
    import OpenEXR

    if len(file.parts) > 1:
        parts = ", ".join(str(file.header(i).get("name", i)) for i in range(len(file.parts)))
        raise ImageError(f"{name}: expected one part, got {len(file.parts)} ({parts})")
    header = file.header()
    if header.get("type") in (OpenEXR.deepscanline, OpenEXR.deeptile):
        raise ImageError(f"{name}: expected a flat image, got a deep one")
    data, display = (_window(header[key]) for key in ("dataWindow", "displayWindow"))
    check_packed(data.width, data.height, len(header["channels"]), size, name)
    check_size(display.width, display.height, name)
    if not data.contains(display):
        raise ImageError(
            f"{name}: expected pixels for the whole display window {display}, got {data} only"
        )
    if not header["channels"]:
        raise ImageError(f"{name}: no channels")
    for channel in header["channels"]:
        if (channel.xSampling, channel.ySampling) != (1, 1):
            raise ImageError(f"{name}: channel {channel.name}: subsampled channels can't be read")
    return data, display


def _window(corners: Any) -> _Window:
    (x0, y0), (x1, y1) = corners
    return _Window(int(x0), int(y0), int(x1), int(y1))


def _natural_order(channel: str) -> tuple[str, int, str]:
    """Layer by layer, in each R, G, B, A first (a file has them by alphabet: A, B, G, R)."""
    layer, _, last = channel.rpartition(".")
    return layer, "RGBA".find(last) if last in tuple("RGBA") else 4, last


def _choose(there: list[str], wanted: list[str] | Literal[True] | None, name: str) -> list[str]:
    """The channels to read, in order; for the colour (None) always three."""
    if wanted is True:
        return there
    if wanted is None:
        if "Y" in there and not {"R", "G", "B"} & set(there):
            return ["Y"] * 3
        if len(there) == 1:
            return there * 3
        wanted = ["R", "G", "B"]
    missing = [channel for channel in wanted if channel not in there]
    if missing:
        hint = did_you_mean(missing[0], there) if len(missing) == 1 else ""
        plural = "s" if len(missing) > 1 else ""
        raise ImageError(
            f"{name}: no channel{plural} {', '.join(missing)}; there are {', '.join(there)}{hint}"
        )
    if not wanted:
        raise ImageError(f"{name}: expected channel names, got an empty list")
    return wanted
