"""Next-event estimation: one emitter, chosen in proportion to power, and how what it sends moves with the parameters.

Emitting faces and the environment map are combined with BSDF sampling; point, spot and directional lights have no size,
and are found here alone.
"""

from typing import NamedTuple

from .device import device
from .geometry.segment import geometry_term, log_gradient, turn
from .geometry.surface import (
    add_vector,
    point_only_adj,
    slid_adj,
    slid_tan,
    slide_adj,
    step_off,
    surface,
    surface_adj,
    surface_tan,
)
from .geometry.traverse import occluded
from .geometry.triangle import corners, point, vector_at
from .light import DIRECTIONAL, ENVMAP, FACE, POINT, SPOT, TREE, area, envmap, spot, tree
from .motion import vertex_tan
from .opacity import opacity, opacity_adj, opacity_tan, shadow, shadow_adj, shadow_tan
from .real import BIG, any_lane, gather, invert, minimum, real, select, truncate
from .rng import uniform, uniform2
from .scattering import agrees
from .tables import FACE_EMITTER, LIGHT_ALIAS, LIGHT_AT, LIGHT_KIND, of_face, of_light
from .vec import add, choose, dot, madd, normalize, scale, sub
from .warp import triangle

BELOW_ONE = 1.0 - 2.0**-24


class LightSample(NamedTuple):
    """y: surface on an emitting face, if the emitter is one; w: to the emitter (of unit length, if it is far away); wo:
    unit; base: offset of its numbers; share: what `emitted` contributes by f |cos|, over the density, before MIS; pdf:
    per steradian, 0 for a light without size; clear: 0 if a surface of opacity 1 is between, else 1; lit: mask of the
    lanes that see it, or would but for one such."""

    kind: int
    y: tuple
    w: tuple
    wo: tuple
    base: int
    pdf: float
    share: float
    clear: float
    lit: bool


@device
def is_far(kind):
    return (kind == DIRECTIONAL) | (kind == ENVMAP)


@device
def sizeless(kind):
    """Whether only this module finds it: a ray doesn't."""
    return (kind == POINT) | (kind == SPOT) | (kind == DIRECTIONAL)


@device
def chosen(scene, x, u):
    """(emitter, probability, what is left of u: again a number in [0, 1)) for the point x."""
    position = u * real(scene.light_count)
    first = truncate(position)
    f, threshold = position - real(first), gather(scene.light_chances, 2 * first + 1)
    keep = f < threshold
    emitter = select(keep, first, of_light(scene, first, LIGHT_ALIAS))
    chance = gather(scene.light_chances, 2 * emitter)
    rest = select(keep, f / select(keep, threshold, 1.0), (f - threshold) / select(keep, 1.0, 1.0 - threshold))
    rest = minimum(rest, BELOW_ONE)
    if scene.tree_count > 0:
        many = of_light(scene, emitter, LIGHT_KIND) == TREE
        if any_lane(many):
            number, share = tree.pick(scene, x, rest)
            emitter = select(many, scene.light_count + number, emitter)
            chance = select(many, chance * share, chance)
    return emitter, chance, rest


@device
def chance_of(scene, x, emitter):
    """The probability that `chosen` gives the emitter."""
    plain = emitter < scene.light_count
    chance = gather(scene.light_chances, 2 * select(plain, emitter, 0))  # the tree comes first
    if scene.tree_count > 0 and any_lane(invert(plain)):
        share = tree.chance(scene, x, select(plain, 0, emitter - scene.light_count))
        chance = select(plain, chance, chance * share)
    return chance


@device
def next_event(scene, stream, x, a, wi, spare, lit_before, kept, active):
    """(stream, LightSample) as seen from the surface x. spare: see opacity.shadow; lit_before: whether its light
    arrives, in the lanes `kept` that know it."""
    stream, u1, u2 = uniform2(stream)
    choice = u1
    if scene.tree_count > 0:
        stream, choice = uniform(stream)  # the way down the tree takes all digits of a number
    emitter, chance, rest = chosen(scene, x.point, choice)
    if scene.tree_count == 0:
        u1 = rest  # so points are even over all emitters together
    kind, light = of_light(scene, emitter, LIGHT_KIND), of_light(scene, emitter, LIGHT_AT)
    is_face, far = kind == FACE, is_far(kind)
    face = select(is_face, light, 0)
    b1, b2 = triangle(u1, u2)
    place = point(corners(scene.theta, scene.faces, face), b1, b2)
    base = select(is_face, 0, light)
    towards = vector_at(scene.theta, base)
    w = choose(is_face, sub(place, x.point), choose(far, scale(towards, -1.0), sub(towards, x.point)))
    density = chance  # per steradian, of the environment
    if scene.envmap >= 0 and any_lane(kind == ENVMAP):
        w = choose(kind == ENVMAP, envmap.sample(scene, u1, u2), w)
        density = select(kind == ENVMAP, chance * envmap.pdf(scene, w), chance)
    wo = normalize(w)
    y = surface(scene, face, b1, b2, w)
    geometry = geometry_term(w, y.area_normal)
    emits = area.emits(scene, y, w, active & is_face) & (geometry > 0.0)
    lit = active & agrees(scene, x, a, wi, wo) & select(is_face, emits, dot(w, w) > 0.0) & (chance > 0.0)
    product, clear = 0.0 * u2 + 1.0, 0.0 * u2 + 1.0
    unknown = lit & invert(kept)
    lit = lit & (unknown | lit_before)
    if scene.shadows > 0 and any_lane(unknown):
        start, path = shadow_ray(x, y, w, kind)
        if scene.translucent > 0:
            product, clear, lit = shadow(scene, start, path, far, spare, lit)
        else:
            lit = lit & invert(occluded(scene, start, path, select(far, BIG, 1.0), unknown))
    sized = lit & is_face
    solid = select(sized, 0.5 * geometry, select(far, 1.0, 1.0 / dot(w, w)))
    pdf = select(sized, chance / select(sized, solid, 1.0), select(lit & (kind == ENVMAP), density, 0.0))
    if scene.shadows == 0:  # no ray of BSDF sampling finds a face
        pdf = select(is_face, 0.0 * pdf, pdf)
    share = select(lit, product * solid / select(lit, density, 1.0), 0.0)
    base = select(kind == ENVMAP, 0, base)
    return stream, LightSample(kind, y, w, wo, base, pdf, share, clear, lit)


