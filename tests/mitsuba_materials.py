"""Materials and textures of nrender as dictionaries for Mitsuba 3; see mitsuba_twin.py.

What differs, and how the twin gets round it:
- Mitsuba has no Schlick conductor; but its `principled` is one at `metallic` 1.
- Row 0 of its bitmaps is at v = 0; so images are given upside down.
- Its checkerboard has squares of 1/2 and, for numbers (`eval_1`, as of 3.9), swaps its two colours.
- Its `normalmap` dims light by a shadowing function of its own, which is turned off; nrender dims by `shading.horizon`.
- Its roughness, as alpha, can't be a texture that means the same, except in `principled`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nrender.bsdf.microfacet import MIN_ALPHA
from nrender.bsdf.principled import LEAST_SPECULAR
from nrender.bsdf.refraction import MIN_INDEX
from nrender.bsdf.transmittance import INDEX
from nrender.scene.materials import is_two_sided
from nrender.scene.models import Checkerboard, Material, Texture, Textured, VertexColors

COLOUR, GREY = "vertex_color", "vertex_grey"  # attributes of meshes

Description = dict[str, Any]


def rgb(value: Any) -> Description:
    return {"type": "rgb", "value": [float(x) for x in value]}


def bsdf(mi: Any, material: Material) -> Description:
    """Null passes outside of a normal map, and that outside of `twosided`: so on both sides it is the same normal."""
    values = material.values
    out = MODELS[material.type](mi, values)
    if is_two_sided(material):
        out = {"type": "twosided", "bsdf": out}
    if "normal_map" in values:
        own = {"flip_invalid_normals": False, "use_shadowing_function": False}
        out = {"type": "normalmap", "normalmap": texture(mi, values["normal_map"]), **own, "bsdf": out}
    if "opacity" in values:
        out = {"type": "mask", "opacity": texture(mi, values["opacity"], number=True), "bsdf": out}
    return out


def diffuse(mi: Any, values: Mapping[str, Any]) -> Description:
    return {"type": "diffuse", "reflectance": texture(mi, values["reflectance"])}


def conductor(mi: Any, values: Mapping[str, Any]) -> Description:
    metal = {"metallic": 1.0, "roughness": texture(mi, values["roughness"], number=True)}
    return {"type": "principled", "base_color": texture(mi, values["f0"]), **metal}


def plastic(mi: Any, values: Mapping[str, Any]) -> Description:
    return {
        "type": "roughplastic",
        "diffuse_reflectance": texture(mi, values["reflectance"]),
        "specular_reflectance": texture(mi, values["specular"], number=True),
        "int_ior": INDEX,
        "ext_ior": 1.0,
        "nonlinear": False,
        **rough(values),
    }


def dielectric(mi: Any, values: Mapping[str, Any]) -> Description:
    index = max(constant(values["ior"]), MIN_INDEX)
    return {"type": "roughdielectric", "int_ior": index, "ext_ior": 1.0, **rough(values)}


def principled(mi: Any, values: Mapping[str, Any]) -> Description:
    names = {"specular_tint": "spec_tint", "transmission": "spec_trans"}
    textured = {key: texture(mi, value, key != "base_color") for key, value in values.items() if key in PRINCIPLED}
    out = {names.get(key, key): value for key, value in textured.items()}
    return {"type": "principled", "specular": max(constant(values["specular"]), LEAST_SPECULAR), **out}


MODELS = {
    "diffuse": diffuse,
    "conductor": conductor,
    "plastic": plastic,
    "dielectric": dielectric,
    "principled": principled,
}
PRINCIPLED = (
    "base_color",
    "metallic",
    "roughness",
    "specular_tint",
    "sheen",
    "sheen_tint",
    "clearcoat",
    "clearcoat_gloss",
    "transmission",
)


def rough(values: Mapping[str, Any]) -> Description:
    alpha = max(constant(values["roughness"]) ** 2, MIN_ALPHA)
    return {"distribution": "ggx", "alpha": alpha, "sample_visible": True}


def constant(value: Any) -> float:
    if isinstance(value, Textured):
        raise NotImplementedError(f"{value!r}: Mitsuba takes a number only")
    return float(value)


def texture(mi: Any, value: Any, number: bool = False) -> Any:
    """A constant number is itself. number: what the colours of vertices are for, which don't say it."""
    if isinstance(value, Texture):
        return image(mi, value)
    if isinstance(value, Checkerboard):
        colours = (rgb(value.a), rgb(value.b)) if value.a.ndim else (float(value.b), float(value.a))
        place = to_uv(mi, 0.5 * value.scale, 0.5 * value.offset)
        return {"type": "checkerboard", "color0": colours[0], "color1": colours[1], "to_uv": place}
    if isinstance(value, VertexColors):
        return {"type": "mesh_attribute", "name": GREY if number else COLOUR}
    if value.ndim:
        return rgb(value)
    return float(value)


def image(mi: Any, value: Texture) -> Description:
    return {
        "type": "bitmap",
        "bitmap": mi.Bitmap(np.ascontiguousarray(value.image[::-1], np.float32)),
        "raw": True,
        "filter_type": "bilinear",
        "wrap_mode": value.wrap,
        "to_uv": to_uv(mi, value.scale, value.offset),
    }


def to_uv(mi: Any, scale: np.ndarray, offset: np.ndarray) -> Any:
    matrix = np.eye(4)
    matrix[[0, 1], [0, 1]] = scale
    matrix[:2, 3] = offset
    return mi.ScalarTransform4f(matrix)
