"""An image seen from afar: between two levels of its pyramid (pyramid.py), by how many texels a pixel covers.

The level is log2 of the side of the pixel's footprint in texels, within the pyramid, and the value linear in it. A
pixel sees that part of a triangle, in units of the parallelogram of its weights u and v,

    f = t^2 V / |N . a| * (area of a pixel on the screen),    V = right . (up x forward),

where the camera ray o + t a meets the plane with the area normal N (camera/perspective.py): t a's derivatives by the
screen's coordinates span that. So the level moves with camera and triangle, and its derivative counts. Only what a
camera ray meets is minified; farther on a path is blurred by its many samples. Parallel rays have no factor t^2; of
bent pictures the pixel on the axis stands for all, whose V has the lens's factors q0 q1 too (camera/bent.py). What is
out of focus is not minified more: the many samples of a lens blur it.
"""

from typing import NamedTuple

from .camera.kinds import BENT, ORTHOGRAPHIC
from .camera.rays import ray_direction_adj_raw, ray_point_adj
from .device import device
from .geometry.surface import add_vector
from .geometry.triangle import vector_at
from .real import absolute, accumulate, any_lane, gather, invert, log, maximum, minimum, real, select, truncate
from .tables import TEXTURE_CHANNELS, TEXTURE_HEIGHT, TEXTURE_LEVELS, TEXTURE_WIDTH, of_texture
from .texture import lookup, lookup_adj, lookup_tan, place, taps, weighted, weighted_adj, weighted_tan
from .vec import choose, cross, dot, madd, scale, sub

HALF_LOG2 = 0.7213475204444817  # 1 / (2 log 2)
NEAR = -1e3  # the footprint of what no camera ray met


class Frame(NamedTuple):
    """Of the camera: right, up, forward, and their volume; bent: q0, q1, else 1."""

    right: tuple
    up: tuple
    forward: tuple
    volume: float
    bent: tuple


@device
def _frame(scene):
    c = scene.camera
    r, u, f = vector_at(scene.theta, c + 3), vector_at(scene.theta, c + 6), vector_at(scene.theta, c + 9)
    volume = dot(r, cross(u, f))
    one = 0.0 * volume + 1.0
    bent = (one, one)
    if scene.lens >= BENT:
        bent = (gather(scene.theta, c + 12), gather(scene.theta, c + 13))
    return Frame(r, u, f, volume, bent)


@device
def footprint(scene, view, area_normal):
    """log2 of the footprint's side."""
    a = _frame(scene)
    v = absolute(a.volume * a.bent[0] * a.bent[1]) * 4.0 / (real(scene.film_width) * real(scene.film_height))
    if scene.lens != ORTHOGRAPHIC:
        v = v * view.t * view.t
    return HALF_LOG2 * log(v / absolute(dot(area_normal, view.axis)))


@device
def footprint_tan(scene, d_theta, view, area_normal, d_x, d_ray, d_area_normal, d_axis):
    """d_x: velocity of the point, which is on the ray; d_ray: of the ray at a fixed distance."""
    a, c = _frame(scene), scene.camera
    d_r, d_u, d_f = vector_at(d_theta, c + 3), vector_at(d_theta, c + 6), vector_at(d_theta, c + 9)
    d_t = dot(sub(d_x, d_ray), view.axis) / dot(view.axis, view.axis)
    d_v = dot(d_r, cross(a.up, a.forward)) + dot(d_u, cross(a.forward, a.right)) + dot(d_f, cross(a.right, a.up))
    d_slope = dot(d_area_normal, view.axis) + dot(area_normal, d_axis)
    moved = d_v / a.volume - d_slope / dot(area_normal, view.axis)
    if scene.lens != ORTHOGRAPHIC:
        moved = moved + 2.0 * d_t / view.t
    if scene.lens >= BENT:
        moved = moved + gather(d_theta, c + 12) / a.bent[0] + gather(d_theta, c + 13) / a.bent[1]
    return HALF_LOG2 * moved


@device
def footprint_adj(scene, gradient, view, area_normal, g, mask):
    """Scatter g to the camera; return the gradient of (point, area normal)."""
    a, c = _frame(scene), scene.camera
    g = HALF_LOG2 * g
    g_t = 2.0 * g / view.t
    if scene.lens == ORTHOGRAPHIC:
        g_t = 0.0 * g
    if scene.lens >= BENT:
        accumulate(gradient, c + 12, g / a.bent[0], mask)
        accumulate(gradient, c + 13, g / a.bent[1], mask)
    g_x = scale(view.axis, g_t / dot(view.axis, view.axis))
    ray_point_adj(scene, gradient, view.at, view.t, scale(g_x, -1.0), mask)
    g_v, g_slope = g / a.volume, -g / dot(area_normal, view.axis)
    add_vector(gradient, c + 3, scale(cross(a.up, a.forward), g_v), mask)
    add_vector(gradient, c + 6, scale(cross(a.forward, a.right), g_v), mask)
    add_vector(gradient, c + 9, scale(cross(a.right, a.up), g_v), mask)
    ray_direction_adj_raw(scene, gradient, view.at, scale(area_normal, g_slope), mask)
    return g_x, scale(view.axis, g_slope)


