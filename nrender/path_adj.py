"""The adjoint of path.py, by path replay (Vicini et al. 2021): a first walk gives the radiance, a second one repeats it
from its seed and knows at each vertex what is still to come; nothing is stored but what its rays met (hits.py).

Path replay divides what is still to come by the BSDF. Where a bounce keeps less than the fraction DARK of a colour,
nothing can be divided: so the walk also carries `dim`, the throughput with exactly one such bounce counted as DARK and
all others as they are, and what is still to come of that, over DARK, is that bounce's derivative. (The walk takes the
same turns as that of path_tan.py, which needs no division but must be its transpose.)
"""

from typing import NamedTuple

from .camera.rays import camera_ray, ray_direction_adj
from .camera.screen import Screen, screen_either
from .device import device
from .direct import direct_adj
from .emitters import emission_weight
from .geometry.surface import Surface, either, point_only_adj, slid_adj, step_off, surface, surface_adj
from .geometry.traverse import Hit
from .light import area
from .material import clear, read, read_adj
from .mipmap import footprint_adj
from .motion import TRAIL, View, arrival_adj, near2, remember, segment_adj, vertex_adj
from .path import DARK, Walk, begin, distance, footprint_of, walk_either
from .real import BIG, any_lane, invert, select
from .rng import stream_either
from .scattering import frame_adj, shading_frame, value_adj
from .vec import add, choose, mul, scale, sub, total
from .walk import meet, no_veil, onward, over, sky, sky_adj, veil, veil_adj


class Replay(NamedTuple):
    """A walk that is repeated. at: of the camera ray; t: of the first vertex on it, in units of its axis; weight
    of the radiance; coming: weight . (what the rest of the walk will find), by colour, and that for `dim`; last
    vertex, the gradient of the direction in which the walk left it, and that of its place as far as it is known."""

    walk: Walk
    at: Screen
    t: float
    weight: tuple
    coming: tuple
    dim_coming: tuple
    last: Surface
    g_leave: tuple
    g_place: tuple


@device
def begin_adj(scene, stream, at, weight, radiance, dim_radiance):
    """radiance, dim_radiance: what the first walk found."""
    o, axis, part = camera_ray(scene, at)
    walk = begin(stream, o, axis, 1, BIG, part)
    zero = 0.0 * walk.pdf
    none = (zero, zero, zero)
    last = surface(scene, select(zero < 1.0, 0, 0), zero, zero, walk.d)
    coming, dim_coming = mul(weight, radiance), mul(weight, dim_radiance)
    return Replay(walk, at, zero, weight, coming, dim_coming, last, none, none)


@device
def replay_either(mask, a, b):
    """`select` for two of them."""
    return Replay(
        walk_either(mask, a.walk, b.walk),
        screen_either(mask, a.at, b.at),
        select(mask, a.t, b.t),
        choose(mask, a.weight, b.weight),
        choose(mask, a.coming, b.coming),
        choose(mask, a.dim_coming, b.dim_coming),
        either(mask, a.last, b.last),
        choose(mask, a.g_leave, b.g_leave),
        choose(mask, a.g_place, b.g_place),
    )


