"""A tree of the edges of a mesh: one of those that are silhouettes as seen from a point, chosen in proportion to about
what boundary segments through the point and the edge contribute, and a point on it.

As in light/tree.py each node bounds what is below it: a sphere about the edges, and a cone about the lines along their
`outward`, each widened by `span` (geometry/wedges.py). A line can graze an edge of the node only if it is across some
line of the cone. So from the root, a child is chosen in proportion to its importance, down to one edge, where the test
is exact. The bound may be wrong: then the walk ends at a node whose children both have none, and there is no edge.

`nodes` has NODE Reals a node: centre of the box (3), radius, axis (3), sine and cosine of the half-angle of the cone,
sum of length * share, sum of length * share * span. For a leaf, axis is the edge's `outward` and the angle its `span`.
`links` is as in light/tree.py: the first child of node k is k + 1, the first of pair k is the second child or
-1 - (edge) for a leaf, and the second of pair k is the leaf of edge k.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numba import njit

from ..cache import on_disk
from ..device import device
from ..real import absolute, any_lane, arctangent2, cos, gather, maximum, minimum, select, sin, sqrt, truncate
from ..vec import choose, cross, dot, sub
from .cones import join_lines
from .wedges import Wedges

NODE = 11
LEAST = 1e-4  # smallest chance of a child that has any importance: the importance is a guess
SLACK = 1e-3  # of a sine: rounding in float32 hides no edge
BELOW_ONE = 1.0 - 2.0**-24
CLOSE = 0.2  # least squared distance, in squared radii: an edge of the node may be much nearer than its middle
GRAIN = 1e-6  # what a radius is more, as a share of the largest coordinate: rounding in float32
NEAR = 1e-4  # of its length: nearer to an end, or in radians nearer to the edge, the density grows no more
TINY = 1e-12  # radians: an edge that subtends less is sampled as if it did so


class EdgeTree(NamedTuple):
    """Of k edges, at least 1. Reals are float32 or float64, integers int32."""

    ends: np.ndarray  # (2 k,) vertex numbers
    faces: np.ndarray  # (2 k,) see wedges.Wedges
    outward: np.ndarray  # Real (3 k,)
    span: np.ndarray  # Real (k,)
    share: np.ndarray  # Real (k,)
    nodes: np.ndarray  # Real (NODE (2 k - 1),)
    links: np.ndarray  # (2 (2 k - 1),)


# --- a choice and its chance. Strict: both must find the same.
@device(strict=True)
def pick(tree, theta, y, far, u):
    """(number of an edge, the chance of it, a number as u), for 0 <= u < 1 and light at the point y, or where `far`
    holds that travels along the unit vector y. (-1, 0, ...) if none is found."""
    node = truncate(0.0 * u)
    chance = 0.0 * u + 1.0
    second = gather(tree.links, 2 * node)
    inner = second >= 0
    while any_lane(inner):
        first = select(inner, node + 1, node)
        p, found = _share(tree, theta, y, far, first, select(inner, second, node))
        left = u < p
        part = select(left, p, 1.0 - p)
        u = select(inner, minimum(select(left, u, u - p) / part, BELOW_ONE), u)
        chance = select(inner, select(found, chance * part, 0.0), chance)
        node = select(inner & found, select(left, first, second), node)
        second = gather(tree.links, 2 * node)
        inner = inner & found & (second >= 0)
    ends_well = (second < 0) & grazes(tree, theta, y, far, select(second < 0, -1 - second, 0))
    chance = select(ends_well, chance, 0.0)
    return select(chance > 0.0, -1 - second, -1), chance, u


@device(strict=True)
def chance(tree, theta, y, far, edge):
    """The chance with which `pick` chooses this edge, bit for bit."""
    target = gather(tree.links, 2 * edge + 1)
    chance = select(grazes(tree, theta, y, far, edge), 1.0 + 0.0 * y[0], 0.0 * y[0])
    node = 0 * target
    inner = (node < target) & (chance > 0.0)
    while any_lane(inner):
        second = gather(tree.links, 2 * node)
        first = select(inner, node + 1, node)
        p, found = _share(tree, theta, y, far, first, select(inner, second, node))
        left = target < second
        part = select(left, p, 1.0 - p)
        chance = select(inner, select(found, chance * part, 0.0), chance)
        node = select(inner, select(left, first, second), node)
        inner = inner & (node < target) & (chance > 0.0)
    return chance


@device(strict=True)
def grazes(tree, theta, y, far, edge):
    """Whether the line through y and the edge leaves all faces at the edge on one side. It doesn't depend on where on
    the edge the line goes."""
    return _grazes(tree, NODE * gather(tree.links, 2 * edge + 1), y, far, *_ends(tree, theta, edge))


@device(strict=True)
def _ends(tree, theta, edge):
    """The two points."""
    i, j = 3 * gather(tree.ends, 2 * edge), 3 * gather(tree.ends, 2 * edge + 1)
    a = (gather(theta, i), gather(theta, i + 1), gather(theta, i + 2))
    return a, (gather(theta, j), gather(theta, j + 1), gather(theta, j + 2))


@device(strict=True)
def _grazes(tree, k, y, far, a, b):
    along = sub(b, a)
    d = choose(far, y, (0.5 * (a[0] + b[0]) - y[0], 0.5 * (a[1] + b[1]) - y[1], 0.5 * (a[2] + b[2]) - y[2]))
    o = (gather(tree.nodes, k + 4), gather(tree.nodes, k + 5), gather(tree.nodes, k + 6))
    sine, cosine = gather(tree.nodes, k + 7), gather(tree.nodes, k + 8)
    return absolute(dot(d, o)) * sqrt(dot(along, along)) * cosine < absolute(dot(d, cross(along, o))) * sine


@device(strict=True)
def _share(tree, theta, y, far, first, second):
    """(the chance of the first of two nodes against the second, whether any of them has importance)."""
    a, b = _importance(tree, theta, y, far, first), _importance(tree, theta, y, far, second)
    found = a + b > 0.0
    p = select(found, a, 1.0) / select(found, a + b, 2.0)
    both = (a > 0.0) & (b > 0.0)
    return select(both, minimum(maximum(p, LEAST), 1.0 - LEAST), p), found


@device(strict=True)
def _importance(tree, theta, y, far, node):
    """(length of silhouettes) / r^2. A line from the point into the node's sphere is within t of that to its middle,
    where t is the sphere's half-angle as seen from the point; it is across a line of the cone if it is within the
    cone's half-angle and t of being across the axis."""
    k = NODE * node
    d = (gather(tree.nodes, k) - y[0], gather(tree.nodes, k + 1) - y[1], gather(tree.nodes, k + 2) - y[2])
    d = choose(far, y, d)
    radius = select(far, 0.0, gather(tree.nodes, k + 3))
    r2 = maximum(dot(d, d), CLOSE * radius * radius)
    inverse = 1.0 / sqrt(r2)
    axis = (gather(tree.nodes, k + 4), gather(tree.nodes, k + 5), gather(tree.nodes, k + 6))
    size = minimum(radius * inverse, 1.0)
    other = sqrt(1.0 - size * size)
    sine, cosine = gather(tree.nodes, k + 7), gather(tree.nodes, k + 8)
    wide = (size >= 1.0) | (cosine * other - sine * size <= 0.0)
    reach = select(wide, 1.0, sine * other + cosine * size)
    possible = absolute(dot(d, axis)) * inverse <= reach + SLACK
    weight = minimum(gather(tree.nodes, k + 9), gather(tree.nodes, k + 10) / reach)
    out = select(possible, weight / r2, 0.0)
    link = gather(tree.links, 2 * node)
    if any_lane(link < 0):
        edge = select(link < 0, -1 - link, 0)
        leaf = select(link < 0, k, NODE * gather(tree.links, 2 * edge + 1))
        out = select(link < 0, _leaf_importance(tree, theta, leaf, y, far, edge), out)
    return out


