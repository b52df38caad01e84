"""Rays and projections of a scene's camera, by its kind. A launch has one camera, so the branches are the same for all.

(sx, sy) is a point of the screen [-1, 1]^2, sx to the right and sy up; a ray is origin + t direction, the latter not
unit; t is also what a point on it is at. Of a pinhole t is the distance along the axis.
"""

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..pixel_filter import limits
from ..real import absolute, real, select, sqrt
from ..vec import cross, dot, madd, normalize_adj, scale
from .bent import (
    bent_by_screen,
    bent_covectors,
    bent_direction,
    bent_direction_adj,
    bent_direction_tan,
    bent_project,
)
from .kinds import BENT, PINHOLE
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


@device
def camera_ray(scene, sx, sy):
    """(origin, direction, 1, or 0 where the picture is black whatever there is)."""
    theta, camera = scene.theta, scene.camera
    part = 0.0 * sx + 1.0
    if scene.lens >= BENT:
        d, seen = bent_direction(theta, camera, scene.lens, sx, sy)
        return vector_at(theta, camera), d, select(seen, part, 0.0 * part)
    if scene.lens == PINHOLE:
        o, d = pinhole_ray(theta, camera, sx, sy)
    else:
        o, d = parallel_ray(theta, camera, sx, sy)
    return o, d, part


@device
def ray(scene, sx, sy):
    """(origin, direction)."""
    o, d, _ = camera_ray(scene, sx, sy)
    return o, d


@device
def ray_tan(scene, d_theta, sx, sy):
    """Velocities of the two."""
    camera = scene.camera
    if scene.lens == PINHOLE:
        return pinhole_ray(d_theta, camera, sx, sy)
    if scene.lens < BENT:
        return parallel_ray(d_theta, camera, sx, sy)
    return vector_at(d_theta, camera), bent_direction_tan(scene.theta, d_theta, camera, scene.lens, sx, sy)


@device
def ray_point_tan(scene, d_theta, sx, sy, t):
    """Velocity of the ray's point at t."""
    d_o, d_d = ray_tan(scene, d_theta, sx, sy)
    return madd(d_o, d_d, t)


@device
def ray_point_adj(scene, gradient, sx, sy, t, g, mask):
    camera = scene.camera
    if scene.lens == PINHOLE:
        pinhole_ray_point_adj(gradient, camera, sx, sy, t, g, mask)
    elif scene.lens < BENT:
        parallel_ray_point_adj(gradient, camera, sx, sy, t, g, mask)
    else:
        add_vector(gradient, camera, g, mask)
        bent_direction_adj(scene.theta, gradient, camera, scene.lens, sx, sy, scale(g, t), mask)


@device
def ray_direction_adj_raw(scene, gradient, sx, sy, g, mask):
    """g: gradient of the ray's direction as it is."""
    camera = scene.camera
    if scene.lens == PINHOLE:
        pinhole_ray_direction_adj(gradient, camera, sx, sy, g, mask)
    elif scene.lens < BENT:
        parallel_ray_direction_adj(gradient, camera, g, mask)
    else:
        bent_direction_adj(scene.theta, gradient, camera, scene.lens, sx, sy, g, mask)


@device
def ray_direction_adj(scene, gradient, sx, sy, direction, g, mask):
    """g: gradient of the unit vector along the ray's `direction`."""
    ray_direction_adj_raw(scene, gradient, sx, sy, normalize_adj(direction, g), mask)


@device
def project(scene, point):
    """(sx, sy, t, whether it is in front and there is a ray to it) of a world point."""
    theta, camera = scene.theta, scene.camera
    if scene.lens == PINHOLE:
        sx, sy, t = pinhole_project(theta, camera, point)
        return sx, sy, t, t > 0.0
    if scene.lens < BENT:
        sx, sy, t = parallel_project(theta, camera, point)
        return sx, sy, t, t > 0.0
    return bent_project(theta, camera, scene.lens, point)


@device
def on_screen(scene, point):
    """(sx, sy, t, direction of the ray, whether it counts for the picture) of a world point; t is not 0."""
    sx, sy, t, seen = project(scene, point)
    most_x, most_y = limits(scene)
    seen = seen & (absolute(sx) < most_x) & (absolute(sy) < most_y)
    t = select(t > 0.0, t, 1.0)
    eye = vector_at(scene.theta, scene.camera)
    if scene.lens == PINHOLE:
        eye_to = (point[0] - eye[0], point[1] - eye[1], point[2] - eye[2])
        return sx, sy, t, scale(eye_to, 1.0 / t), seen
    _, d = ray(scene, sx, sy)
    return sx, sy, t, d, seen


@device
def ray_start(scene, sx, sy):
    """Where the ray starts."""
    if scene.lens == PINHOLE or scene.lens >= BENT:
        return vector_at(scene.theta, scene.camera)
    o, _ = parallel_ray(scene.theta, scene.camera, sx, sy)
    return o


@device
def screen_covectors(scene, sx, sy, t):
    """Two vectors h with  d_sx = h . (d_x - velocity of the ray's point at t)  for a world point x seen at (sx, sy),
    and the same for sy: the rows of the projection's Jacobian."""
    theta, camera = scene.theta, scene.camera
    one = 0.0 * t + 1.0
    zero = 0.0 * t
    if scene.lens == PINHOLE:
        a = pinhole_screen_covector(theta, camera, sx, sy, t, one, zero)
        return a, pinhole_screen_covector(theta, camera, sx, sy, t, zero, one)
    if scene.lens < BENT:
        a = parallel_screen_covector(theta, camera, one, zero)
        return a, parallel_screen_covector(theta, camera, zero, one)
    return bent_covectors(theta, camera, scene.lens, sx, sy, t)


@device
def screen_covector(scene, sx, sy, t, gx, gy):
    """The vector h with  gx d_sx + gy d_sy = h . (…) as above."""
    if scene.lens == PINHOLE:
        return pinhole_screen_covector(scene.theta, scene.camera, sx, sy, t, gx, gy)
    a, b = screen_covectors(scene, sx, sy, t)
    return madd(scale(a, gx), b, gy)


@device
def pixel_area(scene, sx, sy, axis, t):
    """What a pixel covers, perpendicular to its ray of the direction `axis`, at t."""
    theta, c = scene.theta, scene.camera
    if scene.lens < BENT:
        r, u, f = vector_at(theta, c + 3), vector_at(theta, c + 6), vector_at(theta, c + 9)
        area = absolute(dot(r, cross(u, f)))
        if scene.lens == PINHOLE:
            area = area * t * t
    else:
        d, along_x, along_y = bent_by_screen(theta, c, scene.lens, sx, sy)
        area = absolute(dot(along_x, cross(along_y, d))) * t * t
    return area * 4.0 / (real(scene.film_width) * real(scene.film_height)) / sqrt(dot(axis, axis))


@device
def part_shown(scene, sx, sy):
    """1, or 0 where the picture is black whatever there is."""
    _, _, part = camera_ray(scene, sx, sy)
    return part
