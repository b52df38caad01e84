"""A pinhole. theta holds origin, right, up, forward (12 numbers); the ray through the point (sx, sy) of the screen
[-1, 1]^2 (sx to the right, sy up) is  origin + t (forward + sx right + sy up).  How they depend on the pose:
`numbers`. forward is unit and perpendicular to the others only if the axis meets the middle of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..vec import add, cross, dot, madd, scale, sub
from .numbers import FORWARD, RIGHT, UP, Numbers, window_of


def numbers(values: Mapping[str, Any]) -> Numbers:
    """fov, principal_point. The plane at distance 1 is seen at x = tan_x (S_x - p_x), S being the point of the whole
    image in [-1, 1]^2, and p that of the axis."""
    w, out = window_of(values), Numbers()
    half = np.radians(float(values["fov"])) / 2.0
    tangent, slope = np.tan(half), np.radians(0.5) / np.cos(half) ** 2
    side = {"x": w.width, "y": w.height, "smaller": min(w.width, w.height), "larger": max(w.width, w.height)}
    by = side.get(values["fov_axis"], np.hypot(w.width, w.height))
    spans = np.array([w.width, w.height]) / by
    p = np.array([2.0, -2.0]) * values["principal_point"] + [-1.0, 1.0]
    part, middle = np.array([w.a, w.b]), np.array([w.c, w.d])
    d_frame, _ = out.by("fov")
    for k, axis in ((0, RIGHT), (1, UP)):
        out.frame[axis, axis] = tangent * spans[k] * part[k]
        out.frame[FORWARD, axis] = tangent * spans[k] * (middle[k] - p[k])
        d_frame[axis, axis] = slope * spans[k] * part[k]
        d_frame[FORWARD, axis] = slope * spans[k] * (middle[k] - p[k])
        out.by("principal_point", k)[0][FORWARD, axis] = tangent * spans[k] * (-2.0, 2.0)[k]
    return out


@device
def ray(theta, camera, sx, sy):
    """(origin, direction), not normalised. It is linear in theta: with a tangent for theta it gives the ray's."""
    d = madd(madd(vector_at(theta, camera + 9), vector_at(theta, camera + 3), sx), vector_at(theta, camera + 6), sy)
    return vector_at(theta, camera), d


@device
def ray_point_adj(gradient, camera, sx, sy, t, g, mask):
    add_vector(gradient, camera, g, mask)
    add_vector(gradient, camera + 3, scale(g, t * sx), mask)
    add_vector(gradient, camera + 6, scale(g, t * sy), mask)
    add_vector(gradient, camera + 9, scale(g, t), mask)


@device
def ray_direction_adj(gradient, camera, sx, sy, g, mask):
    """g: gradient of the ray's direction as it is."""
    add_vector(gradient, camera + 3, scale(g, sx), mask)
    add_vector(gradient, camera + 6, scale(g, sy), mask)
    add_vector(gradient, camera + 9, g, mask)


@device
def project(theta, camera, x):
    """(sx, sy, t) of a world point; t <= 0 behind the camera. Solves  x - origin = t (forward + sx right + sy up)."""
    r, u, f = vector_at(theta, camera + 3), vector_at(theta, camera + 6), vector_at(theta, camera + 9)
    return solved(vector_at(theta, camera), r, u, f, x)


@device
def solved(o, r, u, f, x):
    """`project` by origin, right, up and forward."""
    q = sub(x, o)
    t = dot(q, cross(r, u)) / dot(f, cross(r, u))
    inverse = 1.0 / (t * dot(f, cross(r, u)))
    return dot(q, cross(u, f)) * inverse, dot(q, cross(f, r)) * inverse, t


@device
def screen_covector(theta, camera, sx, sy, t, gx, gy):
    """The vector h with  gx d_sx + gy d_sy = h . (d_x - velocity of the ray's point at t), for a world point x seen at
    (sx, sy): the row of the projection's Jacobian in the direction (gx, gy)."""
    r, u, f = vector_at(theta, camera + 3), vector_at(theta, camera + 6), vector_at(theta, camera + 9)
    return covector(r, u, f, sx, sy, t, gx, gy)


@device
def covector(r, u, f, sx, sy, t, gx, gy):
    """`screen_covector` by right, up and forward."""
    to_x, to_y, to_t = cross(u, f), cross(f, r), cross(r, u)
    inverse = 1.0 / (dot(f, to_t) * t)
    along = madd(scale(to_x, gx), to_y, gy)
    return scale(add(along, scale(to_t, -(gx * sx + gy * sy))), inverse)
