"""Integrator types."""

from __future__ import annotations

from .models import Integrator
from .schema import Family, Model, Values, integer, names

MAX_DEPTH = 65536
"""Derivatives keep a list entry for each depth; of light that keeps 0.999 at each step nothing is left there."""
SPP = integer("samples a pixel", low=1, high=2**31 - 1, default=64)

PATH = Model(
    "Path tracing with next-event estimation.",
    {
        "max_depth": integer("longest path: 1 = emission only, 2 = direct light, ...", low=1,
                             high=MAX_DEPTH, default=6),
        "spp": SPP,
    },
)

DEFERRED = Model(
    "Direct light at the first surface, as if nothing hid the lights: no shadows, no light from surface to surface. "
    "Quicker, also its derivatives, which have the outlines.",
    {"spp": SPP},
)

AOV = Model(
    "No light: what of the first surface is asked for, as the channels of the picture, in this order.",
    {
        "aovs": names("names of AOVs: depth, normal, ..., channels.NAME"),
        "spp": SPP,
    },
)

INTEGRATORS = Family("integrator", {"path": PATH, "deferred": DEFERRED, "aov": AOV}, default_type="path")
DIRECT = 2  # max_depth of what has direct light alone


def make_integrator(type_name: str, values: Values) -> Integrator:
    return Integrator(type_name, values.get("max_depth", DIRECT), values["spp"], values.get("aovs", ()))
