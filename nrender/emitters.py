"""Next-event estimation: one emitter, chosen in proportion to power, and how what it sends moves with the parameters.

Emitting faces are sampled by area and combined with BSDF sampling; point, spot and directional lights have no size,
and are found here alone.
"""

from typing import NamedTuple

from .device import device
from .geometry.segment import geometry_term, log_gradient, turn
from .geometry.surface import add_vector, step_off, surface, surface_adj, surface_tan
from .geometry.traverse import occluded
from .geometry.triangle import corners, point, vector_at
from .light import DIRECTIONAL, FACE, SPOT, area, spot
from .motion import near2, vertex_adj
from .real import BIG, any_lane, gather, invert, real, select, truncate
from .rng import uniform
from .scattering import agrees
from .vec import add, choose, dot, madd, normalize, scale, sub
from .warp import triangle


class LightSample(NamedTuple):
    """y: surface on an emitting face, if the emitter is one; w: to the emitter (kind DIRECTIONAL: of unit length);
    wo: unit; base: offset of its numbers; share: what `emitted` contributes by f |cos|, over the density, before MIS;
    pdf: per steradian, 0 for a light without size; lit: mask of the lanes that see it."""

    kind: int
    y: tuple
    w: tuple
    wo: tuple
    base: int
    pdf: float
    share: float
    lit: bool


@device
def next_event(scene, stream, x, a, wi, active):
    """(stream, LightSample) as seen from the surface x."""
    stream, u0 = uniform(stream)
    stream, u1 = uniform(stream)
    stream, u2 = uniform(stream)
    position = u0 * real(scene.light_count)
    slot = truncate(position)
    keep = position - real(slot) < gather(scene.light_threshold, slot)
    slot = select(keep, slot, gather(scene.light_alias, slot))
    kind, light = gather(scene.light_kind, slot), gather(scene.lights, slot)
    chance = gather(scene.light_chance, slot)
    is_face = kind == FACE
    face = select(is_face, light, 0)
    b1, b2 = triangle(u1, u2)
    place = point(corners(scene.theta, scene.faces, face), b1, b2)
    base = select(is_face, 0, light)
    towards = vector_at(scene.theta, base)
    far = kind == DIRECTIONAL
    w = choose(is_face, sub(place, x.point), choose(far, scale(towards, -1.0), sub(towards, x.point)))
    wo = normalize(w)
    y = surface(scene, face, b1, b2, w)
    offset, emits = area.offset(scene, y, w, active & is_face)
    geometry = geometry_term(w, y.area_normal)
    lit = active & agrees(scene, a, wi, wo) & select(is_face, emits & (geometry > 0.0), dot(w, w) > 0.0)
    if any_lane(lit):
        start = step_off(x, w)
        end = choose(is_face, step_off(y, scale(w, -1.0)), add(x.point, w))
        path = choose(far, w, sub(end, start))
        lit = lit & invert(occluded(scene, start, path, select(far, BIG, 1.0), lit))
    sized = lit & is_face
    solid = select(sized, 0.5 * geometry, select(far, 1.0, 1.0 / dot(w, w)))
    pdf = select(sized, chance / select(sized, solid, 1.0), 0.0)
    share = select(lit, solid / chance, 0.0)
    return stream, LightSample(kind, y, w, wo, select(is_face, offset, light), pdf, share, lit)


@device
def mis_share(e, pdf):
    """The sample's share of the estimate, `pdf` the density of BSDF sampling there (power heuristic)."""
    sized = e.pdf > 0.0
    ratio = select(sized, pdf, 0.0) / select(sized, e.pdf, 1.0)
    return e.share / (1.0 + ratio * ratio)


@device
def emitted(scene, e):
    """What the emitter sends: radiance, radiant intensity, or irradiance, by its kind."""
    out = vector_at(scene.theta, select(e.kind == FACE, e.base, e.base + 3))
    if any_lane(e.kind == SPOT):
        out = choose(e.kind == SPOT, spot.radiance(scene.theta, _of(e, SPOT), e.wo), out)
    return out


@device
def emitted_tan(scene, d_theta, e, d_wo):
    out = vector_at(d_theta, select(e.kind == FACE, e.base, e.base + 3))
    if any_lane(e.kind == SPOT):
        out = choose(e.kind == SPOT, spot.radiance_tan(scene.theta, d_theta, _of(e, SPOT), e.wo, d_wo), out)
    return out


@device
def emitted_adj(scene, gradient, e, g):
    """Scatter g; return the gradient of wo."""
    plain = e.lit & invert(e.kind == SPOT)
    add_vector(gradient, select(e.kind == FACE, e.base, e.base + 3), g, plain)
    zero = 0.0 * g[0]
    g_wo = (zero, zero, zero)
    conic = e.lit & (e.kind == SPOT)
    if any_lane(conic):
        g_wo = choose(conic, spot.radiance_adj(scene.theta, gradient, _of(e, SPOT), e.wo, g, conic), g_wo)
    return g_wo


@device
def _of(e, kind):
    """The offset in the lanes of this kind; any valid one in the others."""
    return select(e.kind == kind, e.base, 0)


@device
def connection_tan(scene, d_theta, e, d_x, radius2):
    """(logarithmic derivative of the share, velocity of wo) when x moves by d_x."""
    d_y, d_normal = surface_tan(scene, d_theta, e.y)
    is_face, far = e.kind == FACE, e.kind == DIRECTIONAL
    d_end = choose(is_face, d_y, vector_at(d_theta, select(is_face, 0, e.base)))
    g_q, g_normal, chi = _log_gradient(e, radius2)
    q = sub(d_end, d_x)
    change = dot(g_q, q) + dot(g_normal, d_normal)
    return select(far, 0.0, change), choose(far, scale(d_end, -1.0), turn(e.w, chi, q))


@device
def connection_adj(scene, gradient, trail, view, depth, e, flow, g_wo):
    """Scatter flow * (logarithmic derivative of the share) and the gradient of wo; x is the vertex at `depth`."""
    g_log, g_normal, chi = _log_gradient(e, near2(view, depth + 1))
    far = e.kind == DIRECTIONAL
    g_q = madd(turn(e.w, chi, g_wo), g_log, flow)
    on_face = e.lit & (e.kind == FACE)
    surface_adj(scene, gradient, e.y, g_q, scale(g_normal, flow), on_face)
    add_vector(gradient, e.base, choose(far, scale(g_wo, -1.0), g_q), e.lit & invert(e.kind == FACE))
    vertex_adj(scene, gradient, trail, view, depth, scale(g_q, -1.0), e.lit & invert(far))


@device
def _log_gradient(e, radius2):
    """(g_q, g_normal, chi) of log K for a face, of log 1/r^2 for a point."""
    is_face = e.kind == FACE
    g_q, g_normal, chi = log_gradient(e.w, e.y.area_normal, radius2)
    zero = 0.0 * chi
    g_point = scale(e.w, -2.0 / dot(e.w, e.w))
    return choose(is_face, g_q, g_point), choose(is_face, g_normal, (zero, zero, zero)), select(is_face, chi, zero)
