"""The interior: one random walk, three readings of it.

`trace` gives the radiance along a ray, `trace_tan` its derivative for given velocities, `trace_adj` the gradient of
weight . radiance by path replay (Vicini et al. 2021): a first walk gives the radiance, a second one repeats it from
its seed and knows at each vertex what is still to come; nothing is stored.

Unidirectional, next-event estimation and BSDF sampling combined by the power heuristic (Veach 1997), Russian roulette
from depth `ROULETTE`. Depth 1 is emission only. The derivative is that of the path integral over material points,
densities and weights detached; docs/theory.md derives it. What jumps (visibility) is in `boundary.py`.
"""

from typing import NamedTuple

from .bsdf import diffuse
from .camera.perspective import ray, ray_point_tan
from .device import device
from .geometry.segment import cosine_log_gradient, geometry_term, log_gradient
from .geometry.surface import (
    add_vector,
    normal_adj,
    step_off,
    surface,
    surface_adj,
    surface_tan,
)
from .geometry.traverse import closest, occluded
from .geometry.triangle import vector_at
from .light import area
from .local import local_integers, local_reals
from .motion import Trail, View, near2, remember, vertex_adj, vertex_tan
from .real import BIG, any_lane, gather, invert, minimum, select, truncate
from .rng import uniform
from .vec import add, choose, dot, largest, madd, mul, normalize, scale, sub, to_world

ROULETTE = 5  # no Russian roulette below this depth
SURVIVAL = 0.95  # its largest chance to go on
DARK = 1e-3  # see trace_adj


class LightSample(NamedTuple):
    """surface `y` on an emitter; w from x to it; offset of its radiance; share: weight of the estimate without BSDF and
    radiance, MIS included; mask of the lanes that see it."""

    y: tuple
    w: tuple
    offset: int
    share: float
    lit: bool


@device
def next_event(scene, stream, x, active):
    """(stream, LightSample) from the surface x: one visible point of an emitter."""
    stream, y = area.sample(scene, stream, x.point)
    w = sub(y.point, x.point)
    offset, lit = area.offset(scene, y, w, active)
    lit = lit & (dot(x.normal, w) > 0.0)
    geometry = geometry_term(x.normal, w, y.area_normal)
    lit = lit & (geometry > 0.0)
    if any_lane(lit):
        start = step_off(x, w)
        end = step_off(y, scale(w, -1.0))
        lit = lit & invert(occluded(scene, start, sub(end, start), 1.0, lit))
    light = select(lit, area.pdf(scene, y, w), 1.0)
    towards = (0.0 * w[0], 0.0 * w[0], dot(x.normal, normalize(w)))
    ratio = diffuse.pdf(towards, towards) / light
    chance = select(lit, gather(scene.face_chance, y.face), 1.0)
    share = geometry / (2.0 * chance) / (1.0 + ratio * ratio)
    return stream, LightSample(y, w, offset, select(lit, share, 0.0), lit)


@device
def emission_weight(scene, x, w, pdf, lit):
    """MIS weight of emission that BSDF sampling with density `pdf` found; 1 on a camera ray, whose pdf is BIG."""
    if any_lane(lit):
        ratio = select(lit, area.pdf(scene, x, w), 0.0) / pdf
        return 1.0 / (1.0 + ratio * ratio)
    return 0.0 * pdf


@device
def reflectance(scene, x, floor):
    rho = vector_at(scene.theta, gather(scene.materials, gather(scene.face_material, x.face)))
    return (
        select(rho[0] < floor, floor, rho[0]),
        select(rho[1] < floor, floor, rho[1]),
        select(rho[2] < floor, floor, rho[2]),
    )


@device
def bounce(stream, x):
    """(stream, direction, density) sampled from the BSDF."""
    stream, u1 = uniform(stream)
    stream, u2 = uniform(stream)
    up = (0.0 * u1, 0.0 * u1, 1.0 + 0.0 * u1)
    local = diffuse.sample(up, u1, u2)
    return stream, to_world(local, x.normal), diffuse.pdf(up, local)


