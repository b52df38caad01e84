"""read_image and write_image: the format is chosen by the file's suffix."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nrender.errors import ImageError, WriteError
from nrender.files import open_regular
from nrender.image import exr, hdr, ldr
from nrender.image.atomic import replacing
from nrender.image.color import tonemap
from nrender.image.pixels import check_finite, check_size

SUFFIXES = (".exr", ".png", ".jpg", ".jpeg")
"""The suffixes that can be read and written, in lower case."""

READ_ONLY = (".hdr", ".pic")
"""Those that can be read alone: Radiance's, as many environment maps are."""

LINEAR = (".exr", *READ_ONLY)
"""Those whose values are not encoded in sRGB."""

RGB = ("R", "G", "B")
DEFAULT_NAMES = {1: ("Y",), 3: RGB, 4: ("R", "G", "B", "A")}


class UnwrittenError(ImageError, WriteError):
    """An image that can't be written, though nothing is wrong with it."""


@overload
def read_image(
    path: str | os.PathLike[str], channels: None = None, *, finite: bool = True
) -> NDArray[np.float32]: ...
@overload
def read_image(
    path: str | os.PathLike[str], channels: Literal[True] | Sequence[str], *, finite: bool = True
) -> tuple[NDArray[np.float32], list[str]]: ...
def read_image(
    path: str | os.PathLike[str],
    channels: Literal[True] | Sequence[str] | None = None,
    *,
    finite: bool = True,
) -> NDArray[np.float32] | tuple[NDArray[np.float32], list[str]]:
    """Read an image file as linear float32, row 0 at the top.

    path: an EXR file (half, float or uint channels), a Radiance HDR file, or a PNG (8 or 16 bits)
        or JPEG, which is decoded from sRGB; a PNG's alpha is dropped.
    channels: None for the colour, `(H, W, 3)`: the channels R, G and B, or a lone Y or single
        channel three times.  True for all channels (R, G, B, A of each layer first), or a list of
        names: then the result is `(array (H, W, C), names)`.
    finite: refuse NaN and infinity.
    Raises ImageError, one line that starts with the path.
    """
    name = os.fspath(path)
    suffix = _suffix(name, SUFFIXES + READ_ONLY)
    _check_is_file(name)
    wanted = list(channels) if channels is not None and channels is not True else channels
    try:
        if suffix == ".exr":
            array, names = exr.read(name, wanted)
        elif suffix in READ_ONLY:
            array, names = _pick_rgb(hdr.read(name), wanted, name)
        else:
            array, names = _pick_rgb(ldr.read(name), wanted, name)
    except OSError as error:  # too large, say
        raise ImageError(f"{name}: can't read: {error.strerror or error}") from error
    if finite:
        check_finite(array, name, names)
    return array if channels is None else (array, names)


def write_image(
    path: str | os.PathLike[str],
    array: ArrayLike,
    channels: Sequence[str] | None = None,
    half: bool = False,
    *,
    finite: bool = True,
) -> None:
    """Write a linear image, whole or not at all: an error leaves what was there before.

    path: .exr holds the values as float32 (half: 16 bits); .png and .jpg hold `tonemap(array)`, and
        an array of uint8 is taken as encoded already.
    array: `(H, W, 3)` or `(H, W)`; for EXR also `(H, W, C)` with the names of the C channels in
        `channels` (by default Y, RGB or RGBA).
    finite: refuse NaN and infinity.
    Raises ImageError, one line that starts with the path.
    """
    name = os.fspath(path)
    suffix = _suffix(name, SUFFIXES)
    if os.path.isdir(name):
        raise ImageError(f"{name}: expected the name of a file, got a folder")
    if not os.path.isdir(Path(name).parent):
        raise ImageError(f"{name}: no such folder: {Path(name).parent}")
    pixels, names = _pixels_to_write(array, channels, name)
    if finite:
        check_finite(pixels, name, names)
    if suffix != ".exr":
        _check_ldr(pixels, channels, half, name)
    elif pixels.dtype == np.uint8:
        raise ImageError(f"{name}: expected linear values for EXR, got 8-bit ones")
    else:
        pixels = exr.convert(pixels, half, name)
    try:
        with replacing(name) as temporary:
            if suffix == ".exr":
                exr.write(str(temporary), pixels, names)
            else:
                ldr.write(temporary, pixels if pixels.dtype == np.uint8 else tonemap(pixels))
    except (OSError, RuntimeError, ValueError) as error:
        # The libraries name the temporary file, which would puzzle; the system's word is better.
        reason = getattr(error, "strerror", None) or _one_line(error).replace(str(temporary), name)
        raise UnwrittenError(f"{name}: can't write: {reason}") from error


