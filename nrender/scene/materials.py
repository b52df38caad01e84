"""Material types: the keys of each; the kernels of a type bear the same name.

A new type: an entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace as changed
from typing import Any

import numpy as np

from .models import Frozen, Material, Texture, Textured
from .schema import REQUIRED, Family, Key, Model, Values, colour, flag, number
from .textures import ANY

UNIT_WITHIN = 0.2
"""Vectors of a normal map are normalised; so far, on average, may their lengths be from 1."""


def tint(doc: str, default: Any = REQUIRED) -> Key:
    """A colour in [0, 1]: constant, per vertex, or a texture."""
    return changed(colour(doc, default=default, high=1.0, textured=ANY), minified=True)


def fraction(doc: str, default: Any = REQUIRED) -> Key:
    """A number in [0, 1]: constant, per vertex, or a texture."""
    key = number(doc, default=default, low=0.0, high=1.0, differentiable=True, textured=ANY)
    return changed(key, minified=True)


def always(values: Values) -> bool:
    return True


def if_it_transmits(values: Values) -> bool:
    transmission = values["transmission"]
    return isinstance(transmission, Textured) or bool(transmission)


LETS_THROUGH: dict[str, Callable[[Values], bool]] = {"dielectric": always, "principled": if_it_transmits}
"""Of the types through which light can come: whether it does, so that the two sides differ."""


def check_sides(type_name: str) -> Callable[[Values], Iterable[tuple[str, str]]]:
    """The check of a type in LETS_THROUGH."""
    def check(values: Values) -> Iterable[tuple[str, str]]:
        if values.get("two_sided") and LETS_THROUGH[type_name](values):
            yield "two_sided", "expected false for a material that lets light through, got true"

    return check


ROUGHNESS = "GGX's alpha is its square, but at least 1e-3"

DIFFUSE = Model(
    "Lambert's ideal diffuse reflector, on both sides.",
    {"reflectance": tint("part of the light that is reflected, linear RGB")},
)

CONDUCTOR = Model(
    "Rough metal: GGX with Schlick's Fresnel factor, on both sides.",
    {
        "f0": tint("reflectance at normal incidence, linear RGB", (0.9, 0.9, 0.9)),
        "roughness": fraction(ROUGHNESS, 0.3),
    },
)

PLASTIC = Model(
    "Diffuse base under a rough dielectric coat, on both sides.",
    {
        "reflectance": tint("of the base, linear RGB"),
        "specular": fraction("factor of what the coat reflects; 1 is physical", 1),
        "roughness": fraction(ROUGHNESS, 0.3),
    },
)

DIELECTRIC = Model(
    "Glass: reflects and refracts; its outside is the side of the front.",
    {
        "ior": changed(number("index of refraction inside, over that outside; at least 1.001 is used", low=1.0,
                              high=5.0, default=1.5, differentiable=True, textured=ANY), minified=True),
        "roughness": fraction(ROUGHNESS, 0),
    },
    check_sides("dielectric"),
)

PRINCIPLED = Model(
    "Burley's principled model of 2012, with transmission.",
    {
        "base_color": tint("of the diffuse part and of metal, linear RGB"),
        "metallic": fraction("0 is a dielectric, 1 a metal", 0),
        "roughness": fraction(ROUGHNESS, 0.5),
        "specular": fraction("reflectance at normal incidence, over 0.08", 0.5),
        "specular_tint": fraction("how much base_color tints the dielectric's reflection", 0),
        "sheen": fraction("strength of the glow at grazing angles, as of cloth", 0),
        "sheen_tint": fraction("how much base_color tints the sheen", 0),
        "clearcoat": fraction("strength of a second, white reflection", 0),
        "clearcoat_gloss": fraction("1 is glossy, 0 satin", 0.9),
        "transmission": fraction("part of the dielectric that refracts instead of scattering", 0),
    },
    check_sides("principled"),
)

COMMON = {
    "normal_map": colour("(normal + 1)/2, tangent along u and v, +z out of the surface", high=1.0,
                         default=None, textured=("image",), constant=False),
    "opacity": changed(fraction("part that is there; the rest lets light through as it came", None), minified=False),
    "two_sided": flag("whether the back looks like the front, else it is black; without it, as the type has it",
                      default=None),
}


def check_normal_map(values: Values) -> Iterable[tuple[str, str]]:
    texture = values.get("normal_map")
    if not isinstance(texture, Texture):
        return
    normals = 2 * texture.image - 1
    lengths = np.linalg.norm(normals, axis=2)
    deviation = float(np.abs(lengths - 1).mean())
    if deviation > UNIT_WITHIN:
        yield "normal_map", ("expected vectors 2 * value - 1 of length 1, got lengths that are "
                             f"{deviation:.2f} away from it on average")
    elif normals[..., 2].mean() <= 0:
        yield "normal_map", "expected vectors that point out of the surface, got a mean z that isn't positive"


MATERIALS = Family(
    "materials",
    {
        "diffuse": DIFFUSE,
        "conductor": CONDUCTOR,
        "plastic": PLASTIC,
        "dielectric": DIELECTRIC,
        "principled": PRINCIPLED,
    },
    COMMON,
    check_normal_map,
)


def make_material(type_name: str, values: Values) -> Material:
    return Material(type_name, Frozen({key: value for key, value in values.items() if value is not None}))


def is_two_sided(material: Material) -> bool:
    """Whether its back looks like its front: as `two_sided` says, and without that if no light comes through."""
    given = material.values.get("two_sided")
    if given is not None:
        return bool(given)
    return material.type not in LETS_THROUGH or not LETS_THROUGH[material.type](material.values)
