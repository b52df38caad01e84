"""Across an edge in view the AOVs jump as radiance does: the silhouette integral of primary.py, with another jump.

alpha has no other derivative than this one (but by an opacity).
"""

from ..aov.first import first_surface
from ..aov.shown import shown
from ..aov.values import Values, difference, masked, read, scaled, total
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
    first = first_surface(scene, stream, zero, zero, o, axis, zero, active)
    return masked(first.found, scaled(shown(scene, channels, first, p), first.weight[0]))


@device
def values_at(scene, weights, channels, e):
    """film.at_place of the weights of pixels."""
    n, zero = channels.number, 0.0 * e.s
    if scene.filter == BOX:
        return read(weights, channels, n * e.pixel, zero)
    out = scaled(read(weights, channels, n * e.pixel, zero), zero)
    for k in range(around(scene)):
        pixel, f = counted(scene, e.sx, e.sy, k)
        out = total(out, scaled(read(weights, channels, n * pixel, zero), f))
    return out
