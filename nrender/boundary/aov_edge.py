"""Across an edge in view the AOVs jump as radiance does: the silhouette integral of primary.py, with another jump.

alpha has no other derivative than this one (but by an opacity).
"""

from ..aov.first import first_surface
from ..aov.shown import shown
from ..aov.values import Values, difference, inner, masked, read, scaled
from ..camera.screen import middle_ray
from ..device import device
from ..film import around, counted
from ..pixel_filter import BOX
from ..real import any_lane
from .primary import edge_sides


@device
def edge_values(scene, channels, edges, stream, sample, width, height, p, active):
    """(EdgePoint of the sample, the jump of the Values times dl)."""
    e, sides = edge_sides(scene, edges, stream, sample, width, height, active)
    zero = 0.0 * e.s
    none = (zero, zero, zero)
    jump = Values(zero, zero, none, none, none, none, zero, (zero, zero), none, none, zero)
    if any_lane(e.seen):
        minus = _side(scene, channels, sides.stream, sides.o_below, sides.below, p, e.seen)
        plus = _side(scene, channels, sides.stream, sides.o_above, sides.above, p, e.seen)
        jump = scaled(difference(minus, plus), sides.length)
    return e, jump


@device
def _side(scene, channels, stream, o, axis, p, active):
    zero = 0.0 * axis[0]
    first = first_surface(scene, stream, middle_ray(zero, zero), o, axis, zero, active)
    return masked(first.found, scaled(shown(scene, channels, first, p), first.weight[0]))


@device
def flow_at(scene, weights, channels, e, jump):
    """The scalar product of a jump with the weights of the pixels for which it counts, as film.at_place has them."""
    if scene.filter == BOX:
        return inner(read(weights, channels, channels.number * e.pixel, 0.0 * e.s), jump)
    return _flow_around(scene, weights, channels, e.at, jump)


@device(apart=True)
def _flow_around(scene, weights, channels, at, jump):
    zero = 0.0 * at.x
    flow = zero
    for k in range(around(scene)):
        pixel, f = counted(scene, at, k)
        flow = flow + f * inner(read(weights, channels, channels.number * pixel, zero), jump)
    return flow
