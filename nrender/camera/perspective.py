"""A pinhole. theta holds origin, right, up, forward (12 numbers); the ray through the point (sx, sy) of the screen
[-1, 1]^2 (sx to the right, sy up) is  origin + t (forward + sx right + sy up).  How they depend on target, fov:
scene/look_at.py.
"""

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..vec import add, cross, dot, madd, normalize_adj, scale, sub


@device
def ray(theta, camera, sx, sy):
    """(origin, direction), not normalised. It is linear in theta: with a tangent for theta it gives the ray's."""
    d = madd(madd(vector_at(theta, camera + 9), vector_at(theta, camera + 3), sx), vector_at(theta, camera + 6), sy)
    return vector_at(theta, camera), d


@device
def ray_point_tan(d_theta, camera, sx, sy, t):
    """Velocity of the ray's point at distance t."""
    d_o, d_d = ray(d_theta, camera, sx, sy)
    return madd(d_o, d_d, t)


@device
def ray_point_adj(gradient, camera, sx, sy, t, g, mask):
    add_vector(gradient, camera, g, mask)
    add_vector(gradient, camera + 3, scale(g, t * sx), mask)
    add_vector(gradient, camera + 6, scale(g, t * sy), mask)
    add_vector(gradient, camera + 9, scale(g, t), mask)


@device
def ray_direction_adj(gradient, camera, sx, sy, direction, g, mask):
    """g: gradient of the unit vector along the ray's `direction`."""
    ray_direction_adj_raw(gradient, camera, sx, sy, normalize_adj(direction, g), mask)


@device
def ray_direction_adj_raw(gradient, camera, sx, sy, g, mask):
    """g: gradient of the ray's direction as it is."""
    add_vector(gradient, camera + 3, scale(g, sx), mask)
    add_vector(gradient, camera + 6, scale(g, sy), mask)
    add_vector(gradient, camera + 9, g, mask)


@device
def project(theta, camera, x):
    """(sx, sy, t) of a world point; t <= 0 behind the camera. Solves  x - origin = t (forward + sx right + sy up)."""
    q = sub(x, vector_at(theta, camera))
    r, u, f = vector_at(theta, camera + 3), vector_at(theta, camera + 6), vector_at(theta, camera + 9)
    t = dot(q, cross(r, u)) / dot(f, cross(r, u))
    inverse = 1.0 / (t * dot(f, cross(r, u)))
    return dot(q, cross(u, f)) * inverse, dot(q, cross(f, r)) * inverse, t


@device
def screen_covector(theta, camera, sx, sy, t, gx, gy):
    """The vector h with  gx d_sx + gy d_sy = h . (d_x - velocity of the ray's point at t), for a world point x seen at
    (sx, sy): the row of the projection's Jacobian in the direction (gx, gy)."""
    r, u, f = vector_at(theta, camera + 3), vector_at(theta, camera + 6), vector_at(theta, camera + 9)
    to_x, to_y, to_t = cross(u, f), cross(f, r), cross(r, u)
    inverse = 1.0 / (dot(f, to_t) * t)
    along = madd(scale(to_x, gx), to_y, gy)
    return scale(add(along, scale(to_t, -(gx * sx + gy * sy))), inverse)
