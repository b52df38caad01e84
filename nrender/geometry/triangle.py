"""Triangles: intersection, the point at given barycentric coordinates, the area normal; tangents and adjoints.

The area normal is N = (v1 - v0) x (v2 - v0): not unit, its length is twice the area, and it is what the geometry term
needs.
"""

from ..device import device
from ..real import gather
from ..vec import add, cross, cross_adj, cross_tan, madd, scale, sub


@device(strict=True)
def edge_functions(v0, v1, v2, o, d):
    """(w0, w1, w2, inside): barycentric weights of the line o + t d times their sum, and whether it passes inside.

    Watertight: each is a triple product of the ray with an edge's two ends, so the triangles on both sides of an edge
    compute the same number with opposite sign, to the last bit, and no ray passes between them. `strict`: a fused
    multiply-add would break that symmetry. (Edge functions: Woop et al. 2013, without the shear.)
    """
    a = sub(v0, o)
    b = sub(v1, o)
    c = sub(v2, o)
    w0 = _dot(d, _cross(c, b))
    w1 = _dot(d, _cross(a, c))
    w2 = _dot(d, _cross(b, a))
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
    w0, w1, w2, inside = edge_functions(v0, v1, v2, o, d)
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
        vector_at(theta, 3 * gather(faces, 3 * face)),
        vector_at(theta, 3 * gather(faces, 3 * face + 1)),
        vector_at(theta, 3 * gather(faces, 3 * face + 2)),
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
