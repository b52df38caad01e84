"""The nodes of a tree of edges (edge_tree.py, which says what they are for): made on the host, in an order of the edges
along a curve that fills space (Lauterbach et al. 2009, "Fast BVH construction on GPUs"), but with many children a node.
"""

from __future__ import annotations

import numpy as np

from ..host import inner, loop
from ..sharing import in_parallel
from .wedges import Wedges

WIDE = 8  # at most so many children or edges a node

LINK = 3  # integers a node
CHILD = 0  # the first of its children, or -1 if it has edges
COUNT = 1  # of its children, or edges
FIRST = 2  # of its edges, or its descendants'

NODE = 19  # Reals a node, of which the first three are the middle of its box
AXIS = 3  # unit vector along the middle of its edges' o, as lines without a direction
SINE, COSINE = 6, 7  # of the most angle with it
OFF = 8  # the most |(e - c) . o| + R sin(span), with c the middle and R half of the box's diagonal
SPAN = 9  # the most sin(span)
NEAREST = 10  # least squared distance: an edge may be much nearer than the middle
LENGTH = 11  # sum of length * share
ANGLE = 12  # sum of length * share * span
# With x the cosine of the angle between the axis and any line, the mean square of the cosine between o and the line is
# about LEAN x^2 + SPREAD: the mean of it, and what is scattered about the mean, with sin(span)^2 / 3.
LEAN, SPREAD = 13, 14
OFFSET = 15  # mean of ((e - c) . o)^2
EXTENT = 16  # half of the box

CLOSE = 0.2  # NEAREST, in R^2
GRAIN = 1e-6  # what OFF is more, as a share of the largest coordinate: rounding in float32
BITS = 21  # of each coordinate along the curve


def edge_order(vertices: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the edges along the curve (k,), their places on it, ascending (k,))."""
    low = vertices.min(axis=0)
    size = float((vertices.max(axis=0) - low).max())
    codes = np.empty(len(ends), np.int64)
    in_parallel(_codes, 0, len(ends), vertices, ends, *map(float, low), (2**BITS - 1) / (2.0 * size), codes)
    order = np.argsort(codes, kind="stable")
    return order, codes[order]


def edge_nodes(vertices: np.ndarray, edges: Wedges, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(nodes (n, NODE), links (n, LINK)) of edges in the order of `edge_order`. The first node is the root."""
    k = len(codes)
    links, stop = np.empty((k, LINK), np.int32), np.empty(k, np.int32)
    levels = np.zeros(64 + k.bit_length() + 1, np.int64)
    depth = _links(codes, links, stop, np.empty(WIDE + 1, np.int64), levels)
    n = int(levels[depth])
    nodes, boxes, height, weight = np.zeros((n, NODE)), np.empty((n, 6)), np.empty(k), np.empty(k)
    grain = GRAIN * (float(np.abs(vertices).max()) or 1.0)
    shape = (vertices, edges.ends, edges.outward, edges.span, edges.share)
    for level in range(depth - 1, -1, -1):
        begin, end = levels[level], levels[level + 1]
        in_parallel(_bounds, begin, end, *shape, links, stop, grain, boxes, height, weight, nodes)
    return nodes, links[:n]


@loop
def _codes(begin, end, vertices, ends, low_x, low_y, low_z, factor, codes):
    """Write the places of the edges' middles on the curve: the bits of x, y and z in turn (Morton 1966)."""
    for i in range(begin, end):
        a, b = ends[i, 0], ends[i, 1]
        x = _spaced((vertices[a, 0] + vertices[b, 0] - 2.0 * low_x) * factor)
        y = _spaced((vertices[a, 1] + vertices[b, 1] - 2.0 * low_y) * factor)
        codes[i] = x | y << 1 | _spaced((vertices[a, 2] + vertices[b, 2] - 2.0 * low_z) * factor) << 2


@inner
def _spaced(x):
    """The bits of x, two zeros between them."""
    x = np.int64(x)
    x = (x | x << 32) & 0x1F00000000FFFF
    x = (x | x << 16) & 0x1F0000FF0000FF
    x = (x | x << 8) & 0x100F00F00F00F00F
    x = (x | x << 4) & 0x10C30C30C30C30C3
    return (x | x << 2) & 0x1249249249249249


@loop
def _links(codes, links, stop, bounds, levels):
    """Write the links, the end of each node's range of edges, and the node with which each level begins; return the
    number of levels. bounds (WIDE + 1,): room for integers."""
    links[0, CHILD], links[0, COUNT], links[0, FIRST], stop[0] = -1, len(codes), 0, len(codes)
    begin, n, depth = 0, 1, 0
    while begin < n:
        levels[depth] = begin
        end = n
        for node in range(begin, end):
            if links[node, COUNT] <= WIDE:
                continue
            bounds[0], bounds[1] = links[node, FIRST], stop[node]
            parts = _cut(codes, bounds)
            links[node, CHILD], links[node, COUNT] = n, parts
            for i in range(parts):
                links[n, CHILD], links[n, COUNT] = -1, bounds[i + 1] - bounds[i]
                links[n, FIRST], stop[n] = bounds[i], bounds[i + 1]
                n += 1
        begin = end
        depth += 1
    levels[depth] = n
    return depth


