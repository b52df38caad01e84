"""The tangent of path.py: the radiance along a camera ray and its derivative for given velocities, vertex by vertex.

How a bounce's direction turns is known where it arrives: `gain` d_f, the change of the throughput by the last vertex's
BSDF, is added there.
"""

from typing import NamedTuple

from .camera.rays import camera_ray, ray_tan
from .camera.screen import Screen, screen_either
from .device import device
from .direct import direct_tan
from .emitters import emission_weight
from .geometry.segment import log_gradient, turn
from .geometry.surface import Surface, either, slid_tan, step_off, surface, surface_tan
from .light import area
from .material import read, read_tan
from .mipmap import footprint_tan
from .motion import View, near2, vertex_tan
from .opacity import opacity_tan
from .path import DARK, Walk, begin, distance, footprint_of, walk_either
from .real import BIG, any_lane, invert, select
from .rng import stream_either
from .scattering import Frame, frame_either, frame_tan, shading_frame, value_tan
from .vec import add, choose, dot, madd, mul, normalize_tan, scale, sub
from .walk import meet, no_veil, onward, sky, sky_tan, veil


class Tangent(NamedTuple):
    """A walk, and how it moves. at: of the camera ray; t: of the first vertex on it, in units of its axis. The
    derivatives of the radiance found, of the throughput and of the direction in which the walk arrives. Of the last
    vertex: surface, frame, wi, and their velocities; gain: the throughput before it over the density there."""

    walk: Walk
    at: Screen
    t: float
    d_radiance: tuple
    d_throughput: tuple
    d_arrive: tuple
    gain: tuple
    last: Surface
    frame: Frame
    wi: tuple
    d_last: tuple
    d_area: tuple
    d_n: tuple
    d_wi: tuple


@device
def begin_tan(scene, stream, at, d_theta):
    o, axis, part = camera_ray(scene, at)
    d_o, d_axis = ray_tan(scene, d_theta, at)
    walk = begin(stream, o, axis, 1, BIG, part)
    zero = 0.0 * walk.pdf
    none = (zero, zero, zero)
    last = surface(scene, select(zero < 1.0, 0, 0), zero, zero, walk.d)
    frame = shading_frame(scene, last, walk.d)
    d_arrive = normalize_tan(axis, d_axis)
    return Tangent(
        walk, at, zero, none, none, d_arrive, none, last, frame, walk.d, none, none, none, none
    )


@device
def tangent_either(mask, a, b):
    """`select` for two of them."""
    return Tangent(
        walk_either(mask, a.walk, b.walk),
        screen_either(mask, a.at, b.at),
        select(mask, a.t, b.t),
        choose(mask, a.d_radiance, b.d_radiance),
        choose(mask, a.d_throughput, b.d_throughput),
        choose(mask, a.d_arrive, b.d_arrive),
        choose(mask, a.gain, b.gain),
        either(mask, a.last, b.last),
        frame_either(mask, a.frame, b.frame),
        choose(mask, a.wi, b.wi),
        choose(mask, a.d_last, b.d_last),
        choose(mask, a.d_area, b.d_area),
        choose(mask, a.d_n, b.d_n),
        choose(mask, a.d_wi, b.d_wi),
    )


