"""Integrator types."""

from __future__ import annotations

from .models import Integrator
from .schema import Family, Model, Values, integer

PATH = Model(
    "Path tracing with next-event estimation.",
    {
        "max_depth": integer("longest path: 1 = emission only, 2 = direct light, ...", low=1,
                             high=2**31 - 1, default=6),
        "spp": integer("samples a pixel", low=1, high=2**31 - 1, default=64),
    },
)

INTEGRATORS = Family("integrator", {"path": PATH}, default_type="path")


def make_integrator(type_name: str, values: Values) -> Integrator:
    return Integrator(type_name, values["max_depth"], values["spp"])