@device(strict=True)
def _leaf_importance(tree, theta, k, y, far, edge):
    """The integral of ds/r^2 over the edge, which is the angle that it subtends over the distance to its line."""
    a, b = _ends(tree, theta, edge)
    p, q, angle, _ = _triangle(a, b, y)
    near = gather(tree.nodes, k + 9) * angle / (p * q * sin(angle))
    return select(_grazes(tree, k, y, far, a, b), select(far, gather(tree.nodes, k + 9), near), 0.0)


# --- a point on the edge
@device(strict=True)
def point_on_edge(a, b, y, far, u):
    """(s, its density by length) for a point a + s (b - a) of the segment in proportion to 1/|it - y|^2: at equal
    angles as seen from y (Kulla & Fajardo 2012); uniform where `far` holds."""
    p, q, angle, _ = _triangle(a, b, y)
    x, z = p * sin(u * angle), q * sin((1.0 - u) * angle)
    s = minimum(select(far, u, x / (x + z)), 1.0)
    return s, point_pdf(a, b, y, far, s)


@device(strict=True)
def point_pdf(a, b, y, far, s):
    """The density of `point_on_edge` by length."""
    p, q, angle, length = _triangle(a, b, y)
    along, half = (1.0 - s) * p - s * q, cos(0.5 * angle)
    r2 = along * along + 4.0 * s * (1.0 - s) * p * q * half * half  # |(1 - s) (a - y) + s (b - y)|^2
    return select(far, 1.0, p * q * sin(angle) / (angle * r2)) / length


