"""A tree of the edges of a mesh: one of those that are silhouettes as seen from a point, chosen in proportion to about
what boundary segments through the point and the edge contribute, and a point on it.

From the root, one of up to WIDE children is chosen in proportion to its importance, down to a node of up to WIDE edges,
which are tested one by one. Many children at a time, since only near the leaves a node is known well: then it is seldom
that none of those below it is a silhouette. If so there is no edge.

A line with direction d through the edge at e grazes it only if |d . o| <= sin(span), with o the edge's `outward`
(geometry/wedges.py). So from y at the distance r of the node's middle c, if it is in a sphere of radius R,

    |(c - y) . o| = |(e - y) . o - (e - c) . o| <= (r + R) sin(span) + |(e - c) . o|,

where the last term is small for a smooth surface, since o is across it. That bounds the angle of c - y with the axis of
a cone about the node's o, as lines without a direction.

`nodes` has NODE Reals a node, of which the columns are named below. `links` has LINK integers a node: the first child
or -1, how many children or edges, the first edge. Children are one after the other, and so are the edges of a node with
all its descendants: edges have the order of the tree.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numba import njit

from ..cache import on_disk
from ..device import device
from ..real import PI, absolute, any_lane, arctangent2, cos, gather, maximum, minimum, select, sin, sqrt, truncate
from ..vec import choose, cross, dot, sub
from .wedges import Wedges

WIDE = 8
LINK = 3
NODE = 16
AXIS = 3  # of the cone, after the middle
SINE, COSINE = 6, 7  # of its half-angle
OFF = 8  # the most |(e - c) . o| + R sin(span)
SPAN = 9  # the most sin(span)
NEAREST = 10  # least squared distance: an edge may be much nearer than the middle
LENGTH = 11  # sum of length * share
ANGLE = 12  # sum of length * share * span
LEAN = 13  # see _bound
SPREAD = 14
OFFSET = 15

CLOSE = 0.2  # that, in squared radii
GRAIN = 1e-6  # what OFF is more, as a share of the largest coordinate: rounding in float32
SLACK = 1e-5  # of a sine: the same
BELOW_ONE = 1.0 - 2.0**-24
EDGE_ON = 1e-5  # least cosine: an edge of the surface itself is not in front of it
NEAR = 1e-4  # of its length: nearer to an end, or in radians nearer to the edge, the density grows no more
TINY = 1e-12  # radians: an edge that subtends less is sampled as if it did so


class EdgeTree(NamedTuple):
    """Of k edges, at least 1. Reals are float32 or float64, integers int32."""

    ends: np.ndarray  # (2 k,) vertex numbers
    faces: np.ndarray  # (2 k,) see wedges.Wedges
    outward: np.ndarray  # Real (3 k,)
    span: np.ndarray  # Real (k,)
    share: np.ndarray  # Real (k,)
    slope: np.ndarray  # Real (k,) tan(span)
    nodes: np.ndarray  # Real (NODE n,)
    links: np.ndarray  # (LINK n,)


# --- a choice and its chance. Strict: both must find the same.
@device(strict=True)
def pick(tree, theta, y, toward, far, u):
    """(number of an edge, the chance of it, a number as u), for 0 <= u < 1 and light at the point y, or where `far`
    holds that travels along the unit vector y. toward: the normal of the surface at y, unit, if only what is in front of
    it counts, and that by its cosine; else 0. (-1, 0, ...) if none is found."""
    node = truncate(0.0 * u)
    chance = 0.0 * u + 1.0
    inner = gather(tree.links, LINK * node) >= 0
    while any_lane(inner):
        child, count = gather(tree.links, LINK * node), gather(tree.links, LINK * node + 1)
        total, own, chosen, j = 0.0 * u, 0.0 * u, node, 0
        while any_lane(inner & (j < count)):
            row = select(inner & (j < count), child + j, node)
            weight = select(inner & (j < count), _importance(tree, y, toward, far, row), 0.0)
            total, take, u = _draw(total, weight, u)
            own, chosen = select(take, weight, own), select(take, row, chosen)
            j = j + 1
        chance = select(inner, chance * (own / select(total > 0.0, total, 1.0)), chance)
        node = chosen
        inner = inner & (chance > 0.0) & (gather(tree.links, LINK * node) >= 0)
    count, first = gather(tree.links, LINK * node + 1), gather(tree.links, LINK * node + 2)
    total, own, chosen, j = 0.0 * u, 0.0 * u, first, 0
    alive = chance > 0.0
    while any_lane(alive & (j < count)):
        edge = select(alive & (j < count), first + j, first)
        weight = select(alive & (j < count), _length(tree, theta, y, toward, far, edge), 0.0)
        total, take, u = _draw(total, weight, u)
        own, chosen = select(take, weight, own), select(take, edge, chosen)
        j = j + 1
    chance = chance * (own / select(total > 0.0, total, 1.0))
    return select(chance > 0.0, chosen, -1), chance, u


@device(strict=True)
def _draw(total, weight, u):
    """Whether to drop what was drawn from the `total` of the weights before for the next one: (new total, ..., new u).
    Chao 1982."""
    total = total + weight
    p = weight / select(total > 0.0, total, 1.0)
    take = u < p
    part = select(take, p, 1.0 - p)
    u = select(take, u, u - p) / select(part > 0.0, part, 1.0)
    return total, take, minimum(u, BELOW_ONE)


@device(strict=True)
def chance(tree, theta, y, toward, far, edge):
    """The chance with which `pick` chooses this edge, bit for bit."""
    chance = select(grazes(tree, theta, y, far, edge), 1.0 + 0.0 * y[0], 0.0 * y[0])
    node = 0 * edge
    inner = (gather(tree.links, LINK * node) >= 0) & (chance > 0.0)
    while any_lane(inner):
        child, count = gather(tree.links, LINK * node), gather(tree.links, LINK * node + 1)
        total, own, chosen, j = 0.0 * chance, 0.0 * chance, node, 0
        while any_lane(inner & (j < count)):
            row = select(inner & (j < count), child + j, node)
            weight = select(inner & (j < count), _importance(tree, y, toward, far, row), 0.0)
            total = total + weight
            take = inner & (j < count) & (gather(tree.links, LINK * row + 2) <= edge)
            own, chosen = select(take, weight, own), select(take, row, chosen)
            j = j + 1
        chance = select(inner, chance * (own / select(total > 0.0, total, 1.0)), chance)
        node = chosen
        inner = inner & (chance > 0.0) & (gather(tree.links, LINK * node) >= 0)
    count, first = gather(tree.links, LINK * node + 1), gather(tree.links, LINK * node + 2)
    total, own, j = 0.0 * chance, 0.0 * chance, 0
    alive = chance > 0.0
    while any_lane(alive & (j < count)):
        other = select(alive & (j < count), first + j, edge)
        weight = select(alive & (j < count), _length(tree, theta, y, toward, far, other), 0.0)
        total = total + weight
        own = select(other == edge, maximum(weight, own), own)
        j = j + 1
    return chance * (own / select(total > 0.0, total, 1.0))


@device(strict=True)
def _importance(tree, y, toward, far, row):
    """(length of silhouettes) / r^2, 0 if there is none."""
    k = NODE * row
    d = (gather(tree.nodes, k) - y[0], gather(tree.nodes, k + 1) - y[1], gather(tree.nodes, k + 2) - y[2])
    d = choose(far, y, d)
    axis = (gather(tree.nodes, k + AXIS), gather(tree.nodes, k + AXIS + 1), gather(tree.nodes, k + AXIS + 2))
    r2 = dot(d, d)
    inverse = select(r2 > 0.0, 1.0, 0.0) / sqrt(select(r2 > 0.0, r2, 1.0))
    off = select(far, 0.0, gather(tree.nodes, k + OFF)) * inverse + gather(tree.nodes, k + SPAN)
    wide = (off >= 1.0) | (r2 <= 0.0)
    off = minimum(off, 1.0)
    other = sqrt(1.0 - off * off)
    sine, cosine = gather(tree.nodes, k + SINE), gather(tree.nodes, k + COSINE)
    wide = wide | (cosine * other - sine * off <= 0.0)
    reach = select(wide, 1.0, sine * other + cosine * off)
    across = absolute(dot(d, axis)) * inverse
    lean, spread = gather(tree.nodes, k + LEAN), gather(tree.nodes, k + SPREAD)
    spread = spread + select(far, 0.0, gather(tree.nodes, k + OFFSET)) * inverse * inverse
    t = across * across * lean / spread
    weight = minimum(gather(tree.nodes, k + LENGTH), 0.7 * gather(tree.nodes, k + ANGLE) / sqrt(spread) / ((1.0 + t / 3.0) * (1.0 + t / 3.0)))
    nearest = gather(tree.nodes, k + NEAREST)
    front = select(dot(toward, toward) > 0.0, (dot(d, toward) + sqrt(nearest / CLOSE)) / sqrt(maximum(r2, nearest)), 1.0)
    r2 = maximum(r2, select(far, 0.0, nearest))
    return select(across <= reach + SLACK, weight * minimum(maximum(front, 0.0), 1.0) / r2, 0.0)


@device(strict=True)
def _length(tree, theta, y, toward, far, edge):
    """The integral of ds/r^2 over the edge, its length where `far` holds; times its share and the greater cosine of its
    ends; 0 if it's no silhouette."""
    a, b = ends_of(tree, theta, edge)
    grazing = _grazes(tree, edge, y, far, a, b)
    out = 0.0 * y[0]
    if any_lane(grazing):
        p, q, angle, length = _triangle(a, b, y)
        near = length * angle / (p * q * sin(angle))  # the angle that it subtends over the distance to its line
        front = maximum(dot(sub(a, y), toward) / p, dot(sub(b, y), toward) / q)
        front = select(dot(toward, toward) > 0.0, select(front > EDGE_ON, front, 0.0), 1.0)
        out = select(grazing, select(far, length, near) * front * gather(tree.share, edge), 0.0)
    return out


