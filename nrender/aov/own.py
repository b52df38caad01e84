"""The numbers that users give the vertices of meshes, as one more part of what a surface shows: so many numbers, linear
over each triangle, in a loop over them.

They stand in theta, `count` for each vertex of the scene, 0 of a shape that has none; in a pixel they follow each other
from `channels.own` on. With the weights u, v of a triangle's second and third vertex and its corners a, b, c a number
is a (1 - u - v) + b u + c v.
"""

from ..device import device
from ..real import accumulate, gather, put, select
from ..tables import FACE_VERTICES, of_face
from .first import moved_tan


@device
def _corners(scene, channels, face):
    """Offsets in theta of the three corners' numbers."""
    return (
        channels.own_at + channels.own_count * of_face(scene, face, FACE_VERTICES),
        channels.own_at + channels.own_count * of_face(scene, face, FACE_VERTICES + 1),
        channels.own_at + channels.own_count * of_face(scene, face, FACE_VERTICES + 2),
    )


@device
def write_own(out, scene, channels, first, factor, mask):
    """out[channels.own ...] = the numbers at a First, times the factor; out: local_reals()."""
    if channels.own >= 0:
        x = first.x
        i, j, k = _corners(scene, channels, x.face)
        for c in range(channels.own_count):
            a, b, d = gather(scene.theta, i + c), gather(scene.theta, j + c), gather(scene.theta, k + c)
            put(out, channels.own + c, (a * (1.0 - x.u - x.v) + b * x.u + d * x.v) * factor, mask)


@device
def write_own_tan(out, scene, d_theta, channels, first, factor, d_factor, mask):
    """The same of the velocities of the numbers times the factor."""
    if channels.own >= 0:
        x = first.x
        m = moved_tan(scene, d_theta, first.lens, x)
        i, j, k = _corners(scene, channels, x.face)
        rest = 1.0 - x.u - x.v
        for c in range(channels.own_count):
            a, b, d = gather(scene.theta, i + c), gather(scene.theta, j + c), gather(scene.theta, k + c)
            own = gather(d_theta, i + c) * rest + gather(d_theta, j + c) * x.u + gather(d_theta, k + c) * x.v
            change = own + (b - a) * m.d_u + (d - a) * m.d_v
            value = a * rest + b * x.u + d * x.v
            put(out, channels.own + c, change * factor + value * d_factor, mask)


@device
def own_adj(scene, gradient, channels, first, weights, at, factor, mask):
    """Scatter the gradient of sum(weights[at ...] * numbers) * factor by the numbers of vertices; return (g_u, g_v).
    at: of the pixel."""
    x = first.x
    g_u, g_v = 0.0 * x.u, 0.0 * x.u
    if channels.own >= 0:
        i, j, k = _corners(scene, channels, x.face)
        rest = 1.0 - x.u - x.v
        for c in range(channels.own_count):
            a, b, d = gather(scene.theta, i + c), gather(scene.theta, j + c), gather(scene.theta, k + c)
            g = gather(weights, at + channels.own + c) * factor
            accumulate(gradient, i + c, g * rest, mask)
            accumulate(gradient, j + c, g * x.u, mask)
            accumulate(gradient, k + c, g * x.v, mask)
            g_u, g_v = g_u + (b - a) * g, g_v + (d - a) * g
    return g_u, g_v


@device
def own_flow(scene, channels, first, weights, at):
    """sum(weights[at ...] * numbers)."""
    x = first.x
    total = 0.0 * x.u
    if channels.own >= 0:
        i, j, k = _corners(scene, channels, x.face)
        for c in range(channels.own_count):
            a, b, d = gather(scene.theta, i + c), gather(scene.theta, j + c), gather(scene.theta, k + c)
            value = a * (1.0 - x.u - x.v) + b * x.u + d * x.v
            total = total + gather(weights, at + channels.own + c) * value
    return total


@device
def write_own_jump(out, scene, channels, minus, plus, factor, mask):
    """out[channels.own ...] = (the numbers at one First less those at the other) * factor, 0 where nothing is found."""
    if channels.own >= 0:
        x, y = minus.x, plus.x
        i, j, k = _corners(scene, channels, x.face)
        p, q, r = _corners(scene, channels, y.face)
        for c in range(channels.own_count):
            a, b, d = gather(scene.theta, i + c), gather(scene.theta, j + c), gather(scene.theta, k + c)
            one = (a * (1.0 - x.u - x.v) + b * x.u + d * x.v) * minus.weight[0]
            a, b, d = gather(scene.theta, p + c), gather(scene.theta, q + c), gather(scene.theta, r + c)
            other = (a * (1.0 - y.u - y.v) + b * y.u + d * y.v) * plus.weight[0]
            jump = select(minus.found, one, 0.0 * one) - select(plus.found, other, 0.0 * other)
            put(out, channels.own + c, jump * factor, mask)


@device
def scale_own(out, channels, factor, mask):
    """out[channels.own ...] *= factor."""
    if channels.own >= 0:
        for c in range(channels.own_count):
            put(out, channels.own + c, gather(out, channels.own + c) * factor, mask)


@device
def own_inner(out, channels, weights, at, zero):
    """sum(weights[at ...] * out[...])."""
    total = zero
    if channels.own >= 0:
        for c in range(channels.own_count):
            total = total + gather(weights, at + channels.own + c) * gather(out, channels.own + c)
    return total
