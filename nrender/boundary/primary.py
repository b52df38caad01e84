"""The silhouette integral of primary visibility: how the image changes because edges move on the screen.

Where two radiances meet along a projected edge with normal n, a motion of the edge with velocity v changes a pixel by

    integral over the edge inside the pixel of  (L- - L+) (v . n) dl,      L+ on the side of n

(Li et al. 2018, in screen space). Points are sampled uniformly by projected length; both sides are traced with the same
random numbers. v is that of the material point of the edge relative to the ray through the fixed screen point, so
that the camera's motion is included.
"""

from typing import NamedTuple

from ..camera.kinds import APART, THINLENS
from ..camera.rays import (
    part_shown,
    project,
    ray,
    ray_point_adj,
    ray_point_tan,
    ray_start,
    screen_covector,
    screen_covectors,
)
from ..camera.screen import Screen, lens_point
from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import area_normal, corners, vector_at
from ..opacity import solid_hit
from ..path import trace
from ..pixel_filter import limits
from ..real import BIG, absolute, any_lane, gather, invert, maximum, minimum, real, select, sqrt, truncate
from ..rng import uniform
from ..search import find
from ..vec import dot, madd, scale, sub

OFFSET = 1e-4  # how far from the edge its two sides are seen, in pixels,
GRAIN = 5e-7  # and besides, as a share of the picture: some roundings of a ray's direction in float32


class Edges(NamedTuple):
    """The edges in view (k). ends (4 k): two vertex numbers, and the two faces as edges.sides has them. clip (9 k):
    of each one's part in view the ends' screen points in pixels ax ay bx by, their depths ta tb, and their parameters
    sa sb on the whole edge; 1/importance. Where pictures are bent it is a short
    part of an edge, and in the place of ax its length, about, in pixels; with a thin lens all is as its middle sees it,
    but for such a length. first (k + 1): number of each one's first
    sample; spacing: pixels of edge times importance a sample."""

    ends: object
    clip: object
    first: object
    spacing: float


class EdgePoint(NamedTuple):
    """pixel: number of that which it is in, or next to; jump: (L- - L+) dl; share s of the edge's second vertex;
    covector h: (v . n) is h . velocity."""

    first: int
    second: int
    s: float
    at: Screen
    t: float
    covector: tuple
    pixel: int
    jump: tuple
    seen: bool


class Sides(NamedTuple):
    """Where to look on the two sides of an edge's point: stream, origins and directions of two rays; dl."""

    stream: tuple
    o_below: tuple
    below: tuple
    o_above: tuple
    above: tuple
    length: float


@device
def edge_point(scene, edges, stream, sample, width, height, active):
    """The sample's point on its edge, with what is seen on the two sides."""
    e, sides = edge_sides(scene, edges, stream, sample, width, height, active)
    zero = 0.0 * e.s
    jump = e.jump
    if any_lane(e.seen):
        minus, dim = trace(scene, sides.stream, sides.o_below, sides.below, 1, BIG, e.seen, zero)
        plus, dim = trace(scene, sides.stream, sides.o_above, sides.above, 1, BIG, e.seen, zero)
        jump = scale(sub(minus, plus), sides.length)
    return EdgePoint(e.first, e.second, e.s, e.at, e.t, e.covector, e.pixel, jump, e.seen)


@device
def edge_sides(scene, edges, stream, sample, width, height, active):
    """(EdgePoint of the sample without a jump, Sides)."""
    stream, u = uniform(stream)
    k = find(edges.first, 0 * sample, len(edges.first) - 1, sample)
    start, end = gather(edges.first, k), gather(edges.first, k + 1)
    f = (real(sample - start) + u) / real(end - start)
    ax, ay = gather(edges.clip, 9 * k), gather(edges.clip, 9 * k + 1)
    bx, by = gather(edges.clip, 9 * k + 2), gather(edges.clip, 9 * k + 3)
    ta, tb = gather(edges.clip, 9 * k + 4), gather(edges.clip, 9 * k + 5)
    sa, sb = gather(edges.clip, 9 * k + 6), gather(edges.clip, 9 * k + 7)
    s = sa + (sb - sa) * f * ta / ((1.0 - f) * tb + f * ta)  # straight on the screen is not uniform in space
    first, second = gather(edges.ends, 4 * k), gather(edges.ends, 4 * k + 1)
    a, b = vector_at(scene.theta, 3 * first), vector_at(scene.theta, 3 * second)
    point = madd(scale(a, 1.0 - s), b, s)
    length = edges.spacing * gather(edges.clip, 9 * k + 8)
    stream, a_lens, b_lens = lens_point(scene, stream, 0.0 * u)
    sx, sy, t, seen = project(scene, point, a_lens, b_lens)
    at = Screen(sx, sy, a_lens, b_lens)
    if scene.lens >= APART:
        rate = sb - sa
        if scene.lens == THINLENS:
            rate = rate * ta * tb / (((1.0 - f) * tb + f * ta) * ((1.0 - f) * tb + f * ta))
        bent = _on_curve(scene, at, t, scale(sub(b, a), rate), width, height)
        px, py, nx, ny = bent.px, bent.py, bent.nx, bent.ny
        length = length * bent.speed / ax
        most_x, most_y = limits(scene)
        inside = (absolute(sx) < most_x) & (absolute(sy) < most_y) & (bent.speed > 0.0)
        seen = active & seen & inside & (part_shown(scene, at) > 0.0)
    else:
        px, py = ax + (bx - ax) * f, ay + (by - ay) * f
        inverse = 1.0 / sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay))
        nx, ny = (by - ay) * inverse, (ax - bx) * inverse
        seen = active
    covector = screen_covector(scene, at, t, 0.5 * nx * real(width), -0.5 * ny * real(height))
    column = select(seen, minimum(truncate(maximum(px, 0.0 * px)), width - 1), 0)
    row = select(seen, minimum(truncate(maximum(py, 0.0 * py)), height - 1), 0)
    eye = ray_start(scene, at)
    left, right = gather(edges.ends, 4 * k + 2), gather(edges.ends, 4 * k + 3)
    is_crease = left >= 0
    left, right = select(is_crease, left, -1 - left), select(is_crease, right, -1 - right)
    if scene.lens == THINLENS:  # from another point of it an outline may be a crease
        other = select(right < 0, left, right)
        is_crease = (right >= 0) & (_in_front(scene, left, eye) == _in_front(scene, other, eye))
    aside = OFFSET + GRAIN * maximum(real(width), real(height))
    o_below, below = _side(scene, at, px - aside * nx, py - aside * ny, width, height)
    o_above, above = _side(scene, at, px + aside * nx, py + aside * ny, width, height)
    sides = Sides(stream, o_below, below, o_above, above, length)
    seen = _unhidden(scene, sides, eye, sub(point, eye), left, right, is_crease, seen)
    jump = (0.0 * s, 0.0 * s, 0.0 * s)
    return EdgePoint(first, second, s, at, t, covector, row * width + column, jump, seen), sides