class Blend(NamedTuple):
    """between: the share of level + 1; inside: mask of the lanes where it moves with the footprint; many: of those that
    have a pyramid."""

    level: int
    between: float
    inside: bool
    many: bool


@device
def _blend(scene, texture, face, u, v, foot):
    levels = of_texture(scene, texture, TEXTURE_LEVELS)
    p = place(scene, texture, select(levels > 1, face, 0), u, v)
    area = absolute(p.s_u * p.t_v - p.s_v * p.t_u)
    area = area * real(of_texture(scene, texture, TEXTURE_WIDTH)) * real(of_texture(scene, texture, TEXTURE_HEIGHT))
    detail = foot + HALF_LOG2 * log(maximum(area, 1e-30))
    most = real(levels) - 1.0
    inside = (detail > 0.0) & (detail < most)
    detail = minimum(maximum(detail, 0.0 * detail), most)
    k = truncate(minimum(detail, maximum(most - 1.0, 0.0 * most)))
    return Blend(k, detail - real(k), inside, (levels > 1) & (detail > 0.0))


@device
def _both(scene, texture, face, u, v, a):
    """The taps of the two levels."""
    return taps(scene, texture, face, u, v, a.level), taps(scene, texture, face, u, v, a.level + 1)


@device
def _value(scene, texture, at):
    return weighted(scene, texture, scene.theta, at.offset, at.weight)


@device
def minified(scene, texture, face, u, v, foot):
    """`texture.lookup` for a footprint."""
    out = lookup(scene, texture, face, u, v)
    if scene.minify > 0:
        a = _blend(scene, texture, face, u, v, foot)
        if any_lane(a.many):
            p, q = _both(scene, texture, face, u, v, a)
            fine, coarse = _value(scene, texture, p), _value(scene, texture, q)
            out = choose(a.many, madd(scale(fine, 1.0 - a.between), coarse, a.between), out)
    return out


@device
def minified_tan(scene, d_theta, texture, face, u, v, foot, d_u, d_v, d_foot):
    out = lookup_tan(scene, d_theta, texture, face, u, v, d_u, d_v)
    if scene.minify > 0:
        a = _blend(scene, texture, face, u, v, foot)
        if any_lane(a.many):
            p, q = _both(scene, texture, face, u, v, a)
            d_fine = weighted_tan(scene, d_theta, texture, p, d_u, d_v)
            d_coarse = weighted_tan(scene, d_theta, texture, q, d_u, d_v)
            d_between = select(a.inside, d_foot, 0.0 * d_foot)
            moved = madd(scale(d_fine, 1.0 - a.between), d_coarse, a.between)
            by_level = sub(_value(scene, texture, q), _value(scene, texture, p))
            out = choose(a.many, madd(moved, by_level, d_between), out)
    return out


@device
def minified_adj(scene, gradient, texture, face, u, v, foot, g, mask):
    """Scatter g; return (g_u, g_v, g_foot)."""
    zero = 0.0 * foot
    g_u, g_v, g_foot, one = zero, zero, zero, mask
    if scene.minify > 0:
        a = _blend(scene, texture, face, u, v, foot)
        many, one = mask & a.many, mask & invert(a.many)
        if any_lane(many):
            p, q = _both(scene, texture, face, u, v, a)
            x, y = weighted_adj(scene, gradient, texture, p, scale(g, 1.0 - a.between), many)
            z, w = weighted_adj(scene, gradient, texture, q, scale(g, a.between), many)
            g_u, g_v = select(many, x + z, g_u), select(many, y + w, g_v)
            by_level = sub(_value(scene, texture, q), _value(scene, texture, p))
            g_foot = select(many & a.inside, _slope(scene, texture, g, by_level), zero)
    if any_lane(one):
        x, y = lookup_adj(scene, gradient, texture, face, u, v, g, one)
        g_u, g_v = select(one, x, g_u), select(one, y, g_v)
    return g_u, g_v, g_foot


@device
def _slope(scene, texture, g, by_level):
    """g of the value (of a number: its first) . its derivative by the level."""
    return select(of_texture(scene, texture, TEXTURE_CHANNELS) > 1, dot(g, by_level), g[0] * by_level[0])
