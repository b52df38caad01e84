"""What may stand for a constant colour or number: an image, a checkerboard, the colours of vertices.

A texture is a map with one of these keys; the rest of its keys are in the tables below.  A kind is
allowed where the key's `textured` names it.  Images of a number have one channel.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace as changed
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ..errors import ImageError
from ..image import read_image, srgb_encode
from .models import Checkerboard, Texture, Textured, VertexColors
from .schema import REQUIRED, Key, Values, choice, colour, flag, nested, numbers, text
from .values import Bad, check_range, show

KINDS = {"file": "image", "image": "image", "checkerboard": "checkerboard", "vertex": "vertex"}
"""Kind by the key that tells it."""
ANY = ("image", "checkerboard", "vertex")
GREY = 1 / 64
"""Channels of a grey picture may differ so much: JPEG rounds its colours."""

PLACE = {
    "scale": numbers("uv is multiplied by it, or by its two numbers", (), (2,), default=1),
    "offset": numbers("then added to uv", (2,), default=(0, 0)),
}


FILTER = {"filter": choice("mipmap: blurred where a pixel of the camera covers many texels, by a pyramid of means; not "
                           "for opacity, normal maps and emission", "bilinear", "mipmap", default="bilinear")}


def image_keys(channels: int, minified: bool = True) -> dict[str, Key]:
    shapes = ((None, None, 3),) if channels == 3 else ((None, None), (None, None, 1))
    return {
        "file": text("EXR, Radiance HDR, PNG or JPEG; relative to the scene file", "file", default=None),
        "image": Key("number", "instead: the pixels, row 0 at the top", None, shapes, differentiable=True),
        "wrap": choice("what is beyond the image's border", "repeat", "clamp", "mirror", default="repeat"),
        **PLACE,
        **(FILTER if minified else {}),
        "raw": flag("PNG and JPEG: the values as they are, not decoded from sRGB; without it, those of "
                      "numbers and normal maps only", default=None),
    }


def checkerboard_keys(key: Key) -> dict[str, Key]:
    def field(doc: str) -> Key:
        return changed(key, doc=doc, default=REQUIRED, textured=())

    return {
        "a": field("where the whole parts of u and v have an even sum: a constant like the key's"),
        "b": field("where it is odd"),
        "scale": changed(PLACE["scale"], default=2),
        "offset": PLACE["offset"],
    }


VERTEX = {"vertex": choice("the attribute of the mesh, between vertices linear; a number is the mean of the "
                           "three", "colors")}

TABLES: dict[str, Mapping[str, Key]] = {
    "image": image_keys(3), "checkerboard": checkerboard_keys(colour("")), "vertex": VERTEX}
"""For the reference: of a texture for a colour."""


def kind_of(key: Key, given: Mapping[str, Any]) -> str:
    """The kind of the texture in a map.  Raises Bad."""
    allowed = [name for name, kind in KINDS.items() if kind in key.textured]
    found = [name for name in KINDS if name in given]
    kinds = {KINDS[name] for name in found}
    if len(kinds) == 1 and found[0] in allowed:
        return kinds.pop()
    raise Bad(f"expected a texture with one of {', '.join(allowed)}, got "
              + (" and ".join(found) if found else "none of them"))


def keys_of(kind: str, key: Key) -> Mapping[str, Key]:
    if kind == "image":
        return image_keys(key.channels, key.minified)
    if kind == "checkerboard":
        return {kind: nested("two constants in squares", checkerboard_keys(key), fill=True)}
    return VERTEX


def make(kind: str, key: Key, values: Values, base: Path) -> Textured:
    """The texture of checked values.  Raises Bad."""
    if kind == "image":
        image = read_pixels(values, base, key.channels, raw=key.channels == 1 or not key.constant)
        _check_range(image, key, values.get("file"))
        return Texture(image, values["wrap"], _pair(values["scale"]), _pair(values["offset"]),
                       values.get("filter", "bilinear"))
    if kind == "checkerboard":
        given = values[kind]
        return Checkerboard(given["a"], given["b"], _pair(given["scale"]), _pair(given["offset"]))
    if key.low > 0 or key.high < 1:
        raise Bad(f"expected {changed(key, textured=()).expected()}; colours of vertices are in [0, 1]")
    return VertexColors()


def _pair(scale: np.ndarray) -> np.ndarray:
    return np.broadcast_to(scale, (2,))


def _check_range(image: np.ndarray, key: Key, file: str | None) -> None:
    try:
        check_range(image, key.low, key.high, key.open_ends, "number")
    except Bad as bad:
        if file is None:
            raise Bad(str(bad), ("image", *bad.index)) from None
        raise Bad(f"'{file}': {bad}", ("file",)) from None


def read_pixels(values: Values, base: Path, channels: int, raw: bool = False) -> np.ndarray:
    """Read-only float64 (H, W, channels) from `file` or `image`.  Raises Bad.

    raw: what `raw` is by default: whether a PNG or JPEG stays as it is.
    """
    file, image = values.get("file"), values.get("image")
    if (file is None) == (image is None):
        raise Bad("expected either file or image, got " + ("neither" if file is None else "both"))
    if image is None:
        pixels = _shared_file(base / str(file), str(file), channels,
                              raw if values.get("raw") is None else values["raw"])
    else:
        if not image.size:
            raise Bad(f"expected at least one pixel, got {show(image)}", ("image",))
        pixels = image.reshape(*image.shape[:2], channels)
    pixels.flags.writeable = False
    return pixels


def _nearest(path: Path) -> str:
    """For the end of a message: a file beside it whose name, without the suffix, is alike."""
    try:
        names = {Path(name).stem: name for name in sorted(os.listdir(path.parent))}
    except OSError:
        return ""
    found = get_close_matches(path.stem, names, n=1)
    return f"; did you mean '{names[found[0]]}'?" if found else ""


_shared: WeakValueDictionary[tuple[Any, ...], np.ndarray] = WeakValueDictionary()
"""Pixels by what file they are of, and how it was read, as long as a scene has them: a file that many textures name is
in memory once."""


def _shared_file(path: Path, name: str, channels: int, raw: bool) -> np.ndarray:
    """As _read_file; not anew if the file is as it was."""
    try:
        state = os.stat(path)
    except OSError:
        return _read_file(path, name, channels, raw)  # which says why
    key = (str(path), state.st_ino, state.st_size, state.st_mtime_ns, channels, raw)
    pixels = _shared.get(key)
    if pixels is None:
        pixels = _shared[key] = _read_file(path, name, channels, raw)
    return pixels


def _read_file(path: Path, name: str, channels: int, raw: bool) -> np.ndarray:
    if not os.path.lexists(path):
        raise Bad(f"expected an image file, got '{name}': no such file{_nearest(path)}", ("file",))
    try:
        pixels = read_image(path).astype(np.float64)
    except ImageError as error:
        raise Bad(f"cannot read '{name}': {str(error).removeprefix(f'{path}: ')}", ("file",)) from None
    if raw and path.suffix.lower() != ".exr":
        # Back to what the file holds, exactly: k / 255 is also 257 k / 65535.
        pixels = np.round(srgb_encode(pixels) * 65535) / 65535
    if channels == 3:
        return pixels
    spread = float(np.ptp(pixels, axis=2).max())
    if spread > GREY * max(1.0, float(np.abs(pixels).max())):
        raise Bad(f"expected a grey image for a number, got colours in '{name}'", ("file",))
    return np.ascontiguousarray(pixels[..., 1:2])