@device
def shadow_ray(x, y, w, kind):
    """(origin, direction), ending at their sum but for a light far away."""
    start = step_off(x, w)
    end = choose(kind == FACE, step_off(y, scale(w, -1.0)), add(x.point, w))
    return start, choose(is_far(kind), w, sub(end, start))


@device
def mis_share(e, pdf):
    """The sample's share of the estimate, `pdf` the density of BSDF sampling there (power heuristic)."""
    sized = e.pdf > 0.0
    ratio = select(sized, pdf, 0.0) / select(sized, e.pdf, 1.0)
    return e.share / (1.0 + ratio * ratio)


@device
def emission_weight(scene, x, w, pdf, lit):
    """MIS weight of the emission at x that BSDF sampling with density `pdf` found from the start of the vector w; 1 on
    a camera ray, whose pdf is BIG."""
    if any_lane(lit):
        emitter = of_face(scene, x.face, FACE_EMITTER)
        chance = chance_of(scene, sub(x.point, w), select(lit, emitter, 0))
        ratio = select(lit, area.pdf(x, w, chance), 0.0) / pdf
        return 1.0 / (1.0 + ratio * ratio)
    return 0.0 * pdf


@device
def sky_weight(scene, o, d, pdf, missed):
    """The same for the environment map in the direction d."""
    chance = chance_of(scene, o, scene.env_emitter)
    ratio = select(missed, chance * envmap.pdf(scene, d), 0.0) / pdf
    return 1.0 / (1.0 + ratio * ratio)


@device
def _offset(e):
    """Of a light's colour in theta."""
    return select(e.kind == FACE, 0, e.base + 3)


@device
def emitted(scene, e):
    """What the emitter sends: radiance (of a surface with an opacity: of the part that is there), radiant intensity, or
    irradiance, by its kind."""
    out = vector_at(scene.theta, _offset(e))
    face = e.lit & (e.kind == FACE)
    if any_lane(face):
        out = choose(face, area.radiance(scene, e.y, face), out)
        if scene.translucent > 0:
            alpha, veiled = opacity(scene, e.y.face, e.y.u, e.y.v, face)
            out = scale(out, alpha)
    if any_lane(e.kind == SPOT):
        out = choose(e.kind == SPOT, spot.radiance(scene.theta, _of(e, SPOT), e.wo), out)
    if scene.envmap >= 0 and any_lane(e.kind == ENVMAP):
        out = choose(e.kind == ENVMAP, envmap.radiance(scene, e.wo), out)
    return out


@device
def emitted_tan(scene, d_theta, e, d_wo, d_u, d_v):
    """(d_u, d_v): how fast y slides on its triangle."""
    out = vector_at(d_theta, _offset(e))
    face = e.lit & (e.kind == FACE)
    if any_lane(face):
        out = choose(face, area.radiance_tan(scene, d_theta, e.y, d_u, d_v, face), out)
        if scene.translucent > 0:
            alpha, veiled = opacity(scene, e.y.face, e.y.u, e.y.v, face)
            d_alpha = opacity_tan(scene, d_theta, e.y.face, e.y.u, e.y.v, d_u, d_v, veiled)
            out = madd(scale(out, alpha), area.radiance(scene, e.y, face), d_alpha)
    if any_lane(e.kind == SPOT):
        out = choose(e.kind == SPOT, spot.radiance_tan(scene.theta, d_theta, _of(e, SPOT), e.wo, d_wo), out)
    if scene.envmap >= 0 and any_lane(e.kind == ENVMAP):
        out = choose(e.kind == ENVMAP, envmap.radiance_tan(scene, d_theta, e.wo, d_wo), out)
    return out


