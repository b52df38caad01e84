"""Sampling of grazing segments from the camera: a walk from the eye to the vertex x, then a point of an edge that is a
silhouette as seen from there.

A smooth surface sends light on into a narrow cone. A walk from the edge can't be connected to the eye by such a
surface, so what is seen in mirrors and through clear glass is found here: paths with a surface less rough than `rough`
between the eye and x, x included. All others are found by segment.py; no path is found by both. (Light that comes
straight from an emitter has another bound where x is seen directly: segment.least_roughness.) Of pixels that are points
these are all paths, since none is found by both a point and an edge.
"""

from typing import NamedTuple

from ..camera.rays import camera_ray
from ..camera.screen import Screen, lens_point
from ..device import device
from ..geometry.edge_samples import lobe_source, point_on_edge, point_pdf
from ..geometry.edge_tree import BELOW_ONE, Aim, pick_aimed
from ..geometry.surface import Surface, step_off, surface
from ..geometry.traverse import occluded
from ..geometry.triangle import vector_at
from ..light import ENVMAP, FACE
from ..material import read
from ..motion import View, remember
from ..opacity import shadow
from ..path import footprint_of, trace
from ..real import BIG, any_lane, gather, invert, minimum, select, sqrt, truncate
from ..scattering import Frame, lobes, roughness, shading_frame, value
from ..vec import choose, dot, largest, mul, normalize, scale, sub
from ..walk import bounce
from .edge_point import BACK, edge_point, open_side, passing
from .grazing import Grazing
from .receiver import held
from .segment import FOUND_ELSEWHERE, least_roughness, share_of, stands_on, veiled_part


@device
def mirrored_segment(scene, edges, weight, depth, rough, stream, u, place, trail, p, active):
    """The segment at the vertex `depth` of a path through a sample of a pixel. place: film.any_pixel; weight: what
    a sample counts; u: two random numbers."""
    pixel, sx, sy = place
    zero = 0.0 * sx
    stream, a_lens, b_lens = lens_point(scene, stream, zero)
    stream, end, seen = _walk(scene, stream, Screen(sx, sy, a_lens, b_lens), depth, trail, p, active)
    x, least = end.x, end.least
    seen = seen & (least < rough)
    edge, first, second, s, density, seen = _aimed_point(scene, edges, end, p, u, seen)
    e = edge_point(scene, edges, edge, s)
    w = sub(e.point, x.point)
    r2 = dot(w, w)
    seen = seen & (density > 0.0) & (r2 > BACK * e.aside * BACK * e.aside)
    to_light = normalize(choose(seen, w, e.tangent))
    normal, sine = open_side(e, to_light)
    f, _ = value(scene, x, end.frame, p, end.wi, to_light, seen)
    throughput = mul(end.throughput, f)
    seen = seen & (largest(throughput) > 0.0)
    back = passing(e, normal, to_light)
    start = step_off(x, to_light)
    throughput, seen = _unshadowed(scene, start, sub(back, start), throughput, zero, seen)
    reached = seen
    pdf = select(least < least_roughness(FACE, depth, rough), BIG, FOUND_ELSEWHERE)
    _, y, found = held(scene, stream, back, to_light, seen)
    radiance, _ = trace(scene, stream, back, to_light, depth + 1, pdf, seen, zero)
    distance = dot(sub(y.point, e.point), to_light)
    seen = seen & stands_on(e, y, found, distance)
    kind = select(found, FACE, ENVMAP)
    reach = sqrt(r2)
    all_density = select(seen, r2 * density, 1.0)
    factor = -weight * sine * gather(edges.share, edge) * veiled_part(scene, edges, e, seen) / all_density
    return Grazing(
        first,
        second,
        s,
        normal,
        share_of(kind, reach, distance),
        reach,
        kind,
        0 * kind,
        y,
        sub(y.point, x.point),
        end.lens,
        depth + 0 * kind,
        pixel,
        choose(seen, scale(mul(throughput, radiance), factor), (zero, zero, zero)),
        edge,
        reached,
        seen,
    )


