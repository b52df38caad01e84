"""The interior: one random walk, three readings of it.

`trace` gives the radiance along a ray, `trace_tan` its derivative for given velocities, `trace_adj` the gradient of
weight . radiance by path replay (Vicini et al. 2021): a first walk gives the radiance, a second one repeats it from
its seed and knows at each vertex what is still to come; nothing is stored.

Unidirectional, next-event estimation and BSDF sampling combined by the power heuristic (Veach 1997), Russian roulette
from depth `ROULETTE`. Depth 1 is emission only. The derivative is that of the path integral over material points,
densities and weights detached; docs/theory.md derives it. What jumps (visibility) is in `boundary.py`.
"""

from .camera.perspective import ray, ray_direction_adj, ray_point_tan
from .device import device
from .emitters import connection_adj, connection_tan, emitted, emitted_adj, emitted_tan, mis_share, next_event
from .geometry.segment import log_gradient, turn
from .geometry.surface import add_vector, normal_adj, point_only_adj, step_off, surface, surface_adj, surface_tan
from .geometry.traverse import closest
from .geometry.triangle import vector_at
from .light import area
from .local import local_integers, local_reals
from .motion import Trail, View, near2, remember, vertex_adj, vertex_tan
from .real import BIG, any_lane, invert, minimum, select, truncate
from .rng import uniform
from .scattering import sample, shading_frame, value, value_adj, value_tan
from .vec import add, choose, dot, largest, madd, mul, normalize, normalize_tan, scale, sub

ROULETTE = 5  # no Russian roulette below this depth
SURVIVAL = 0.95  # its largest chance to go on
DARK = 1e-3  # see trace_adj


@device
def emission_weight(scene, x, w, pdf, lit):
    """MIS weight of emission that BSDF sampling with density `pdf` found; 1 on a camera ray, whose pdf is BIG."""
    if any_lane(lit):
        ratio = select(lit, area.pdf(scene, x, w), 0.0) / pdf
        return 1.0 / (1.0 + ratio * ratio)
    return 0.0 * pdf


@device
def bounce(scene, stream, a, wi, active):
    """(stream, direction, f |cos|, density) sampled from the BSDF."""
    stream, u1 = uniform(stream)
    stream, u2 = uniform(stream)
    stream, u3 = uniform(stream)
    wo = sample(scene, a, wi, u1, u2, u3, active)
    f, pdf = value(scene, a, wi, wo, active)
    return stream, wo, f, pdf


@device
def roulette(stream, throughput, dim, depth, active):
    """(stream, chance to go on, mask of the lanes that do). A walk that carries nothing any more ends."""
    stream, u = uniform(stream)
    carried = largest(add(throughput, dim))
    chance = select(depth >= ROULETTE, minimum(carried, SURVIVAL), 1.0)
    return stream, select(carried > 0.0, chance, 1.0), active & (u < chance) & (carried > 0.0)


@device
def scattered(throughput, dim, f, pdf, floor):
    """(throughput, dim, f for division, mask by colour) after a bounce; see trace_adj for `dim`."""
    least = floor * pdf
    small = (f[0] < least, f[1] < least, f[2] < least)
    raised = (select(small[0], least, f[0]), select(small[1], least, f[1]), select(small[2], least, f[2]))
    inverse = 1.0 / pdf
    dim = (
        select(small[0], throughput[0], dim[0]) * raised[0] * inverse,
        select(small[1], throughput[1], dim[1]) * raised[1] * inverse,
        select(small[2], throughput[2], dim[2]) * raised[2] * inverse,
    )
    return mul(throughput, scale(f, inverse)), dim, raised, small


