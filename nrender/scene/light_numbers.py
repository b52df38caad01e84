"""The numbers that kernels have of a light, from its parameters, with the tangent and the adjoint, in float64.

In the order of nrender.light.NUMBERS. A spot's axis is n(target - position) and its angles are in radians; a
directional light's direction is n(direction); n(v) = v/|v|. The rest is as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .models import Light

Numbers = dict[str, np.ndarray]


def light_numbers(light: Light) -> Numbers:
    v = light.values
    if light.type == "spot":
        axis = _unit(v["target"] - v["position"])
        return {"position": v["position"], "intensity": v["intensity"], "axis": axis,
                "cutoff": np.radians(v["cutoff"]), "beam_width": np.radians(v["beam_width"])}
    if light.type == "directional":
        return {"direction": _unit(v["direction"]), "irradiance": v["irradiance"]}
    return {"position": v["position"], "intensity": v["intensity"]}


def light_numbers_tan(light: Light, d: Mapping[str, np.ndarray]) -> Numbers:
    """Velocities of the numbers; a parameter that is left out doesn't move."""
    v = light.values
    move = {key: np.asarray(d.get(key, np.zeros(np.shape(v[key]))), np.float64) for key in v}
    if light.type == "spot":
        axis = _unit_slope(v["target"] - v["position"], move["target"] - move["position"])
        return {"position": move["position"], "intensity": move["intensity"], "axis": axis,
                "cutoff": np.radians(move["cutoff"]), "beam_width": np.radians(move["beam_width"])}
    if light.type == "directional":
        return {"direction": _unit_slope(v["direction"], move["direction"]), "irradiance": move["irradiance"]}
    return {"position": move["position"], "intensity": move["intensity"]}


def light_numbers_adj(light: Light, g: Numbers) -> Numbers:
    """Gradients of the light's parameters, given those of its numbers."""
    v = light.values
    if light.type == "spot":
        g_view = _unit_slope(v["target"] - v["position"], g["axis"])
        return {"position": g["position"] - g_view, "target": g_view, "intensity": g["intensity"],
                "cutoff": np.radians(g["cutoff"]), "beam_width": np.radians(g["beam_width"])}
    if light.type == "directional":
        return {"direction": _unit_slope(v["direction"], g["direction"]), "irradiance": g["irradiance"]}
    return {"position": g["position"], "intensity": g["intensity"]}


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


def _unit_slope(v: np.ndarray, d: np.ndarray) -> np.ndarray:
    """The Jacobian of n(v), symmetric, times d."""
    n = _unit(v)
    return (d - n * (n @ d)) / np.linalg.norm(v)
