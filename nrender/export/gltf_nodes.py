"""Cameras and lights of glTF.

Both look along -z, with +y up. Intensities are written as candela, irradiance as lux.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..scene.look_at import pose
from ..scene.models import Camera, Light
from .notes import Notes

LENSES = {"perspective": "perspective", "thinlens": "perspective", "orthographic": "orthographic"}
"""What glTF has in the place of a camera type."""


def column_major(matrix: np.ndarray) -> list[float]:
    """(4, 4) as glTF has it."""
    listed: list[float] = matrix.T.reshape(-1).tolist()
    return listed


def camera(name: str, camera: Camera, notes: Notes) -> tuple[dict[str, Any], np.ndarray] | None:
    """(the camera, the matrix of its node (4, 4)); None, and a line, for one that glTF doesn't have."""
    if camera.type not in LENSES:
        notes.add("camera", name, f"left out: glTF has no '{camera.type}'")
        return None
    if "crop" in camera.values:
        notes.add("camera", name, "the whole picture", "crop")
    if camera.type == "thinlens":
        notes.add("camera", name, "a pinhole: all is in focus", "aperture_radius")
    if camera.values["filter"] != "box":
        notes.add("camera", name, "left out", "filter")
    width, height = (int(n) for n in camera.values["resolution"])
    origin, x, y, forward = pose(camera.values)
    matrix = np.eye(4)
    matrix[:3] = np.stack([x, y, -forward, origin], axis=1)
    lens: dict[str, Any] = {"znear": 1e-3}
    kind = LENSES[camera.type]
    if kind == "perspective":
        if not np.array_equal(camera.values["principal_point"], [0.5, 0.5]):
            notes.add("camera", name, "in the middle", "principal_point")
        lens |= {"yfov": _vertical(camera, width, height), "aspectRatio": width / height}
    else:
        half = float(camera.values["height"]) / 2
        lens |= {"xmag": half * width / height, "ymag": half, "zfar": 1e6}
    return {"type": kind, "name": name, kind: lens, "extras": {"resolution": [width, height]}}, matrix


def _vertical(camera: Camera, width: int, height: int) -> float:
    """The opening angle from top to bottom in radians."""
    spans = {"y": height, "x": width, "smaller": min(width, height), "larger": max(width, height),
             "diagonal": math.hypot(width, height)}[str(camera.values["fov_axis"])]
    return 2 * math.atan(math.tan(math.radians(float(camera.values["fov"])) / 2) * height / spans)


def light(name: str, light: Light, notes: Notes) -> tuple[dict[str, Any], np.ndarray] | None:
    """(the light, the matrix of its node (4, 4)); None, and a line, for one that glTF doesn't have."""
    values = light.values
    if light.type in ("constant", "envmap"):
        notes.add("light", name, f"left out: glTF has no '{light.type}'")
        return None
    strength = np.asarray(values["irradiance" if light.type == "directional" else "intensity"])
    peak = float(strength.max())
    entry = {"type": light.type, "name": name, "intensity": peak,
             "color": (strength / peak).tolist() if peak > 0 else [1.0, 1.0, 1.0]}
    axis = np.array([0.0, 0.0, -1.0])
    if light.type == "spot":
        outer = float(values["cutoff"])
        if outer > 90:
            notes.add("light", name, "90 degrees, glTF's largest", "cutoff")
        notes.add("light", name, "between its two angles glTF's falls in proportion to the cosine, squared")
        entry["spot"] = {"innerConeAngle": math.radians(min(float(values["beam_width"]), 89.9)),
                         "outerConeAngle": math.radians(min(outer, 90.0))}
        axis = values["target"] - values["position"]
    elif light.type == "directional":
        axis = np.asarray(values["direction"])
    matrix = np.eye(4)
    matrix[:3, :3] = _turn(axis / np.linalg.norm(axis))
    if "position" in values:
        matrix[:3, 3] = values["position"]
    return entry, matrix


def _turn(axis: np.ndarray) -> np.ndarray:
    """A rotation (3, 3) that takes -z to a unit vector."""
    up = np.eye(3)[1] if abs(axis[1]) < 0.9 else np.eye(3)[0]
    x = np.cross(axis, up)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(x, axis), -axis], axis=1)