@device
def _unhidden(scene, sides, eye, to_edge, left, right, is_crease, seen):
    """The lanes whose edge is in front: both faces of a crease are met beside it, nothing before an outline."""
    crease, outline = seen & is_crease, seen & invert(is_crease)
    if any_lane(crease):
        a_face = solid_hit(scene, sides.o_below, sides.below, True, left, right, crease).face
        b_face = solid_hit(scene, sides.o_above, sides.above, True, left, right, crease).face
        continues = ((a_face == left) & (b_face == right)) | ((a_face == right) & (b_face == left))
        seen = seen & (outline | continues)
    if any_lane(outline):
        # Seen at a grazing angle the edge's own faces may be hit anywhere: they hide nothing.
        hit = solid_hit(scene, eye, to_edge, False, left, right, outline)
        hidden = (hit.face >= 0) & (hit.t < 0.9999) & (hit.face != left) & (hit.face != right)
        seen = seen & invert(outline & hidden)
    return seen


class OnCurve(NamedTuple):
    """A point of the picture in pixels, the normal of the curve there, and pixels of it a unit of its parameter."""

    px: float
    py: float
    nx: float
    ny: float
    speed: float


@device
def _on_curve(scene, at, t, along, width, height):
    """along: the derivative of the point in the world by the curve's parameter."""
    by_x, by_y = screen_covectors(scene, at, t)
    vx, vy = 0.5 * real(width) * dot(by_x, along), -0.5 * real(height) * dot(by_y, along)
    speed = sqrt(vx * vx + vy * vy)
    moves = speed > 0.0
    inverse = 1.0 / select(moves, speed, 1.0)
    px, py = 0.5 * (1.0 + at.x) * real(width), 0.5 * (1.0 - at.y) * real(height)
    return OnCurve(px, py, vy * inverse, -(vx * inverse), select(moves, speed, 0.0))


@device
def _in_front(scene, face, eye):
    """1 if the eye is in front of the face, else 0."""
    c = corners(scene.theta, scene.faces, face)
    return select(dot(area_normal(c), sub(eye, c[0])) > 0.0, 1, 0)


@device
def _side(scene, at, px, py, width, height):
    """The ray through a point of the picture, in pixels, by the same point of the lens: (origin, direction)."""
    return ray(scene, Screen(2.0 * px / real(width) - 1.0, 1.0 - 2.0 * py / real(height), at.a, at.b))


@device
def edge_tan(scene, d_theta, e):
    """The change of the pixel `e.pixel`."""
    return scale(e.jump, speed_tan(scene, d_theta, e))


@device
def edge_adj(scene, gradient, e, weight, mask):
    """Add the gradient of weight . (the change of the pixel), in the lanes of the mask."""
    speed_adj(scene, gradient, e, dot(weight, e.jump), mask)


@device
def speed_tan(scene, d_theta, e):
    """How fast the edge moves on the screen, v . n."""
    d_a, d_b = vector_at(d_theta, 3 * e.first), vector_at(d_theta, 3 * e.second)
    d_ray = ray_point_tan(scene, d_theta, e.at, e.t)
    return dot(e.covector, sub(madd(scale(d_a, 1.0 - e.s), d_b, e.s), d_ray))


@device
def speed_adj(scene, gradient, e, flow, mask):
    """Add the gradient of flow (v . n), in the lanes of the mask."""
    g = scale(e.covector, flow)
    add_vector(gradient, 3 * e.first, scale(g, 1.0 - e.s), mask)
    add_vector(gradient, 3 * e.second, scale(g, e.s), mask)
    ray_point_adj(scene, gradient, e.at, e.t, scale(g, -1.0), mask)