@device
def emitted_adj(scene, gradient, e, g):
    """Scatter g; return the gradient of (wo, u, v)."""
    zero = 0.0 * g[0]
    g_wo, g_u, g_v = (zero, zero, zero), zero, zero
    face, conic = e.lit & (e.kind == FACE), e.lit & (e.kind == SPOT)
    sky = e.lit & (e.kind == ENVMAP)
    add_vector(gradient, _offset(e), g, e.lit & invert(face) & invert(conic) & invert(sky))
    if any_lane(face):
        g_glow = g
        if scene.translucent > 0:
            alpha, veiled = opacity(scene, e.y.face, e.y.u, e.y.v, face)
            g_alpha = dot(g, area.radiance(scene, e.y, face))
            g_u, g_v = opacity_adj(scene, gradient, e.y.face, e.y.u, e.y.v, g_alpha, veiled)
            g_glow = scale(g, alpha)
        more_u, more_v = area.radiance_adj(scene, gradient, e.y, g_glow, face)
        g_u, g_v = g_u + more_u, g_v + more_v
    if any_lane(conic):
        g_wo = choose(conic, spot.radiance_adj(scene.theta, gradient, _of(e, SPOT), e.wo, g, conic), g_wo)
    if scene.envmap >= 0 and any_lane(sky):
        envmap.radiance_adj(scene, gradient, e.wo, g, sky)  # its direction stays
    return g_wo, g_u, g_v


@device
def _of(e, kind):
    """The offset in the lanes of this kind; any valid one in the others."""
    return select(e.kind == kind, e.base, 0)


@device
def connection_tan(scene, d_theta, x, e, d_x, radius2):
    """(logarithmic derivative of the share, velocity of wo, slide (d_u, d_v) of y) when x moves by d_x."""
    d_y, d_normal = surface_tan(scene, d_theta, e.y)
    is_face, far = e.kind == FACE, is_far(e.kind)
    zero = 0.0 * radius2
    d_sun = choose(e.kind == ENVMAP, (zero, zero, zero), vector_at(d_theta, e.base))
    d_end = choose(is_face, d_y, d_sun)
    g_q, g_normal, chi = _log_gradient(e, radius2)
    q = sub(d_end, d_x)
    change = dot(g_q, q) + dot(g_normal, d_normal)
    d_u, d_v = zero, zero
    if any_lane(is_face & (chi > 0.0)):
        slide = sub(vertex_tan(e.w, e.y.area_normal, chi, d_x, d_y), d_y)
        d_u, d_v = slid_tan(scene, e.y, choose(is_face, slide, (zero, zero, zero)))
    change = select(far, 0.0, change)
    if scene.translucent > 0 and scene.shadows > 0 and any_lane(e.lit):
        start, path = shadow_ray(x, e.y, e.w, e.kind)
        change = change * e.clear + shadow_tan(scene, d_theta, start, path, far, e.clear, e.lit)
    return change, choose(far, scale(d_end, -1.0), turn(e.w, chi, q)), d_u, d_v


@device
def connection_adj(scene, gradient, radius2, e, flow, g_wo, g_u, g_v):
    """Scatter flow * (logarithmic derivative of the share) and the gradients of wo and of y's slide; return that of x's
    place. radius2: of nearness, for y."""
    g_log, g_normal, chi = _log_gradient(e, radius2)
    far = is_far(e.kind)
    g_q = madd(turn(e.w, chi, g_wo), g_log, flow)
    on_face = e.lit & (e.kind == FACE)
    g_x = scale(g_q, -1.0)
    surface_adj(scene, gradient, e.y, g_q, scale(g_normal, flow), on_face)
    slid = on_face & (chi > 0.0)
    if any_lane(slid):
        g_slide = scale(slid_adj(scene, e.y, g_u, g_v), chi)
        g_before, g_plane = slide_adj(e.w, e.y.area_normal, g_slide)
        point_only_adj(scene, gradient, e.y, sub(g_plane, g_slide), slid)
        g_x = choose(slid, add(g_x, g_before), g_x)
    elsewhere = e.lit & invert(e.kind == FACE) & invert(e.kind == ENVMAP)
    add_vector(gradient, e.base, choose(far, scale(g_wo, -1.0), g_q), elsewhere)
    zero = 0.0 * chi
    return choose(e.lit & invert(far), g_x, (zero, zero, zero))


@device
def veils_adj(scene, gradient, x, e, flow):
    """Scatter flow * (logarithmic derivative of what surfaces between x and the emitter let through)."""
    if scene.translucent > 0 and scene.shadows > 0 and any_lane(e.lit):
        start, path = shadow_ray(x, e.y, e.w, e.kind)
        shadow_adj(scene, gradient, start, path, is_far(e.kind), e.clear, flow, e.lit)


@device
def _log_gradient(e, radius2):
    """(g_q, g_normal, chi) of log K for a face, of log 1/r^2 for a point."""
    is_face = e.kind == FACE
    g_q, g_normal, chi = log_gradient(e.w, e.y.area_normal, radius2)
    zero = 0.0 * chi
    g_point = scale(e.w, -2.0 / dot(e.w, e.w))
    return choose(is_face, g_q, g_point), choose(is_face, g_normal, (zero, zero, zero)), select(is_face, chi, zero)