@device
def roulette(stream, throughput, depth):
    """(stream, chance to go on, mask of the lanes that do)."""
    stream, u = uniform(stream)
    chance = select(depth >= ROULETTE, minimum(largest(throughput), SURVIVAL), 1.0)
    return stream, chance, u < chance


@device
def trace(scene, stream, o, d, active, floor):
    """Radiance that arrives at o from the direction d; reflectances below `floor` count as `floor`."""
    zero = 0.0 * d[0]
    radiance, throughput = (zero, zero, zero), (zero + 1.0, zero + 1.0, zero + 1.0)
    pdf = zero + BIG
    depth = truncate(zero) + 1
    while any_lane(active):
        hit = closest(scene, o, d, active)
        missed = active & (hit.face < 0)
        if scene.background >= 0:
            sky = mul(throughput, vector_at(scene.theta, scene.background))
            radiance = choose(missed, add(radiance, sky), radiance)
        active = active & (hit.face >= 0)
        if any_lane(active):
            x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
            offset, lit = area.offset(scene, x, d, active)
            weight = emission_weight(scene, x, sub(x.point, o), pdf, lit)
            emitted = mul(throughput, scale(area.radiance(scene.theta, offset), weight))
            radiance = choose(lit, add(radiance, emitted), radiance)
            active = active & (depth < scene.max_depth)
            rho = reflectance(scene, x, floor)
            f = diffuse.eval(rho, d, d)
            if scene.light_count > 0 and any_lane(active):
                stream, e = next_event(scene, stream, x, active)
                direct = mul(f, scale(area.radiance(scene.theta, e.offset), e.share))
                radiance = choose(e.lit, add(radiance, mul(throughput, direct)), radiance)
            stream, d, pdf = bounce(stream, x)
            o = step_off(x, d)
            cosine = dot(x.normal, d)
            active = active & (cosine > 0.0) & (pdf > 0.0)
            throughput = choose(active, mul(throughput, scale(f, cosine / pdf)), throughput)
            stream, chance, lucky = roulette(stream, throughput, depth)
            active = active & lucky
            throughput = choose(active, scale(throughput, 1.0 / chance), throughput)
        depth = depth + 1
    return radiance


