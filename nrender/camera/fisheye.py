"""An equidistant fisheye: (x, y) of the lens, to the right and up, is seen at the angle rho = |(x, y)| (radians) from
the axis,  (a, b, c) = (x sin(rho)/rho, y sin(rho)/rho, cos(rho))  along right, up, forward (bent.py). Beyond half of
`fov` it sees nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..device import device
from ..real import arctangent2, gather, maximum, select, sqrt
from .numbers import Numbers, window_of

RIM = 4  # place of half of fov among the lens's numbers
TINY = 1e-3  # below which angles are taken by their series


def numbers(values: Mapping[str, Any]) -> Numbers:
    """fov, over the shorter side of the whole image. All of the lens is in proportion to it."""
    w, out = window_of(values), Numbers(5)
    shorter = min(w.width, w.height)
    x, y = w.width / shorter, w.height / shorter
    _, d_lens = out.by("fov")
    d_lens[:] = np.radians(0.5) * np.array([x * w.a, y * w.b, x * w.c, y * w.d, 1.0])
    out.lens[:] = float(values["fov"]) * d_lens
    return out


@device
def angle(x, y):
    """rho, or 1 where it is tiny."""
    rho2 = x * x + y * y
    return sqrt(select(rho2 < TINY, 1.0 + 0.0 * rho2, rho2))


@device
def _sinc(rho2, sine, cosine):
    """(s, cos, t) at rho = sqrt(rho2): s = sin(rho)/rho and t = (cos(rho) - s)/rho^2, so that ds/dx = x t. sine,
    cosine: of `angle`."""
    small = rho2 < TINY
    safe = select(small, 1.0 + 0.0 * rho2, rho2)
    s, c = sine / sqrt(safe), cosine
    t = (c - s) / safe
    near_s = 1.0 - rho2 * (1.0 / 6.0) * (1.0 - rho2 * (1.0 / 20.0))
    near_c = 1.0 - rho2 * 0.5 * (1.0 - rho2 * (1.0 / 12.0) * (1.0 - rho2 * (1.0 / 30.0)))
    near_t = (-1.0 / 3.0) * (1.0 - rho2 * 0.1 * (1.0 - rho2 * (1.0 / 28.0)))
    return select(small, near_s, s), select(small, near_c, c), select(small, near_t, t)


@device
def direction(theta, q, x, y, sine, cosine):
    """((a, b, c), whether anything is seen there). sine, cosine: of `angle`."""
    rho2 = x * x + y * y
    s, c, _ = _sinc(rho2, sine, cosine)
    rim = gather(theta, q + RIM)
    return (x * s, y * s, c), rho2 <= rim * rim


@device
def slopes(x, y, sine, cosine):
    """The derivatives of (a, b, c) by x and by y."""
    s, _, t = _sinc(x * x + y * y, sine, cosine)
    return (s + x * x * t, x * y * t, -(x * s)), (x * y * t, s + y * y * t, -(y * s))


@device
def place(theta, q, a, b, c):
    """(x, y, t, whether it is seen) of the point a right + b up + c forward from the origin: t times the direction."""
    h2 = a * a + b * b
    t = sqrt(h2 + c * c)
    h = sqrt(h2)
    rho = arctangent2(h, c)
    flat = h < 1e-7 * t
    ratio = select(flat, 1.0 / maximum(t, 1e-30), rho / select(flat, 1.0 + 0.0 * h, h))
    return a * ratio, b * ratio, t, (rho <= gather(theta, q + RIM)) & (t > 0.0)