# --- one edge
@device(strict=True)
def grazes(tree, theta, y, far, edge):
    """Whether the line through y and the edge leaves all faces at the edge on one side. It doesn't depend on where on
    the edge the line goes."""
    a, b = ends_of(tree, theta, edge)
    return _grazes(tree, edge, y, far, a, b)


@device(strict=True)
def ends_of(tree, theta, edge):
    """Its two points."""
    i, j = 3 * gather(tree.ends, 2 * edge), 3 * gather(tree.ends, 2 * edge + 1)
    a = (gather(theta, i), gather(theta, i + 1), gather(theta, i + 2))
    return a, (gather(theta, j), gather(theta, j + 1), gather(theta, j + 2))


@device(strict=True)
def _grazes(tree, edge, y, far, a, b):
    along = sub(b, a)
    d = choose(far, y, (0.5 * (a[0] + b[0]) - y[0], 0.5 * (a[1] + b[1]) - y[1], 0.5 * (a[2] + b[2]) - y[2]))
    o = (gather(tree.outward, 3 * edge), gather(tree.outward, 3 * edge + 1), gather(tree.outward, 3 * edge + 2))
    height = absolute(dot(d, o)) * sqrt(dot(along, along))
    return height < absolute(dot(d, cross(along, o))) * gather(tree.slope, edge)


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
    return maximum(p, close), maximum(q, close), minimum(maximum(angle, TINY), PI - NEAR), length


