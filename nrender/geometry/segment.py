"""The geometry term of a path segment and its logarithmic derivative.

Between the surface points x and y with area normals N (|N| = twice the area of the triangle), and w = y - x:

    K(x, y) = |n_x . w| |N_y . w| / |w|^4,      n_x = N_x / |N_x|

K/2 is cos cos / r^2 times the area of y's triangle: the throughput of the segment per unit of y's barycentric square, which
does not move. Both points being material points, K is all that changes when the triangles do.
"""
from ..device import device
from ..real import absolute, select
from ..vec import add, dot, madd, scale, sub


@device
def geometry_term(n_x, w, area_normal_y):
    r2 = dot(w, w)
    return absolute(dot(n_x, w) * dot(area_normal_y, w)) / (r2 * r2)


@device
def log_gradient(area_normal_x, w, area_normal_y):
    """Gradient of log K with respect to (y, N_x, N_y); with respect to x it is minus that for y. 0 where K is."""
    a, b, r2 = dot(area_normal_x, w), dot(area_normal_y, w), dot(w, w)
    alive = (a != 0.0) & (b != 0.0)
    p = select(alive, 1.0, 0.0) / select(alive, a, 1.0)
    q = select(alive, 1.0, 0.0) / select(alive, b, 1.0)
    g_y = add(scale(w, select(alive, -4.0, 0.0) / r2), madd(scale(area_normal_x, p), area_normal_y, q))
    return g_y, cosine_log_gradient(area_normal_x, w), scale(w, q)


@device
def cosine_log_gradient(area_normal, w):
    """Gradient of log |n . w| with respect to the area normal N, n = N/|N|: all there is where y is at infinity."""
    a = dot(area_normal, w)
    alive = a != 0.0
    p = select(alive, 1.0, 0.0) / select(alive, a, 1.0)
    return madd(scale(w, p), area_normal, select(alive, -1.0, 0.0) / dot(area_normal, area_normal))


@device
def log_tan(gradient, d_x, d_normal_x, d_y, d_normal_y):
    """The derivative of log K for these velocities, `gradient` from log_gradient."""
    return dot(gradient[0], sub(d_y, d_x)) + dot(gradient[1], d_normal_x) + dot(gradient[2], d_normal_y)