@device
def trace_tan(scene, stream, sx, sy, d_theta, active):
    """(radiance, its derivative) along the camera ray through (sx, sy) when theta moves by d_theta."""
    o, d = ray(scene.theta, scene.camera, sx, sy)
    eye, axis = o, d
    d = normalize(d)
    zero = 0.0 * d[0]
    radiance, throughput = (zero, zero, zero), (zero + 1.0, zero + 1.0, zero + 1.0)
    d_radiance, d_throughput = (zero, zero, zero), (zero, zero, zero)
    last_normal, d_last, d_last_normal, last_point = d, throughput, throughput, o
    view = View(sx, sy, axis, zero)
    pdf = zero + BIG
    depth = truncate(zero) + 1
    while any_lane(active):
        hit = closest(scene, o, d, active)
        missed = active & (hit.face < 0)
        if scene.background >= 0:
            turn = dot(cosine_log_gradient(last_normal, d), d_last_normal)
            d_throughput = choose(missed & (depth > 1), madd(d_throughput, throughput, turn), d_throughput)
            sky, d_sky = vector_at(scene.theta, scene.background), vector_at(d_theta, scene.background)
            radiance = choose(missed, add(radiance, mul(throughput, sky)), radiance)
            d_radiance = choose(missed, add(d_radiance, _mul_tan(throughput, sky, d_throughput, d_sky)), d_radiance)
        active = active & (hit.face >= 0)
        if any_lane(active):
            x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
            d_x, d_normal = surface_tan(scene, d_theta, x)
            first = depth == 1
            t = dot(sub(x.point, eye), axis) / dot(axis, axis)
            view = View(sx, sy, axis, select(first, t, view.t))
            w = choose(first, axis, sub(x.point, last_point))
            change, chi = _log_tan(
                last_normal, d_last, d_last_normal, w, x.area_normal, d_x, d_normal, near2(view, depth)
            )
            d_throughput = choose(first, d_throughput, madd(d_throughput, throughput, change))
            d_last = choose(first, ray_point_tan(d_theta, scene.camera, sx, sy, t), d_last)
            d_x = vertex_tan(w, x.area_normal, select(first, 1.0, chi), d_last, d_x)
            offset, lit = area.offset(scene, x, d, active)
            weight = emission_weight(scene, x, sub(x.point, o), pdf, lit)
            emitted, d_emitted = area.radiance(scene.theta, offset), area.radiance(d_theta, offset)
            radiance = choose(lit, add(radiance, scale(mul(throughput, emitted), weight)), radiance)
            change3 = scale(_mul_tan(throughput, emitted, d_throughput, d_emitted), weight)
            d_radiance = choose(lit, add(d_radiance, change3), d_radiance)
            active = active & (depth < scene.max_depth)
            f = diffuse.eval(reflectance(scene, x, 0.0), d, d)
            material = gather(scene.materials, gather(scene.face_material, x.face))
            d_f = diffuse.eval_tan(f, d, d, vector_at(d_theta, material))
            if scene.light_count > 0 and any_lane(active):
                stream, e = next_event(scene, stream, x, active)
                d_y, d_normal_y = surface_tan(scene, d_theta, e.y)
                reach = near2(view, depth + 1)
                change, chi = _log_tan(x.area_normal, d_x, d_normal, e.w, e.y.area_normal, d_y, d_normal_y, reach)
                light, d_light = area.radiance(scene.theta, e.offset), area.radiance(d_theta, e.offset)
                arriving, d_arriving = mul(f, light), madd(_mul_tan(f, light, d_f, d_light), mul(f, light), change)
                radiance = choose(e.lit, madd(radiance, mul(throughput, arriving), e.share), radiance)
                change3 = _mul_tan(throughput, arriving, d_throughput, d_arriving)
                d_radiance = choose(e.lit, madd(d_radiance, change3, e.share), d_radiance)
            stream, d, pdf = bounce(stream, x)
            o = step_off(x, d)
            cosine = dot(x.normal, d)
            active = active & (cosine > 0.0) & (pdf > 0.0)
            d_throughput = choose(active, scale(_mul_tan(throughput, f, d_throughput, d_f), cosine / pdf), d_throughput)
            throughput = choose(active, mul(throughput, scale(f, cosine / pdf)), throughput)
            stream, chance, lucky = roulette(stream, throughput, depth)
            active = active & lucky
            throughput = choose(active, scale(throughput, 1.0 / chance), throughput)
            d_throughput = choose(active, scale(d_throughput, 1.0 / chance), d_throughput)
            last_point, last_normal, d_last, d_last_normal = x.point, x.area_normal, d_x, d_normal
        depth = depth + 1
    return radiance, d_radiance


@device
def _log_tan(normal_x, d_x, d_normal_x, w, normal_y, d_y, d_normal_y, radius2):
    """(logarithmic derivative of the segment's integrand, nearness of y); d_y is the velocity of y's material point."""
    g_q, g_normal_x, g_normal_y, chi = log_gradient(normal_x, w, normal_y, radius2)
    return dot(g_q, sub(d_y, d_x)) + dot(g_normal_x, d_normal_x) + dot(g_normal_y, d_normal_y), chi


@device
def _mul_tan(a, b, d_a, d_b):
    return add(mul(d_a, b), mul(a, d_b))


