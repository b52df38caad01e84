"""Material types: the keys of each; the kernels of a type bear the same name.

A new type: an entry here, its name out of `planned`.
"""

from __future__ import annotations

from .models import Frozen, Material
from .schema import Family, Model, Values, colour

DIFFUSE = Model(
    "Lambert's ideal diffuse reflector, on both sides.",
    {"reflectance": colour("part of the light that is reflected, linear RGB", high=1.0)},
)

MATERIALS = Family(
    "materials",
    {"diffuse": DIFFUSE},
    planned=("conductor", "plastic", "dielectric", "principled"),
    planned_keys=("normal_map", "opacity"),
)


def make_material(type_name: str, values: Values) -> Material:
    return Material(type_name, Frozen(values))
