"""Materials that are one model each; `layers.py` has those around others.

Roughness is the square root of Mitsuba's alpha. Where nothing else is said, the back of a material is black, as there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import did_you_mean
from ..scene.place import stop
from .context import Context
from .media import relative_ior
from .metals import INDEX, normal_reflectance
from .pictures import Entry
from .plugins import Plugin, Value
from .textures import Slot, slot_value
from .transforms import tidy

PLASTIC_INDEX = 1.49
"""That of nrender's coat."""
SAME_INDEX = 0.002
"""Indices that differ by less look the same: air against a vacuum is a tenth of that."""
GREY = 0.5


class Surface(NamedTuple):
    """entry: of the scene file, None for what can't be seen; flip: its outside is the shape's inside."""

    entry: Entry | None
    flip: bool = False


def one_sided(entry: Entry) -> Surface:
    return Surface({**entry, "two_sided": False})


def grey() -> Surface:
    """What stands for a material that isn't there, or that nrender has nothing like."""
    return one_sided({"type": "diffuse", "reflectance": [GREY] * 3})


def diffuse(context: Context, plugin: Plugin, flipped: bool) -> Surface:
    colour = slot_value(context, plugin, "reflectance", GREY, Slot(flipped=flipped))
    return one_sided({"type": "diffuse", "reflectance": colour})


def conductor(context: Context, plugin: Plugin, flipped: bool) -> Surface:
    f0, exact = _metal(context, plugin)
    tint = slot_value(context, plugin, "specular_reflectance", 1.0, Slot(textured=False))
    if min(tint) < 1:
        context.approximate(plugin, "times f0; at grazing angles nrender's metal is white", "specular_reflectance")
    if not exact:
        context.approximate(plugin, "Schlick's Fresnel factor instead of the exact one")
    return one_sided({"type": "conductor", "f0": tidy(f0 * tint, 5), "roughness": roughness(context, plugin)})


def _metal(context: Context, plugin: Plugin) -> tuple[np.ndarray, bool]:
    """Reflectance at normal incidence (3,), and whether it is that at all angles, too."""
    material = plugin.get("material")
    given = [plugin.get(key) for key in ("eta", "k")]
    outside = plugin.number("ext_eta", 1.0)
    if given != [None, None]:
        slot = Slot(high=np.inf, textured=False)
        eta, k = (slot_value(context, plugin, key, default, slot) for key, default in (("eta", 0.0), ("k", 1.0)))
        return normal_reflectance(eta, k, outside), False
    name = str(material.data) if isinstance(material, Value) else "none"
    if name.lower() == "none":
        return np.ones(3), True
    # Some have "_palik" behind their name.
    key = name if name in INDEX else f"{name}_palik" if f"{name}_palik" in INDEX else name.removesuffix("_palik")
    if key not in INDEX:
        place = material.place if isinstance(material, Value) else plugin.place
        raise stop(place, str(plugin), f"no metal is named '{name}'{did_you_mean(name, INDEX)}", "material")
    n, k = INDEX[key]
    return normal_reflectance(n, k, outside), False


def roughness(context: Context, plugin: Plugin) -> float:
    """0 for a smooth one; a number."""
    plugin.skip("sample_visible")
    if not plugin.type.startswith("rough"):
        return 0.0
    if plugin.text("distribution", "beckmann") != "ggx":
        context.approximate(plugin, "GGX instead of Beckmann's distribution", "distribution")
    slot = Slot(colour=False, textured=False)
    if plugin.get("alpha_u") is not None or plugin.get("alpha_v") is not None:
        u, v = (slot_value(context, plugin, key, 0.1, slot) for key in ("alpha_u", "alpha_v"))
        if u != v:
            context.approximate(plugin, "the same along u and v: the geometric mean", "alpha_u")
        return float(tidy((u * v) ** 0.25, 6))
    return float(tidy(slot_value(context, plugin, "alpha", 0.1, slot) ** 0.5, 6))


def dielectric(context: Context, plugin: Plugin, flipped: bool) -> Surface:
    ior = relative_ior(plugin, "bk7")
    _expect_ones(context, plugin, "specular_reflectance", "specular_transmittance")
    rough = roughness(context, plugin)
    inside_out = ior < 1
    ior = 1 / ior if inside_out else ior
    if ior > 5:
        context.approximate(plugin, f"an index of 5 instead of {ior:g}", "int_ior")
    return Surface({"type": "dielectric", "ior": tidy(min(max(ior, 1.001), 5.0), 6), "roughness": rough}, inside_out)


