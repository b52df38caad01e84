"""Indices of refraction by name, at the sodium line (589 nm)."""

from __future__ import annotations

from ..errors import did_you_mean
from ..scene.place import stop
from .plugins import Plugin, Value

IOR = {
    "vacuum": 1.0, "helium": 1.000036, "hydrogen": 1.000132, "air": 1.000277, "carbon dioxide": 1.00045, "water": 1.333,
    "acetone": 1.36, "ethanol": 1.361, "carbon tetrachloride": 1.461, "glycerol": 1.4729, "benzene": 1.501,
    "silicone oil": 1.52045, "bromine": 1.661, "water ice": 1.31, "fused quartz": 1.458, "pyrex": 1.47,
    "acrylic glass": 1.49, "polypropylene": 1.49, "bk7": 1.5046, "sodium chloride": 1.544, "amber": 1.55, "pet": 1.575,
    "diamond": 2.419,
}


def relative_ior(plugin: Plugin, inside: str) -> float:
    """Of `int_ior` (by default that of `inside`) over `ext_ior`.  Raises SceneError."""
    return _ior(plugin, "int_ior", inside) / _ior(plugin, "ext_ior", "air")


def _ior(plugin: Plugin, key: str, default: str) -> float:
    found = plugin.get(key)
    if found is None:
        return IOR[default]
    if isinstance(found, Value) and found.kind == "string":
        name = str(found.data).lower()
        if name in IOR:
            return IOR[name]
        raise stop(found.place, str(plugin), f"no medium is named '{name}'{did_you_mean(name, IOR)}", key)
    value = plugin.number(key, 0.0)
    if value <= 0:
        raise stop(found.place, str(plugin), f"expected an index > 0, got {value:g}", key)
    return value