@device
def advance_adj(scene, replay, met, kept, trail, p, g_p, gradient, moving, active):
    """Add the gradient of the next vertex's part of weight . radiance to `gradient`; return (the walk behind it, mask
    of the lanes that go on). met: what the first walk met there, in the lanes `kept`. If not `moving`, leave out the
    gradient of vertices and camera. p, g_p: local_reals()."""
    walk, at, t_first, weight, coming, dim_coming, last, g_leave, g_place = replay
    stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, depth = walk
    zero = 0.0 * pdf
    none = (zero, zero, zero)
    view, first = View(at, axis, t_first), depth == 1
    hit = _hit(scene, o, d, depth, met, kept, active)
    missed = active & (hit.face < 0)
    if any_lane(missed):
        _beyond_adj(scene, gradient, walk, view, mul(weight, throughput), moving, missed)
    active = active & (hit.face >= 0)
    going, v = active & (zero > 0.0), no_veil(zero, active)
    g_segment, g_own, before = none, none, last
    if any_lane(active):
        x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
        view = View(at, axis, select(first, distance(eye, axis, x), view.t))
        if scene.translucent > 0:
            stream, v, throughput, dim = veil(scene, stream, x, throughput, dim, zero + DARK, active)
            if any_lane(v.met):
                veil_adj(scene, gradient, view, x, v, coming, dim_coming, first & moving)
            o, active = choose(v.passed, step_off(x, d), o), active & invert(v.passed)
    behind = depth + select(v.passed, 0, 1)
    walk = Walk(stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, behind)
    if any_lane(active):
        w = choose(first, axis, sub(x.point, last.point))
        g_normal, chi = none, zero + 1.0
        if moving:
            g_segment, g_normal, chi = segment_adj(w, x.area_normal, near2(view, depth), total(coming), g_leave)
            g_segment, g_normal = choose(first, none, g_segment), choose(first, none, g_normal)
            chi = select(first, 1.0, chi)
            remember(trail, depth, x, w, active)
        going, g_u, g_v = active, zero, zero
        lit = area.emits(scene, x, d, active)
        if any_lane(lit):
            g_u, g_v, coming, dim_coming = _glow_adj(scene, gradient, walk, x, weight, coming, dim_coming, lit)
        active = active & (depth < scene.max_depth)
        g_leave = choose(going, none, g_leave)
        if any_lane(active):
            scattering = active
            walk, active, coming, dim_coming, g_out, g = _scatter_adj(
                scene, gradient, walk, depth, view, x, weight, coming, dim_coming, met, kept, p, g_p, moving, active
            )
            g_leave = choose(active, g_out, g_leave)
            g_u, g_v, g_own = g_u + g.u, g_v + g.v, g.place
            if moving:
                g_normal = choose(scattering, add(g_normal, g.area_normal), g_normal)
                g_wi = arrival_adj(scene, gradient, view, depth, w, chi, scale(g.wi, -1.0), scattering)
                g_segment = add(g_segment, g_wi)
        if moving:
            g_own = _slid_point_adj(scene, gradient, x, chi, g_u, g_v, g_own, g_segment, g_normal, none, going)
        last = either(going, x, last)
    if moving:
        left = (missed | going) & (depth > 1)
        _place_adj(scene, gradient, trail, view, depth - 1, before, sub(g_place, choose(going, g_segment, none)), left)
        vertex_adj(scene, gradient, trail, view, depth, g_own, going & invert(active))
        g_place = choose(going, g_own, g_place)
    return Replay(walk, at, view.t, weight, coming, dim_coming, last, g_leave, g_place), active | v.passed


@device
def _beyond_adj(scene, gradient, walk, view, received, moving, missed):
    """Scatter the gradient of the light from beyond the scene, by its colours and by the camera's ray."""
    beyond, share = sky(scene, walk.source, walk.d, walk.pdf, missed)
    g_d = sky_adj(scene, gradient, walk.d, share, received, missed)
    first = missed & (walk.depth == 1)
    if moving and any_lane(first):
        ray_direction_adj(scene, gradient, view.at, view.axis, g_d, first)


@device
def _glow_adj(scene, gradient, walk, x, weight, coming, dim_coming, lit):
    """Scatter the gradient of what x emits; return (g_u, g_v, coming, dim_coming), these without it."""
    share = emission_weight(scene, x, sub(x.point, walk.source), walk.pdf, lit)
    g_u, g_v = area.radiance_adj(scene, gradient, x, scale(mul(weight, walk.throughput), share), lit)
    glow = mul(weight, scale(area.radiance(scene, x, lit), share))
    coming = choose(lit, sub(coming, mul(walk.throughput, glow)), coming)
    dim_coming = choose(lit, sub(dim_coming, mul(walk.dim, glow)), dim_coming)
    return g_u, g_v, coming, dim_coming


class Scattered(NamedTuple):
    """The gradients that light scattered at a vertex leaves there: of its area normal, of wi, of (u, v) on its
    triangle, and of its place, as far as the shadow ray and the texture's footprint depend on that."""

    area_normal: tuple
    wi: tuple
    u: float
    v: float
    place: tuple


