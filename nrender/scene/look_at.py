"""Where a camera is and how it is turned, with the tangent and the adjoint, in float64.

A pose is (4, 3): origin, x (to the viewer's right), y (up in the picture), forward. From `origin`, `target` and `up`,
with n(v) = v/|v|,
    forward = n(target - origin),  x = n(forward x up),  y = x x forward.
From `matrix` (3, 4), camera to world: its columns are x, y, -forward, origin; so it is linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Values = Mapping[str, np.ndarray]
KEYS = ("origin", "target", "up", "matrix")


class _Parts(NamedTuple):
    forward: np.ndarray
    x: np.ndarray
    y: np.ndarray
    distance: float      # |target - origin|
    sine: float          # |forward x up|


def _parts(values: Values) -> _Parts:
    view = values["target"] - values["origin"]
    distance = float(np.linalg.norm(view))
    forward = view / distance
    side = np.cross(forward, values["up"])
    sine = float(np.linalg.norm(side))
    x = side / sine
    return _Parts(forward, x, np.cross(x, forward), distance, sine)


def _of_matrix(matrix: np.ndarray) -> np.ndarray:
    return np.stack([matrix[:, 3], matrix[:, 0], matrix[:, 1], -matrix[:, 2]])


def pose(values: Values) -> np.ndarray:
    """The pose of a checked camera."""
    if "matrix" in values:
        return _of_matrix(values["matrix"])
    p = _parts(values)
    return np.stack([values["origin"], p.x, p.y, p.forward])


def pose_tan(values: Values, d: Values) -> np.ndarray:
    """Velocity of the pose when those of its keys that are in `d` move."""
    if "matrix" in values:
        return _of_matrix(d["matrix"]) if "matrix" in d else np.zeros((4, 3))
    p = _parts(values)
    d_origin, d_target, d_up = (np.asarray(d.get(key, np.zeros(3)), np.float64) for key in KEYS[:3])
    d_view = d_target - d_origin
    d_forward = (d_view - p.forward * (p.forward @ d_view)) / p.distance
    d_side = np.cross(d_forward, values["up"]) + np.cross(p.forward, d_up)
    d_x = (d_side - p.x * (p.x @ d_side)) / p.sine
    d_y = np.cross(d_x, p.forward) + np.cross(p.x, d_forward)
    return np.stack([d_origin, d_x, d_y, d_forward])


def pose_adj(values: Values, g: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients of its keys, given that of the pose, (4, 3)."""
    if "matrix" in values:
        return {"matrix": np.stack([g[1], g[2], -g[3], g[0]], axis=1)}
    p = _parts(values)
    g_origin, g_x, g_y, g_forward = g
    g_x = g_x + np.cross(p.forward, g_y)
    g_side = (g_x - p.x * (p.x @ g_x)) / p.sine
    g_f = g_forward + np.cross(g_y, p.x) + np.cross(values["up"], g_side)
    g_view = (g_f - p.forward * (p.forward @ g_f)) / p.distance
    return {"origin": g_origin - g_view, "target": g_view, "up": np.cross(g_side, p.forward)}
