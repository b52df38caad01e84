"""Lights of nrender as dictionaries for Mitsuba 3; see mitsuba_twin.py.

Mitsuba has one light that surrounds the scene: constant ones are added to the image of the sky. Its image has the
layout of ours and continues over the seam, but its first and last rows are at the poles themselves, where ours are half
a row away (as of 3.9): one of 2 H + 1 rows is the same function as ours of H.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from mitsuba_materials import Description, rgb

from nrender.scene.models import Light
from nrender.scene.transform import rotation


def emitters(mi: Any, lights: Mapping[str, Light]) -> dict[str, Description]:
    out = {name: FINITE[light.type](mi, light.values) for name, light in lights.items() if light.type in FINITE}
    skies = [light for light in lights.values() if light.type == "envmap"]
    constants = [light.values["radiance"] for light in lights.values() if light.type == "constant"]
    glow = np.sum(constants, axis=0) if constants else np.zeros(3)
    if skies:
        out["sky"] = envmap(mi, skies[0].values, glow)
    elif constants:
        out["sky"] = {"type": "constant", "radiance": rgb(glow)}
    return out


def point(mi: Any, values: Mapping[str, Any]) -> Description:
    return {"type": "point", "position": values["position"].tolist(), "intensity": rgb(values["intensity"])}


def spot(mi: Any, values: Mapping[str, Any]) -> Description:
    axis = values["target"] - values["position"]
    up = np.eye(3)[np.argmin(np.abs(axis))]
    place = mi.ScalarTransform4f().look_at(values["position"].tolist(), values["target"].tolist(), up.tolist())
    cone = {"cutoff_angle": float(values["cutoff"]), "beam_width": float(values["beam_width"])}
    return {"type": "spot", "to_world": place, "intensity": rgb(values["intensity"]), **cone}


def directional(mi: Any, values: Mapping[str, Any]) -> Description:
    return {"type": "directional", "direction": values["direction"].tolist(), "irradiance": rgb(values["irradiance"])}


def envmap(mi: Any, values: Mapping[str, Any], glow: np.ndarray) -> Description:
    """The sky plus the radiance `glow`."""
    matrix = np.eye(4)
    matrix[:3, :3], _ = rotation(values["rotate"])
    pixels = values["image"] * values["scale"] + glow
    above, below = np.concatenate([pixels[:1], pixels]), np.concatenate([pixels, pixels[-1:]])
    pixels = np.insert(0.5 * (above + below), np.arange(1, len(above)), pixels, axis=0).astype(np.float32)
    return {"type": "envmap", "bitmap": mi.Bitmap(pixels), "to_world": mi.ScalarTransform4f(matrix)}


FINITE = {"point": point, "spot": spot, "directional": directional}
