"""What stands for a constant: an image, a checkerboard, the colours of vertices; as a weighted sum of four numbers of
theta, whatever it is.

An image is bilinear between texel centres, at the point uv * scale + offset of its plane: (0, 0) is its lower left
corner, (1, 1) its upper right one. `u`, `v` here are the weights of the face's second and third vertex, since a point
of a surface is given by those. Differentiable: texels, colours, and the place on the triangle, except where a
checkerboard jumps (geometry/texture_lines.py).
"""

from typing import NamedTuple

from .device import device
from .real import accumulate, any_lane, floor, gather, maximum, minimum, real, select, truncate
from .tables import (
    TEXTURE_CHANNELS,
    TEXTURE_HEIGHT,
    TEXTURE_KIND,
    TEXTURE_OFFSET,
    TEXTURE_WIDTH,
    TEXTURE_WRAP,
    of_face,
    of_texture,
)
from .vec import add, choose, dot, madd, scale

IMAGE, CHECKER, VERTEX = 0, 1, 2  # kinds
REPEAT, CLAMP, MIRROR = 0, 1, 2  # wraps


class Taps(NamedTuple):
    """offset: four, in theta; weight of each; how the weights grow with u and with v."""

    offset: tuple
    weight: tuple
    by_u: tuple
    by_v: tuple


class Place(NamedTuple):
    """A point (s, t) of the texture's plane, and how it moves with u and with v."""

    s: float
    t: float
    s_u: float
    t_u: float
    s_v: float
    t_v: float


@device
def place(scene, texture, face, u, v):
    k, j = 6 * face, 4 * texture
    scale_s, scale_t = gather(scene.texture_places, j), gather(scene.texture_places, j + 1)
    s, t = gather(scene.uvs, k), gather(scene.uvs, k + 1)
    s_u, t_u = (gather(scene.uvs, k + 2) - s) * scale_s, (gather(scene.uvs, k + 3) - t) * scale_t
    s_v, t_v = (gather(scene.uvs, k + 4) - s) * scale_s, (gather(scene.uvs, k + 5) - t) * scale_t
    s = s * scale_s + gather(scene.texture_places, j + 2) + u * s_u + v * s_v
    t = t * scale_t + gather(scene.texture_places, j + 3) + u * t_u + v * t_v
    return Place(s, t, s_u, t_u, s_v, t_v)


@device
def wrapped(i, size, wrap):
    """The texel for the whole number i (a Real), as an integer in [0, size)."""
    period = select(wrap == MIRROR, 2.0 * size, size)
    m = i - period * real(floor(i / period))
    m = select(m >= size, 2.0 * size - 1.0 - m, m)
    m = select(wrap == CLAMP, i, m)
    return truncate(minimum(maximum(m, 0.0 * m), size - 1.0))


@device
def level(scene, texture, k):
    """(offset in theta, width, height) of level k of its pyramid: 0 is the image (pyramid.py)."""
    width, height = of_texture(scene, texture, TEXTURE_WIDTH), of_texture(scene, texture, TEXTURE_HEIGHT)
    start, channels = of_texture(scene, texture, TEXTURE_OFFSET), of_texture(scene, texture, TEXTURE_CHANNELS)
    while any_lane(k > 0):
        start = select(k > 0, start + channels * width * height, start)
        width, height = select(k > 0, (width + 1) >> 1, width), select(k > 0, (height + 1) >> 1, height)
        k = k - 1
    return start, width, height


@device
def image_taps(scene, texture, p, k):
    """Of level k."""
    start, width, height = level(scene, texture, k)
    wrap, channels = of_texture(scene, texture, TEXTURE_WRAP), of_texture(scene, texture, TEXTURE_CHANNELS)
    w, h = real(width), real(height)
    x, y = p.s * w - 0.5, (1.0 - p.t) * h - 0.5
    i, j = real(floor(x)), real(floor(y))
    a, b = x - i, y - j
    left, right = wrapped(i, w, wrap), wrapped(i + 1.0, w, wrap)
    above, below = width * wrapped(j, h, wrap), width * wrapped(j + 1.0, h, wrap)
    index = (
        start + channels * (above + left),
        start + channels * (above + right),
        start + channels * (below + left),
        start + channels * (below + right),
    )
    weight = ((1.0 - a) * (1.0 - b), a * (1.0 - b), (1.0 - a) * b, a * b)
    by_a, by_b = (b - 1.0, 1.0 - b, -b, b), (a - 1.0, -a, 1.0 - a, a)
    return Taps(index, weight, combined(by_a, by_b, w * p.s_u, -h * p.t_u), combined(by_a, by_b, w * p.s_v, -h * p.t_v))


@device
def combined(a, b, x, y):
    return (a[0] * x + b[0] * y, a[1] * x + b[1] * y, a[2] * x + b[2] * y, a[3] * x + b[3] * y)


@device
def checker_taps(scene, texture, p):
    whole = real(floor(p.s)) + real(floor(p.t))
    odd = whole - 2.0 * real(floor(0.5 * whole)) > 0.5
    start = of_texture(scene, texture, TEXTURE_OFFSET)
    k = start + select(odd, of_texture(scene, texture, TEXTURE_CHANNELS), 0)
    zero = 0.0 * p.s
    none = (zero, zero, zero, zero)
    return Taps((k, k, k, k), (zero + 1.0, zero, zero, zero), none, none)