@device(strict=True)
def _triangle(a, b, y):
    """(distances of a and b from y, the angle between, |b - a|), of a triangle that has no point on the segment: what
    follows from the distances and the angle alone is true of that triangle, so a density is that of its samples."""
    a, b = sub(a, y), sub(b, y)
    along, n = sub(b, a), cross(a, b)
    length = sqrt(dot(along, along))
    angle = arctangent2(sqrt(dot(n, n)), dot(a, b))
    p, q = sqrt(dot(a, a)), sqrt(dot(b, b))
    close = NEAR * length
    return maximum(p, close), maximum(q, close), minimum(maximum(angle, TINY), 3.141592653589793 - NEAR), length


# --- building, on the host
def build(vertices: np.ndarray, edges: Wedges, real: type = np.float64) -> EdgeTree:
    """The tree of the edges of `wedges`, Reals as `real`. ValueError if there is none."""
    if not len(edges.span):
        raise ValueError("no edge can be a silhouette")
    vertices = np.ascontiguousarray(vertices, np.float64)
    grain = GRAIN * (float(np.abs(vertices).max()) or 1.0)
    codes = _compiled(_codes)(vertices, edges.ends)
    order = np.argsort(codes, kind="stable")
    nodes, links = _compiled(_build)(vertices, *edges[:1], *edges[2:], codes[order], order, grain)
    reals = [np.ascontiguousarray(x, real).reshape(-1) for x in (edges.outward, edges.span, edges.share, nodes)]
    return EdgeTree(edges.ends.reshape(-1), edges.faces.reshape(-1), *reals, links.reshape(-1))


@functools.cache
def _compiled(function):
    return on_disk(function)


@njit(nogil=True, error_model="numpy")
def _codes(vertices, ends):
    """(k,) the middles of the edges along a curve that fills space: 21 bits of x, y and z in turn (Morton 1966)."""
    n = len(ends)
    low, size = np.full(3, np.inf), 0.0
    for v in range(len(vertices)):
        for k in range(3):
            low[k] = min(low[k], vertices[v, k])
    for v in range(len(vertices)):
        for k in range(3):
            size = max(size, vertices[v, k] - low[k])
    factor = 2097151.0 * 0.5 / size
    out = np.zeros(n, np.int64)
    for i in range(n):
        for k in range(3):
            x = np.int64((vertices[ends[i, 0], k] + vertices[ends[i, 1], k] - 2.0 * low[k]) * factor)
            x = (x | x << 32) & 0x1F00000000FFFF
            x = (x | x << 16) & 0x1F0000FF0000FF
            x = (x | x << 8) & 0x100F00F00F00F00F
            x = (x | x << 4) & 0x10C30C30C30C30C3
            x = (x | x << 2) & 0x1249249249249249
            out[i] |= x << k
    return out