# --- building, on the host
def build(vertices: np.ndarray, edges: Wedges, real: type = np.float64) -> EdgeTree:
    """The tree of the edges of `wedges`, Reals as `real`. ValueError if there is none."""
    if not len(edges.span):
        raise ValueError("no edge can be a silhouette")
    vertices = np.ascontiguousarray(vertices, np.float64)
    grain = GRAIN * (float(np.abs(vertices).max()) or 1.0)
    codes = _compiled(_codes)(vertices, edges.ends)
    order = np.argsort(codes, kind="stable")
    edges = Wedges(*(x[order] for x in edges))
    nodes, links = _compiled(_build)(vertices, edges.ends, edges.outward, edges.span, edges.share, codes[order], grain)
    reals = (edges.outward, edges.span, edges.share, np.tan(edges.span), nodes)
    ends, faces, links = (np.ascontiguousarray(x, np.int32).reshape(-1) for x in (edges.ends, edges.faces, links))
    return EdgeTree(ends, faces, *(np.ascontiguousarray(x, real).reshape(-1) for x in reals), links)


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
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _cut(codes, bounds):
    """Write to bounds (WIDE + 1,) where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends;
    return how many there are. The largest part is cut until there are WIDE, or none has more than WIDE."""
    parts = 1
    while parts < WIDE:
        largest = 0
        for i in range(1, parts):
            if bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]:
                largest = i
        if bounds[largest + 1] - bounds[largest] <= WIDE:
            break
        middle = _middle(codes, bounds[largest], bounds[largest + 1])
        for i in range(parts, largest, -1):
            bounds[i + 1] = bounds[i]
        bounds[largest + 1] = middle
        parts += 1
    return parts


@njit(nogil=True, error_model="numpy")
def _links(codes):
    """(n, LINK), and the end of each node's range of edges (n,). Children stand after their nodes."""
    m = len(codes)
    links, stop = np.empty((m + 1, LINK), np.int32), np.empty(m + 1, np.int32)
    bounds = np.empty(WIDE + 1, np.int64)
    links[0, 0], links[0, 1], links[0, 2], stop[0] = -1, m, 0, m
    n, node = 1, 0
    while node < n:
        if links[node, 1] > WIDE:
            bounds[0], bounds[1] = links[node, 2], stop[node]
            parts = _cut(codes, bounds)
            links[node, 0], links[node, 1] = n, parts
            for i in range(parts):
                links[n + i, 0], links[n + i, 1] = -1, bounds[i + 1] - bounds[i]
                links[n + i, 2], stop[n + i] = bounds[i], bounds[i + 1]
            n += parts
        node += 1
    return links[:n].copy(), stop[:n].copy()