class End(NamedTuple):
    """Of a walk from the eye: its last vertex, the frame and wi there, the throughput up to it, where its first vertex
    is seen, and the least roughness of all its vertices."""

    x: Surface
    frame: Frame
    wi: tuple
    throughput: tuple
    lens: View
    least: float


@device
def _walk(scene, stream, at, depth, trail, p, seen):
    """(stream, End, mask of the lanes that have one) of the walk with `depth` vertices. Its numbers stay in p, its
    vertices in the trail."""
    o, axis, part = camera_ray(scene, at)
    zero = 0.0 * axis[0]
    one = zero + 1.0
    d, throughput = normalize(axis), (one, one, one)
    lens, least = View(at, axis, zero), one
    x, before, wi = surface(scene, 0 * truncate(zero), zero, zero, d), o, d
    a = shading_frame(scene, x, d)
    k = 1
    seen = seen & (part > 0.0)
    while any_lane(seen) and k <= depth:
        stream, x, met = held(scene, stream, o, d, seen)
        seen = seen & met
        wi = scale(d, -1.0)
        a = shading_frame(scene, x, wi)
        if k == 1:
            lens = View(at, axis, dot(sub(x.point, o), axis) / dot(axis, axis))
        remember(trail, k, x, choose(seen & (k == 1), axis, sub(x.point, before)), seen)
        read(scene, a.material, x, footprint_of(scene, lens, x, k == 1), p, seen)
        least = minimum(least, roughness(scene, a, p, seen))
        if k < depth:
            stream, wo, f, density = bounce(scene, stream, x, a, p, wi, seen)
            seen = seen & (density > 0.0)
            throughput = mul(throughput, scale(f, 1.0 / select(seen, density, 1.0)))
            seen = seen & (largest(throughput) > 0.0)
            o, d, before = step_off(x, wo), wo, x.point
        k = k + 1
    return stream, End(x, a, wi, throughput, lens, least), seen


@device
def _aimed_point(scene, edges, end, p, u, seen):
    """(edge, its two ends, s, density by length, mask) of a point of a silhouette as seen from the end of a walk."""
    zero = 0.0 * u[0]
    mirror, through, width = lobes(scene, end.frame, p, end.wi, seen)
    here = seen & (zero > 0.0)  # the end x is a point, in no lane far away
    aim = Aim((zero, zero, zero), mirror, through, width)
    edge, chance, _ = pick_aimed(edges, scene.theta, end.x.point, aim, here, u[0])
    seen = seen & (edge >= 0) & (chance > 0.0)
    edge = select(seen, edge, 0)
    first, second = gather(edges.ends, 2 * edge), gather(edges.ends, 2 * edge + 1)
    s, density = _point(scene, first, second, end.x.point, mirror, through, width, u[1])
    return edge, first, second, s, chance * density, seen


@device
def _unshadowed(scene, start, path, throughput, zero, seen):
    """(throughput, mask) of what surfaces between two vertices let through."""
    if any_lane(seen):
        if scene.translucent > 0:
            product, clear, seen = shadow(scene, start, path, seen & (zero > 0.0), 0, seen)
            throughput = scale(throughput, product)
        else:
            seen = seen & invert(occluded(scene, start, path, zero + 1.0, seen))
    return throughput, seen


@device
def _point(scene, first, second, x, mirror, through, width, u):
    """(s, density by length) of a point of the edge: in half of the cases evenly as seen from x, else by a lobe."""
    a, b = vector_at(scene.theta, 3 * first), vector_at(scene.theta, 3 * second)
    near = u < 0.0  # in no lane far away
    bright, clear = lobe_source(a, b, x, mirror, width), lobe_source(a, b, x, through, width)
    two = dot(through, through) > 0.0
    part = select(two, 0.25, 0.5)
    even, lit = u < 0.5, (u < 0.5 + part)
    source = choose(even, x, choose(lit, bright, clear))
    rest = select(even, 2.0 * u, select(lit, (u - 0.5) / part, (u - 0.75) * 4.0))
    s, _ = point_on_edge(a, b, source, near, minimum(rest, BELOW_ONE))
    density = 0.5 * point_pdf(a, b, x, near, s) + part * point_pdf(a, b, bright, near, s)
    return s, density + select(two, 0.25, 0.0) * point_pdf(a, b, clear, near, s)
