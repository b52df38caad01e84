"""The shading normal: the triangle's, or one between its corners' normals, or that bent by a normal map.

With a map's vector m = 2 c - 1 and T, the direction in which u grows, it is unit(m_x t + m_y b + m_z n), where t =
unit(T - n (n . T)) and b = n x t on the side on which v grows. On a surface with two equal sides it is turned to the
side of wi. A shading normal may then still be seen from behind, where no light would come from: it is bent towards
wi until the cosine is GRAZE. That is continuous, where black instead would be a boundary whose derivative is missing.

Light from above the shading normal and below the triangle does not shine through: `horizon` is 0 there, and falls to
that smoothly, as a jump would be a boundary again. Source: Chiang, Li, Burley 2019, "Taming the shadow terminator".
"""

from typing import NamedTuple

from .device import device
from .geometry.surface import add_vector
from .geometry.triangle import corners, point, point_adj, vector_at
from .real import any_lane, gather, invert, select
from .tables import FACE_NORMALS, FACE_VERTICES, MATERIAL_NORMAL_MAP, of_face, of_material
from .texture import lookup, lookup_adj, lookup_tan
from .vec import (
    add,
    choose,
    cross,
    cross_adj,
    cross_tan,
    dot,
    length,
    madd,
    normalize,
    normalize_adj,
    normalize_tan,
    scale,
    sub,
)

GRAZE = 1e-3


class Steps(NamedTuple):
    """corners: of the normals, or what; middle: not unit; base: unit. map: its vector; along: T, with its factors of
    the triangle's two edges; rest: T - n (n . T); b = flip n x t; tilted: not unit. turned: on the side of wi. bent:
    not unit. Masks: smooth, mapped, low (bent towards wi)."""

    corners: tuple
    middle: tuple
    base: tuple
    map: tuple
    factors: tuple
    along: tuple
    rest: tuple
    t: tuple
    b: tuple
    flip: float
    tilted: tuple
    turned: tuple
    bent: tuple
    gap: float
    smooth: bool
    mapped: bool
    low: bool


@device
def is_plain(scene, x, material):
    """Whether the normal is the triangle's."""
    return (of_face(scene, x.face, FACE_NORMALS) < 0) & (of_material(scene, material, MATERIAL_NORMAL_MAP) < 0)


@device
def _normals(scene, vector, face, smooth):
    """Of the three corners; anything where there are none."""
    a, b, c = (
        of_face(scene, face, FACE_NORMALS),
        of_face(scene, face, FACE_NORMALS + 1),
        of_face(scene, face, FACE_NORMALS + 2),
    )
    return (
        vector_at(vector, select(smooth, a, 0)),
        vector_at(vector, select(smooth, b, 0)),
        vector_at(vector, select(smooth, c, 0)),
    )


@device
def _steps(scene, x, material, side, toward, wi):
    smooth = of_face(scene, x.face, FACE_NORMALS) >= 0
    normals = _normals(scene, scene.theta, x.face, smooth)
    middle = point(normals, x.u, x.v)
    smooth = smooth & (dot(middle, middle) > 1e-8)  # else the corners' normals cancel
    middle = choose(smooth, middle, x.area_normal)
    base = normalize(middle)
    texture = of_material(scene, material, MATERIAL_NORMAL_MAP)
    mapped = texture >= 0
    zero = 0.0 * x.u
    none = (zero, zero, zero)
    m, factors, along, rest, t, b, flip, tilted = none, (zero, zero), none, none, none, none, zero, base
    if any_lane(mapped):
        c = corners(scene.theta, scene.faces, x.face)
        k = select(mapped, 6 * x.face, 0)
        u, v = gather(scene.uvs, k), gather(scene.uvs, k + 1)
        u1, v1 = gather(scene.uvs, k + 2) - u, gather(scene.uvs, k + 3) - v
        u2, v2 = gather(scene.uvs, k + 4) - u, gather(scene.uvs, k + 5) - v
        flip = select(u1 * v2 - u2 * v1 < 0.0, zero - 1.0, zero + 1.0)
        factors = (flip * v2, -flip * v1)
        along = madd(scale(sub(c[1], c[0]), factors[0]), sub(c[2], c[0]), factors[1])
        rest = madd(along, base, -dot(base, along))
        size = dot(rest, rest)
        mapped = mapped & (u1 * v2 - u2 * v1 != 0.0) & (size > 1e-12 * dot(along, along))
        rest = choose(mapped, rest, (zero + 1.0, zero, zero))
        t = normalize(rest)
        b = scale(cross(base, t), flip)
        value = lookup(scene, select(mapped, texture, 0), x.face, x.u, x.v)
        m = (2.0 * value[0] - 1.0, 2.0 * value[1] - 1.0, 2.0 * value[2] - 1.0)
        bumped = madd(madd(scale(t, m[0]), b, m[1]), base, m[2])
        mapped = mapped & (dot(bumped, bumped) > 1e-8)
        tilted = choose(mapped, bumped, base)
    turned = scale(normalize(tilted), side)
    c = dot(turned, wi)
    low = toward * c < GRAZE
    gap = toward * GRAZE - c
    bent = choose(low, madd(turned, wi, gap), turned)
    return Steps(
        normals, middle, base, m, factors, along, rest, t, b, flip, tilted, turned, bent, gap, smooth, mapped, low
    )


