"""Triangles: intersection, the point at given barycentric coordinates, the area normal; tangents and adjoints.

The area normal is N = (v1 - v0) x (v2 - v0): not unit, its length is twice the area, and it is what the geometry term
needs.
"""

from ..device import device
from ..real import absolute, gather, invert, product, select
from ..tables import FACE
from ..vec import add, cross, cross_adj, cross_tan, dot, madd, scale, sub


@device(strict=True)
def along(d):
    """A line's direction as `seen` wants it, once a ray: (the largest component is x, it is y, the two others and 1
    over it, as shares of it)."""
    x, y, z = absolute(d[0]), absolute(d[1]), absolute(d[2])
    first = (x > y) & (x > z)
    second = invert(first) & (y > z)
    major = select(first, d[0], select(second, d[1], d[2]))
    return first, second, select(first, d[2], d[0]) / major, select(second, d[2], d[1]) / major, 1.0 / major


@device(strict=True)
def seen(v, o, line):
    """A vertex (x, y, depth) as seen along the line from o: sheared, so that the line is x = y = 0."""
    p = sub(v, o)
    first, second = line[0], line[1]
    z = select(first, p[0], select(second, p[1], p[2]))
    return select(first, p[2], p[0]) - line[2] * z, select(second, p[2], p[1]) - line[3] * z, z


@device(strict=True)
def edge_functions(a, b, c):
    """(w0, w1, w2, inside) of the triangle `seen` as a, b, c: barycentric weights of the line times their sum, and
    whether it passes inside.

    Watertight: a vertex is seen at the same place, rounded, by all triangles that share it. A difference of two rounded
    products has the right sign or is 0, so on that plane the triangles join without gaps, at edges and at vertices.
    `strict`: a fused multiply-add would break that (Woop et al. 2013).
    """
    w0 = product(b[0], c[1]) - product(b[1], c[0])
    w1 = product(c[0], a[1]) - product(c[1], a[0])
    w2 = product(a[0], b[1]) - product(a[1], b[0])
    inside = ((w0 >= 0.0) & (w1 >= 0.0) & (w2 >= 0.0)) | ((w0 <= 0.0) & (w1 <= 0.0) & (w2 <= 0.0))
    return w0, w1, w2, inside


@device(strict=True)
def plane_hit(a, b, c, w0, w1, w2, line):
    """(t, b1, b2, hit) from the edge functions; hit is False for a ray in the plane. The caller tests t."""
    total = w0 + w1 + w2
    t = (w0 * a[2] + w1 * b[2] + w2 * c[2]) / total * line[4]
    return t, w1 / total, w2 / total, total != 0.0


@device(strict=True)
def intersect(v0, v1, v2, o, d):
    """(t, b1, b2, hit) of the line o + t d; the caller tests t."""
    line = along(d)
    a, b, c = seen(v0, o, line), seen(v1, o, line), seen(v2, o, line)
    w0, w1, w2, inside = edge_functions(a, b, c)
    t, b1, b2, hit = plane_hit(a, b, c, w0, w1, w2, line)
    return t, b1, b2, hit & inside


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
