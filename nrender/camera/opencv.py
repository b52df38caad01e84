"""OpenCV's pinhole with distortion (Brown 1966, Conrady 1919, with the rational radial model of OpenCV's calib3d): of a
point seen at (u, v) of the plane at distance 1, r^2 = u^2 + v^2, the lens's place is

    x = u s + 2 p1 u v + p2 (r^2 + 2 u^2),   y = v s + p1 (r^2 + 2 v^2) + 2 p2 u v,
    s = (1 + k1 r^2 + k2 r^4 + k3 r^6) / (1 + k4 r^2 + k5 r^4 + k6 r^6),

and the pixel (fx x + cx, fy y + cy). OpenCV's y goes down; here it goes up, which changes the sign of p1. A ray needs
the inverse, by Newton's method. Its derivatives are those of the implicit function: with D the map above and
J = dD/d(u, v),  d(u, v) = J^-1 (d(x, y) - dD/dk dk), whatever the iterations did.

Beyond the radius where r s(r) turns back the map has no inverse, and nothing is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..device import device
from ..real import accumulate, any_lane, gather, select
from .numbers import Numbers, window_of

RADIAL = ("k1", "k2", "k3", "k4", "k5", "k6")
K = 4  # place of k1 .. k6, p1, p2 among the lens's numbers,
LIMIT = 12  # and of the squared radius up to which there is an inverse
STEPS = 10  # of Newton's method, at most: it doubles its digits,
FAR = 1e-13  # so after a step as short as the root of this there are none to come
CLOSE = 1e-8  # a last step shorter than the root of this, as a share: it has arrived, in float32 too
NO_LIMIT = 1e18


def numbers(values: Mapping[str, Any]) -> Numbers:
    """fx, fy, cx, cy, in pixels of the whole image, the first of which has its centre at 0; k1 .. k6, p1, p2."""
    w, out = window_of(values), Numbers(13)
    fx, fy, cx, cy = (float(values[key]) for key in ("fx", "fy", "cx", "cy"))
    x, y = 0.5 * w.width * (1.0 + w.c) - 0.5 - cx, 0.5 * w.height * (w.d - 1.0) + 0.5 + cy
    out.lens[:4] = 0.5 * w.width * w.a / fx, 0.5 * w.height * w.b / fy, x / fx, y / fy
    for key, k, f in (("fx", 0, fx), ("fy", 1, fy)):
        out.by(key)[1][[k, k + 2]] = -out.lens[[k, k + 2]] / f
    out.by("cx")[1][2], out.by("cy")[1][3] = -1.0 / fx, 1.0 / fy
    for k, key in enumerate((*RADIAL, "p1", "p2")):
        sign = -1.0 if key == "p1" else 1.0
        out.lens[K + k] = sign * float(values[key])
        out.by(key)[1][K + k] = sign
    out.lens[LIMIT] = _limit(out.lens[K : K + 6])
    return out


def _limit(k: np.ndarray) -> float:
    """The least r^2 where d(r s)/dr = 0, or the denominator is."""
    above, below = np.poly1d([*k[2::-1], 1.0]), np.poly1d([*k[:2:-1], 1.0])
    turning = above * below + np.poly1d([2.0, 0.0]) * (above.deriv() * below - above * below.deriv())
    roots = np.concatenate([turning.roots, below.roots])
    real = roots[np.abs(roots.imag) < 1e-9 * (1.0 + np.abs(roots))].real
    return float(min(real[real > 0.0], default=NO_LIMIT))


@device
def _radial(theta, q, r2):
    """(s, ds/dr2, denominator)."""
    k1, k2, k3 = gather(theta, q + 4), gather(theta, q + 5), gather(theta, q + 6)
    k4, k5, k6 = gather(theta, q + 7), gather(theta, q + 8), gather(theta, q + 9)
    above = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    below = 1.0 + r2 * (k4 + r2 * (k5 + r2 * k6))
    s = above / below
    slope = (k1 + r2 * (2.0 * k2 + 3.0 * r2 * k3)) - s * (k4 + r2 * (2.0 * k5 + 3.0 * r2 * k6))
    return s, slope / below, below


@device
def distort(theta, q, u, v):
    """(x, y)."""
    p1, p2 = gather(theta, q + 10), gather(theta, q + 11)
    r2 = u * u + v * v
    s, _, _ = _radial(theta, q, r2)
    x = u * s + 2.0 * p1 * u * v + p2 * (r2 + 2.0 * u * u)
    return x, v * s + p1 * (r2 + 2.0 * v * v) + 2.0 * p2 * u * v


@device
def jacobian(theta, q, u, v):
    """(dx/du, dx/dv = dy/du, dy/dv)."""
    p1, p2 = gather(theta, q + 10), gather(theta, q + 11)
    s, slope, _ = _radial(theta, q, u * u + v * v)
    cross = 2.0 * (u * v * slope + p1 * u + p2 * v)
    along = s + 2.0 * u * u * slope + 2.0 * p1 * v + 6.0 * p2 * u
    return along, cross, s + 2.0 * v * v * slope + 6.0 * p1 * v + 2.0 * p2 * u


@device
def undistort(theta, q, x, y):
    """(u, v, whether they are the inverse)."""
    u, v = x, y
    going, step, left = x == x, 0, 1.0 + 0.0 * x
    while step < STEPS and any_lane(going):
        px, py = distort(theta, q, u, v)
        xx, xy, yy = jacobian(theta, q, u, v)
        det = xx * yy - xy * xy
        det = select(det * det < 1e-12, 1.0 + 0.0 * det, det)
        dx, dy = (x - px) / det, (y - py) / det
        du, dv = yy * dx - xy * dy, xx * dy - xy * dx
        u, v = select(going, u + du, u), select(going, v + dv, v)
        left = select(going, du * du + dv * dv, left)
        going = going & (left > FAR)
        step += 1
    r2 = u * u + v * v
    return u, v, (left < CLOSE * (1.0 + r2)) & (r2 < gather(theta, q + LIMIT))


@device
def direction(theta, q, x, y):
    """((a, b, c), whether anything is seen there)."""
    u, v, seen = undistort(theta, q, x, y)
    one = 0.0 * x + 1.0
    zero = 0.0 * x
    return (select(seen, u, zero), select(seen, v, zero), one), seen


@device
def slopes(theta, q, u, v):
    """The derivatives of (a, b, c) by x and by y, where they are (u, v, 1)."""
    xx, xy, yy = jacobian(theta, q, u, v)
    inverse = 1.0 / (xx * yy - xy * xy)
    zero = 0.0 * u
    return (yy * inverse, -(xy * inverse), zero), (-(xy * inverse), xx * inverse, zero)


@device
def place(theta, q, a, b, c):
    """(x, y, t, whether it is seen) of the point a right + b up + c forward from the origin: t times the direction."""
    safe = select(c > 0.0, c, 1.0)
    u, v = a / safe, b / safe
    x, y = distort(theta, q, u, v)
    return x, y, c, (c > 0.0) & (u * u + v * v < gather(theta, q + LIMIT))


@device
def moved(theta, d_theta, q, u, v):
    """The velocity of (x, y) where (u, v) stays, by k1 .. k6, p1, p2."""
    r2 = u * u + v * v
    s, _, below = _radial(theta, q, r2)
    k1, k2, k3 = gather(d_theta, q + 4), gather(d_theta, q + 5), gather(d_theta, q + 6)
    k4, k5, k6 = gather(d_theta, q + 7), gather(d_theta, q + 8), gather(d_theta, q + 9)
    p1, p2 = gather(d_theta, q + 10), gather(d_theta, q + 11)
    d_s = r2 * (k1 + r2 * (k2 + r2 * k3)) - s * r2 * (k4 + r2 * (k5 + r2 * k6))
    d_s = d_s / below
    x = u * d_s + 2.0 * p1 * u * v + p2 * (r2 + 2.0 * u * u)
    return x, v * d_s + p1 * (r2 + 2.0 * v * v) + 2.0 * p2 * u * v


@device
def moved_adj(theta, gradient, q, u, v, g_x, g_y, mask):
    r2 = u * u + v * v
    s, _, below = _radial(theta, q, r2)
    g = (g_x * u + g_y * v) * r2 / below
    accumulate(gradient, q + 4, g, mask)
    accumulate(gradient, q + 5, g * r2, mask)
    accumulate(gradient, q + 6, g * r2 * r2, mask)
    accumulate(gradient, q + 7, -(g * s), mask)
    accumulate(gradient, q + 8, -(g * s * r2), mask)
    accumulate(gradient, q + 9, -(g * s * r2 * r2), mask)
    accumulate(gradient, q + 10, 2.0 * u * v * g_x + (r2 + 2.0 * v * v) * g_y, mask)
    accumulate(gradient, q + 11, (r2 + 2.0 * u * u) * g_x + 2.0 * u * v * g_y, mask)
