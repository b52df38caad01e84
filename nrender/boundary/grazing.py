"""A segment of a light path that grazes an edge, and how the image changes when the edge moves against it.

The segment leads from y, where light comes from, past the point e of an edge to x, which scatters it towards the eye.
When the edge moves towards the open side, by m in the direction of the normal n of the plane through edge and segment,
the light that passes there is lost: for a unit of the edge's length and of solid angle at e, and with the angle theta
between edge and segment,

    - L(y -> x) (share of x's light in a pixel) sin theta (n . m),    m = e' - (1 - a) x' - a y',    a = |x e| / |x y|

(path-space boundary integral: Zhang et al. 2020; docs/theory.md derives this form). x' and y' are the velocities that
the vertices have in the interior's derivative (motion.py). What the edge's own faces show needs no term: their points
move with them.
"""

from typing import NamedTuple

from ..device import device
from ..geometry.segment import nearness
from ..geometry.surface import add_vector, point_only_adj, slide_adj
from ..geometry.triangle import corners, point, vector_at
from ..light import DIRECTIONAL, FACE, POINT, SPOT
from ..motion import near2, trail_tan, vertex_adj, vertex_tan
from ..real import any_lane, select
from ..vec import add, choose, dot, madd, scale


class Grazing(NamedTuple):
    """first, second: the edge's vertices, s: share of the second at e; normal: n; share: a; reach: |x e|.
    kind: of the end y, FACE or a kind of light; base: offset in theta of that light; y: surface, w: vector from x to
    it. lens, depth: of the path to x (x itself is in the trail). jump: of the pixel, for n . m = 1.
    reached: both x and the eye, whether or not there is light."""

    first: int
    second: int
    s: float
    normal: tuple
    share: float
    reach: float
    kind: int
    base: int
    y: tuple
    w: tuple
    lens: tuple
    depth: int
    pixel: int
    jump: tuple
    edge: int
    reached: bool
    seen: bool


@device
def grazing_tan(scene, d_theta, trail, g):
    """The change of the pixel `g.pixel`."""
    d_a, d_b = vector_at(d_theta, 3 * g.first), vector_at(d_theta, 3 * g.second)
    d_e = madd(scale(d_a, 1.0 - g.s), d_b, g.s)
    d_x = trail_tan(scene, d_theta, trail, g.lens, g.depth)
    d_light = vector_at(d_theta, g.base)
    d_y = vertex_tan(g.w, g.y.area_normal, _chi(g), d_x, point(corners(d_theta, scene.faces, g.y.face), g.y.u, g.y.v))
    zero = 0.0 * g.s
    d_y = choose(g.kind == FACE, d_y, choose(_has_place(g), d_light, (zero, zero, zero)))
    m = madd(madd(d_e, d_x, g.share - 1.0), d_y, -g.share)
    m = madd(m, d_light, select(g.kind == DIRECTIONAL, g.reach, zero))
    return scale(g.jump, dot(g.normal, m))


@device
def grazing_adj(scene, gradient, trail, g, weight, mask):
    """Add the gradient of weight . (the change of the pixel), in the lanes of the mask."""
    h = scale(g.normal, dot(weight, g.jump))
    add_vector(gradient, 3 * g.first, scale(h, 1.0 - g.s), mask)
    add_vector(gradient, 3 * g.second, scale(h, g.s), mask)
    h_x, h_y = scale(h, g.share - 1.0), scale(h, -g.share)
    on_face = mask & (g.kind == FACE)
    if any_lane(on_face):
        chi = _chi(g)
        h_before, h_plane = slide_adj(g.w, g.y.area_normal, scale(h_y, chi))
        point_only_adj(scene, gradient, g.y, add(scale(h_y, 1.0 - chi), h_plane), on_face)
        h_x = choose(on_face & (chi > 0.0), add(h_x, h_before), h_x)
    add_vector(gradient, g.base, h_y, mask & _has_place(g))
    add_vector(gradient, g.base, scale(h, g.reach), mask & (g.kind == DIRECTIONAL))
    vertex_adj(scene, gradient, trail, g.lens, g.depth, h_x, mask)


@device
def _has_place(g):
    return (g.kind == POINT) | (g.kind == SPOT)


@device
def _chi(g):
    """By what share y follows x."""
    radius2 = select(g.kind == FACE, near2(g.lens, g.depth + 1), 0.0)
    chi, slope = nearness(dot(g.w, g.w), radius2)
    return chi
