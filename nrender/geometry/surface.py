"""A point on a triangle, and how derivatives move with it.

A *material point* stays on its triangle at its barycentric coordinates, so its velocity is an average of three
vertices'. The first vertex of a camera path is none: it stays on its camera ray, and slides on its triangle
(docs/theory.md).
"""

from typing import NamedTuple

from ..device import device
from ..real import TINY, absolute, accumulate3, maximum, minimum, select
from ..tables import FACE_VERTICES, of_face
from ..vec import add, choose, dot, largest_magnitude, length, madd, scale, sub
from .triangle import (
    area_normal,
    area_normal_adj,
    area_normal_tan,
    corners,
    point,
    point_adj,
    weights_adj,
    weights_tan,
)

RIM = 1e4  # an edge is near where a weight is less than 1 / RIM


class Surface(NamedTuple):
    """face, and weights u, v of its second and third vertex; point; area normal (length: twice the area), unit normal
    on the side of the ray that came here; margin: how far rays step off the surface, in the scene's units; inward: the
    same length in the plane, away from the triangle's edges, where one is near."""

    face: int
    u: float
    v: float
    point: tuple
    area_normal: tuple
    normal: tuple
    margin: float
    inward: tuple


@device
def surface(scene, face, u, v, direction):
    """The surface at (face, u, v), as seen along `direction`."""
    c = corners(scene.theta, scene.faces, face)
    n = area_normal(c)
    x = point(c, u, v)
    side = select(dot(n, direction) > 0.0, -1.0, 1.0)
    margin = 3e-6 * (largest_magnitude(c[0]) + largest_magnitude(c[1]) + largest_magnitude(c[2]))
    middle = sub(point(c, 1.0 / 3.0, 1.0 / 3.0), x)
    rim = maximum(1.0 - RIM * minimum(minimum(u, v), 1.0 - u - v), 0.0)  # elsewhere it could lead into what stands here
    inward = scale(middle, rim * margin / (length(middle) + margin))
    return Surface(face, u, v, x, n, scale(n, side / length(n)), margin, inward)


@device
def either(mask, a, b):
    """`select` for two surfaces."""
    return Surface(
        select(mask, a.face, b.face),
        select(mask, a.u, b.u),
        select(mask, a.v, b.v),
        choose(mask, a.point, b.point),
        choose(mask, a.area_normal, b.area_normal),
        choose(mask, a.normal, b.normal),
        select(mask, a.margin, b.margin),
        choose(mask, a.inward, b.inward),
    )


@device
def step_off(s, toward):
    """The point of `s`, moved off the surface to the side of the vector `toward`: rays start and end there. Also away
    from the edges: a point at an edge may be rounded to behind the triangle that adjoins it there."""
    side = select(dot(s.normal, toward) < 0.0, -1.0, 1.0)
    return madd(add(s.point, s.inward), s.normal, side * s.margin)


@device
def surface_tan(scene, d_theta, s):
    """(velocity of the material point, velocity of the area normal)."""
    c = corners(scene.theta, scene.faces, s.face)
    d_c = corners(d_theta, scene.faces, s.face)
    return point(d_c, s.u, s.v), area_normal_tan(c, d_c)


@device
def surface_adj(scene, gradient, s, g_point, g_normal, mask):
    """Add the gradient of a material point and of its area normal to the three vertices."""
    c = corners(scene.theta, scene.faces, s.face)
    p = point_adj(s.u, s.v, g_point)
    n = area_normal_adj(c, g_normal)
    for k in range(3):
        add_vector(gradient, 3 * of_face(scene, s.face, FACE_VERTICES + k), add(p[k], n[k]), mask)


@device
def point_only_adj(scene, gradient, s, g_point, mask):
    """Add the gradient of a material point alone."""
    p = point_adj(s.u, s.v, g_point)
    for k in range(3):
        add_vector(gradient, 3 * of_face(scene, s.face, FACE_VERTICES + k), p[k], mask)


@device
def slid_tan(scene, s, slide):
    """(d_u, d_v) of a point that moves on its triangle by `slide` relative to the material."""
    return weights_tan(corners(scene.theta, scene.faces, s.face), s.area_normal, slide)


@device
def slid_adj(scene, s, g_u, g_v):
    """g_slide."""
    return weights_adj(corners(scene.theta, scene.faces, s.face), s.area_normal, g_u, g_v)


@device
def add_vector(buffer, index, g, mask):
    accumulate3(buffer, index, g, mask)


@device
def slide_tan(d, n, d_ray, d_material):
    """Velocity of a point that stays on a moving ray (direction d) and on a moving plane (normal n): `d_ray` is the
    ray's velocity there at fixed distance, `d_material` the plane's. x' = d_ray + d (n . (d_material - d_ray)) / (n .
    d); where the two are parallel it goes with the ray."""
    return madd(d_ray, d, dot(n, sub(d_material, d_ray)) * _inverse(dot(n, d)))


@device
def slide_adj(d, n, g):
    """(g_ray, g_material)."""
    g_material = scale(n, dot(d, g) * _inverse(dot(n, d)))
    return sub(g, g_material), g_material


@device
def _inverse(x):
    """1 / x, or 0 where that is beyond float32."""
    alive = absolute(x) > TINY
    return select(alive, 1.0, 0.0) / select(alive, x, 1.0)
