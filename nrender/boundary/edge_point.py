"""A point of an edge and a line through it that leaves the edge's faces on one side: where a grazing segment starts.

    edges.outward o, edges.span h: the line with unit direction d grazes the edge with tangent t if
    |d . o| cos h < |d . q| sin h,  q = t x o                                          (geometry/wedges.py)
"""

from typing import NamedTuple

from ..device import device
from ..geometry.triangle import vector_at
from ..real import PI, cos, gather, maximum, minimum, real, select, sin, sqrt
from ..search import find
from ..vec import add, cross, dot, largest_magnitude, madd, normalize, scale

ASIDE = 2e-6  # how far from the edge a segment passes, as a share of the coordinates: some roundings of a ray's origin
BACK = 40.0  # how far before the edge its two rays start, in that distance


class EdgePoint(NamedTuple):
    """edge: its number; first, second: its vertices; s: share of the second; point; tangent: unit, outward: see
    above; aside: distance by which a segment passes."""

    edge: int
    first: int
    second: int
    s: float
    point: tuple
    tangent: tuple
    outward: tuple
    aside: float


@device
def edge_point(scene, edges, edge, s):
    first, second = gather(edges.ends, 2 * edge), gather(edges.ends, 2 * edge + 1)
    a, b = vector_at(scene.theta, 3 * first), vector_at(scene.theta, 3 * second)
    point = madd(scale(a, 1.0 - s), b, s)
    aside = ASIDE * (largest_magnitude(a) + largest_magnitude(b) + largest_magnitude(point))
    tangent = normalize(madd(b, a, -1.0))
    return EdgePoint(edge, first, second, s, point, tangent, vector_at(edges.outward, 3 * edge), aside)


@device
def open_side(e, d):
    """(unit normal of the plane of edge and direction, on the open side; sine of the angle between them)."""
    n = cross(e.tangent, d)
    size = sqrt(dot(n, n))
    sign = select(dot(n, e.outward) < 0.0, -1.0, 1.0)
    return scale(n, sign / select(size > 0.0, size, 1.0)), size


@device
def passing(e, normal, d):
    """Origin of a ray in the direction d that passes the edge soon. Both rays of a segment start there, on the side of
    its x, and that to the light passes the edge: where the edge touches another surface, as that of a box does on a
    floor, it meets that surface at the edge."""
    return madd(madd(e.point, normal, e.aside), d, -BACK * e.aside)


@device
def line_point(scene, edges, first, u, sample):
    """(EdgePoint, direction of the light), from four random numbers: uniform over what can graze an edge, that is in
    proportion to ds sin(theta) d(omega), of which an edge of length l has 2 pi h l. `first` (k + 1): number of each
    edge's first sample."""
    k = find(first, 0 * sample, len(first) - 1, sample)
    start, end = gather(first, k), gather(first, k + 1)
    e = edge_point(scene, edges, k, (real(sample - start) + u[0]) / real(end - start))
    z = sqrt(u[1]) * cos(2.0 * PI * u[2])  # of a point in the unit disk: with the density of sin(theta)
    turn = (2.0 * minimum(2.0 * u[3], 2.0 - 2.0 * u[3]) - 1.0) * gather(edges.span, k)
    across = select(u[3] < 0.5, 1.0, -1.0) * sqrt(maximum(1.0 - z * z, 0.0))
    q = cross(e.tangent, e.outward)
    d = add(scale(e.tangent, z), madd(scale(q, across * cos(turn)), e.outward, across * sin(turn)))
    return e, d
