"""Across an edge in view the AOVs jump as radiance does: the silhouette integral of primary.py, with another jump.

alpha has no other derivative than this one (but by an opacity).
"""

from ..aov.first import first_surface
from ..aov.shown import shown
from ..aov.values import Values, difference, masked, scaled
from ..device import device
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
