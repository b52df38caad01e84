"""Rays and projections of a scene's camera, by its kind. A launch has one camera, so the branches are the same for all.

`at` (screen.py) says which ray; a ray is origin + t direction, the latter not unit; t is also what a point on it is at.
Of a pinhole and a thin lens t is the distance along the axis.
"""

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..pixel_filter import limits
from ..real import absolute, own, real, select, sqrt
from ..vec import cross, dot, madd, normalize_adj, scale, sub
from .bent import (
    bent_by_screen,
    bent_covectors,
    bent_direction,
    bent_direction_adj,
    bent_direction_tan,
    bent_project,
)
from .kinds import APART, BENT, ORTHOGRAPHIC, PINHOLE, THINLENS
from .orthographic import project as parallel_project
from .orthographic import ray as parallel_ray
from .orthographic import ray_direction_adj as parallel_ray_direction_adj
from .orthographic import ray_point_adj as parallel_ray_point_adj
from .orthographic import screen_covector as parallel_screen_covector
from .perspective import project as pinhole_project
from .perspective import ray as pinhole_ray
from .perspective import ray_direction_adj as pinhole_ray_direction_adj
from .perspective import ray_point_adj as pinhole_ray_point_adj
from .perspective import screen_covector as pinhole_screen_covector
from .screen import Screen
from .thinlens import eye as lens_eye
from .thinlens import lens_covector, lens_project, lens_ray, lens_ray_direction_adj, lens_ray_point_adj


@device
def camera_ray(scene, at):
    """(origin, direction, 1, or 0 where the picture is black whatever there is)."""
    theta, camera = scene.theta, scene.camera
    part = 0.0 * at.x + 1.0
    if scene.lens >= APART:
        return _apart_ray(theta, camera, scene.lens, at)
    if scene.lens == PINHOLE:
        o, d = pinhole_ray(theta, camera, at.x, at.y)
    else:
        o, d = parallel_ray(theta, camera, at.x, at.y)
    return o, d, part


@device(apart=True)
def _apart_ray(theta, camera, kind, at):
    """One call for all of them: each costs those cameras a little that are not apart."""
    own()
    part = 0.0 * at.x + 1.0
    if kind == THINLENS:
        o, d = lens_ray(theta, camera, at)
        return o, d, part
    d, seen = bent_direction(theta, camera, kind, at.x, at.y)
    return vector_at(theta, camera), d, select(seen, part, 0.0 * part)


@device
def ray(scene, at):
    """(origin, direction)."""
    o, d, _ = camera_ray(scene, at)
    return o, d


@device
def ray_tan(scene, d_theta, at):
    """Velocities of the two."""
    camera = scene.camera
    if scene.lens == PINHOLE:
        return pinhole_ray(d_theta, camera, at.x, at.y)
    if scene.lens == ORTHOGRAPHIC:
        return parallel_ray(d_theta, camera, at.x, at.y)
    if scene.lens == THINLENS:
        return lens_ray(d_theta, camera, at)
    return vector_at(d_theta, camera), bent_direction_tan(scene.theta, d_theta, camera, scene.lens, at.x, at.y)


@device
def ray_point_tan(scene, d_theta, at, t):
    """Velocity of the ray's point at t."""
    d_o, d_d = ray_tan(scene, d_theta, at)
    return madd(d_o, d_d, t)


@device
def ray_point_adj(scene, gradient, at, t, g, mask):
    camera = scene.camera
    if scene.lens == PINHOLE:
        pinhole_ray_point_adj(gradient, camera, at.x, at.y, t, g, mask)
    elif scene.lens == ORTHOGRAPHIC:
        parallel_ray_point_adj(gradient, camera, at.x, at.y, t, g, mask)
    elif scene.lens == THINLENS:
        lens_ray_point_adj(gradient, camera, at, t, g, mask)
    else:
        add_vector(gradient, camera, g, mask)
        bent_direction_adj(scene.theta, gradient, camera, scene.lens, at.x, at.y, scale(g, t), mask)


@device
def ray_direction_adj_raw(scene, gradient, at, g, mask):
    """g: gradient of the ray's direction as it is."""
    camera = scene.camera
    if scene.lens == PINHOLE:
        pinhole_ray_direction_adj(gradient, camera, at.x, at.y, g, mask)
    elif scene.lens == ORTHOGRAPHIC:
        parallel_ray_direction_adj(gradient, camera, g, mask)
    elif scene.lens == THINLENS:
        lens_ray_direction_adj(gradient, camera, at, g, mask)
    else:
        bent_direction_adj(scene.theta, gradient, camera, scene.lens, at.x, at.y, g, mask)


