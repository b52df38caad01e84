"""Triangles: intersection, the point at given barycentric coordinates, the area normal; tangents and adjoints.

The area normal is N = (v1 - v0) x (v2 - v0): not unit, its length is twice the area, and it is what the geometry term
needs.
"""

from ..device import device
from ..real import absolute, gather
from ..tables import FACE
from ..vec import add, choose, cross, cross_adj, cross_tan, dot, madd, scale, sub


@device(strict=True)
def axes(d):
    """Two vectors across the direction d, for `edge_functions`: once a ray."""
    x, y, z = absolute(d[0]), absolute(d[1]), absolute(d[2])
    zero = 0.0 * d[0]
    first = choose((x < y) & (x < z), (zero, d[2], -d[1]), choose(y < z, (-d[2], zero, d[0]), (d[1], -d[0], zero)))
    return first, _cross(d, first)


@device(strict=True)
def edge_functions(v0, v1, v2, o, across):
    """(w0, w1, w2, inside): barycentric weights of a line from o times their sum, and whether it passes inside.

    Watertight: seen along the line a vertex is at two coordinates `across`, rounded, but the same for all triangles
    that share it. A difference of two rounded products has the right sign or is 0, so on that plane the triangles
    join without gaps, at edges and at vertices. `strict`: a fused multiply-add would break that. (As Woop et al.
    2013, with two axes across the ray in the place of their shear.)
    """
    a, b, c = sub(v0, o), sub(v1, o), sub(v2, o)
    ax, ay = _dot(a, across[0]), _dot(a, across[1])
    bx, by = _dot(b, across[0]), _dot(b, across[1])
    cx, cy = _dot(c, across[0]), _dot(c, across[1])
    w0 = bx * cy - by * cx
    w1 = cx * ay - cy * ax
    w2 = ax * by - ay * bx
    inside = ((w0 >= 0.0) & (w1 >= 0.0) & (w2 >= 0.0)) | ((w0 <= 0.0) & (w1 <= 0.0) & (w2 <= 0.0))
    return w0, w1, w2, inside


@device(strict=True)
def plane_hit(v0, v1, v2, o, d, w0, w1, w2):
    """(t, b1, b2, hit) from the edge functions; hit is False for a ray in the plane. The caller tests t."""
    n = _cross(sub(v1, v0), sub(v2, v0))
    total = w0 + w1 + w2
    slope = _dot(n, d)
    hit = (total != 0.0) & (slope != 0.0)
    inverse = 1.0 / total
    return _dot(n, sub(v0, o)) / slope, w1 * inverse, w2 * inverse, hit


@device(strict=True)
def intersect(v0, v1, v2, o, d):
    """(t, b1, b2, hit) of the line o + t d; the caller tests t."""
    w0, w1, w2, inside = edge_functions(v0, v1, v2, o, axes(d))
    t, b1, b2, hit = plane_hit(v0, v1, v2, o, d, w0, w1, w2)
    return t, b1, b2, hit & inside


@device(strict=True)
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@device(strict=True)
def _cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


@device
def vector_at(array, index):
    return (gather(array, index), gather(array, index + 1), gather(array, index + 2))


@device
def corners(theta, faces, face):
    """The three vertices of a face; `theta` begins with the vertices, x y z each."""
    return (
        vector_at(theta, 3 * gather(faces, FACE * face)),
        vector_at(theta, 3 * gather(faces, FACE * face + 1)),
        vector_at(theta, 3 * gather(faces, FACE * face + 2)),
    )


@device
def point(v, b1, b2):
    """The point with barycentric coordinates (1 - b1 - b2, b1, b2); linear in the vertices, so its own tangent."""
    return madd(madd(scale(v[0], 1.0 - b1 - b2), v[1], b1), v[2], b2)


@device
def point_adj(b1, b2, g):
    return scale(g, 1.0 - b1 - b2), scale(g, b1), scale(g, b2)


@device
def area_normal(v):
    return cross(sub(v[1], v[0]), sub(v[2], v[0]))


@device
def area_normal_tan(v, d_v):
    return cross_tan(sub(v[1], v[0]), sub(v[2], v[0]), sub(d_v[1], d_v[0]), sub(d_v[2], d_v[0]))


@device
def area_normal_adj(v, g):
    g1, g2 = cross_adj(sub(v[1], v[0]), sub(v[2], v[0]), g)
    return scale(add(g1, g2), -1.0), g1, g2


@device
def weights_tan(v, normal, slide):
    """(d_b1, d_b2) of a point that moves by `slide` in the plane; normal: the area normal."""
    inverse = 1.0 / dot(normal, normal)
    d_b1 = dot(slide, cross(sub(v[2], v[0]), normal)) * inverse
    return d_b1, dot(slide, cross(normal, sub(v[1], v[0]))) * inverse


@device
def weights_adj(v, normal, g_b1, g_b2):
    """g_slide."""
    inverse = 1.0 / dot(normal, normal)
    g = scale(cross(sub(v[2], v[0]), normal), g_b1 * inverse)
    return madd(g, cross(normal, sub(v[1], v[0])), g_b2 * inverse)
