"""Parallel rays: through the point (sx, sy) of the screen goes  origin + sx right + sy up + t forward.  right and up
are half the sides of the picture, in the world.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..vec import cross, dot, madd, scale, sub
from .numbers import ORIGIN, RIGHT, UP, Numbers, window_of


def numbers(values: Mapping[str, Any]) -> Numbers:
    """height, in world units, of the whole image."""
    w, out = window_of(values), Numbers()
    half = 0.5 * np.array([w.width / w.height, 1.0])
    d_frame, _ = out.by("height")
    for k, axis in ((0, RIGHT), (1, UP)):
        d_frame[axis, axis] = half[k] * (w.a, w.b)[k]
        d_frame[ORIGIN, axis] = half[k] * (w.c, w.d)[k]
    for row in (RIGHT, UP):
        out.frame[row] = 0.0
    out.frame += float(values["height"]) * d_frame
    return out


@device
def ray(theta, camera, sx, sy):
    """(origin, direction), not normalised. It is linear in theta: with a tangent for theta it gives the ray's."""
    o = madd(madd(vector_at(theta, camera), vector_at(theta, camera + 3), sx), vector_at(theta, camera + 6), sy)
    return o, vector_at(theta, camera + 9)


@device
def ray_point_adj(gradient, camera, sx, sy, t, g, mask):
    add_vector(gradient, camera, g, mask)
    add_vector(gradient, camera + 3, scale(g, sx), mask)
    add_vector(gradient, camera + 6, scale(g, sy), mask)
    add_vector(gradient, camera + 9, scale(g, t), mask)


@device
def ray_direction_adj(gradient, camera, g, mask):
    """g: gradient of the ray's direction as it is."""
    add_vector(gradient, camera + 9, g, mask)


@device
def project(theta, camera, x):
    """(sx, sy, t) of a world point; t <= 0 behind the plane of the origin."""
    q = sub(x, vector_at(theta, camera))
    r, u, f = vector_at(theta, camera + 3), vector_at(theta, camera + 6), vector_at(theta, camera + 9)
    inverse = 1.0 / dot(f, cross(r, u))
    return dot(q, cross(u, f)) * inverse, dot(q, cross(f, r)) * inverse, dot(q, cross(r, u)) * inverse


@device
def screen_covector(theta, camera, gx, gy):
    """As in perspective.py; here it is the same for all points."""
    r, u, f = vector_at(theta, camera + 3), vector_at(theta, camera + 6), vector_at(theta, camera + 9)
    return scale(madd(scale(cross(u, f), gx), cross(f, r), gy), 1.0 / dot(f, cross(r, u)))
