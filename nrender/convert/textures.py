"""Values of materials and lights: constants, spectra, and textures.

Mitsuba's bitmaps have their first row at v = 0, nrender's at v = 1. Meshes of OBJ files and spheres have, in nrender,
the v of Mitsuba upside down (`Slot.flipped`). One of the two, and the image stands as it stood; both or none, and the
image is scaled by -1 along v.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..image import LINEAR
from .context import Context
from .pictures import Entry
from .plugins import Plugin, Value
from .spectra import to_rgb
from .transforms import tidy

LUMINANCE = (0.212671, 0.715160, 0.072169)
"""As Mitsuba has it: with more digits than BT.709, which is that of nrender.image."""
CONSTANTS = ("uniform", "srgb", "d65")


class Slot(NamedTuple):
    """What a key of nrender takes: a colour or a number, up to `high`, of something that shines or not.

    flipped: whether v of the shape is 1 - v of Mitsuba."""

    colour: bool = True
    high: float = 1.0
    of_light: bool = False
    flipped: bool = False
    textured: bool = True


def slot_value(context: Context, plugin: Plugin, key: str, default: float | None, slot: Slot) -> Any:
    """The value of a key: a number or [r, g, b], or the map of a texture."""
    found = plugin.get(key)
    if found is None:
        return _checked(context, plugin, key, np.asarray(default, dtype=np.float64), slot)
    if isinstance(found, Value):
        return _checked(context, plugin, key, _constant(context, plugin, key, found, slot), slot)
    if found.type in CONSTANTS:
        return _checked(context, plugin, key, _of_plugin(context, found), slot)
    maker = TEXTURES.get(found.type) if slot.textured else None
    made = maker(context, found, slot) if maker else None
    if made is not None:
        context.check_untaken(found)
        return made
    mean = _mean(context, found)
    context.approximate(found, f"texture of type '{found.type}' for {key}: its mean instead, {tidy(mean, 3)}")
    return _checked(context, plugin, key, mean, slot)


def _constant(context: Context, plugin: Plugin, key: str, value: Value, slot: Slot) -> np.ndarray:
    if value.kind == "spectrum":
        return to_rgb(value.data, slot.of_light)
    if value.kind in ("rgb", "float", "integer"):
        return np.asarray(value.data, dtype=np.float64)
    context.error(plugin, f"expected a colour or a number, got <{value.kind}>", key)
    return np.asarray(0.0)


def _of_plugin(context: Context, plugin: Plugin) -> np.ndarray:
    """A constant that is written as a plugin."""
    key = {"uniform": "value", "srgb": "color", "d65": "scale"}[plugin.type]
    found = plugin.get(key)
    context.check_untaken(plugin)
    return np.asarray(found.data if isinstance(found, Value) and found.kind in ("float", "rgb") else 1.0)


def _checked(context: Context, plugin: Plugin, key: str, value: np.ndarray, slot: Slot) -> Any:
    """In the range of the slot and of its shape."""
    if (value < 0).any() or (value > slot.high).any():
        context.approximate(plugin, f"{tidy(value, 4)} is cut to [0, {slot.high:g}]", key)
        value = np.clip(value, 0.0, slot.high)
    if slot.colour:
        return tidy(value * np.ones(3))
    if value.ndim and np.ptp(value) > 0:
        context.approximate(plugin, "a number is needed: the luminance of the colour instead", key)
        return tidy(np.dot(LUMINANCE, value))
    return tidy(value[0] if value.ndim else value)


def _mean(context: Context, texture: Plugin) -> np.ndarray:
    """Of what can't be used as it is."""
    texture.skip(*texture.values)
    picture = context.picture(texture) if texture.type == "bitmap" else None
    if picture is not None:
        return np.asarray(picture.mean)
    return np.asarray(0.5)


def _bitmap(context: Context, texture: Plugin, slot: Slot) -> Entry | None:
    picture = context.picture(texture)
    if picture is None or picture.low < 0 or picture.high > slot.high or not (slot.colour or picture.grey):
        return None
    if texture.text("filter_type", "bilinear") != "bilinear":
        context.approximate(texture, "bilinear instead", "filter_type")
    texture.skip("format", "accel", "to_uv", "raw")
    wrap = texture.text("wrap_mode", "repeat")
    scale, offset = _to_uv(context, texture)
    if slot.flipped:
        offset = offset * (1, -1) + (0, 1 - scale[1])
    else:
        scale, offset = scale * (1, -1), offset * (1, -1) + (0, 1)
    period = {"repeat": 1.0, "mirror": 2.0}.get(wrap)
    entry: Entry = {"file": picture.file}
    if not picture.file.lower().endswith(LINEAR):
        # nrender takes numbers as they are, where Mitsuba decodes them, too.
        raw = texture.flag("raw")
        entry |= {"raw": raw} if raw or not slot.colour else {}
    if wrap != "repeat":
        entry["wrap"] = wrap
    return entry | _placed(scale, offset if period is None else np.mod(np.round(offset, 12), period), 1.0)


def _checkerboard(context: Context, texture: Plugin, slot: Slot) -> Entry | None:
    """Its squares are 1/2 wide; color0 is where u and v are in the same halves."""
    inner = slot._replace(textured=False)
    a, b = (slot_value(context, texture, key, default, inner) for key, default in (("color0", 0.4), ("color1", 0.2)))
    texture.skip("to_uv")
    scale, offset = _to_uv(context, texture)
    if slot.flipped:
        scale, offset = scale * (1, -1), offset + (0, scale[1])
    placed = _placed(2 * scale, np.mod(np.round(2 * offset, 12), 2.0), 2.0)
    return {"checkerboard": {"a": a, "b": b, **placed}}


def _mesh_attribute(context: Context, texture: Plugin, slot: Slot) -> Entry | None:
    name = texture.text("name", "vertex_color")
    if name != "vertex_color" or texture.number("scale", 1.0) != 1.0:
        return None
    return {"vertex": "colors"}


TEXTURES = {"bitmap": _bitmap, "checkerboard": _checkerboard, "mesh_attribute": _mesh_attribute}


def _to_uv(context: Context, texture: Plugin) -> tuple[np.ndarray, np.ndarray]:
    """(scale (2,), offset (2,)) of uv."""
    matrix = texture.transform("to_uv")
    if np.abs(matrix[[0, 1], [1, 0]]).max() > 1e-9:
        context.approximate(texture, "without its rotation: nrender scales and shifts only", "to_uv")
        return np.linalg.norm(matrix[:2, :2], axis=1), matrix[:2, 3]
    scale = matrix[[0, 1], [0, 1]]
    # Of old files.
    own = np.array([texture.number("uscale", 1.0), texture.number("vscale", 1.0)])
    shift = np.array([texture.number("uoffset", 0.0), texture.number("voffset", 0.0)])
    return scale * own, scale * shift + matrix[:2, 3]


def _placed(scale: np.ndarray, offset: np.ndarray, usual: float) -> Entry:
    entry: Entry = {}
    if (scale != usual).any():
        entry["scale"] = tidy(scale[0]) if scale[0] == scale[1] else tidy(scale)
    if offset.any():
        entry["offset"] = tidy(offset)
    return entry


def has_texture(value: Any, *keys: str) -> bool:
    """Whether somewhere in an entry a texture stands; keys: of which kind."""
    if not isinstance(value, dict):
        return False
    return bool(set(keys) & set(value)) or any(has_texture(item, *keys) for item in value.values())
