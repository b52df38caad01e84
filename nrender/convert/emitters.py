"""Lights that aren't shapes, and what shapes emit."""

from __future__ import annotations

from typing import Any

import numpy as np

from .context import Context
from .pictures import Entry
from .plugins import Plugin
from .textures import Slot, slot_value
from .transforms import mirrors, rotation_vector, tidy

FEW_ROWS = 200
"""Of an environment map: below it, half a row can be seen."""


def radiant(context: Context, plugin: Plugin, key: str, flipped: bool = False, textured: bool = False) -> Any:
    plugin.skip("sampling_weight")
    return slot_value(context, plugin, key, 1.0, Slot(high=np.inf, of_light=True, flipped=flipped, textured=textured))


def area(context: Context, plugin: Plugin, flipped: bool) -> Any:
    """The `emission` of a shape: a colour or a texture."""
    if plugin.type != "area":
        context.approximate(plugin, "shines in all directions, as an area light")
    made = radiant(context, plugin, "radiance", flipped, textured=True)
    if isinstance(made, dict) and "vertex" in made:
        context.approximate(plugin, "1 instead: an emission can't be taken from vertices", "radiance")
        made = [1.0, 1.0, 1.0]
    context.check_untaken(plugin)
    return made


def _position(plugin: Plugin) -> np.ndarray:
    given = plugin.vector("position")
    matrix = plugin.transform()
    return matrix[:3, 3] if given is None else np.asarray(given)


def _point(context: Context, plugin: Plugin) -> Entry | None:
    return {"type": "point", "position": tidy(_position(plugin)), "intensity": radiant(context, plugin, "intensity")}


def _spot(context: Context, plugin: Plugin) -> Entry | None:
    matrix = plugin.transform()
    if plugin.get("texture") is not None:
        context.refuse(plugin, "without its picture", "texture")
    cutoff = plugin.number("cutoff_angle", 20.0)
    beam = plugin.number("beam_width", 0.75 * cutoff)
    if not 0 < cutoff < 180:
        context.refuse(plugin, f"expected an angle in (0, 180), got {cutoff:g}", "cutoff_angle")
        return None
    least = cutoff * (1 - 1e-3)
    if not 0 <= beam <= least:
        context.approximate(plugin, f"at most {least:g}, just below the cutoff, instead of {beam:g}", "beam_width")
        beam = min(max(beam, 0.0), least)
    axis = matrix[:3, 2] / (np.linalg.norm(matrix[:3, 2]) or 1.0)
    entry: Entry = {"type": "spot", "position": tidy(matrix[:3, 3]), "target": tidy(matrix[:3, 3] + axis),
                    "intensity": radiant(context, plugin, "intensity"), "cutoff": tidy(cutoff)}
    return entry if beam == 0.75 * cutoff else {**entry, "beam_width": tidy(beam)}


def _directional(context: Context, plugin: Plugin) -> Entry | None:
    direction = plugin.vector("direction")
    matrix = plugin.transform()
    axis = matrix[:3, 2] if direction is None else np.asarray(direction)
    return {"type": "directional", "direction": tidy(axis), "irradiance": radiant(context, plugin, "irradiance")}


def _constant(context: Context, plugin: Plugin) -> Entry | None:
    return {"type": "constant", "radiance": radiant(context, plugin, "radiance")}


def _envmap(context: Context, plugin: Plugin) -> Entry | None:
    """The two layouts differ by half a row at the poles only."""
    picture = context.picture(plugin)
    if picture is None:
        return None
    if picture.low < 0:
        context.refuse(plugin, "expected no negative pixels", "filename")
        return None
    if picture.height < FEW_ROWS:
        context.approximate(plugin, f"the first and the last of {picture.height} rows end at the poles, and not half a "
                                    "row before", "filename")
    plugin.skip("sampling_weight", "mis_compensation")
    entry: Entry = {"type": "envmap", "file": picture.file}
    scale = plugin.number("scale", 1.0)
    if scale != 1:
        entry["scale"] = tidy(scale)
    rotate = _turn(context, plugin)
    return {**entry, "rotate": rotate} if any(rotate) else entry


def _turn(context: Context, plugin: Plugin) -> list[float]:
    """The rotation vector nearest to a matrix."""
    matrix = plugin.transform()
    if mirrors(matrix):
        context.approximate(plugin, "not mirrored: nrender turns the sky only", "to_world")
    u, size, v = np.linalg.svd(matrix[:3, :3])
    turn = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v))]) @ v
    if size[2] <= 0 or size[0] / size[2] > 1 + 1e-6:
        context.approximate(plugin, "turned, without being stretched", "to_world")
    return rotation_vector(turn)


EMITTERS = {"point": _point, "spot": _spot, "directional": _directional, "constant": _constant, "envmap": _envmap}


def emitter(context: Context, plugin: Plugin) -> None:
    """Put a light into the document."""
    maker = EMITTERS.get(plugin.type)
    if maker is None:
        context.refuse(plugin, f"left out: nrender has no light like '{plugin.type}'")
        return
    entry = maker(context, plugin)
    context.check_untaken(plugin)
    if entry is not None:
        context.add("lights", plugin.id or plugin.name or plugin.type, entry, plugin.place)