@device
def advance_tan(scene, tangent, p, d_p, d_theta, active):
    """(the walk behind its next vertex, mask of the lanes that go on). p, d_p: local_reals(), the numbers of the last
    vertex's material and their velocities, until there is a new one."""
    walk, at, t_first, d_radiance, d_throughput, d_arrive, gain = tangent[:7]
    last, last_frame, last_wi, d_last, d_last_area, d_last_n, d_last_wi = tangent[7:]
    stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, depth = walk
    zero = 0.0 * pdf
    d_o, d_axis = ray_tan(scene, d_theta, at)
    hit = meet(scene, o, d, depth, active)
    found, missed = active & (hit.face >= 0), active & (hit.face < 0)
    x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
    first = depth == 1
    d_material, d_area = surface_tan(scene, d_theta, x)
    t = distance(eye, axis, x)
    view = View(at, axis, select(first, t, t_first))
    d_ray = madd(d_o, d_axis, t)
    v, before = no_veil(zero, active), throughput
    if scene.translucent > 0:
        stream, v, throughput, dim = veil(scene, stream, x, throughput, dim, zero + DARK, found)
    here = found & invert(v.passed)  # the lanes that have a new vertex
    w = choose(first, axis, sub(x.point, last.point))
    g_q, g_normal, chi = log_gradient(w, x.area_normal, near2(view, depth))
    q = sub(d_material, d_last)
    turned = turn(w, chi, q)
    change = dot(g_q, q) + dot(g_normal, d_area)
    later = (here | missed) & invert(first)
    if any_lane(later):
        d_arrive, d_throughput = _arrive_tan(scene, tangent, p, d_p, turned, change, here, later)
    if any_lane(missed):
        radiance, d_radiance = _beyond_tan(scene, d_theta, walk, d_radiance, d_throughput, d_arrive, missed)
    active = here
    if any_lane(found):
        d_x = vertex_tan(w, x.area_normal, select(first, 1.0, chi), choose(first, d_ray, d_last), d_material)
        d_u, d_v = slid_tan(scene, x, sub(d_x, d_material))
        if any_lane(v.met):
            d_throughput, gain = _veil_tan(scene, d_theta, x, v, before, d_throughput, gain, d_u, d_v, first)
            o = choose(v.passed, step_off(x, d), o)
    if any_lane(active):
        lit = area.emits(scene, x, d, active)
        if any_lane(lit):
            weight = emission_weight(scene, x, sub(x.point, source), pdf, lit)
            glow = scale(area.radiance(scene, x, lit), weight)
            d_glow = scale(area.radiance_tan(scene, d_theta, x, d_u, d_v, lit), weight)
            radiance = choose(lit, add(radiance, mul(throughput, glow)), radiance)
            d_radiance = choose(lit, add(d_radiance, _mul_tan(throughput, glow, d_throughput, d_glow)), d_radiance)
        active = active & (depth < scene.max_depth)
    behind = depth + select(v.passed, 0, 1)
    walk = Walk(stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, behind)
    tangent = Tangent(
        walk, at, view.t, d_radiance, d_throughput, d_arrive, gain,
        last, last_frame, last_wi, d_last, d_last_area, d_last_n, d_last_wi,
    )
    if any_lane(active):
        tangent, active = _scatter_tan(
            scene, tangent, depth, p, d_p, d_theta, view, x, d_x, d_area, d_u, d_v, d_ray, d_axis, active
        )
    return tangent, active | v.passed


@device
def _arrive_tan(scene, tangent, p, d_p, turned, change, here, later):
    """(velocity of the direction in which the walk arrives, that of its throughput): by the last vertex's BSDF, and in
    the lanes that have a vertex, by the logarithmic derivative `change` of the segment."""
    walk = tangent.walk
    zero = 0.0 * walk.pdf
    turned = choose(here, turned, (zero, zero, zero))
    d_f = value_tan(
        scene, tangent.last, tangent.frame, p, d_p, tangent.wi, walk.d,
        tangent.d_n, tangent.d_area, tangent.d_wi, turned, later,
    )
    d_throughput = add(tangent.d_throughput, mul(tangent.gain, d_f))
    d_throughput = choose(here, madd(d_throughput, walk.throughput, change), d_throughput)
    return choose(later, turned, tangent.d_arrive), choose(later, d_throughput, tangent.d_throughput)


@device
def _beyond_tan(scene, d_theta, walk, d_radiance, d_throughput, d_arrive, missed):
    """(radiance, its velocity) with the light from beyond the scene. A camera's ray turns there, others don't."""
    zero = 0.0 * walk.pdf
    d_d = choose(walk.depth == 1, d_arrive, (zero, zero, zero))
    beyond, weight = sky(scene, walk.source, walk.d, walk.pdf, missed)
    d_beyond = sky_tan(scene, d_theta, walk.d, d_d, weight)
    radiance = choose(missed, add(walk.radiance, mul(walk.throughput, beyond)), walk.radiance)
    change = _mul_tan(walk.throughput, beyond, d_throughput, d_beyond)
    return radiance, choose(missed, add(d_radiance, change), d_radiance)


