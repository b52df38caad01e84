"""A point on a given edge, drawn as what is seen of the edge from another point.

A line from y through the point reaches the edge at equal angles, or as a lobe of light from y would. All take the edge
as its two ends a and b, and a point of it as s in a + s (b - a).
"""

from ..device import device
from ..real import PI, arctangent2, cos, maximum, minimum, select, sin, sqrt
from ..vec import cross, dot, frame, madd, normalize, scale, sub

NEAR = 1e-4  # of its length: nearer to an end, or in radians nearer to the edge, the density grows no more
TINY = 1e-12  # radians: an edge that subtends less is sampled as if it did so


@device(strict=True)
def point_on_edge(a, b, y, far, u):
    """(s, its density by length) for a point a + s (b - a) of the segment in proportion to 1/|it - y|^2: at equal
    angles as seen from y (Kulla & Fajardo 2012); uniform where `far` holds."""
    p, q, angle, _ = subtended(a, b, y)
    x, z = p * sin(u * angle), q * sin((1.0 - u) * angle)
    s = minimum(select(far, u, x / (x + z)), 1.0)
    return s, point_pdf(a, b, y, far, s)


@device(strict=True)
def point_pdf(a, b, y, far, s):
    """The density of `point_on_edge` by length."""
    p, q, angle, length = subtended(a, b, y)
    along, half = (1.0 - s) * p - s * q, cos(0.5 * angle)
    r2 = along * along + 4.0 * s * (1.0 - s) * p * q * half * half  # |(1 - s) (a - y) + s (b - y)|^2
    return select(far, 1.0, p * q * sin(angle) / (angle * r2)) / length


@device(strict=True)
def beside(a, b, y, axis):
    """(s of the point of the line a + s (b - a) that is nearest to the ray from y along the unit vector, the distance
    of the two lines there, the distance from y)."""
    along, w = sub(b, a), sub(a, y)
    length2 = dot(along, along)
    t = scale(along, 1.0 / sqrt(length2))
    c, of_t, of_axis = dot(t, axis), dot(t, w), dot(axis, w)
    sine2 = maximum(1.0 - c * c, 1e-6)
    s = (c * of_axis - of_t) / sine2
    e = madd(w, t, s)
    forward = dot(e, axis)
    off = madd(e, axis, -forward)
    return s / sqrt(length2), sqrt(dot(off, off)), sqrt(dot(e, e))


@device(strict=True)
def lobe_source(a, b, y, axis, width):
    """The point from which a + s (b - a) is to be seen so that `point_on_edge` samples it as a lobe of this width about
    the axis, from y, would be: its squared distance is about that of the edge's point from the lobe, in proportion."""
    s, off, r = beside(a, b, y, axis)
    along = sub(b, a)
    t = normalize(along)
    c = dot(t, axis)
    away = sqrt((off * off + width * width * r * r) / maximum(1.0 - c * c, 1e-6))
    side, _ = frame(t)
    return madd(madd(a, along, s), side, away)


@device(strict=True)
def subtended(a, b, y):
    """(distances of a and b from y, the angle between, |b - a|), of a triangle that has no point on the segment: what
    follows from the distances and the angle alone is true of that triangle, so a density is that of its samples."""
    a, b = sub(a, y), sub(b, y)
    along, n = sub(b, a), cross(a, b)
    length = sqrt(dot(along, along))
    angle = arctangent2(sqrt(dot(n, n)), dot(a, b))
    p, q = sqrt(dot(a, a)), sqrt(dot(b, b))
    close = NEAR * length
    return maximum(p, close), maximum(q, close), minimum(maximum(angle, TINY), PI - NEAR), length
