"""The interior: one random walk, three readings of it.

`trace` gives the radiance along a ray, `trace_tan` its derivative for given velocities, `trace_adj` the gradient of
weight . radiance by path replay (Vicini et al. 2021): a first walk gives the radiance, a second one repeats it from
its seed and knows at each vertex what is still to come; nothing is stored.

Unidirectional, next-event estimation and BSDF sampling combined by the power heuristic (Veach 1997), Russian roulette
from depth `ROULETTE`. Depth 1 is emission only; a surface that is passed, by its opacity, does not count. The
derivative is that of the path integral over material points, densities and weights detached; docs/theory.md derives it.
What jumps (visibility) is in `boundary/`.
"""

from .camera.perspective import ray, ray_direction_adj, ray_point_tan
from .device import device
from .direct import direct, direct_adj, direct_tan
from .emitters import (
    emission_weight,
)
from .geometry.segment import log_gradient, turn
from .geometry.surface import (
    either,
    normal_only_adj,
    point_only_adj,
    slid_adj,
    slid_tan,
    step_off,
    surface,
    surface_tan,
)
from .geometry.traverse import closest
from .light import area
from .local import local_integers, local_reals
from .material import clear, read, read_adj, read_tan
from .mipmap import NEAR, footprint, footprint_adj, footprint_tan
from .motion import Trail, View, arrival_adj, near2, remember, segment_adj, vertex_adj, vertex_tan
from .opacity import opacity_tan
from .real import BIG, any_lane, invert, select, truncate
from .scattering import frame_adj, frame_either, frame_tan, shading_frame, value_adj, value_tan
from .vec import add, choose, dot, madd, mul, normalize, normalize_tan, scale, sub, total
from .walk import no_veil, onward, over, sky, sky_adj, sky_tan, veil, veil_adj

DARK = 1e-3  # see trace_adj


@device(apart=True)
def trace(scene, stream, o, axis, first, pdf, active, floor):
    """(radiance, dim radiance) along the ray from o in the direction `axis`; the second is for trace_adj, 0 if `floor`
    is. first: depth of the vertex that it meets; 1 if it is a camera ray, and axis as camera.ray gives it. pdf: the
    density, by solid angle, with which the ray was chosen, for the weight of the emission that it meets: BIG if nothing
    else finds that, near 0 if something else finds all of it that next-event estimation can."""
    eye, d = o, normalize(axis)
    zero = 0.0 * d[0]
    none, white = (zero, zero, zero), (zero + 1.0, zero + 1.0, zero + 1.0)
    radiance, throughput = none, white
    dim_radiance, dim = none, none
    p = local_reals()
    spare = select(floor > 0.0, 1, 0)
    source, pdf = o, zero + pdf
    depth = truncate(zero) + first
    while any_lane(active):
        hit = closest(scene, o, d, active)
        missed = active & (hit.face < 0)
        if any_lane(missed):
            beyond, weight = sky(scene, source, d, pdf, missed)
            radiance = choose(missed, add(radiance, mul(throughput, beyond)), radiance)
            dim_radiance = choose(missed, add(dim_radiance, mul(dim, beyond)), dim_radiance)
        active = active & (hit.face >= 0)
        v = no_veil(zero, active)
        if any_lane(active):
            x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
            if scene.translucent > 0:
                stream, v, throughput, dim = veil(scene, stream, x, throughput, dim, floor, active)
                o, active = choose(v.passed, step_off(x, d), o), active & invert(v.passed)
            lit = area.emits(scene, x, d, active)
            if any_lane(lit):
                weight = emission_weight(scene, x, sub(x.point, source), pdf, lit)
                glow = scale(area.radiance(scene, x, lit), weight)
                radiance = choose(lit, add(radiance, mul(throughput, glow)), radiance)
                dim_radiance = choose(lit, add(dim_radiance, mul(dim, glow)), dim_radiance)
            active = active & (depth < scene.max_depth)
            if any_lane(active):
                wi = scale(d, -1.0)
                a = shading_frame(scene, x, wi)
                foot = footprint_of(scene, View(zero, zero, axis, _distance(eye, axis, x)), x, depth == 1)
                read(scene, a.material, x, foot, p, active)
                if scene.light_count > 0:
                    stream, found, lit = direct(scene, stream, x, a, p, wi, spare, active)
                    radiance = choose(lit, add(radiance, mul(throughput, found)), radiance)
                    dim_radiance = choose(lit, add(dim_radiance, mul(dim, found)), dim_radiance)
                stream, o, d, source, pdf, throughput, dim, step, active = onward(
                    scene, stream, x, a, p, wi, o, d, source, pdf, throughput, dim, depth, floor, active
                )
        depth = depth + select(v.passed, 0, 1)
        active = active | v.passed
    return radiance, dim_radiance


