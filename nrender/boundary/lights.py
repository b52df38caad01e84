"""The light of a grazing segment, chosen first: a point of an emitter, then an edge that is a silhouette as seen from
there, then a point of that edge. So no sample is lost to edges that don't cast this light's shadow, and lights without
size are found at all.

Emitters are chosen in proportion to power: what they light is not known yet.
"""

from typing import NamedTuple

from ..device import device
from ..emitters import LightSample, emitted, is_far
from ..geometry.edge_samples import point_on_edge
from ..geometry.edge_tree import pick
from ..geometry.segment import geometry_term
from ..geometry.surface import step_off, surface
from ..geometry.traverse import occluded
from ..geometry.triangle import area_normal, corners, point, vector_at
from ..light import ENVMAP, FACE, area, envmap
from ..opacity import shadow
from ..real import BIG, any_lane, gather, invert, real, select, truncate
from ..tables import FACE_TWO_SIDED, LIGHT_AT, LIGHT_KIND, of_face, of_light
from ..vec import add, choose, dot, length, normalize, scale, sub
from ..warp import triangle
from .edge_point import edge_point


class EmitterTable(NamedTuple):
    """An alias table over the rows of scene.lights by power: chances (2 E) probability and threshold, others (E)."""

    chances: object
    others: object


@device
def light_point(scene, edges, emitters, u, active):
    """(LightSample as seen from the point of an edge, EdgePoint, mask), from five random numbers. share: what `emitted`
    contributes to the integral over edge and solid angle, over the density."""
    u0, u1, u2, u3, u4 = u
    emitter, chance = _chosen(emitters, u0)
    kind, light = of_light(scene, emitter, LIGHT_KIND), of_light(scene, emitter, LIGHT_AT)
    is_face, far = kind == FACE, is_far(kind)
    face = select(is_face, light, 0)
    b1, b2 = triangle(u1, u2)
    base = select(is_face | (kind == ENVMAP), 0, light)
    place = choose(is_face, point(corners(scene.theta, scene.faces, face), b1, b2), vector_at(scene.theta, base))
    if scene.envmap >= 0 and any_lane(kind == ENVMAP):
        sky = envmap.sample(scene, u1, u2)
        place = choose(kind == ENVMAP, scale(sky, -1.0), place)
        chance = select(kind == ENVMAP, chance * envmap.pdf(scene, sky), chance)
    edge, of_edge, rest = pick(edges, scene.theta, place, _front(scene, face, is_face), far, u3)
    active = active & (edge >= 0) & (chance > 0.0) & (of_edge > 0.0)
    edge = select(active, edge, 0)
    a, b = gather(edges.ends, 2 * edge), gather(edges.ends, 2 * edge + 1)
    s, density = point_on_edge(vector_at(scene.theta, 3 * a), vector_at(scene.theta, 3 * b), place, far, u4)
    active = active & (density > 0.0)
    e = edge_point(scene, edges, edge, s)
    w = choose(far, scale(place, -1.0), sub(place, e.point))
    y = surface(scene, face, b1, b2, w)
    r2 = dot(w, w)
    active = active & (r2 > 0.0)
    geometry = select(is_face, 0.5 * geometry_term(w, y.area_normal), select(far, 1.0, 1.0 / select(active, r2, 1.0)))
    active = active & (area.emits(scene, y, w, active & is_face) | invert(is_face)) & (geometry > 0.0)
    all_chance = select(active, chance * of_edge * density, 1.0)
    share = select(active, geometry * gather(edges.share, edge) / all_chance, 0.0)
    zero = 0.0 * u0
    wo = normalize(choose(active, w, e.tangent))
    return LightSample(kind, y, w, wo, base, zero, share, zero + 1.0, active), e, active


@device
def _front(scene, face, is_face):
    """The unit normal of a face that emits from one side, else 0."""
    n = area_normal(corners(scene.theta, scene.faces, face))
    one_sided = is_face & (of_face(scene, face, FACE_TWO_SIDED) == 0)
    return scale(n, select(one_sided, 1.0, 0.0) / length(n))


@device
def _chosen(emitters, u):
    count = len(emitters.others)
    position = u * real(count)
    first = truncate(position)
    keep = position - real(first) < gather(emitters.chances, 2 * first + 1)
    emitter = select(keep, first, gather(emitters.others, first))
    return emitter, gather(emitters.chances, 2 * emitter)


@device
def arriving(scene, e, light, start, active):
    """(radiance over the density, mask of the lanes that see it): what comes from the light to the point `start` beside
    the edge."""
    far = is_far(light.kind)
    end = choose(light.kind == FACE, step_off(light.y, scale(light.w, -1.0)), add(e.point, light.w))
    path = choose(far, light.w, sub(end, start))
    if scene.translucent > 0:
        product, clear, active = shadow(scene, start, path, far, 0, active)
        return scale(emitted(scene, light), light.share * product), active
    active = active & invert(occluded(scene, start, path, select(far, BIG, 1.0), active))
    return scale(emitted(scene, light), light.share), active