@device
def ray_direction_adj(scene, gradient, at, direction, g, mask):
    """g: gradient of the unit vector along the ray's `direction`."""
    ray_direction_adj_raw(scene, gradient, at, normalize_adj(direction, g), mask)


@device
def project(scene, point, a, b):
    """(sx, sy, t, whether it is in front and there is a ray to it) of a world point, by the point (a, b) of a lens."""
    theta, camera = scene.theta, scene.camera
    if scene.lens == PINHOLE:
        sx, sy, t = pinhole_project(theta, camera, point)
        return sx, sy, t, t > 0.0
    if scene.lens == ORTHOGRAPHIC:
        sx, sy, t = parallel_project(theta, camera, point)
        return sx, sy, t, t > 0.0
    if scene.lens == THINLENS:
        sx, sy, t = lens_project(theta, camera, a, b, point)
        return sx, sy, t, t > 0.0
    return bent_project(theta, camera, scene.lens, point)


@device
def on_screen(scene, point, a, b):
    """(Screen, t, direction of the ray, whether it counts for the picture) of a world point; t is not 0."""
    sx, sy, t, seen = project(scene, point, a, b)
    most_x, most_y = limits(scene)
    seen = seen & (absolute(sx) < most_x) & (absolute(sy) < most_y)
    t = select(t > 0.0, t, 1.0)
    at = Screen(sx, sy, a, b)
    if scene.lens == PINHOLE:
        return at, t, scale(sub(point, vector_at(scene.theta, scene.camera)), 1.0 / t), seen
    _, d = ray(scene, at)
    return at, t, d, seen


@device
def ray_start(scene, at):
    """Where the ray starts."""
    if scene.lens == PINHOLE or scene.lens >= BENT:
        return vector_at(scene.theta, scene.camera)
    if scene.lens == THINLENS:
        return lens_eye(scene.theta, scene.camera, at.a, at.b)
    o, _ = parallel_ray(scene.theta, scene.camera, at.x, at.y)
    return o


@device
def screen_covectors(scene, at, t):
    """Two vectors h with  d_sx = h . (d_x - velocity of the ray's point at t)  for a world point x seen at (sx, sy),
    and the same for sy: the rows of the projection's Jacobian."""
    theta, camera = scene.theta, scene.camera
    one = 0.0 * t + 1.0
    zero = 0.0 * t
    if scene.lens == PINHOLE:
        a = pinhole_screen_covector(theta, camera, at.x, at.y, t, one, zero)
        return a, pinhole_screen_covector(theta, camera, at.x, at.y, t, zero, one)
    if scene.lens == ORTHOGRAPHIC:
        a = parallel_screen_covector(theta, camera, one, zero)
        return a, parallel_screen_covector(theta, camera, zero, one)
    if scene.lens == THINLENS:
        a = lens_covector(theta, camera, at, t, one, zero)
        return a, lens_covector(theta, camera, at, t, zero, one)
    return bent_covectors(theta, camera, scene.lens, at.x, at.y, t)


@device
def screen_covector(scene, at, t, gx, gy):
    """The vector h with  gx d_sx + gy d_sy = h . (…) as above."""
    if scene.lens == PINHOLE:
        return pinhole_screen_covector(scene.theta, scene.camera, at.x, at.y, t, gx, gy)
    a, b = screen_covectors(scene, at, t)
    return madd(scale(a, gx), b, gy)


@device
def pixel_area(scene, at, axis, t):
    """What a pixel covers, perpendicular to its ray of the direction `axis`, at t; from any point of a lens."""
    theta, c = scene.theta, scene.camera
    if scene.lens < BENT:
        r, u, f = vector_at(theta, c + 3), vector_at(theta, c + 6), vector_at(theta, c + 9)
        area = absolute(dot(r, cross(u, f)))
        if scene.lens != ORTHOGRAPHIC:
            area = area * t * t
    else:
        d, along_x, along_y = bent_by_screen(theta, c, scene.lens, at.x, at.y)
        area = absolute(dot(along_x, cross(along_y, d))) * t * t
    return area * 4.0 / (real(scene.film_width) * real(scene.film_height)) / sqrt(dot(axis, axis))


@device
def part_shown(scene, at):
    """1, or 0 where the picture is black whatever there is."""
    _, _, part = camera_ray(scene, at)
    return part