def _expect_ones(context: Context, plugin: Plugin, *keys: str) -> None:
    for key in keys:
        if min(slot_value(context, plugin, key, 1.0, Slot(textured=False))) < 1:
            context.approximate(plugin, "1 instead: nrender's glass takes no light", key)


def thin_dielectric(context: Context, plugin: Plugin, flipped: bool) -> Surface:
    """A pane that lets all pass but what a mirror of constant reflectance, that at normal incidence, sends back."""
    once = normal_reflectance(relative_ior(plugin, "bk7"), 0.0)
    _expect_ones(context, plugin, "specular_reflectance", "specular_transmittance")
    both = float(2 * once / (1 + once))
    context.approximate(plugin, f"a mirror with an opacity of {both:.3g}, its reflectance at normal incidence")
    mirror = {"type": "conductor", "f0": [1.0, 1.0, 1.0], "roughness": 0.0, "opacity": tidy(both, 4)}
    return Surface(mirror)


def plastic(context: Context, plugin: Plugin, flipped: bool) -> Surface:
    ior = relative_ior(plugin, "polypropylene")
    if abs(ior - PLASTIC_INDEX) > SAME_INDEX:
        context.approximate(plugin, f"an index of {PLASTIC_INDEX} instead of {ior:.4g}", "int_ior")
    if plugin.flag("nonlinear"):
        context.approximate(plugin, "without the shift of colour by light that is thrown back inside", "nonlinear")
    colour = slot_value(context, plugin, "diffuse_reflectance", GREY, Slot(flipped=flipped))
    specular = slot_value(context, plugin, "specular_reflectance", 1.0, Slot(colour=False, flipped=flipped))
    entry: Entry = {"type": "plastic", "reflectance": colour, "roughness": roughness(context, plugin)}
    return one_sided(entry if specular == 1.0 else {**entry, "specular": specular})


PRINCIPLED = (
    ("metallic", "metallic", 0.0),
    ("roughness", "roughness", 0.5),
    ("spec_tint", "specular_tint", 0.0),
    ("sheen", "sheen", 0.0),
    ("sheen_tint", "sheen_tint", 0.0),
    ("clearcoat", "clearcoat", 0.0),
    ("clearcoat_gloss", "clearcoat_gloss", 0.0),
    ("spec_trans", "transmission", 0.0),
)
"""Name there, name here, default there; it is written where it isn't the default here."""
OURS = {"roughness": 0.5, "clearcoat_gloss": 0.9}


def principled(context: Context, plugin: Plugin, flipped: bool) -> Surface:
    entry: Entry = {"type": "principled",
                    "base_color": slot_value(context, plugin, "base_color", GREY, Slot(flipped=flipped))}
    for theirs, ours, default in PRINCIPLED:
        value = slot_value(context, plugin, theirs, default, Slot(colour=False, flipped=flipped))
        if value != OURS.get(ours, 0.0):
            entry[ours] = value
    specular = _specular(context, plugin, flipped)
    if specular != 0.5:
        entry["specular"] = specular
    for key in ("anisotropic", "flatness"):
        if slot_value(context, plugin, key, 0.0, Slot(colour=False, textured=False)) != 0:
            context.approximate(plugin, "0 instead: nrender has nothing like it", key)
    plugin.skip("main_specular_sampling_rate", "clearcoat_sampling_rate", "diffuse_reflectance_sampling_rate")
    return Surface(entry) if "transmission" in entry else one_sided(entry)


def _specular(context: Context, plugin: Plugin, flipped: bool) -> Any:
    if plugin.get("eta") is None:
        return slot_value(context, plugin, "specular", 0.5, Slot(colour=False, flipped=flipped))
    eta = plugin.number("eta", 1.5)
    found = float(normal_reflectance(eta, 0.0)) / 0.08
    if found > 1:
        context.approximate(plugin, f"the largest index, 1.79, instead of {eta:g}", "eta")
    return tidy(min(found, 1.0), 6)


MODELS = {
    "diffuse": diffuse,
    "conductor": conductor,
    "roughconductor": conductor,
    "dielectric": dielectric,
    "roughdielectric": dielectric,
    "thindielectric": thin_dielectric,
    "plastic": plastic,
    "roughplastic": plastic,
    "principled": principled,
}