@device
def _distance(eye, axis, x):
    """Of the surface x along its camera ray, in units of that."""
    return dot(sub(x.point, eye), axis) / dot(axis, axis)


@device
def footprint_of(scene, view, x, first):
    foot = 0.0 * view.t + NEAR
    if scene.minify > 0:
        foot = select(first, footprint(scene, view, x.area_normal), foot)
    return foot


@device
def trace_tan(scene, stream, sx, sy, d_theta, active):
    """(radiance, its derivative) along the camera ray through (sx, sy) when theta moves by d_theta.

    How a bounce's direction turns is known where it arrives: `gain` d_f, the change of the throughput by the last
    vertex's BSDF, is added there.
    """
    o, axis = ray(scene.theta, scene.camera, sx, sy)
    d_eye, d_axis = ray(d_theta, scene.camera, sx, sy)
    eye, d = o, normalize(axis)
    zero = 0.0 * d[0]
    none, white = (zero, zero, zero), (zero + 1.0, zero + 1.0, zero + 1.0)
    radiance, throughput = none, white
    d_radiance, d_throughput, gain, dim = none, none, none, none
    d_arrive = normalize_tan(axis, d_axis)
    last = surface(scene, select(active, 0, 0), zero, zero, d)
    last_frame, last_wi = shading_frame(scene, last, d), d
    d_last, d_last_area, d_last_n, d_last_wi = none, none, none, none
    p, d_p = local_reals(), local_reals()  # of the last vertex, until there is a new one
    view = View(sx, sy, axis, zero)
    source, pdf = o, zero + BIG
    depth = truncate(zero) + 1
    while any_lane(active):
        hit = closest(scene, o, d, active)
        found, missed = active & (hit.face >= 0), active & (hit.face < 0)
        x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
        first = depth == 1
        d_material, d_area = surface_tan(scene, d_theta, x)
        t = _distance(eye, axis, x)
        view = View(sx, sy, axis, select(first, t, view.t))
        d_ray = ray_point_tan(d_theta, scene.camera, sx, sy, t)
        v, before = no_veil(zero, active), throughput
        if scene.translucent > 0:
            stream, v, throughput, dim = veil(scene, stream, x, throughput, dim, zero + DARK, found)
        here = found & invert(v.passed)  # the lanes that have a new vertex
        w = choose(first, axis, sub(x.point, last.point))
        g_q, g_normal, chi = log_gradient(w, x.area_normal, near2(view, depth))
        q = sub(d_material, d_last)
        turned = choose(here, turn(w, chi, q), none)
        later = (here | missed) & invert(first)
        d_arrive = choose(later, turned, d_arrive)
        if any_lane(later):
            d_f = value_tan(
                scene, last, last_frame, p, d_p, last_wi, d, d_last_n, d_last_area, d_last_wi, turned, later
            )
            d_throughput = choose(later, add(d_throughput, mul(gain, d_f)), d_throughput)
            change = dot(g_q, q) + dot(g_normal, d_area)
            d_throughput = choose(later & here, madd(d_throughput, before, change), d_throughput)
        if any_lane(missed):
            beyond, weight = sky(scene, source, d, pdf, missed)
            d_beyond = sky_tan(scene, d_theta, d, choose(first, d_arrive, none), weight)
            radiance = choose(missed, add(radiance, mul(throughput, beyond)), radiance)
            change3 = _mul_tan(throughput, beyond, d_throughput, d_beyond)
            d_radiance = choose(missed, add(d_radiance, change3), d_radiance)
        active = here
        if any_lane(found):
            d_x = vertex_tan(w, x.area_normal, select(first, 1.0, chi), choose(first, d_ray, d_last), d_material)
            d_u, d_v = slid_tan(scene, x, sub(d_x, d_material))
            if any_lane(v.met):
                slid_u, slid_v = select(first, d_u, zero), select(first, d_v, zero)
                d_part = opacity_tan(scene, d_theta, x.face, x.u, x.v, slid_u, slid_v, v.met)
                d_part = select(v.passed, -d_part, d_part)
                inverse = 1.0 / v.chance
                moved = scale(madd(scale(d_throughput, v.part), before, d_part), inverse)
                d_throughput = choose(v.met, moved, d_throughput)
                gain = choose(v.met, scale(gain, v.part * inverse), gain)
                o = choose(v.passed, step_off(x, d), o)
        if any_lane(active):
            lit = area.emits(scene, x, d, active)
            if any_lane(lit):
                weight = emission_weight(scene, x, sub(x.point, source), pdf, lit)
                glow, d_glow = area.radiance(scene, x, lit), area.radiance_tan(scene, d_theta, x, d_u, d_v, lit)
                radiance = choose(lit, add(radiance, scale(mul(throughput, glow), weight)), radiance)
                change3 = scale(_mul_tan(throughput, glow, d_throughput, d_glow), weight)
                d_radiance = choose(lit, add(d_radiance, change3), d_radiance)
            active = active & (depth < scene.max_depth)
        if any_lane(active):
            wi, d_wi = scale(d, -1.0), scale(d_arrive, -1.0)
            a = shading_frame(scene, x, wi)
            d_n = frame_tan(scene, d_theta, x, a, wi, d_area, d_u, d_v, d_wi)
            foot, d_foot = footprint_of(scene, view, x, first), zero
            if scene.minify > 0:
                change = footprint_tan(scene, d_theta, view, x.area_normal, d_x, d_ray, d_area, d_axis)
                d_foot = select(first, change, zero)
            read(scene, a.material, x, foot, p, active)
            read_tan(scene, d_theta, a.material, x, foot, d_u, d_v, d_foot, d_p, active)
            if scene.light_count > 0:
                stream, found3, d_found3, lit = direct_tan(
                    scene, stream, d_theta, view, depth, x, a, p, d_p, wi, d_x, d_area, d_n, d_wi, active
                )
                radiance = choose(lit, add(radiance, mul(throughput, found3)), radiance)
                change3 = _mul_tan(throughput, found3, d_throughput, d_found3)
                d_radiance = choose(lit, add(d_radiance, change3), d_radiance)
            before = throughput
            stream, o, d, source, pdf, throughput, dim, step, active = onward(
                scene, stream, x, a, p, wi, o, d, source, pdf, throughput, dim, depth, zero + DARK, active
            )
            inverse = 1.0 / (step.density * step.chance)
            gain = choose(active, scale(before, inverse), gain)
            d_throughput = scale(mul(d_throughput, step.f), inverse)
            last = either(active, x, last)
            last_frame, last_wi = frame_either(active, a, last_frame), choose(active, wi, last_wi)
            d_last, d_last_area = choose(active, d_x, d_last), choose(active, d_area, d_last_area)
            d_last_n, d_last_wi = choose(active, d_n, d_last_n), choose(active, d_wi, d_last_wi)
        depth = depth + select(v.passed, 0, 1)
        active = active | v.passed
    return radiance, d_radiance