@device
def normal(scene, x, material, side, toward, wi):
    """The unit shading normal for a surface seen from wi; side: its sign on the triangle's normal's side; toward: the
    sign that its cosine with wi shall have."""
    out = scale(x.area_normal, side / length(x.area_normal))
    plain = is_plain(scene, x, material)
    if any_lane(invert(plain)):
        out = choose(plain, out, normalize(_steps(scene, x, material, side, toward, wi).bent))
    return out


@device
def normal_tan(scene, d_theta, x, material, side, toward, wi, d_area_normal, d_u, d_v, d_wi):
    """Its velocity; (d_u, d_v): of the point's weights on its triangle."""
    out = scale(normalize_tan(x.area_normal, d_area_normal), side)
    plain = is_plain(scene, x, material)
    if any_lane(invert(plain)):
        a = _steps(scene, x, material, side, toward, wi)
        d_corners = _normals(scene, d_theta, x.face, a.smooth)
        slid = madd(scale(sub(a.corners[1], a.corners[0]), d_u), sub(a.corners[2], a.corners[0]), d_v)
        d_middle = choose(a.smooth, add(point(d_corners, x.u, x.v), slid), d_area_normal)
        d_base = normalize_tan(a.middle, d_middle)
        d_tilted = d_base
        if any_lane(a.mapped):
            d_c = corners(d_theta, scene.faces, x.face)
            d_along = madd(scale(sub(d_c[1], d_c[0]), a.factors[0]), sub(d_c[2], d_c[0]), a.factors[1])
            change = dot(d_base, a.along) + dot(a.base, d_along)
            d_rest = madd(madd(d_along, d_base, -dot(a.base, a.along)), a.base, -change)
            d_t = normalize_tan(a.rest, d_rest)
            d_b = scale(cross_tan(a.base, a.t, d_base, d_t), a.flip)
            texture = select(a.mapped, of_material(scene, material, MATERIAL_NORMAL_MAP), 0)
            d_m = scale(lookup_tan(scene, d_theta, texture, x.face, x.u, x.v, d_u, d_v), 2.0)
            own = madd(madd(scale(a.t, d_m[0]), a.b, d_m[1]), a.base, d_m[2])
            d_bumped = madd(madd(madd(own, d_t, a.map[0]), d_b, a.map[1]), d_base, a.map[2])
            d_tilted = choose(a.mapped, d_bumped, d_base)
        d_turned = scale(normalize_tan(a.tilted, d_tilted), side)
        cosine = dot(d_turned, wi) + dot(a.turned, d_wi)
        d_bent = choose(a.low, madd(madd(d_turned, d_wi, a.gap), wi, -cosine), d_turned)
        out = choose(plain, out, normalize_tan(a.bent, d_bent))
    return out


