"""The geometry term of a path segment, and the logarithmic derivative of its integrand.

Between the surface points x and y with area normals N (|N| = twice the area of the triangle), and w = y - x:

    K(x, y) = |n_x . w| |N_y . w| / |w|^4,      n_x = N_x / |N_x|

K/2 is cos cos / r^2 times the area of y's triangle: the throughput of the segment per unit of y's barycentric square.
If y is a material point, K is all that changes when triangles move. Its derivative grows as 1/r where two surfaces
meet, with a variance without bound (benchmarks/results/contact.md). So a vertex y that is near to x, by `nearness`,
does not stay at its material point but in its direction from x: with chi = nearness and the slide tau = (fixed
direction) - (material point), the velocity is v + chi tau, and the derivative of the integrand

    (1 - chi) d log K + chi d log |n_x . w / r| + tau . grad chi,

whose last term is the rest of chi tau's divergence (docs/theory.md). It is linear in q = v_y - v_x.
"""

from ..device import device
from ..real import absolute, select
from ..vec import dot, madd, scale

NEAR = 0.02  # radius of nearness, in distances from the eye to the first vertex


@device
def geometry_term(n_x, w, area_normal_y):
    r2 = dot(w, w)
    return absolute(dot(n_x, w) * dot(area_normal_y, w)) / (r2 * r2)


@device
def nearness(r2, radius2):
    """(chi, d chi / d r / r) at the squared distance r2: 1 at 0, 0 from the radius on, smooth."""
    near = r2 < radius2
    s = select(near, r2, 0.0) / select(near, radius2, 1.0)
    chi = select(near, 1.0 - s * s * (3.0 - 2.0 * s), 0.0)
    return chi, select(near, -12.0 * s * (1.0 - s), 0.0) / select(near, radius2, 1.0)


@device
def log_gradient(area_normal_x, w, area_normal_y, radius2):
    """(g_q, g_normal_x, g_normal_y, chi): gradient of the logarithmic derivative with respect to q and the normals.
    All 0 where K is."""
    a, b, r2 = dot(area_normal_x, w), dot(area_normal_y, w), dot(w, w)
    alive = (a != 0.0) & (b != 0.0)
    p = select(alive, 1.0, 0.0) / select(alive, a, 1.0)
    q = select(alive, 1.0, 0.0) / select(alive, b, 1.0)
    chi, slope = nearness(r2, select(alive, radius2, 0.0 * radius2))
    far = select(alive, 1.0 - chi, 0.0)
    along = -4.0 * far / r2 - slope
    g = madd(scale(w, along), area_normal_x, far * p)
    g_q = madd(g, area_normal_y, q * (far + slope * r2))
    return g_q, cosine_log_gradient(area_normal_x, w), scale(w, q * far), chi


@device
def cosine_log_gradient(area_normal, w):
    """Gradient of log |n . w| with respect to the area normal N, n = N/|N|: all there is where y is at infinity."""
    a = dot(area_normal, w)
    alive = a != 0.0
    p = select(alive, 1.0, 0.0) / select(alive, a, 1.0)
    return madd(scale(w, p), area_normal, select(alive, -1.0, 0.0) / dot(area_normal, area_normal))