@device
def _mul_tan(a, b, d_a, d_b):
    return add(mul(d_a, b), mul(a, d_b))


@device
def trace_adj(scene, stream, sx, sy, weight, gradient, moving, active):
    """Add the gradient of weight . radiance along the camera ray through (sx, sy) to `gradient`; return the radiance.
    If not `moving`, leave out the gradient of vertices and camera.

    Path replay divides what is still to come by the BSDF. Where a bounce keeps less than the fraction DARK of a colour,
    nothing can be divided: so the walk also carries `dim`, the throughput with exactly one such bounce counted as DARK
    and all others as they are, and what is still to come of that, over DARK, is that bounce's derivative. (The walk
    takes the same turns as that of trace_tan, which needs no division but must be its transpose.)
    """
    o, axis = ray(scene.theta, scene.camera, sx, sy)
    eye, d = o, normalize(axis)
    zero = 0.0 * d[0]
    none, white = (zero, zero, zero), (zero + 1.0, zero + 1.0, zero + 1.0)
    radiance, dim_radiance = trace(scene, stream, o, axis, 1, BIG, active, zero + DARK)
    coming = mul(weight, radiance)  # weight . (what the rest of the walk will find), by colour
    dim_coming, dim = mul(weight, dim_radiance), none
    trail = Trail(local_integers(), local_reals())
    p, g_p = local_reals(), local_reals()
    view = View(sx, sy, axis, zero)
    throughput = white
    source, pdf = o, zero + BIG
    depth = truncate(zero) + 1
    last, g_leave = surface(scene, select(active, 0, 0), zero, zero, d), none
    while any_lane(active):
        hit = closest(scene, o, d, active)
        missed = active & (hit.face < 0)
        if any_lane(missed):
            beyond, share = sky(scene, source, d, pdf, missed)
            g_d = sky_adj(scene, gradient, d, share, mul(weight, throughput), missed)
            first = missed & (depth == 1)
            if moving and any_lane(first):
                ray_direction_adj(gradient, scene.camera, sx, sy, axis, g_d, first)
        active = active & (hit.face >= 0)
        v = no_veil(zero, active)
        if any_lane(active):
            x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
            first = depth == 1
            t = _distance(eye, axis, x)
            view = View(sx, sy, axis, select(first, t, view.t))
            if scene.translucent > 0:
                stream, v, throughput, dim = veil(scene, stream, x, throughput, dim, zero + DARK, active)
                if any_lane(v.met):
                    veil_adj(scene, gradient, view, x, v, coming, dim_coming, first & moving)
                o, active = choose(v.passed, step_off(x, d), o), active & invert(v.passed)
        if any_lane(active):
            w = choose(first, axis, sub(x.point, last.point))
            chi = zero + 1.0
            if moving:
                flow = total(coming)
                reach = near2(view, depth)
                later = active & invert(first)
                chi = segment_adj(scene, gradient, trail, view, depth - 1, x, w, reach, flow, g_leave, later)
                chi = select(first, 1.0, chi)
                remember(trail, depth, x, w, active)
            going, g_u, g_v = active, zero, zero
            lit = area.emits(scene, x, d, active)
            if any_lane(lit):
                share = emission_weight(scene, x, sub(x.point, source), pdf, lit)
                g_u, g_v = area.radiance_adj(scene, gradient, x, scale(mul(weight, throughput), share), lit)
                glow = mul(weight, scale(area.radiance(scene, x, lit), share))
                coming = choose(lit, sub(coming, mul(throughput, glow)), coming)
                dim_coming = choose(lit, sub(dim_coming, mul(dim, glow)), dim_coming)
            active = active & (depth < scene.max_depth)
            g_n, g_area, g_wi = none, none, none
            g_leave = choose(going, none, g_leave)
            if any_lane(active):
                wi = scale(d, -1.0)
                a = shading_frame(scene, x, wi)
                foot = footprint_of(scene, view, x, first)
                read(scene, a.material, x, foot, p, active)
                clear(scene, a.material, g_p, active)
                scattering = active
                if scene.light_count > 0:
                    received = mul(weight, throughput)
                    stream, found, lit, g_n, g_area, g_wi = direct_adj(
                        scene, stream, gradient, trail, view, depth, x, a, p, g_p, wi, received, moving, active
                    )
                    coming = choose(lit, sub(coming, mul(received, found)), coming)
                    dim_coming = choose(lit, sub(dim_coming, mul(mul(weight, dim), found)), dim_coming)
                stream, o, d, source, pdf, throughput, dim, step, active = onward(
                    scene, stream, x, a, p, wi, o, d, source, pdf, throughput, dim, depth, zero + DARK, active
                )
                if any_lane(active):
                    g_f = choose(active, over(coming, dim_coming, step.raised, step.small), none)
                    more_n, more_area, more_wi, g_out = value_adj(scene, x, a, p, g_p, wi, d, g_f, active)
                    g_leave = choose(active, g_out, g_leave)
                    g_n, g_area, g_wi = add(g_n, more_n), add(g_area, more_area), add(g_wi, more_wi)
                g_n, g_wi = choose(scattering, g_n, none), choose(scattering, g_wi, none)
                own_area, own_wi, own_u, own_v = frame_adj(scene, gradient, x, a, wi, g_n, scattering)
                g_area, g_wi = add(g_area, own_area), add(g_wi, own_wi)
                more_u, more_v, g_foot = read_adj(scene, gradient, a.material, x, foot, g_p, scattering)
                g_u, g_v = g_u + own_u + more_u, g_v + own_v + more_v
                wide = scattering & first & (g_foot != 0.0)
                if moving and any_lane(wide):
                    g_x, more_area = footprint_adj(scene, gradient, view, x.area_normal, g_foot, wide)
                    g_area = choose(wide, add(g_area, more_area), g_area)
                    vertex_adj(scene, gradient, trail, view, depth, g_x, wide)
                if moving:
                    normal_only_adj(scene, gradient, x, g_area, scattering)
                    arrival_adj(scene, gradient, trail, view, depth, x, w, chi, scale(g_wi, -1.0), scattering)
            if moving:
                slid = going & (chi > 0.0) & ((g_u != 0.0) | (g_v != 0.0))
                if any_lane(slid):
                    g_slide = slid_adj(scene, x, g_u, g_v)
                    point_only_adj(scene, gradient, x, scale(g_slide, -1.0), slid)
                    vertex_adj(scene, gradient, trail, view, depth, g_slide, slid)
            last = either(going, x, last)
        depth = depth + select(v.passed, 0, 1)
        active = active | v.passed
    return radiance
