"""Light types other than shapes that emit.  A new type: an entry here, its name out of `planned`.
"""

from __future__ import annotations

from .models import Frozen, Light
from .schema import Family, Model, Values, colour

CONSTANT = Model(
    "The same radiance from every direction, from infinitely far away.",
    {"radiance": colour("radiance, linear RGB")},
)

LIGHTS = Family(
    "lights",
    {"constant": CONSTANT},
    planned=("point", "spot", "directional", "envmap"),
)


def make_light(type_name: str, values: Values) -> Light:
    return Light(type_name, Frozen(values))