@device
def _scatter_adj(
    scene, gradient, walk, depth, view, x, weight, coming, dim_coming, met, kept, p, g_p, moving, active
):
    """Scatter the gradient of next-event estimation and of the bounce at x, the vertex at `depth`; return (the walk
    from there, mask of the lanes that go on, coming, dim_coming, gradient of the walk's direction, Scattered)."""
    stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, behind = walk
    zero = 0.0 * pdf
    none = (zero, zero, zero)
    wi, first = scale(d, -1.0), depth == 1
    a = shading_frame(scene, x, wi)
    foot = footprint_of(scene, view, x, first)
    read(scene, a.material, x, foot, p, active)
    clear(scene, a.material, g_p, active)
    scattering, passing = active, stream
    g_n, g_area, g_wi, g_place, g_out = none, none, none, none, none
    if scene.light_count > 0:
        received = mul(weight, throughput)
        near = near2(view, depth + 1)
        stream, found, lit, g_n, g_area, g_wi, g_place = direct_adj(
            scene, stream, gradient, near, x, a, p, g_p, wi, received, moving, met.lit, kept, active
        )
        coming = choose(lit, sub(coming, mul(received, found)), coming)
        dim_coming = choose(lit, sub(dim_coming, mul(mul(weight, dim), found)), dim_coming)
    stream, o, d, source, pdf, throughput, dim, step, active = onward(
        scene, stream, x, a, p, wi, o, d, source, pdf, throughput, dim, depth, zero + DARK, active
    )
    stream = stream_either(scattering, stream, passing)
    if any_lane(active):
        g_f = choose(active, over(coming, dim_coming, step.raised, step.small), none)
        more_n, more_area, more_wi, g_out = value_adj(scene, x, a, p, g_p, wi, d, g_f, active)
        g_n, g_area, g_wi = add(g_n, more_n), add(g_area, more_area), add(g_wi, more_wi)
    g_n, g_wi = choose(scattering, g_n, none), choose(scattering, g_wi, none)
    own_area, own_wi, g_u, g_v = frame_adj(scene, gradient, x, a, wi, g_n, scattering)
    more_u, more_v, g_foot = read_adj(scene, gradient, a.material, x, foot, g_p, scattering)
    g_area = add(g_area, own_area)
    wide = scattering & first & (g_foot != 0.0)
    if moving and any_lane(wide):
        g_x, more_area = footprint_adj(scene, gradient, view, x.area_normal, g_foot, wide)
        g_area = choose(wide, add(g_area, more_area), g_area)
        g_place = choose(wide, add(g_place, g_x), g_place)
    walk = Walk(stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, behind)
    g = Scattered(g_area, add(g_wi, own_wi), g_u + more_u, g_v + more_v, g_place)
    return walk, active, coming, dim_coming, g_out, g


@device
def _slid_point_adj(scene, gradient, x, chi, g_u, g_v, g_own, g_segment, g_normal, none, going):
    """Scatter the gradients of the triangle of x, its slide by (g_u, g_v) included; return that of its place."""
    g_point = g_segment
    slid = going & (chi > 0.0) & ((g_u != 0.0) | (g_v != 0.0))
    if any_lane(slid):
        g_slide = choose(slid, slid_adj(scene, x, g_u, g_v), none)
        g_point, g_own = sub(g_point, g_slide), add(g_own, g_slide)
    surface_adj(scene, gradient, x, g_point, g_normal, going)
    return g_own


@device
def _place_adj(scene, gradient, trail, view, depth, x, g, mask):
    """Scatter the gradient of the place of x, the vertex at `depth`, when the trail has gone on to the next one: that
    has taken its room where vertices stay at their material points anyway."""
    gone = mask & (depth >= TRAIL)
    if any_lane(gone):
        point_only_adj(scene, gradient, x, g, gone)
    vertex_adj(scene, gradient, trail, view, depth, g, mask & invert(gone))


@device
def _hit(scene, o, d, depth, met, kept, active):
    unknown = active & invert(kept)
    t = 0.0 * d[0]
    hit = Hit(t, met.face, met.u, met.v)
    if any_lane(unknown):
        new = meet(scene, o, d, depth, unknown)
        u, v = select(unknown, new.u, hit.u), select(unknown, new.v, hit.v)
        hit = Hit(t, select(unknown, new.face, hit.face), u, v)
    return hit
