"""The frame of a camera, with the tangent and the adjoint, in float64.

The ray through the normalised screen point (sx, sy) in [-1, 1]^2 (sx to the viewer's right, sy up)
has the direction  forward + sx right + sy up,  where
    forward = n(target - origin),  x = n(forward x up_vector),  y = x x forward,
    right = tan_x x,  up = tan_y y,
n(v) = v/|v|, and tan_y = tan(fov/2), tan_x = tan_y width/height; with fov_axis x the other way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .models import Camera


class Frame(NamedTuple):
    """origin: (3,) world; right, up: (3,), half the image's sides at distance 1; forward: unit."""

    origin: np.ndarray
    right: np.ndarray
    up: np.ndarray
    forward: np.ndarray


class CameraGradient(NamedTuple):
    """Gradients for the parameters of a camera; fov per degree, 0-d."""

    origin: np.ndarray
    target: np.ndarray
    up: np.ndarray
    fov: np.ndarray


class _Parts(NamedTuple):
    forward: np.ndarray
    x: np.ndarray
    y: np.ndarray
    distance: float      # |target - origin|
    sine: float          # |forward x up_vector|
    tan_x: float
    tan_y: float
    slope_x: float       # d tan_x / d fov, per degree
    slope_y: float


def _parts(camera: Camera) -> _Parts:
    view = camera.target - camera.origin
    distance = float(np.linalg.norm(view))
    forward = view / distance
    side = np.cross(forward, camera.up)
    sine = float(np.linalg.norm(side))
    x = side / sine
    half = np.radians(camera.fov) / 2
    tangent = float(np.tan(half))
    slope = float(np.radians(0.5) / np.cos(half) ** 2)
    aspect = camera.width / camera.height
    sx, sy = (1.0, 1 / aspect) if camera.fov_axis == "x" else (aspect, 1.0)
    return _Parts(forward, x, np.cross(x, forward), distance, sine, sx * tangent, sy * tangent,
                  sx * slope, sy * slope)


def frame(camera: Camera) -> Frame:
    """The frame of a checked camera."""
    p = _parts(camera)
    return Frame(np.array(camera.origin), p.tan_x * p.x, p.tan_y * p.y, p.forward)


def frame_tan(camera: Camera, d_origin: np.ndarray, d_target: np.ndarray, d_up: np.ndarray,
              d_fov: float) -> Frame:
    """Velocity of the frame when the camera's parameters move (fov in degrees)."""
    p = _parts(camera)
    d_view = d_target - d_origin
    d_forward = (d_view - p.forward * (p.forward @ d_view)) / p.distance
    d_side = np.cross(d_forward, camera.up) + np.cross(p.forward, d_up)
    d_x = (d_side - p.x * (p.x @ d_side)) / p.sine
    d_y = np.cross(d_x, p.forward) + np.cross(p.x, d_forward)
    return Frame(np.array(d_origin, dtype=np.float64),
                 p.tan_x * d_x + p.slope_x * d_fov * p.x,
                 p.tan_y * d_y + p.slope_y * d_fov * p.y, d_forward)


def frame_adj(camera: Camera, g_origin: np.ndarray, g_right: np.ndarray, g_up: np.ndarray,
              g_forward: np.ndarray) -> CameraGradient:
    """Gradients for origin, target, up and fov (per degree), given those of the frame."""
    p = _parts(camera)
    g_y = p.tan_y * g_up
    g_x = p.tan_x * g_right + np.cross(p.forward, g_y)
    g_fov = p.slope_x * (p.x @ g_right) + p.slope_y * (p.y @ g_up)
    g_side = (g_x - p.x * (p.x @ g_x)) / p.sine
    g_f = g_forward + np.cross(g_y, p.x) + np.cross(camera.up, g_side)
    g_view = (g_f - p.forward * (p.forward @ g_f)) / p.distance
    return CameraGradient(g_origin - g_view, g_view, np.cross(g_side, p.forward),
                          np.asarray(g_fov))
