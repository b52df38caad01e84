"""Across an edge in view the AOVs jump as radiance does: the silhouette integral of primary.py, with another jump.

alpha has no other derivative than this one (but by an opacity).
"""

from ..aov.first import first_surface
from ..aov.own import write_own_jump
from ..aov.shown import shown
from ..aov.values import Values, difference, masked, scaled
from ..device import device
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
    return first_surface(scene, stream, zero, zero, o, axis, zero, active)


@device
def _values(scene, channels, first, p):
    return masked(first.found, scaled(shown(scene, channels, first, p), first.weight[0]))
