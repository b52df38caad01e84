"""The whole sphere, equirectangular: (x, y) of the lens are the angle to the right and the elevation (radians),
(a, b, c) = (sin(x) cos(y), sin(y), cos(x) cos(y))  along right, up, forward (bent.py).

So the picture of a camera that looks along +z with +y up is what an environment map shows (light/envmap.py); one that
is turned shows it turned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..device import device
from ..real import arctangent2, cos, sin, sqrt
from .numbers import Numbers, window_of


def numbers(values: Mapping[str, Any]) -> Numbers:
    w, out = window_of(values), Numbers(4)
    out.lens[:] = np.pi * w.a, np.pi / 2 * w.b, np.pi * w.c, np.pi / 2 * w.d
    return out


@device
def direction(y, sine, cosine):
    """((a, b, c), whether anything is seen there). sine, cosine: of x."""
    c = cos(y)
    return (sine * c, sin(y), cosine * c), y == y


@device
def slopes(y, sine, cosine):
    """The derivatives of (a, b, c) by x and by y."""
    sy, cy = sin(y), cos(y)
    return (cosine * cy, 0.0 * y, -(sine * cy)), (-(sine * sy), cy, -(cosine * sy))


@device
def place(a, b, c):
    """(x, y, t, whether it is seen) of the point a right + b up + c forward from the origin: t times the direction."""
    h = sqrt(a * a + c * c)
    t = sqrt(a * a + b * b + c * c)
    return arctangent2(a, c), arctangent2(b, h), t, t > 0.0