@device
def vertex_taps(scene, texture, face, u, v):
    start = of_texture(scene, texture, TEXTURE_OFFSET)
    a, b, c = of_face(scene, face, 0), of_face(scene, face, 1), of_face(scene, face, 2)
    zero = 0.0 * u
    one = zero + 1.0
    index = (start + 3 * a, start + 3 * b, start + 3 * c, start + 3 * c)
    return Taps(index, (1.0 - u - v, u, v, zero), (-one, one, zero, zero), (-one, zero, one, zero))


@device
def taps(scene, texture, face, u, v, k):
    """Of level k, if it is an image. A kind's own function is called where it is that kind only; it needs uvs, or
    colours."""
    kind = of_texture(scene, texture, TEXTURE_KIND)
    p = place(scene, texture, select(kind == VERTEX, 0, face), u, v)
    out = image_taps(scene, texture, p, k)
    if any_lane(kind == CHECKER):
        out = _either(kind == CHECKER, checker_taps(scene, texture, p), out)
    if any_lane(kind == VERTEX):
        out = _either(kind == VERTEX, vertex_taps(scene, texture, face, u, v), out)
    return out


@device
def _either(mask, a, b):
    return Taps(
        _four(mask, a.offset, b.offset),
        _four(mask, a.weight, b.weight),
        _four(mask, a.by_u, b.by_u),
        _four(mask, a.by_v, b.by_v),
    )


@device
def _four(mask, a, b):
    return (select(mask, a[0], b[0]), select(mask, a[1], b[1]), select(mask, a[2], b[2]), select(mask, a[3], b[3]))


@device
def weighted(scene, texture, vector, index, weight):
    """The weighted sum of a vector's numbers; of one channel three times that."""
    three = _stored(scene, texture) > 1
    out = scale(_number(vector, index[0], three), weight[0])
    out = madd(out, _number(vector, index[1], three), weight[1])
    out = madd(out, _number(vector, index[2], three), weight[2])
    out = madd(out, _number(vector, index[3], three), weight[3])
    mean = (out[0] + out[1] + out[2]) * (1.0 / 3.0)
    return choose(of_texture(scene, texture, TEXTURE_CHANNELS) > 1, out, (mean, mean, mean))


@device
def _stored(scene, texture):
    """Numbers at an index: colours of vertices are three, also where they stand for their mean."""
    vertex = of_texture(scene, texture, TEXTURE_KIND) == VERTEX
    return select(vertex, 3, of_texture(scene, texture, TEXTURE_CHANNELS))


@device
def _number(vector, index, three):
    return (
        gather(vector, index),
        gather(vector, index + select(three, 1, 0)),
        gather(vector, index + select(three, 2, 0)),
    )


@device
def lookup(scene, texture, face, u, v):
    """The value at a point of a face, (3,); a number three times."""
    at = taps(scene, texture, face, u, v, truncate(0.0 * u))
    return weighted(scene, texture, scene.theta, at.offset, at.weight)


@device
def lookup_tan(scene, d_theta, texture, face, u, v, d_u, d_v):
    return weighted_tan(scene, d_theta, texture, taps(scene, texture, face, u, v, truncate(0.0 * u)), d_u, d_v)


@device
def weighted_tan(scene, d_theta, texture, at, d_u, d_v):
    moved = combined(at.by_u, at.by_v, d_u, d_v)
    own = weighted(scene, texture, d_theta, at.offset, at.weight)
    return add(own, weighted(scene, texture, scene.theta, at.offset, moved))


@device
def lookup_adj(scene, gradient, texture, face, u, v, g, mask):
    """Scatter the gradient g (3,) of the value (of a number: its first) to the texels; return (g_u, g_v)."""
    return weighted_adj(scene, gradient, texture, taps(scene, texture, face, u, v, truncate(0.0 * u)), g, mask)


@device
def weighted_adj(scene, gradient, texture, at, g, mask):
    three = _stored(scene, texture) > 1
    zero = 0.0 * g[0]
    third = g[0] * (1.0 / 3.0)
    mean = choose(three, (third, third, third), (g[0], zero, zero))
    g = choose(of_texture(scene, texture, TEXTURE_CHANNELS) > 1, g, mean)
    g_u, g_v = zero, zero
    for k in range(4):
        at_k = at.offset[k]
        share = scale(g, at.weight[k])
        _add_number(gradient, at_k, three, share, mask)
        slope = dot(g, _number(scene.theta, at_k, three))
        g_u, g_v = g_u + slope * at.by_u[k], g_v + slope * at.by_v[k]
    return g_u, g_v


@device
def _add_number(gradient, index, three, g, mask):
    """Where there is one number, g has two zeros."""
    accumulate(gradient, index, g[0], mask)
    accumulate(gradient, index + select(three, 1, 0), g[1], mask & three)
    accumulate(gradient, index + select(three, 2, 0), g[2], mask & three)
