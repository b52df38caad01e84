"""Across an edge in view the AOVs jump as radiance does: the silhouette integral of primary.py, with another jump.

alpha has no other derivative than this one (but by an opacity).
"""

from ..aov.first import first_surface
from ..aov.own import own_inner, write_own_jump
from ..aov.shown import shown
from ..aov.values import Values, difference, inner, masked, read, scaled
from ..camera.screen import middle_ray
from ..device import device
from ..film import around, counted
from ..pixel_filter import BOX
from ..real import any_lane
from .primary import edge_sides


@device
def edge_values(scene, channels, edges, stream, sample, width, height, p, out, active):
    """(EdgePoint of the sample, the jump of the Values times dl); that of the vertices' own numbers goes to `out`."""
    e, sides = edge_sides(scene, edges, stream, sample, width, height, active)
    zero = 0.0 * e.s
    none = (zero, zero, zero)
    jump = Values(zero, zero, none, none, none, none, zero, (zero, zero), none, none, zero)
    if any_lane(e.seen):
        below = _first(scene, sides.stream, sides.o_below, sides.below, e.seen)
        above = _first(scene, sides.stream, sides.o_above, sides.above, e.seen)
        minus, plus = _values(scene, channels, below, p), _values(scene, channels, above, p)
        jump = scaled(difference(minus, plus), sides.length)
        write_own_jump(out, scene, channels, below, above, sides.length, e.seen)
    return e, jump


@device
def _first(scene, stream, o, axis, active):
    zero = 0.0 * axis[0]
    return first_surface(scene, stream, middle_ray(zero, zero), o, axis, zero, active)


@device
def _values(scene, channels, first, p):
    return masked(first.found, scaled(shown(scene, channels, first, p), first.weight[0]))


@device
def flow_at(scene, weights, channels, e, jump, own):
    """The scalar product of a jump with the weights of the pixels for which it counts, as film.at_place has them. own:
    the jump of the vertices' own numbers, as edge_values leaves it."""
    if scene.filter == BOX:
        return _flow(weights, channels, channels.number * e.pixel, jump, own)
    return _flow_around(scene, weights, channels, e.at, jump, own)


@device
def _flow(weights, channels, at, jump, own):
    zero = 0.0 * jump.alpha
    return inner(read(weights, channels, at, zero), jump) + own_inner(own, channels, weights, at, zero)


@device(apart=True)
def _flow_around(scene, weights, channels, at, jump, own):
    flow = 0.0 * at.x
    for k in range(around(scene)):
        pixel, f = counted(scene, at, k)
        flow = flow + f * _flow(weights, channels, channels.number * pixel, jump, own)
    return flow
