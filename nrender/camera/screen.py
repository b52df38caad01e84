"""Which camera ray: a point (x, y) of the screen [-1, 1]^2, x to the right and y up, and a point (a, b) of the unit
disk, by which it passes the lens: (0, 0) of cameras without one."""

from typing import NamedTuple

from ..device import device
from ..real import own, select
from ..rng import uniform2
from ..warp import disk
from .kinds import THINLENS


class Screen(NamedTuple):
    """See the module's text."""

    x: float
    y: float
    a: float
    b: float


@device
def middle_ray(x, y):
    """The one through the middle of the lens."""
    return Screen(x, y, 0.0 * x, 0.0 * x)


@device
def screen_either(mask, p, q):
    """`select` for two of them."""
    return Screen(select(mask, p.x, q.x), select(mask, p.y, q.y), select(mask, p.a, q.a), select(mask, p.b, q.b))


@device
def lens_point(scene, stream, zero):
    """(stream, a, b) of a ray: nothing is drawn where there is no lens. zero: a Real 0."""
    a, b = zero, zero
    if scene.lens == THINLENS:
        stream, a, b = _drawn(stream)
    return stream, a, b


@device(apart=True)
def _drawn(stream):
    own()
    stream, u1, u2 = uniform2(stream)
    a, b = disk(u1, u2)
    return stream, a, b