@device
def trace_adj(scene, stream, sx, sy, weight, gradient, moving, active):
    """Add the gradient of weight . radiance along the camera ray through (sx, sy) to `gradient`; return the radiance.
    If not `moving`, leave out the gradient of vertices and camera.

    Path replay divides what is still to come by the reflectance; a reflectance under DARK counts as DARK here, so
    that the gradient at 0 is that of a nearly black surface, and not lost.
    """
    o, d = ray(scene.theta, scene.camera, sx, sy)
    eye, axis = o, d
    d = normalize(d)
    zero = 0.0 * d[0]
    radiance = trace(scene, stream, o, d, active, zero + DARK)
    coming = mul(weight, radiance)  # weight . (what the rest of the walk will find), by colour
    trail = Trail(local_integers(), local_reals())
    view = View(sx, sy, axis, zero)
    throughput = (zero + 1.0, zero + 1.0, zero + 1.0)
    pdf = zero + BIG
    depth = 1
    last = surface(scene, 0, zero, zero, d)
    while any_lane(active):
        hit = closest(scene, o, d, active)
        missed = active & (hit.face < 0)
        if scene.background >= 0 and any_lane(missed):
            add_vector(gradient, scene.background, mul(weight, throughput), missed)
        if moving and any_lane(missed):
            turn = scale(cosine_log_gradient(last.area_normal, d), coming[0] + coming[1] + coming[2])
            normal_adj(scene, gradient, last, turn, missed & (depth > 1))
        active = active & (hit.face >= 0)
        if any_lane(active):
            x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
            first = depth == 1
            if moving:
                t = dot(sub(x.point, eye), axis) / dot(axis, axis)
                view = View(sx, sy, axis, select(first, t, view.t))
                flow = coming[0] + coming[1] + coming[2]
                w = choose(first, axis, sub(x.point, last.point))
                reach = near2(view, depth)
                chi = _segment_adj(
                    scene, gradient, trail, view, depth - 1, last, x, w, reach, flow, active & invert(first)
                )
                remember(trail, depth, x, w, select(first, 1.0, chi), active)
            offset, lit = area.offset(scene, x, d, active)
            share = emission_weight(scene, x, sub(x.point, o), pdf, lit)
            add_vector(gradient, offset, scale(mul(weight, throughput), share), lit)
            found = scale(mul(mul(weight, throughput), area.radiance(scene.theta, offset)), share)
            coming = choose(lit, sub(coming, found), coming)
            active = active & (depth < scene.max_depth)
            rho = reflectance(scene, x, zero + DARK)
            f = diffuse.eval(rho, d, d)
            material = gather(scene.materials, gather(scene.face_material, x.face))
            if scene.light_count > 0 and any_lane(active):
                stream, e = next_event(scene, stream, x, active)
                light = area.radiance(scene.theta, e.offset)
                received = scale(mul(weight, throughput), e.share)
                add_vector(gradient, e.offset, mul(received, f), e.lit)
                add_vector(gradient, material, diffuse.eval_adj(rho, d, d, mul(received, light)), e.lit)
                found = mul(received, mul(f, light))
                coming = choose(e.lit, sub(coming, found), coming)
                if moving:
                    flow = found[0] + found[1] + found[2]
                    _segment_adj(scene, gradient, trail, view, depth, x, e.y, e.w, near2(view, depth + 1), flow, e.lit)
            stream, d, pdf = bounce(stream, x)
            o = step_off(x, d)
            cosine = dot(x.normal, d)
            active = active & (cosine > 0.0) & (pdf > 0.0)
            throughput = choose(active, mul(throughput, scale(f, cosine / pdf)), throughput)
            stream, chance, lucky = roulette(stream, throughput, depth)
            active = active & lucky
            throughput = choose(active, scale(throughput, 1.0 / chance), throughput)
            g_f = (coming[0] / f[0], coming[1] / f[1], coming[2] / f[2])
            add_vector(gradient, material, diffuse.eval_adj(rho, d, d, g_f), active)
            last = x
        depth = depth + 1
    return radiance


@device
def _segment_adj(scene, gradient, trail, view, depth, x, y, w, radius2, flow, mask):
    """Scatter the gradient of flow * log K between x, the vertex at `depth`, and y; return y's nearness."""
    g_q, g_normal_x, g_normal_y, chi = log_gradient(x.area_normal, w, y.area_normal, radius2)
    surface_adj(scene, gradient, y, scale(g_q, flow), scale(g_normal_y, flow), mask)
    normal_adj(scene, gradient, x, scale(g_normal_x, flow), mask)
    vertex_adj(scene, gradient, trail, view, depth, scale(g_q, -flow), mask)
    return chi
