"""A segment between two vertices: its geometry term, and the logarithmic derivative of that.

Between the points x and y, with w = y - x and y's area normal N (|N| = twice the area of its triangle),

    K(w, N) = |N . w| / |w|^3

is the solid angle at x per unit of y's barycentric coordinates; the cosine at x belongs to the BSDF. If y is a material
point, K is all that changes between the two BSDFs when triangles move. Its derivative grows as 1/r where two surfaces
meet, with a variance without bound (benchmarks/results/contact.md). So a vertex y that is near to x, by `nearness`,
does not stay at its material point but in its direction from x: with chi = nearness and the slide tau = (fixed
direction) - (material point), its velocity is v + chi tau, and the derivative

    (1 - chi) d log K + tau . grad chi

(docs/theory.md). It is linear in q = v_y - v_x; the direction from x to y turns by (1 - chi) of what q would turn it.
"""

from ..device import device
from ..real import TINY, absolute, select, sqrt
from ..vec import dot, madd, scale

NEAR = 0.02  # radius of nearness, in distances from the eye to the first vertex


@device
def geometry_term(w, area_normal):
    r2 = dot(w, w)
    cube = r2 * sqrt(r2)
    alive = cube > TINY
    return select(alive, absolute(dot(area_normal, w)), 0.0) / select(alive, cube, 1.0)


@device
def nearness(r2, radius2):
    """(chi, d chi / d r / r) at the squared distance r2: 1 at 0, 0 from the radius on, smooth."""
    near = r2 < radius2
    s = select(near, r2, 0.0) / select(near, radius2, 1.0)
    chi = select(near, 1.0 - s * s * (3.0 - 2.0 * s), 0.0)
    return chi, select(near, -12.0 * s * (1.0 - s), 0.0) / select(near, radius2, 1.0)


@device
def log_gradient(w, area_normal, radius2):
    """(g_q, g_normal, chi): gradient of the logarithmic derivative with respect to q and y's area normal. All 0 where K
    is."""
    b, r2 = dot(area_normal, w), dot(w, w)
    alive = (absolute(b) > TINY) & (r2 > TINY)
    p = select(alive, 1.0, 0.0) / select(alive, b, 1.0)
    chi, slope = nearness(r2, select(alive, radius2, 0.0 * radius2))
    far = select(alive, 1.0 - chi, 0.0)
    g_q = madd(scale(w, -3.0 * far / select(alive, r2, 1.0) - slope), area_normal, p * (far + slope * r2))
    return g_q, scale(w, p * far), chi


@device
def turn(w, chi, q):
    """Velocity of the unit vector along w when its end moves by q against its start; symmetric in q, so its own
    transpose. 0 where w is."""
    r2 = dot(w, w)
    alive = r2 > TINY
    inverse = select(alive, 1.0, 0.0) / select(alive, r2, 1.0)
    return scale(madd(q, w, -dot(w, q) * inverse), (1.0 - chi) * sqrt(inverse))
