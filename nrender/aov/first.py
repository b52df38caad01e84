"""The first surface that a camera ray meets, and how it moves: the point stays on its ray (motion.py), on the plane of
its triangle.

A surface with an opacity is passed by chance, as on a path (opacity.py): so the mean over samples is that over the
surfaces on the ray, each with the part of the light that it holds. The derivative of that part is here too.
"""

from typing import NamedTuple

from ..camera.rays import ray_direction_adj_raw, ray_point_adj, ray_tan
from ..device import device
from ..geometry.surface import (
    Surface,
    either,
    slid_adj,
    slid_tan,
    slide_adj,
    slide_tan,
    step_off,
    surface,
    surface_adj,
    surface_tan,
)
from ..geometry.traverse import closest
from ..motion import View
from ..opacity import opacity_tan
from ..path import DARK, distance
from ..real import any_lane, invert, select, truncate
from ..scattering import Frame, shading_frame
from ..vec import add, choose, dot, madd, normalize, scale, sub
from ..walk import Veil, no_veil, veil, veil_adj


class First(NamedTuple):
    """found: mask of the lanes that met a surface; in the others all is of some other one. lens: the camera ray. frame:
    of the shading normal. weight: parts of the light over the chances with which it came here, the same three times;
    dim: see path_adj.py."""

    found: bool
    x: Surface
    lens: View
    frame: Frame
    weight: tuple
    dim: tuple


class Step(NamedTuple):
    """One surface on the ray; met: mask of the lanes that have one."""

    stream: tuple
    met: bool
    x: Surface
    v: Veil
    weight: tuple
    dim: tuple


@device
def _step(scene, stream, start, d, weight, dim, floor, going):
    hit = closest(scene, start, d, going)
    met = going & (hit.face >= 0)
    x = surface(scene, select(met, hit.face, 0), hit.u, hit.v, d)
    v = no_veil(0.0 * d[0], met)
    if scene.translucent > 0:
        stream, v, weight, dim = veil(scene, stream, x, weight, dim, floor, met)
    return Step(stream, met, x, v, weight, dim)


@device
def _start(zero):
    """(weight, dim) before any surface."""
    return (zero + 1.0, zero + 1.0, zero + 1.0), (zero, zero, zero)


@device
def first_surface(scene, stream, at, o, axis, floor, active):
    """First, on the ray from o along `axis` (not unit). floor: DARK if derivatives are wanted, else 0; see
    walk.scattered. at: what the View says of it."""
    d = normalize(axis)
    zero = 0.0 * d[0]
    weight, dim = _start(zero)
    x = surface(scene, 0 * truncate(zero), zero, zero, d)
    start, going, found = o, active, active & (zero > 0.0)
    while any_lane(going):
        a = _step(scene, stream, start, d, weight, dim, floor, going)
        stream, weight, dim = a.stream, a.weight, a.dim
        going = a.met & a.v.passed
        start = choose(going, step_off(a.x, d), start)
        held = a.met & invert(a.v.passed)
        x, found = either(held, a.x, x), found | held
    frame = shading_frame(scene, x, scale(d, -1.0))
    return First(found, x, View(at, axis, distance(o, axis, x)), frame, weight, dim)


class Motion(NamedTuple):
    """Velocities of the point, of the area normal, of its weights u and v, of the ray's direction (not unit), of the
    ray's point at fixed distance, and of the distance in units of the direction."""

    d_x: tuple
    d_area: tuple
    d_u: float
    d_v: float
    d_axis: tuple
    d_ray: tuple
    d_t: float


@device
def moved_tan(scene, d_theta, view, x):
    d_material, d_area = surface_tan(scene, d_theta, x)
    d_o, d_axis = ray_tan(scene, d_theta, view.at)
    d_ray = madd(d_o, d_axis, view.t)
    d_x = slide_tan(view.axis, x.area_normal, d_ray, d_material)
    d_u, d_v = slid_tan(scene, x, sub(d_x, d_material))
    d_t = dot(sub(d_x, d_ray), view.axis) / dot(view.axis, view.axis)
    return Motion(d_x, d_area, d_u, d_v, d_axis, d_ray, d_t)


@device
def moved_adj(scene, gradient, view, x, g_x, g_area, g_u, g_v, g_axis, g_t, mask):
    """Scatter the gradients of all of them but d_ray."""
    along = scale(view.axis, g_t / dot(view.axis, view.axis))
    g_slide = slid_adj(scene, x, g_u, g_v)
    g_ray, g_plane = slide_adj(view.axis, x.area_normal, add(add(g_x, g_slide), along))
    ray_point_adj(scene, gradient, view.at, view.t, sub(g_ray, along), mask)
    ray_direction_adj_raw(scene, gradient, view.at, g_axis, mask)
    surface_adj(scene, gradient, x, sub(g_plane, g_slide), g_area, mask)


@device
def weight_tan(scene, d_theta, stream, at, o, axis, active):
    """The velocity of First.weight, a number: the ray is followed again."""
    d = normalize(axis)
    zero = 0.0 * d[0]
    weight, dim = _start(zero)
    d_weight, start, going = zero, o, active
    while any_lane(going):
        before = weight[0]
        a = _step(scene, stream, start, d, weight, dim, zero + DARK, going)
        stream, weight, dim = a.stream, a.weight, a.dim
        view = View(at, axis, distance(o, axis, a.x))
        m = moved_tan(scene, d_theta, view, a.x)
        d_part = opacity_tan(scene, d_theta, a.x.face, a.x.u, a.x.v, m.d_u, m.d_v, a.v.met)
        d_part = select(a.v.passed, -d_part, d_part)
        d_weight = select(a.v.met, (d_weight * a.v.part + before * d_part) / a.v.chance, d_weight)
        going = a.met & a.v.passed
        start = choose(going, step_off(a.x, d), start)
    return d_weight


@device
def weight_adj(scene, gradient, stream, at, o, axis, flow, dim_flow, moving, active):
    """Scatter the gradient of flow * log(First.weight). flow: weight times its gradient, dim_flow: dim times that."""
    d = normalize(axis)
    zero = 0.0 * d[0]
    weight, dim = _start(zero)
    start, going = o, active
    while any_lane(going):
        a = _step(scene, stream, start, d, weight, dim, zero + DARK, going)
        stream, weight, dim = a.stream, a.weight, a.dim
        view = View(at, axis, distance(o, axis, a.x))
        if any_lane(a.v.met):
            coming, dim_coming = (flow, zero, zero), (dim_flow, zero, zero)
            veil_adj(scene, gradient, view, a.x, a.v, coming, dim_coming, a.met & moving)
        going = a.met & a.v.passed
        start = choose(going, step_off(a.x, d), start)
