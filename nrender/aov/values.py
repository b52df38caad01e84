"""One sample's numbers: a vector with a field for each AOV that has a derivative. What is not wanted may be
anything."""

from typing import NamedTuple

from ..device import device
from ..real import absolute, gather, put, select
from ..vec import choose, dot, scale, sub


class Values(NamedTuple):
    """As AOVS says; their velocities, and their gradients, have the same form."""

    depth: float
    distance: float
    position: tuple
    normal: tuple
    geometric_normal: tuple
    albedo: tuple
    roughness: float
    uv: tuple
    barycentric: tuple
    color: tuple
    alpha: float


@device
def scaled(v, s):
    return Values(
        v.depth * s,
        v.distance * s,
        scale(v.position, s),
        scale(v.normal, s),
        scale(v.geometric_normal, s),
        scale(v.albedo, s),
        v.roughness * s,
        (v.uv[0] * s, v.uv[1] * s),
        scale(v.barycentric, s),
        scale(v.color, s),
        v.alpha * s,
    )


@device
def total(a, b):
    """a + b."""
    return difference(a, scaled(b, -1.0))


@device
def difference(a, b):
    return Values(
        a.depth - b.depth,
        a.distance - b.distance,
        sub(a.position, b.position),
        sub(a.normal, b.normal),
        sub(a.geometric_normal, b.geometric_normal),
        sub(a.albedo, b.albedo),
        a.roughness - b.roughness,
        (a.uv[0] - b.uv[0], a.uv[1] - b.uv[1]),
        sub(a.barycentric, b.barycentric),
        sub(a.color, b.color),
        a.alpha - b.alpha,
    )


@device
def masked(mask, v):
    """The Values in the lanes of the mask, 0 in the others."""
    zero = 0.0 * select(mask, v.alpha, 0.0)
    none = (zero, zero, zero)
    return Values(
        select(mask, v.depth, zero),
        select(mask, v.distance, zero),
        choose(mask, v.position, none),
        choose(mask, v.normal, none),
        choose(mask, v.geometric_normal, none),
        choose(mask, v.albedo, none),
        select(mask, v.roughness, zero),
        (select(mask, v.uv[0], zero), select(mask, v.uv[1], zero)),
        choose(mask, v.barycentric, none),
        choose(mask, v.color, none),
        select(mask, v.alpha, zero),
    )


@device
def inner(a, b):
    """The scalar product."""
    numbers = a.depth * b.depth + a.distance * b.distance + a.roughness * b.roughness + a.alpha * b.alpha
    vectors = dot(a.position, b.position) + dot(a.normal, b.normal) + dot(a.geometric_normal, b.geometric_normal)
    more = dot(a.albedo, b.albedo) + dot(a.barycentric, b.barycentric) + dot(a.color, b.color)
    return numbers + vectors + more + a.uv[0] * b.uv[0] + a.uv[1] * b.uv[1]


@device
def write(out, channels, v, mask):
    """out (channels.number) = the wanted ones; out: local_reals()."""
    if channels.depth >= 0:
        put(out, channels.depth, v.depth, mask)
    if channels.distance >= 0:
        put(out, channels.distance, v.distance, mask)
    _write3(out, channels.position, v.position, mask)
    _write3(out, channels.normal, v.normal, mask)
    _write3(out, channels.geometric_normal, v.geometric_normal, mask)
    _write3(out, channels.albedo, v.albedo, mask)
    if channels.roughness >= 0:
        put(out, channels.roughness, v.roughness, mask)
    if channels.uv >= 0:
        put(out, channels.uv, v.uv[0], mask)
        put(out, channels.uv + 1, v.uv[1], mask)
    _write3(out, channels.barycentric, v.barycentric, mask)
    _write3(out, channels.color, v.color, mask)
    if channels.alpha >= 0:
        put(out, channels.alpha, v.alpha, mask)


@device
def _write3(out, at, v, mask):
    if at >= 0:
        put(out, at, v[0], mask)
        put(out, at + 1, v[1], mask)
        put(out, at + 2, v[2], mask)


@device
def read(array, channels, first, zero):
    """The Values of a pixel whose numbers begin at `first`; 0 of what is not wanted."""
    uv = (_one(array, channels.uv, first, zero), _one(array, channels.uv, first + 1, zero))
    return Values(
        _one(array, channels.depth, first, zero),
        _one(array, channels.distance, first, zero),
        _three(array, channels.position, first, zero),
        _three(array, channels.normal, first, zero),
        _three(array, channels.geometric_normal, first, zero),
        _three(array, channels.albedo, first, zero),
        _one(array, channels.roughness, first, zero),
        uv,
        _three(array, channels.barycentric, first, zero),
        _three(array, channels.color, first, zero),
        _one(array, channels.alpha, first, zero),
    )


@device
def _one(array, at, first, zero):
    out = zero
    if at >= 0:
        out = gather(array, first + at)
    return out


@device
def _three(array, at, first, zero):
    return _one(array, at, first, zero), _one(array, at, first + 1, zero), _one(array, at, first + 2, zero)


@device
def magnitude(out, count):
    """The sum of the sizes of `count` numbers: not finite if one is not."""
    total = absolute(gather(out, 0))
    for c in range(1, count):
        total = total + absolute(gather(out, c))
    return total