@device
def trace(scene, stream, o, d, active, floor):
    """(radiance, dim radiance) that arrive at o from the direction d; the second is for trace_adj, 0 if `floor` is."""
    zero = 0.0 * d[0]
    none = (zero, zero, zero)
    radiance, throughput = none, (zero + 1.0, zero + 1.0, zero + 1.0)
    dim_radiance, dim = none, none
    pdf = zero + BIG
    depth = truncate(zero) + 1
    while any_lane(active):
        hit = closest(scene, o, d, active)
        missed = active & (hit.face < 0)
        if scene.background >= 0:
            sky = vector_at(scene.theta, scene.background)
            radiance = choose(missed, add(radiance, mul(throughput, sky)), radiance)
            dim_radiance = choose(missed, add(dim_radiance, mul(dim, sky)), dim_radiance)
        active = active & (hit.face >= 0)
        if any_lane(active):
            x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
            offset, lit = area.offset(scene, x, d, active)
            weight = emission_weight(scene, x, sub(x.point, o), pdf, lit)
            glow = scale(area.radiance(scene.theta, offset), weight)
            radiance = choose(lit, add(radiance, mul(throughput, glow)), radiance)
            dim_radiance = choose(lit, add(dim_radiance, mul(dim, glow)), dim_radiance)
            active = active & (depth < scene.max_depth)
            a, wi = shading_frame(scene, x), scale(d, -1.0)
            if scene.light_count > 0 and any_lane(active):
                stream, e = next_event(scene, stream, x, a, wi, active)
                f, p = value(scene, a, wi, e.wo, e.lit)
                direct = mul(f, scale(emitted(scene, e), mis_share(e, p)))
                radiance = choose(e.lit, add(radiance, mul(throughput, direct)), radiance)
                dim_radiance = choose(e.lit, add(dim_radiance, mul(dim, direct)), dim_radiance)
            if any_lane(active):
                stream, d, f, pdf = bounce(scene, stream, a, wi, active)
                o = step_off(x, d)
                active = active & (pdf > 0.0)
                throughput, dim, f, small = scattered(throughput, dim, f, select(active, pdf, 1.0), floor)
                stream, chance, active = roulette(stream, throughput, dim, depth, active)
                throughput, dim = scale(throughput, 1.0 / chance), scale(dim, 1.0 / chance)
        depth = depth + 1
    return radiance, dim_radiance


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
    none = (zero, zero, zero)
    radiance, throughput = none, (zero + 1.0, zero + 1.0, zero + 1.0)
    d_radiance, d_throughput, gain, dim = none, none, none, none
    d_arrive = normalize_tan(axis, d_axis)
    last = surface(scene, select(active, 0, 0), zero, zero, d)
    last_frame, last_wi, d_last, d_last_normal, d_last_wi = shading_frame(scene, last), d, none, none, none
    view = View(sx, sy, axis, zero)
    pdf = zero + BIG
    depth = truncate(zero) + 1
    while any_lane(active):
        hit = closest(scene, o, d, active)
        x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
        found = active & (hit.face >= 0)
        first = depth == 1
        d_x, d_normal = surface_tan(scene, d_theta, x)
        t = dot(sub(x.point, eye), axis) / dot(axis, axis)
        view = View(sx, sy, axis, select(first, t, view.t))
        w = choose(first, axis, sub(x.point, last.point))
        g_q, g_normal, chi = log_gradient(w, x.area_normal, near2(view, depth))
        q = sub(d_x, d_last)
        turned = choose(found, turn(w, chi, q), none)
        d_arrive = choose(first, d_arrive, turned)
        later = active & invert(first)
        if any_lane(later):
            d_f = value_tan(scene, d_theta, last, last_frame, last_wi, d, d_last_normal, d_last_wi, turned, later)
            d_throughput = choose(later, add(d_throughput, mul(gain, d_f)), d_throughput)
            change = dot(g_q, q) + dot(g_normal, d_normal)
            d_throughput = choose(later & found, madd(d_throughput, throughput, change), d_throughput)
        missed = active & (hit.face < 0)
        if scene.background >= 0:
            sky, d_sky = vector_at(scene.theta, scene.background), vector_at(d_theta, scene.background)
            radiance = choose(missed, add(radiance, mul(throughput, sky)), radiance)
            d_radiance = choose(missed, add(d_radiance, _mul_tan(throughput, sky, d_throughput, d_sky)), d_radiance)
        active = found
        if any_lane(active):
            d_last = choose(first, ray_point_tan(d_theta, scene.camera, sx, sy, t), d_last)
            d_x = vertex_tan(w, x.area_normal, select(first, 1.0, chi), d_last, d_x)
            offset, lit = area.offset(scene, x, d, active)
            weight = emission_weight(scene, x, sub(x.point, o), pdf, lit)
            glow, d_glow = area.radiance(scene.theta, offset), area.radiance(d_theta, offset)
            radiance = choose(lit, add(radiance, scale(mul(throughput, glow), weight)), radiance)
            change3 = scale(_mul_tan(throughput, glow, d_throughput, d_glow), weight)
            d_radiance = choose(lit, add(d_radiance, change3), d_radiance)
            active = active & (depth < scene.max_depth)
            a, wi, d_wi = shading_frame(scene, x), scale(d, -1.0), scale(d_arrive, -1.0)
            if scene.light_count > 0 and any_lane(active):
                stream, e = next_event(scene, stream, x, a, wi, active)
                f, p = value(scene, a, wi, e.wo, e.lit)
                share = mis_share(e, p)
                change, d_wo = connection_tan(scene, d_theta, e, d_x, near2(view, depth + 1))
                d_f = value_tan(scene, d_theta, x, a, wi, e.wo, d_normal, d_wi, d_wo, e.lit)
                light, d_light = emitted(scene, e), emitted_tan(scene, d_theta, e, d_wo)
                arriving, d_arriving = mul(f, light), madd(_mul_tan(f, light, d_f, d_light), mul(f, light), change)
                radiance = choose(e.lit, madd(radiance, mul(throughput, arriving), share), radiance)
                change3 = _mul_tan(throughput, arriving, d_throughput, d_arriving)
                d_radiance = choose(e.lit, madd(d_radiance, change3, share), d_radiance)
            if any_lane(active):
                stream, d, f, pdf = bounce(scene, stream, a, wi, active)
                o = step_off(x, d)
                active = active & (pdf > 0.0)
                density = select(active, pdf, 1.0)
                gain = scale(throughput, 1.0 / density)
                d_throughput = scale(mul(d_throughput, f), 1.0 / density)
                throughput, dim, f, small = scattered(throughput, dim, f, density, DARK)
                stream, chance, active = roulette(stream, throughput, dim, depth, active)
                throughput, dim = scale(throughput, 1.0 / chance), scale(dim, 1.0 / chance)
                d_throughput, gain = scale(d_throughput, 1.0 / chance), scale(gain, 1.0 / chance)
                last, last_frame, last_wi, d_last, d_last_normal, d_last_wi = x, a, wi, d_x, d_normal, d_wi
        depth = depth + 1
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
    none = (zero, zero, zero)
    radiance, dim_radiance = trace(scene, stream, o, d, active, zero + DARK)
    coming = mul(weight, radiance)  # weight . (what the rest of the walk will find), by colour
    dim_coming, dim = mul(weight, dim_radiance), none
    trail = Trail(local_integers(), local_reals())
    view = View(sx, sy, axis, zero)
    throughput = (zero + 1.0, zero + 1.0, zero + 1.0)
    pdf = zero + BIG
    depth = truncate(zero) + 1
    last, g_leave = surface(scene, select(active, 0, 0), zero, zero, d), none
    while any_lane(active):
        hit = closest(scene, o, d, active)
        missed = active & (hit.face < 0)
        if scene.background >= 0 and any_lane(missed):
            add_vector(gradient, scene.background, mul(weight, throughput), missed)
        active = active & (hit.face >= 0)
        if any_lane(active):
            x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
            first = depth == 1
            w = choose(first, axis, sub(x.point, last.point))
            chi = zero + 1.0
            if moving:
                t = dot(sub(x.point, eye), axis) / dot(axis, axis)
                view = View(sx, sy, axis, select(first, t, view.t))
                flow = coming[0] + coming[1] + coming[2]
                reach = near2(view, depth)
                later = active & invert(first)
                chi = _segment_adj(scene, gradient, trail, view, depth - 1, x, w, reach, flow, g_leave, later)
                chi = select(first, 1.0, chi)
                remember(trail, depth, x, w, chi, active)
            offset, lit = area.offset(scene, x, d, active)
            share = emission_weight(scene, x, sub(x.point, o), pdf, lit)
            add_vector(gradient, offset, scale(mul(weight, throughput), share), lit)
            glow = mul(weight, scale(area.radiance(scene.theta, offset), share))
            coming = choose(lit, sub(coming, mul(throughput, glow)), coming)
            dim_coming = choose(lit, sub(dim_coming, mul(dim, glow)), dim_coming)
            active = active & (depth < scene.max_depth)
            a, wi = shading_frame(scene, x), scale(d, -1.0)
            g_normal, g_wi, g_leave = none, none, none
            if scene.light_count > 0 and any_lane(active):
                stream, e = next_event(scene, stream, x, a, wi, active)
                f, p = value(scene, a, wi, e.wo, e.lit)
                share = mis_share(e, p)
                light = emitted(scene, e)
                received = scale(mul(weight, throughput), share)
                g_light = emitted_adj(scene, gradient, e, mul(received, f))
                g_normal, g_wi, g_wo = value_adj(scene, gradient, x, a, wi, e.wo, mul(received, light), e.lit)
                found = mul(received, mul(f, light))
                coming = choose(e.lit, sub(coming, found), coming)
                dim_found = mul(mul(weight, dim), scale(mul(f, light), share))
                dim_coming = choose(e.lit, sub(dim_coming, dim_found), dim_coming)
                if moving:
                    flow = found[0] + found[1] + found[2]
                    connection_adj(scene, gradient, trail, view, depth, e, flow, add(g_wo, g_light))
            going = active
            if any_lane(active):
                stream, d, f, pdf = bounce(scene, stream, a, wi, active)
                o = step_off(x, d)
                active = active & (pdf > 0.0)
                throughput, dim, f, small = scattered(throughput, dim, f, select(active, pdf, 1.0), DARK)
                stream, chance, active = roulette(stream, throughput, dim, depth, active)
                throughput, dim = scale(throughput, 1.0 / chance), scale(dim, 1.0 / chance)
                if any_lane(active):
                    g_f = (
                        select(small[0], dim_coming[0], coming[0]) / f[0],
                        select(small[1], dim_coming[1], coming[1]) / f[1],
                        select(small[2], dim_coming[2], coming[2]) / f[2],
                    )
                    g_f = choose(active, g_f, none)
                    g_n, g_i, g_leave = value_adj(scene, gradient, x, a, wi, d, g_f, active)
                    g_normal, g_wi = add(g_normal, g_n), add(g_wi, g_i)
            if moving and any_lane(going):
                normal_adj(scene, gradient, x, g_normal, going)
                _arrival_adj(scene, gradient, trail, view, depth, x, w, chi, scale(g_wi, -1.0), going)
            last = x
        depth = depth + 1
    return radiance


