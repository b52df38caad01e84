"""How the vertices of a path move with the parameters.

The first vertex stays on its camera ray. A later one stays at its material point (same triangle, same barycentric
coordinates), unless it is near to the one before it, in the sense of geometry/segment.py: then it stays, by the share
chi, in its direction from that one. So a velocity depends on the few vertices before it that are near to each other,
and no farther.

A `Trail` remembers those: of each vertex its place and the vector w that led to it. It is a fixed number of words,
whatever the depth of the path; vertices from depth TRAIL on are always at their material points, and share its last
place.
"""

from typing import NamedTuple

from .camera.rays import ray_direction_adj, ray_point_adj, ray_point_tan
from .camera.screen import Screen
from .device import device
from .geometry.segment import NEAR, log_gradient, nearness, turn
from .geometry.surface import add_vector, slide_adj, slide_tan
from .geometry.triangle import area_normal, corners, point, point_adj, vector_at
from .real import any_lane, gather, invert, put, select
from .tables import FACE_VERTICES, of_face
from .vec import add, choose, dot, madd, scale, sub

TRAIL = 16
WORDS = 5  # Reals a vertex: u, v, w


class View(NamedTuple):
    """The camera ray of a path: which it is, direction (not unit), distance of the first vertex in units of that."""

    at: Screen
    axis: tuple
    t: float


class Trail(NamedTuple):
    """faces: local_integers(), reals: local_reals(), of which TRAIL * WORDS are used."""

    faces: object
    reals: object


@device
def near2(view, depth):
    """The squared radius of nearness for the vertex at `depth`."""
    return select(depth < TRAIL, NEAR * NEAR * view.t * view.t * dot(view.axis, view.axis), 0.0)


@device
def vertex_tan(w, area_normal, chi, d_before, d_material):
    """Velocity of a vertex: `d_before` of the one before it, or of the camera ray there, with chi = 1."""
    if any_lane(chi > 0.0):
        return madd(d_material, sub(slide_tan(w, area_normal, d_before, d_material), d_material), chi)
    return d_material


@device
def remember(trail, depth, x, w, mask):
    k = _slot(depth)
    put(trail.faces, k, x.face, mask)
    put(trail.reals, WORDS * k, x.u, mask)
    put(trail.reals, WORDS * k + 1, x.v, mask)
    put(trail.reals, WORDS * k + 2, w[0], mask)
    put(trail.reals, WORDS * k + 3, w[1], mask)
    put(trail.reals, WORDS * k + 4, w[2], mask)


@device
def _slot(depth):
    return select(depth < TRAIL, depth, TRAIL) - 1


@device
def _chi(trail, view, k):
    """By what share the vertex in this place follows the one before it: the first wholly, its camera ray."""
    w = vector_at(trail.reals, WORDS * k + 2)
    chi, slope = nearness(dot(w, w), near2(view, k + 1))
    return select(k == 0, 1.0, chi)


@device
def trail_tan(scene, d_theta, trail, view, depth):
    """Velocity of the vertex at `depth`."""
    last = _slot(depth)
    k = last
    follows = (k > 0) & (_chi(trail, view, k) > 0.0)
    while any_lane(follows):
        k = select(follows, k - 1, k)
        follows = follows & (k > 0) & (_chi(trail, view, k) > 0.0)
    d_x = ray_point_tan(scene, d_theta, view.at, view.t)
    going = k <= last
    while any_lane(going):
        at = select(going, k, last)
        face = gather(trail.faces, at)
        c, d_c = corners(scene.theta, scene.faces, face), corners(d_theta, scene.faces, face)
        d_material = point(d_c, gather(trail.reals, WORDS * at), gather(trail.reals, WORDS * at + 1))
        w = vector_at(trail.reals, WORDS * at + 2)
        moved = vertex_tan(w, area_normal(c), _chi(trail, view, at), d_x, d_material)
        d_x = choose(going, moved, d_x)
        k = k + 1
        going = k <= last
    return d_x


@device
def vertex_adj(scene, gradient, trail, view, depth, g, mask):
    """Scatter the gradient of the position of the vertex at `depth`: to the triangle that it is on, and by the share
    in which it follows the vertex before it to that one, back to the camera."""
    k = _slot(depth)
    while any_lane(mask):
        here = select(mask, k, 0)
        at, face, chi = WORDS * here, gather(trail.faces, here), _chi(trail, view, here)
        n = area_normal(corners(scene.theta, scene.faces, face))
        g_before, g_plane = slide_adj(vector_at(trail.reals, at + 2), n, g)
        g_material = _blend(chi, g, g_plane)
        p = point_adj(gather(trail.reals, at), gather(trail.reals, at + 1), g_material)
        for j in range(3):
            add_vector(gradient, 3 * of_face(scene, face, FACE_VERTICES + j), p[j], mask)
        g = scale(g_before, chi)
        first = mask & (k == 0)
        if any_lane(first):
            ray_point_adj(scene, gradient, view.at, view.t, g, first)
        mask = mask & (chi > 0.0) & invert(k == 0)
        k = k - 1


@device
def _blend(chi, g, g_plane):
    """(1 - chi) g + chi g_plane."""
    return add(scale(g, 1.0 - chi), scale(g_plane, chi))


@device
def segment_adj(w, area_normal, radius2, flow, g_direction):
    """(gradient of w, of the area normal at its end; the nearness of that) for flow * log K, and for the direction of
    the segment w."""
    g_log, g_normal, chi = log_gradient(w, area_normal, radius2)
    return madd(turn(w, chi, g_direction), g_log, flow), scale(g_normal, flow), chi


@device
def arrival_adj(scene, gradient, view, depth, w, chi, g_direction, mask):
    """The gradient of w, given that of the direction in which the path arrived by w at the vertex at `depth`; that of a
    camera ray is scattered."""
    mask = mask & (dot(g_direction, g_direction) > 0.0)
    first = mask & (depth == 1)
    if any_lane(first):
        ray_direction_adj(scene, gradient, view.at, view.axis, g_direction, first)
    zero = 0.0 * chi
    return choose(mask & (depth > 1), turn(w, chi, g_direction), (zero, zero, zero))
