"""The numbers that kernels have of a light, from its parameters, with the tangent and the adjoint, in float64.

In the order of nrender.light.NUMBERS. A spot's axis is n(target - position) and its angles are in radians; a
directional light's direction is n(direction); n(v) = v/|v|. An environment map's frame is the matrix R of its rotation,
row by row: the world's direction of a direction d of the map is R d. Its scale has three channels, and its image has no
place here. The rest is as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .models import Light
from .transform import rotation, rotation_adj, rotation_tan

Numbers = dict[str, np.ndarray]


def light_numbers(light: Light) -> Numbers:
    v = light.values
    if light.type == "spot":
        axis = _unit(v["target"] - v["position"])
        return {"position": v["position"], "intensity": v["intensity"], "axis": axis,
                "cutoff": np.radians(v["cutoff"]), "beam_width": np.radians(v["beam_width"])}
    if light.type == "directional":
        return {"direction": _unit(v["direction"]), "irradiance": v["irradiance"]}
    if light.type == "envmap":
        return {"frame": rotation(v["rotate"])[0].reshape(9), "scale": _channels(v["scale"])}
    return {"position": v["position"], "intensity": v["intensity"]}


def light_numbers_tan(light: Light, d: Mapping[str, np.ndarray]) -> Numbers:
    """Velocities of the numbers; a parameter that is left out doesn't move."""
    v = light.values
    move = {key: np.asarray(d.get(key, np.zeros(np.shape(v[key]))), np.float64) for key in v if key != "image"}
    if light.type == "spot":
        axis = _unit_slope(v["target"] - v["position"], move["target"] - move["position"])
        return {"position": move["position"], "intensity": move["intensity"], "axis": axis,
                "cutoff": np.radians(move["cutoff"]), "beam_width": np.radians(move["beam_width"])}
    if light.type == "directional":
        return {"direction": _unit_slope(v["direction"], move["direction"]), "irradiance": move["irradiance"]}
    if light.type == "envmap":
        return {"frame": rotation_tan(v["rotate"], move["rotate"]).reshape(9), "scale": _channels(move["scale"])}
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
    if light.type == "envmap":
        g_scale = g["scale"] if np.ndim(v["scale"]) else np.sum(g["scale"])
        return {"rotate": rotation_adj(v["rotate"], g["frame"].reshape(3, 3)), "scale": np.asarray(g_scale)}
    return {"position": g["position"], "intensity": g["intensity"]}


def _channels(scale: np.ndarray) -> np.ndarray:
    """One number is that of all three channels."""
    return np.broadcast_to(scale, 3)


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


def _unit_slope(v: np.ndarray, d: np.ndarray) -> np.ndarray:
    """The Jacobian of n(v), symmetric, times d."""
    n = _unit(v)
    return (d - n * (n @ d)) / np.linalg.norm(v)