@device
def _segment_adj(scene, gradient, trail, view, depth, y, w, radius2, flow, g_direction, mask):
    """Scatter the gradient of flow * log K, and of the direction of the segment w from the vertex at `depth` to y;
    return y's nearness."""
    g_log, g_normal, chi = log_gradient(w, y.area_normal, radius2)
    g_q = madd(turn(w, chi, g_direction), g_log, flow)
    surface_adj(scene, gradient, y, g_q, scale(g_normal, flow), mask)
    vertex_adj(scene, gradient, trail, view, depth, scale(g_q, -1.0), mask)
    return chi


@device
def _arrival_adj(scene, gradient, trail, view, depth, x, w, chi, g_direction, mask):
    """Scatter the gradient of the direction in which the path arrived at x, the vertex at `depth`."""
    mask = mask & (dot(g_direction, g_direction) > 0.0)
    first = mask & (depth == 1)
    if any_lane(first):
        ray_direction_adj(gradient, scene.camera, view.sx, view.sy, view.axis, g_direction, first)
    later = mask & (depth > 1)
    if any_lane(later):
        g_q = turn(w, chi, g_direction)
        point_only_adj(scene, gradient, x, g_q, later)
        vertex_adj(scene, gradient, trail, view, depth - 1, scale(g_q, -1.0), later)
