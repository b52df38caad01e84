"""A thin lens: a disk of the radius rho in the plane of the origin, and all of the plane at the distance F along the
axis in focus. Seen from the point (a, b) of the unit disk it is a pinhole of perspective.py with

    origin' = origin + a A + b B,   forward' = forward - a C - b D,   A = rho X, B = rho Y, C = A/F, D = B/F,

X and Y being the pose's axes to the right and up: its ray through a point of the screen meets the plane in focus where
that of the middle does (Cook, Porter and Carpenter 1984). theta holds the eight vectors origin, right, up, forward, A,
B, C, D, in which rays are linear. t is the distance along the axis, the same from any point of the lens. The functions
are apart: other cameras don't pay for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..real import own
from ..vec import madd, scale
from . import perspective
from .numbers import RIGHT, UP, Numbers
from .perspective import covector, solved

TO_A, TO_B, TO_C, TO_D = 12, 15, 18, 21  # where the vectors are


def numbers(values: Mapping[str, Any]) -> Numbers:
    """Those of a pinhole; aperture_radius, focus_distance."""
    pinhole, out = perspective.numbers(values), Numbers(0, rows=8)
    out.frame[:4] = pinhole.frame
    for key, parts in pinhole.by_key.items():
        for number, (by_frame, _) in enumerate(parts):
            out.by(key, number)[0][:4] = by_frame
    radius, focus = float(values["aperture_radius"]), float(values["focus_distance"])
    by_radius, by_focus = out.by("aperture_radius")[0], out.by("focus_distance")[0]
    for k, axis in ((0, RIGHT), (1, UP)):
        out.frame[4 + k, axis], out.frame[6 + k, axis] = radius, radius / focus
        by_radius[4 + k, axis], by_radius[6 + k, axis] = 1.0, 1.0 / focus
        by_focus[6 + k, axis] = -radius / focus**2
    return out


@device
def eye(theta, camera, a, b):
    """origin'."""
    middle = vector_at(theta, camera)
    return madd(madd(middle, vector_at(theta, camera + TO_A), a), vector_at(theta, camera + TO_B), b)


@device
def axis(theta, camera, a, b):
    """forward'."""
    middle = vector_at(theta, camera + 9)
    return madd(madd(middle, vector_at(theta, camera + TO_C), -a), vector_at(theta, camera + TO_D), -b)


@device(apart=True)
def lens_ray(theta, camera, at):
    """(origin, direction), not normalised. It is linear in theta: with a tangent for theta it gives the ray's."""
    own()
    d = axis(theta, camera, at.a, at.b)
    d = madd(madd(d, vector_at(theta, camera + 3), at.x), vector_at(theta, camera + 6), at.y)
    return eye(theta, camera, at.a, at.b), d


@device(apart=True)
def lens_project(theta, camera, a, b, x):
    """As perspective.project."""
    own()
    r, u = vector_at(theta, camera + 3), vector_at(theta, camera + 6)
    return solved(eye(theta, camera, a, b), r, u, axis(theta, camera, a, b), x)


@device(apart=True)
def lens_covector(theta, camera, at, t, gx, gy):
    """As perspective.screen_covector."""
    own()
    r, u, f = vector_at(theta, camera + 3), vector_at(theta, camera + 6), axis(theta, camera, at.a, at.b)
    return covector(r, u, f, at.x, at.y, t, gx, gy)


@device(apart=True)
def lens_ray_point_adj(gradient, camera, at, t, g, mask):
    own()
    add_vector(gradient, camera, g, mask)
    add_vector(gradient, camera + TO_A, scale(g, at.a), mask)
    add_vector(gradient, camera + TO_B, scale(g, at.b), mask)
    _direction_adj(gradient, camera, at, scale(g, t), mask)


@device(apart=True)
def lens_ray_direction_adj(gradient, camera, at, g, mask):
    """g: gradient of the ray's direction as it is."""
    own()
    _direction_adj(gradient, camera, at, g, mask)


@device
def _direction_adj(gradient, camera, at, g, mask):
    add_vector(gradient, camera + 3, scale(g, at.x), mask)
    add_vector(gradient, camera + 6, scale(g, at.y), mask)
    add_vector(gradient, camera + 9, g, mask)
    add_vector(gradient, camera + TO_C, scale(g, -at.a), mask)
    add_vector(gradient, camera + TO_D, scale(g, -at.b), mask)