@njit(nogil=True, error_model="numpy")
def _gather(box, axis, other_box, other_axis):
    """Grow a box, and add lines: of the other's two directions, that of the sum."""
    turn = 1.0 if axis[0] * other_axis[0] + axis[1] * other_axis[1] + axis[2] * other_axis[2] >= 0.0 else -1.0
    for k in range(3):
        box[k] = min(box[k], other_box[k])
        box[3 + k] = max(box[3 + k], other_box[3 + k])
        axis[k] += turn * other_axis[k]


@njit(nogil=True, error_model="numpy")
def _build(vertices, ends, outward, span, share, codes, grain):
    """(nodes (n, NODE), links (n, LINK))."""
    m = len(codes)
    weights, sines = np.empty(m), np.empty(m)
    height, box, axis = np.empty(m), np.empty(6), np.empty(3)
    links, stop = _links(codes)
    n = len(links)
    nodes, boxes, axes = np.zeros((n, NODE)), np.empty((n, 6)), np.zeros((n, 3))
    for node in range(n - 1, -1, -1):
        for k in range(3):
            boxes[node, k], boxes[node, 3 + k] = np.inf, -np.inf
        if links[node, 0] < 0:
            for edge in range(links[node, 2], stop[node]):
                length = 0.0
                height[edge] = 0.0
                for k in range(3):
                    p, q = vertices[ends[edge, 0], k], vertices[ends[edge, 1], k]
                    box[k], box[3 + k] = min(p, q), max(p, q)
                    length += (q - p) * (q - p)
                    height[edge] += p * outward[edge, k]
                length = np.sqrt(length) * share[edge]
                weights[edge], sines[edge] = length, np.sin(span[edge])
                for k in range(3):
                    axis[k] = outward[edge, k] * length
                _gather(boxes[node], axes[node], box, axis)
                nodes[node, LENGTH] += length
                nodes[node, ANGLE] += length * span[edge]
                nodes[node, SPAN] = max(nodes[node, SPAN], span[edge])
        else:
            for child in range(links[node, 0], links[node, 0] + links[node, 1]):
                _gather(boxes[node], axes[node], boxes[child], axes[child])
                nodes[node, LENGTH] += nodes[child, LENGTH]
                nodes[node, ANGLE] += nodes[child, ANGLE]
                nodes[node, SPAN] = max(nodes[node, SPAN], nodes[child, SPAN])
        _bound(nodes[node], boxes[node], axes[node], outward, height, weights, sines, links[node, 2], stop[node], grain)
    for node in range(n):
        nodes[node, SPAN] = np.sin(nodes[node, SPAN])
    return nodes, links


@njit(nogil=True, error_model="numpy")
def _bound(node, box, axis, outward, height, weights, sines, start, stop, grain):
    """The middle, the cone, and what depends on them. `height`: (m,) e . o of each edge."""
    x, y, z = 0.5 * (box[0] + box[3]), 0.5 * (box[1] + box[4]), 0.5 * (box[2] + box[5])
    radius = np.sqrt((box[3] - x) ** 2 + (box[4] - y) ** 2 + (box[5] - z) ** 2)
    size = np.sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2])
    p, q, r = axis[0] / size, axis[1] / size, axis[2] / size
    off, cosine = 0.0, 1.0
    total = one = two = three = 0.0
    for i in range(start, stop):
        h = height[i] - (x * outward[i, 0] + y * outward[i, 1] + z * outward[i, 2])
        c = p * outward[i, 0] + q * outward[i, 1] + r * outward[i, 2]
        off = max(off, abs(h))
        cosine = min(cosine, abs(c))
        w = weights[i]
        total += w
        one += w * c * c
        two += w * h * h
        three += w * sines[i] * sines[i]
    node[0], node[1], node[2], node[3], node[4], node[5] = x, y, z, p, q, r
    node[COSINE] = cosine
    node[SINE] = np.sqrt(1.0 - cosine * cosine)
    node[OFF] = off + radius * np.sin(node[SPAN]) + grain
    one, two, three = one / total, two / total, three / total
    node[LEAN] = max(0.5 * (3.0 * one - 1.0), 0.0)
    node[SPREAD] = 0.5 * (1.0 - one) + 0.33 * three + 1e-12
    node[OFFSET] = two
    node[NEAREST] = CLOSE * radius * radius + grain * grain
