"""Materials in the terms of glTF: metallic-roughness, and what its extensions add.

    n = 2/(1 - sqrt(0.08 specular)) - 1      so that ((n - 1)/(n + 1))^2 = 0.08 specular, the reflectance head-on
Source: Khronos glTF 2.0.1 specification, appendix B; KHR_materials_ior, _specular, _transmission, _clearcoat.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..image import srgb_encode
from ..scene.materials import is_two_sided
from ..scene.models import Checkerboard, Material, Texture, Textured, VertexColors
from .notes import Notes, mean

COAT = 1.49
"""Index of plastic's coat."""
CELL = 32
"""Texels of a checkerboard's square."""


class Image(NamedTuple):
    """values: (H, W, C) in [0, 1] as a file has them; scale, offset: (2,) of uv; nearest: not bilinear."""

    values: np.ndarray
    wrap: str
    scale: np.ndarray
    offset: np.ndarray
    nearest: bool = False

    def beside(self, other: Image) -> bool:
        """Whether the two can be channels of one image."""
        return self.values.shape[:2] == other.values.shape[:2] and self.wrap == other.wrap and np.array_equal(
            self.scale, other.scale) and np.array_equal(self.offset, other.offset) and self.nearest == other.nearest


class Surface(NamedTuple):
    """rough: an image with roughness in G and metallic in B. specular: a factor. mode: OPAQUE, MASK or BLEND."""

    base: np.ndarray
    alpha: float = 1.0
    metallic: float = 0.0
    roughness: float = 1.0
    ior: float = 1.5
    specular: float = 1.0
    transmission: float = 0.0
    clearcoat: float = 0.0
    gloss: float = 1.0
    mode: str = "OPAQUE"
    two_sided: bool = False
    vertex_colors: bool = False
    base_image: Image | None = None
    rough_image: Image | None = None
    normal_image: Image | None = None


def image_of(value: Any, encoded: bool) -> Image | None:
    """Of a texture, None for what isn't one.  encoded: by the sRGB curve, as colours are."""
    if isinstance(value, Texture):
        linear, nearest = value.image, False
        scale, offset, wrap = value.scale, value.offset, value.wrap
    elif isinstance(value, Checkerboard):
        a, b = (np.atleast_1d(x) for x in (value.a, value.b))
        cells = np.array([[b, a], [a, b]])  # of many texels: readers that blur between texels blur but the rims
        linear, nearest = cells.repeat(CELL, axis=0).repeat(CELL, axis=1), True
        scale, offset, wrap = value.scale / 2, value.offset / 2, "repeat"
    else:
        return None
    return Image(srgb_encode(linear) if encoded else linear, wrap, np.asarray(scale), np.asarray(offset), nearest)


def surface_of(name: str, material: Material | None, notes: Notes) -> Surface:
    """None: black."""
    if material is None:
        return Surface(np.zeros(3), specular=0.0)
    values = material.values
    surface = MODELS[material.type](name, values, notes)
    surface = surface._replace(two_sided=is_two_sided(material))
    if "normal_map" in values:
        surface = surface._replace(normal_image=image_of(values["normal_map"], encoded=False))
    return _see_through(name, values.get("opacity"), surface, notes)


def _base(value: Any) -> dict[str, Any]:
    """The fields for a colour."""
    image = image_of(value, encoded=True)
    if image is not None:
        return {"base": np.ones(3), "base_image": image}
    if isinstance(value, VertexColors):
        return {"base": np.ones(3), "vertex_colors": True}
    return {"base": np.asarray(value)}


def _metal_rough(name: str, metallic: Any, roughness: Any, notes: Notes) -> dict[str, Any]:
    """The fields for two numbers, one image for both."""
    images = {"metallic": image_of(metallic, False), "roughness": image_of(roughness, False)}
    a, b = images["metallic"], images["roughness"]
    if a is not None and b is not None and not a.beside(b):
        notes.add("material", name, "its mean: the image of roughness is of another size or place", "metallic")
        metallic, images["metallic"] = mean(metallic), None
    fields: dict[str, Any] = {}
    found = images["roughness"] or images["metallic"]
    if found is not None:
        channels = np.ones((*found.values.shape[:2], 3))
        for key, place in (("roughness", 1), ("metallic", 2)):
            image = images[key]
            if image is not None:
                channels[..., place] = image.values[..., 0]
        fields["rough_image"] = found._replace(values=channels)
    for key, value in (("metallic", metallic), ("roughness", roughness)):
        fields[key] = 1.0 if images[key] is not None else notes.number("material", name, key, value)
    return fields


def _see_through(name: str, opacity: Any, surface: Surface, notes: Notes) -> Surface:
    if opacity is None:
        return surface
    alpha = image_of(opacity, encoded=False)
    base = surface.base_image
    if alpha is None or (base is not None and not alpha.beside(base)):
        value = notes.number("material", name, "opacity", opacity)
        return surface if value == 1 else surface._replace(alpha=value, mode="BLEND")
    colour = np.ones((*alpha.values.shape[:2], 3)) if base is None else base.values
    together = alpha._replace(values=np.concatenate([colour, alpha.values], axis=2))
    binary = bool(np.isin(alpha.values, (0.0, 1.0)).all())
    return surface._replace(base_image=together, mode="MASK" if binary else "BLEND")


def _diffuse(name: str, values: Mapping[str, Any], notes: Notes) -> Surface:
    return Surface(**_base(values["reflectance"]), specular=0.0)


def _conductor(name: str, values: Mapping[str, Any], notes: Notes) -> Surface:
    return Surface(**_base(values["f0"]), **_metal_rough(name, 1.0, values["roughness"], notes))


def _plastic(name: str, values: Mapping[str, Any], notes: Notes) -> Surface:
    notes.add("material", name, "metallic-roughness instead of plastic: its base isn't dimmed by the coat")
    return Surface(**_base(values["reflectance"]), **_metal_rough(name, 0.0, values["roughness"], notes), ior=COAT,
                   specular=notes.number("material", name, "specular", values["specular"]))


def _dielectric(name: str, values: Mapping[str, Any], notes: Notes) -> Surface:
    return Surface(np.ones(3), **_metal_rough(name, 0.0, values["roughness"], notes), transmission=1.0,
                   ior=notes.number("material", name, "ior", values["ior"]))


def _principled(name: str, values: Mapping[str, Any], notes: Notes) -> Surface:
    def number(key: str) -> float:
        return notes.number("material", name, key, values[key])

    for key in ("specular_tint", "sheen"):
        if isinstance(values[key], Textured) or values[key] != 0:
            notes.add("material", name, "left out: glTF has nothing like it", key)
    specular, coat = number("specular"), number("clearcoat")
    if coat:
        notes.add("material", name, "four times as strong, with a roughness of 1 - clearcoat_gloss", "clearcoat")
    ior = 1.5 if specular == 0.5 or specular == 0 else 2 / (1 - math.sqrt(0.08 * specular)) - 1
    return Surface(**_base(values["base_color"]), **_metal_rough(name, values["metallic"], values["roughness"], notes),
                   ior=ior, specular=float(specular > 0), transmission=number("transmission"), clearcoat=coat,
                   gloss=number("clearcoat_gloss") if coat else 1.0)


MODELS = {"diffuse": _diffuse, "conductor": _conductor, "plastic": _plastic, "dielectric": _dielectric,
          "principled": _principled}