@device
def normal_adj(scene, gradient, x, material, side, toward, wi, g, mask):
    """Scatter the gradient g to the corners' normals, the map and the edges that it is laid along; return that of
    (area normal, wi, u, v)."""
    zero = 0.0 * x.u
    none = (zero, zero, zero)
    g_area, g_wi, g_u, g_v = scale(normalize_adj(x.area_normal, g), side), none, zero, zero
    plain = is_plain(scene, x, material)
    mask = mask & invert(plain)
    if any_lane(mask):
        a = _steps(scene, x, material, side, toward, wi)
        g_bent = normalize_adj(a.bent, g)
        along_wi = dot(wi, g_bent)
        g_wi = choose(mask & a.low, madd(scale(g_bent, a.gap), a.turned, -along_wi), none)
        g_turned = choose(a.low, madd(g_bent, wi, -along_wi), g_bent)
        g_tilted = normalize_adj(a.tilted, scale(g_turned, side))
        g_base = g_tilted
        mapped = mask & a.mapped
        if any_lane(mapped):
            g_m = (2.0 * dot(a.t, g_tilted), 2.0 * dot(a.b, g_tilted), 2.0 * dot(a.base, g_tilted))
            texture = select(mapped, of_material(scene, material, MATERIAL_NORMAL_MAP), 0)
            more_u, more_v = lookup_adj(scene, gradient, texture, x.face, x.u, x.v, g_m, mapped)
            g_u, g_v = select(mapped, more_u, zero), select(mapped, more_v, zero)
            by_b, by_t = cross_adj(a.base, a.t, scale(g_tilted, a.flip * a.map[1]))
            g_rest = normalize_adj(a.rest, madd(by_t, g_tilted, a.map[0]))
            along_b = dot(a.base, g_rest)
            by_base = madd(scale(g_rest, -dot(a.base, a.along)), a.along, -along_b)
            g_base = choose(mapped, add(madd(by_b, g_tilted, a.map[2]), by_base), g_tilted)
            _edges_adj(scene, gradient, x.face, a.factors, madd(g_rest, a.base, -along_b), mapped)
        g_middle = normalize_adj(a.middle, g_base)
        smooth = mask & a.smooth
        parts = point_adj(x.u, x.v, g_middle)
        for k in range(3):
            add_vector(gradient, of_face(scene, x.face, FACE_NORMALS + k), parts[k], smooth)
        g_u = g_u + select(smooth, dot(sub(a.corners[1], a.corners[0]), g_middle), zero)
        g_v = g_v + select(smooth, dot(sub(a.corners[2], a.corners[0]), g_middle), zero)
        g_area = choose(mask, choose(a.smooth, none, g_middle), g_area)
    return g_area, g_wi, g_u, g_v


@device
def _edges_adj(scene, gradient, face, factors, g, mask):
    """Of a weighted sum of the triangle's first and second edge."""
    first, second = scale(g, factors[0]), scale(g, factors[1])
    add_vector(gradient, 3 * of_face(scene, face, FACE_VERTICES), scale(add(first, second), -1.0), mask)
    add_vector(gradient, 3 * of_face(scene, face, FACE_VERTICES + 1), first, mask)
    add_vector(gradient, 3 * of_face(scene, face, FACE_VERTICES + 2), second, mask)


# --- the horizon: G = (N . wo) / ((n . wo) (N . n)) cut off at 1, and G + G^2 - G^3


@device
def horizon(n, area_normal, wo):
    """(factor, G d factor / d G)."""
    cosines = dot(n, wo) * dot(area_normal, n)
    ok = cosines != 0.0
    g = select(ok, dot(area_normal, wo), 0.0) / select(ok, cosines, 1.0)
    inside = (g > 0.0) & (g < 1.0)
    g = select(g < 1.0, select(g > 0.0, g, 0.0), 1.0)
    return g * (1.0 + g * (1.0 - g)), select(inside, g * (1.0 + g * (2.0 - 3.0 * g)), 0.0)


@device
def _log_gradient(n, area_normal, wo):
    """Of log G by n, area normal and wo."""
    p, q, r = 1.0 / dot(area_normal, wo), 1.0 / dot(n, wo), 1.0 / dot(area_normal, n)
    return (
        madd(scale(wo, -q), area_normal, -r),
        madd(scale(wo, p), n, -r),
        madd(scale(area_normal, p), n, -q),
    )


@device
def horizon_tan(n, area_normal, wo, slope, d_n, d_area_normal, d_wo):
    """The factor's velocity; slope as `horizon` gives it."""
    by_n, by_area, by_wo = _log_gradient(n, area_normal, wo)
    change = dot(by_n, d_n) + dot(by_area, d_area_normal) + dot(by_wo, d_wo)
    return select(slope != 0.0, slope * change, 0.0)


@device
def horizon_adj(n, area_normal, wo, slope, g):
    """(g_n, g_area_normal, g_wo)."""
    by_n, by_area, by_wo = _log_gradient(n, area_normal, wo)
    zero = 0.0 * g
    none = (zero, zero, zero)
    k, on = slope * g, slope != 0.0
    return choose(on, scale(by_n, k), none), choose(on, scale(by_area, k), none), choose(on, scale(by_wo, k), none)