def _suffix(name: str, suffixes: tuple[str, ...]) -> str:
    suffix = Path(name).suffix.lower()
    if suffix not in suffixes:
        raise ImageError(f"{name}: expected one of {', '.join(suffixes)}, got '{suffix}'")
    return suffix


def _check_is_file(name: str) -> None:
    """Turn what the system says about a file that can't be opened into one line."""
    if os.path.isdir(name):
        raise ImageError(f"{name}: expected an image file, got a folder")
    try:
        with open_regular(name) as stream:
            empty = not stream.read(1)
    except FileNotFoundError:
        raise ImageError(f"{name}: no such file") from None
    except OSError as error:
        raise ImageError(f"{name}: can't read: {error.strerror}") from error
    if empty:
        raise ImageError(f"{name}: expected an image, got an empty file")


def _pick_rgb(
    rgb: NDArray[np.float32], wanted: list[str] | Literal[True] | None, name: str
) -> tuple[NDArray[np.float32], list[str]]:
    """The wanted channels of a file that has R, G and B."""
    if wanted is None or wanted is True:
        return rgb, list(RGB)
    missing = [channel for channel in wanted if channel not in RGB]
    if missing or not wanted:
        which = ", ".join(missing) or "asked for"
        raise ImageError(f"{name}: no channel {which}; there are R, G, B")
    return np.ascontiguousarray(rgb[..., [RGB.index(channel) for channel in wanted]]), wanted


def _pixels_to_write(
    array: ArrayLike, channels: Sequence[str] | None, name: str
) -> tuple[NDArray, list[str]]:
    """The array as `(H, W, C)` and the names of its channels, both checked."""
    pixels = np.asarray(array)
    if pixels.dtype.kind not in "fiu" or pixels.ndim not in (2, 3):
        got = f"{pixels.dtype} {pixels.shape}"
        raise ImageError(f"{name}: expected numbers (height, width, channels), got {got}")
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    check_size(pixels.shape[1], pixels.shape[0], name)
    count = pixels.shape[2]
    if channels is None and count not in DEFAULT_NAMES:
        raise ImageError(f"{name}: expected names for {count} channels, got none")
    names = list(DEFAULT_NAMES[count] if channels is None else channels)
    if len(names) != count:
        raise ImageError(f"{name}: expected {count} channel names, got {len(names)}")
    if len(set(names)) != count or not all(isinstance(n, str) and n for n in names):
        got = ", ".join(map(str, names))
        raise ImageError(f"{name}: expected channel names that differ, got {got}")
    return pixels, names


def _check_ldr(pixels: NDArray, channels: Sequence[str] | None, half: bool, name: str) -> None:
    """A PNG or JPEG is written from one or three channels; names and half have no place in it."""
    if half:
        raise ImageError(f"{name}: half: expected an EXR file")
    if pixels.shape[2] not in (1, 3) or (channels is not None and tuple(channels) != RGB):
        what = f"{pixels.shape[2]} channels" if channels is None else ", ".join(channels)
        raise ImageError(f"{name}: expected R, G, B (or an EXR file), got {what}")


def _one_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