@device
def _veil_tan(scene, d_theta, x, v, before, d_throughput, gain, d_u, d_v, first):
    """(velocity of the throughput, gain) after the surface x held or let through what came: `before`. A camera's ray
    slides on x."""
    zero = 0.0 * v.part
    slid_u, slid_v = select(first, d_u, zero), select(first, d_v, zero)
    d_part = opacity_tan(scene, d_theta, x.face, x.u, x.v, slid_u, slid_v, v.met)
    d_part = select(v.passed, -d_part, d_part)
    inverse = 1.0 / v.chance
    moved = scale(madd(scale(d_throughput, v.part), before, d_part), inverse)
    return choose(v.met, moved, d_throughput), choose(v.met, scale(gain, v.part * inverse), gain)


@device
def _scatter_tan(scene, tangent, depth, p, d_p, d_theta, view, x, d_x, d_area, d_u, d_v, d_ray, d_axis, active):
    """Next-event estimation and the bounce at x, the vertex at `depth`: (the walk from there, mask of the lanes that go
    on)."""
    walk, at, t, d_radiance, d_throughput, d_arrive, gain = tangent[:7]
    last, last_frame, last_wi, d_last, d_last_area, d_last_n, d_last_wi = tangent[7:]
    stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, behind = walk
    zero = 0.0 * pdf
    scattering, passing = active, stream
    wi, d_wi = scale(d, -1.0), scale(d_arrive, -1.0)
    a = shading_frame(scene, x, wi)
    d_n = frame_tan(scene, d_theta, x, a, wi, d_area, d_u, d_v, d_wi)
    first = depth == 1
    foot, d_foot = footprint_of(scene, view, x, first), zero
    if scene.minify > 0:
        change = footprint_tan(scene, d_theta, view, x.area_normal, d_x, d_ray, d_area, d_axis)
        d_foot = select(first, change, zero)
    read(scene, a.material, x, foot, p, active)
    read_tan(scene, d_theta, a.material, x, foot, d_u, d_v, d_foot, d_p, active)
    if scene.light_count > 0:
        stream, found, d_found, lit = direct_tan(
            scene, stream, d_theta, view, depth, x, a, p, d_p, wi, d_x, d_area, d_n, d_wi, active
        )
        radiance = choose(lit, add(radiance, mul(throughput, found)), radiance)
        d_radiance = choose(lit, add(d_radiance, _mul_tan(throughput, found, d_throughput, d_found)), d_radiance)
    before = throughput
    stream, o, d, source, pdf, throughput, dim, step, active = onward(
        scene, stream, x, a, p, wi, o, d, source, pdf, throughput, dim, depth, zero + DARK, active
    )
    stream = stream_either(scattering, stream, passing)
    inverse = 1.0 / (step.density * step.chance)
    gain = choose(active, scale(before, inverse), gain)
    d_throughput = scale(mul(d_throughput, step.f), inverse)
    last = either(active, x, last)
    last_frame, last_wi = frame_either(active, a, last_frame), choose(active, wi, last_wi)
    d_last, d_last_area = choose(active, d_x, d_last), choose(active, d_area, d_last_area)
    d_last_n, d_last_wi = choose(active, d_n, d_last_n), choose(active, d_wi, d_last_wi)
    walk = Walk(stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, behind)
    tangent = Tangent(
        walk, at, t, d_radiance, d_throughput, d_arrive, gain,
        last, last_frame, last_wi, d_last, d_last_area, d_last_n, d_last_wi,
    )
    return tangent, active


@device
def _mul_tan(a, b, d_a, d_b):
    return add(mul(d_a, b), mul(a, d_b))