@njit(nogil=True, error_model="numpy")
def _middle(codes, start, end):
    """Where the highest bit in which the codes start .. end-1 differ becomes 1 (Lauterbach et al. 2009)."""
    differ = codes[start] ^ codes[end - 1]
    if differ == 0:
        return start + (end - start) // 2
    bit = np.int64(1)
    while differ > 1:
        differ >>= 1
        bit <<= 1
    low, high = start, end - 1  # the bit is 0 at low and 1 at high
    while high - low > 1:
        m = (low + high) // 2
        if codes[m] & bit:
            high = m
        else:
            low = m
    return high


@njit(nogil=True, error_model="numpy")
def _build(vertices, ends, outward, span, share, codes, order, grain):
    """(nodes (2 k - 1, NODE), links (2 k - 1, 2))."""
    m = len(order)
    nodes, links = np.empty((2 * m - 1, NODE)), np.full((2 * m - 1, 2), -1, np.int32)
    boxes, angles = np.empty((2 * m - 1, 6)), np.empty(2 * m - 1)
    stack = np.empty((256, 3), np.int64)  # start, end, node
    stack[0] = (0, m, 0)
    top = 1
    while top > 0:
        top -= 1
        start, end, node = stack[top]
        if end - start == 1:
            links[node, 0] = -1 - order[start]
            links[order[start], 1] = node
            continue
        middle = _middle(codes, start, end)
        second = node + 2 * (middle - start)  # m edges have 2 m - 1 nodes
        links[node, 0] = second
        stack[top] = (middle, end, second)
        stack[top + 1] = (start, middle, node + 1)
        top += 2
    for node in range(2 * m - 2, -1, -1):  # children before their parents
        if links[node, 0] < 0:
            edge = -1 - links[node, 0]
            length = 0.0
            for k in range(3):
                p, q = vertices[ends[edge, 0], k], vertices[ends[edge, 1], k]
                boxes[node, k], boxes[node, 3 + k] = min(p, q), max(p, q)
                length += (q - p) * (q - p)
            cone = (outward[edge, 0], outward[edge, 1], outward[edge, 2], span[edge])
            nodes[node, 9] = np.sqrt(length) * share[edge]
            nodes[node, 10] = nodes[node, 9] * span[edge]
        else:
            a, b = node + 1, links[node, 0]
            for k in range(3):
                boxes[node, k] = min(boxes[a, k], boxes[b, k])
                boxes[node, 3 + k] = max(boxes[a, 3 + k], boxes[b, 3 + k])
            cone = join_lines(
                (nodes[a, 4], nodes[a, 5], nodes[a, 6], angles[a]), (nodes[b, 4], nodes[b, 5], nodes[b, 6], angles[b])
            )
            nodes[node, 9] = nodes[a, 9] + nodes[b, 9]
            nodes[node, 10] = nodes[a, 10] + nodes[b, 10]
        square = 0.0
        for k in range(3):
            nodes[node, k] = 0.5 * (boxes[node, 3 + k] + boxes[node, k])
            square += (boxes[node, 3 + k] - boxes[node, k]) ** 2
        nodes[node, 3] = 0.5 * np.sqrt(square) + grain
        nodes[node, 4], nodes[node, 5], nodes[node, 6], angles[node] = cone
        nodes[node, 7], nodes[node, 8] = np.sin(angles[node]), np.cos(angles[node])
    return nodes, links
