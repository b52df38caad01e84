"""Materials around materials: both sides, holes, bumps, mixtures.  `surface` is what shapes ask for."""

from __future__ import annotations

import numpy as np

from ..image import LINEAR
from .bsdfs import MODELS, Surface, grey
from .context import Context
from .pictures import Entry
from .plugins import Plugin
from .textures import Slot, slot_value
from .transforms import tidy

DEEPEST = 32
"""Materials within materials."""


def surface(context: Context, plugin: Plugin, flipped: bool, depth: int = 0) -> Surface:
    """The material of a shape whose v is (flipped) that of Mitsuba upside down.

    Each is made once: materials that refer to others twice could double again and again."""
    known: Surface | None = context.surfaces.get((plugin, flipped))
    if known is None:
        known = context.surfaces[plugin, flipped] = _surface(context, plugin, flipped, depth)
    return known


def _surface(context: Context, plugin: Plugin, flipped: bool, depth: int) -> Surface:
    if plugin.type in MODELS:
        made = MODELS[plugin.type](context, plugin, flipped)
    elif plugin.type in LAYERS and depth < DEEPEST:
        made = LAYERS[plugin.type](context, plugin, flipped, depth)
    else:
        context.approximate(plugin, f"a grey diffuse surface: nrender has nothing like '{plugin.type}'")
        plugin.skip(*plugin.values)
        made = grey()
    context.check_untaken(plugin)
    return made


def _inner(context: Context, plugin: Plugin, flipped: bool, depth: int) -> list[Surface]:
    """All that are within; a grey one if there is none."""
    found = [surface(context, inner, flipped, depth + 1) for inner in plugin.inner("bsdf")]
    if not found:
        context.error(plugin, "expected a bsdf within, got none")
    return found or [grey()]


def two_sided(context: Context, plugin: Plugin, flipped: bool, depth: int) -> Surface:
    found = _inner(context, plugin, flipped, depth)
    if len(found) > 1:
        context.approximate(plugin, "the first material on both sides")
    entry = dict(found[0].entry or {})
    if not entry.pop("two_sided", True):
        return Surface(entry, found[0].flip)
    return found[0]


def mask(context: Context, plugin: Plugin, flipped: bool, depth: int) -> Surface:
    inner = _inner(context, plugin, flipped, depth)[0]
    opacity = slot_value(context, plugin, "opacity", 0.5, Slot(colour=False, flipped=flipped))
    if inner.entry is None:
        return inner
    if "opacity" in inner.entry:
        context.approximate(plugin, "of two masks the outer one only", "opacity")
    return Surface({**inner.entry, "opacity": opacity}, inner.flip)


def normal_map(context: Context, plugin: Plugin, flipped: bool, depth: int) -> Surface:
    inner = _inner(context, plugin, flipped, depth)[0]
    plugin.skip("flip_invalid_normals", "use_shadowing_function")
    texture = plugin.get("normalmap")
    if not isinstance(texture, Plugin) or texture.type != "bitmap":
        context.refuse(plugin, "expected a bitmap; the surface stays smooth", "normalmap")
        return inner
    made = slot_value(context, plugin, "normalmap", None, Slot(flipped=flipped))
    if not isinstance(made, dict) or inner.entry is None:
        return inner
    if not texture.flag("raw") and "raw" not in made and not made["file"].lower().endswith(LINEAR):
        made["raw"] = False
    context.approximate(plugin, "light near the horizon of bumps is dimmed in another way")
    return Surface({**inner.entry, "normal_map": made}, inner.flip)


def bump_map(context: Context, plugin: Plugin, flipped: bool, depth: int) -> Surface:
    context.approximate(plugin, "without its bumps: nrender has normal maps only")
    plugin.skip(*plugin.values)
    return _inner(context, plugin, flipped, depth)[0]


def blend(context: Context, plugin: Plugin, flipped: bool, depth: int) -> Surface:
    """The mean of the two if they are of one kind with constants only, else the one with more weight."""
    found = _inner(context, plugin, flipped, depth)
    weight = slot_value(context, plugin, "weight", 0.5, Slot(colour=False, textured=False))
    first, second = found[0], found[-1]
    mixed = _mixed(first.entry, second.entry, float(weight))
    if mixed is None:
        context.approximate(plugin, "the one of the two that has more weight")
        return first if weight < 0.5 else second
    if mixed["type"] != "diffuse":
        context.approximate(plugin, "a material with the mean of the parameters of the two")
    return Surface(mixed, first.flip)


def _mixed(a: Entry | None, b: Entry | None, weight: float) -> Entry | None:
    if a is None or b is None or a.keys() != b.keys() or a["type"] != b["type"]:
        return None
    mixed: Entry = {}
    for key, value in a.items():
        if isinstance(value, str | bool):
            mixed[key] = value
        elif isinstance(value, dict) or isinstance(b[key], dict):
            return None
        else:
            mixed[key] = tidy((1 - weight) * np.asarray(value) + weight * np.asarray(b[key]))
    return mixed


def null(context: Context, plugin: Plugin, flipped: bool, depth: int) -> Surface:
    return Surface(None)


LAYERS = {
    "twosided": two_sided,
    "mask": mask,
    "normalmap": normal_map,
    "bumpmap": bump_map,
    "blendbsdf": blend,
    "null": null,
}