@inner
def _cut(codes, bounds):
    """Write to bounds where the parts of the range bounds[0] .. bounds[1] begin, and where the last ends; return how
    many there are. The largest part is cut until there are WIDE, or none has more than WIDE edges."""
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


@inner
def _middle(codes, start, end):
    """Where the highest bit in which the codes of start .. end-1 differ becomes 1; half way if none does."""
    differ = codes[start] ^ codes[end - 1]
    if differ == 0:
        return start + (end - start) // 2
    bit = np.int64(1)
    while differ > 1:
        differ >>= 1
        bit <<= 1
    low, high = start, end - 1  # the bit is 0 at low and 1 at high
    while high - low > 1:
        middle = (low + high) // 2
        if codes[middle] & bit:
            high = middle
        else:
            low = middle
    return high


@loop
def _bounds(begin, end, vertices, ends, outward, span, share, links, stop, grain, boxes, height, weight, nodes):
    """Write these nodes, which are 0, and their boxes; their children are done. Of the edges of those without children
    write also height (k,), which is e . o, and weight (k,), which is length * share."""
    for node in range(begin, end):
        for k in range(3):
            boxes[node, k], boxes[node, 3 + k] = np.inf, -np.inf
        if links[node, CHILD] < 0:
            for i in range(links[node, FIRST], stop[node]):
                a, b = ends[i, 0], ends[i, 1]
                x, y, z = outward[i, 0], outward[i, 1], outward[i, 2]
                square = 0.0
                for k in range(3):
                    p, q = vertices[a, k], vertices[b, k]
                    square += (p - q) * (p - q)
                    boxes[node, k], boxes[node, 3 + k] = min(boxes[node, k], p, q), max(boxes[node, 3 + k], p, q)
                height[i] = vertices[a, 0] * x + vertices[a, 1] * y + vertices[a, 2] * z
                weight[i] = np.sqrt(square) * share[i]
                _add(nodes, node, x, y, z, weight[i], weight[i] * span[i], span[i])
        else:
            for i in range(links[node, CHILD], links[node, CHILD] + links[node, COUNT]):
                for k in range(3):
                    boxes[node, k] = min(boxes[node, k], boxes[i, k])
                    boxes[node, 3 + k] = max(boxes[node, 3 + k], boxes[i, 3 + k])
                x, y, z = nodes[i, AXIS], nodes[i, AXIS + 1], nodes[i, AXIS + 2]
                _add(nodes, node, x, y, z, nodes[i, LENGTH], nodes[i, ANGLE], np.arcsin(nodes[i, SPAN]))
        _moments(nodes, node, boxes, outward, span, height, weight, links[node, FIRST], stop[node], grain)


@inner
def _add(nodes, node, x, y, z, length, angle, span):
    """Add what sums up, and of the axis that direction in which the sum goes."""
    along = nodes[node, AXIS] * x + nodes[node, AXIS + 1] * y + nodes[node, AXIS + 2] * z
    turn = length if along >= 0.0 else -length
    nodes[node, AXIS] += turn * x
    nodes[node, AXIS + 1] += turn * y
    nodes[node, AXIS + 2] += turn * z
    nodes[node, LENGTH] += length
    nodes[node, ANGLE] += angle
    nodes[node, SPAN] = max(nodes[node, SPAN], np.sin(span))


@inner
def _moments(nodes, node, boxes, outward, span, height, weight, start, stop, grain):
    """Write the middle, the axis as a unit vector, and what depends on them."""
    low, high = boxes[node, :3], boxes[node, 3:]
    x, y, z = 0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1]), 0.5 * (low[2] + high[2])
    radius = np.sqrt((high[0] - x) ** 2 + (high[1] - y) ** 2 + (high[2] - z) ** 2)
    p, q, r = nodes[node, AXIS], nodes[node, AXIS + 1], nodes[node, AXIS + 2]
    size = 1.0 / np.sqrt(p * p + q * q + r * r)
    p, q, r = p * size, q * size, r * size
    off, cosine, along, apart = 0.0, 1.0, 0.0, 0.0
    for i in range(start, stop):
        h = height[i] - (x * outward[i, 0] + y * outward[i, 1] + z * outward[i, 2])
        c = p * outward[i, 0] + q * outward[i, 1] + r * outward[i, 2]
        off, cosine = max(off, abs(h)), min(cosine, abs(c))
        along += weight[i] * c * c
        apart += weight[i] * h * h
    along /= nodes[node, LENGTH]
    nodes[node, 0], nodes[node, 1], nodes[node, 2] = x, y, z
    nodes[node, EXTENT], nodes[node, EXTENT + 1], nodes[node, EXTENT + 2] = high[0] - x, high[1] - y, high[2] - z
    nodes[node, AXIS], nodes[node, AXIS + 1], nodes[node, AXIS + 2] = p, q, r
    nodes[node, SINE], nodes[node, COSINE] = np.sqrt(1.0 - cosine * cosine), cosine
    nodes[node, OFF] = off + radius * nodes[node, SPAN] + grain
    nodes[node, NEAREST] = CLOSE * radius * radius + grain * grain
    mean = nodes[node, ANGLE] / nodes[node, LENGTH]
    nodes[node, LEAN] = max(1.5 * along - 0.5, 0.0)
    nodes[node, SPREAD] = 0.5 * (1.0 - along) + mean * mean / 3.0
    nodes[node, OFFSET] = apart / nodes[node, LENGTH]
