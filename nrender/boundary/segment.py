"""Sampling of grazing segments from the edge: a point of an edge and a line through it; what the line meets on one side
is lit from the other.

Two ways to draw the line, which share the work: the first finds all light that emitters send to the edge straight, the
second what is left: reflected light and the constant background.
"""

from ..device import device
from ..emitters import is_far, sizeless
from ..geometry.triangle import area_normal, corners, weights_tan
from ..light import ENVMAP, FACE
from ..opacity import opacity
from ..path import trace
from ..real import PI, any_lane, gather, invert, maximum, minimum, real, select, sqrt
from ..vec import choose, dot, mul, scale, sub
from .edge_point import BACK, line_point, open_side, passing
from .grazing import Grazing
from .lights import arriving, light_point
from .receiver import held, to_camera

SHINY = 0.2  # see least_roughness
EVERY = 2.0  # in the place of the least roughness that is connected to the eye: no surface is
FOUND_ELSEWHERE = 1e-30  # density of a ray for path.trace: the emission that it meets has no weight


@device
def grazing_segment(scene, edges, emitters, plan, depth, rough, stream, u, sample, trail, p, active):
    """The sample's segment, at the vertex `depth` of its path. plan: see plan.py; u: five random numbers."""
    rough = real(rough)
    if plan.from_lights:
        light, e, active = light_point(scene, edges, emitters, u, active)
        d = choose(active, scale(light.wo, -1.0), e.tangent)
        normal, sine = open_side(e, d)
        weight = plan.weight * sine
        rough = least_roughness(light.kind, depth, rough)
    else:
        e, d = line_point(scene, edges, plan.first, u, sample)
        normal, sine = open_side(e, d)
        weight = plan.weight * gather(plan.rarity, e.edge) * (2.0 * PI)
    seen = active & (sine > 0.0)
    to_light = scale(d, -1.0)
    start = passing(e, normal, to_light)
    stream, x, met = held(scene, stream, start, d, seen)
    reach = dot(sub(x.point, e.point), d)
    seen = seen & met & (reach > 0.0)
    stream, received = to_camera(scene, stream, trail, p, x, to_light, depth, rough, seen)
    seen = seen & received.seen
    reached = seen
    zero = 0.0 * reach
    radiance = (zero, zero, zero)
    if plan.from_lights:
        radiance, seen = arriving(scene, e, light, start, seen)
        y, kind, base = light.y, light.kind, light.base
        distance = sqrt(dot(light.w, light.w))
    else:
        again, y, found = held(scene, stream, start, to_light, seen)  # and once more by trace, with the same numbers
        radiance, dim = trace(scene, stream, start, to_light, depth + 1, FOUND_ELSEWHERE, seen, zero)
        kind = select(found, FACE, ENVMAP)
        base = 0 * kind
        distance = dot(sub(y.point, e.point), to_light)
        seen = seen & stands_on(e, y, found, distance)
    jump = scale(mul(radiance, received.throughput), -weight * veiled_part(scene, edges, e, seen))
    return Grazing(
        e.first,
        e.second,
        e.s,
        normal,
        share_of(kind, reach, distance),
        reach,
        kind,
        base,
        y,
        sub(y.point, x.point),
        received.lens,
        depth + 0 * kind,
        received.pixel,
        choose(seen, jump, (zero, zero, zero)),
        e.edge,
        reached,
        seen,
    )


@device
def stands_on(e, y, found, distance):
    """Where y is at the edge, as on a floor that a box stands on, whether the edge's faces are on the side of x: seen
    from below that floor ends nowhere."""
    return invert(found & (distance < BACK * e.aside)) | (dot(y.normal, e.outward) < 0.0)


@device
def least_roughness(kind, depth, rough):
    """Of the surfaces that are connected to the eye where light comes straight from an emitter: any, if nothing else
    finds that; many that shine, if x is seen directly."""
    first = select((depth == 1) & (rough < EVERY), minimum(SHINY, rough), rough)
    return select(sizeless(kind), 0.0 * rough, first)


@device
def share_of(kind, reach, distance):
    """The edge's place on the segment, from x (0) to y (1), which are at these distances from it."""
    whole = reach + maximum(distance, 0.0 * reach)
    return select(is_far(kind), 0.0 * reach, reach) / select(whole > 0.0, whole, 1.0)


@device
def veiled_part(scene, edges, e, active):
    """What the edge's faces together hold back: light that passes them is there on both sides of the edge."""
    part = 0.0 * e.s + 1.0
    if scene.translucent > 0 and any_lane(active):
        first, second = gather(edges.faces, 2 * e.edge), gather(edges.faces, 2 * e.edge + 1)
        through = 1.0 - _opacity_at(scene, first, e.point, active)
        other = 1.0 - _opacity_at(scene, second, e.point, active)
        part = 1.0 - select(first == second, through, through * other)
    return part


@device
def _opacity_at(scene, face, point, active):
    c = corners(scene.theta, scene.faces, face)
    u, v = weights_tan(c, area_normal(c), sub(point, c[0]))
    alpha, _ = opacity(scene, face, u, v, active)
    return alpha
