"""A light tree: one of many emitters, chosen by what it may send to a point (Conty Estevez & Kulla 2018; as simplified
in Pharr et al., pbrt-v4, section 12.6.3, without the receiver's normal).

Each node bounds its emitters: a sphere about their box, a cone about their normals, their power. From the root, a child
is chosen in proportion to its importance for the point, down to one emitter. The importance is 0 only where the paper's
bound of the cosine is, so where no emitter of the node sends anything. Elsewhere it has a share of the bound, and a
guess at the mean: that halves the variance (of light from a ball of faces, say).

`light_nodes` has NODE Reals a node: centre of the box (3), radius, axis (3), cosine of the half-angle of the normals'
cone, power. The first child of node k is k + 1. `light_links` has pairs of integers: the first of pair k is the second
child of node k, or -1 - (number of its emitter) for a leaf; the second is the leaf of emitter k, or -1 if it has no
power. All of a subtree stands before its sibling's, so the way to a leaf needs no other guide than its number.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numba import njit

from ..cache import on_disk
from ..device import device
from ..real import any_lane, gather, maximum, minimum, select, sqrt, truncate
from .bins import BINS, DEEP, bin_of, partition

NODE = 9
LEAST = 1e-4  # smallest chance of a child that has any importance: the importance is a guess
SLACK = 1e-3  # of a cosine: rounding in float32 hides no emitter
BELOW_ONE = 1.0 - 2.0**-24

BOUND = 0.2  # share of the bound in the importance
CLOSE = 0.2  # least squared distance, in squared radii: an emitter of the node may be much nearer than its middle
GRAIN = 1e-6  # what a radius is more, as a share of the largest coordinate: rounding in float32


# --- a choice and its chance. Strict: both must find the same.
@device(strict=True)
def pick(scene, point, u):
    """(number of an emitter, the chance of it), for 0 <= u < 1."""
    node = truncate(0.0 * u)
    chance = 0.0 * u + 1.0
    second = gather(scene.light_links, 2 * node)
    inner = second >= 0
    while any_lane(inner):
        p = _share(scene, point, select(inner, node + 1, node), select(inner, second, node))
        left = u < p
        part = select(left, p, 1.0 - p)
        u = select(inner, minimum(select(left, u, u - p) / part, BELOW_ONE), u)
        chance = select(inner, chance * part, chance)
        node = select(inner, select(left, node + 1, second), node)
        second = gather(scene.light_links, 2 * node)
        inner = second >= 0
    return -1 - second, chance


@device(strict=True)
def chance(scene, point, emitter):
    """The chance with which `pick` chooses this emitter, bit for bit; 0 for one without power."""
    leaf = gather(scene.light_links, 2 * emitter + 1)
    target = select(leaf >= 0, leaf, 0)
    chance = select(leaf >= 0, 1.0, 0.0)
    node = 0 * target
    inner = node < target
    while any_lane(inner):
        second = gather(scene.light_links, 2 * node)
        p = _share(scene, point, select(inner, node + 1, node), select(inner, second, node))
        left = target < second
        chance = select(inner, chance * select(left, p, 1.0 - p), chance)
        node = select(inner, select(left, node + 1, second), node)
        inner = node < target
    return chance


@device(strict=True)
def _share(scene, point, first, second):
    """The chance of the first of two nodes against the second."""
    a, b = _importance(scene, point, first), _importance(scene, point, second)
    known = a + b > 0.0
    p = select(known, a, 1.0) / select(known, a + b, 2.0)
    both = (a > 0.0) & (b > 0.0)
    return select(both, minimum(maximum(p, LEAST), 1.0 - LEAST), p)


@device(strict=True)
def _importance(scene, point, node):
    """power * cosine / r^2. Its bound is cos(t), where t is the least angle that the way to the point may have with the
    normal of an emitter in the node: that with the axis, less the half-angle of the cone, less that of the sphere as
    seen from the point."""
    k = NODE * node
    x = point[0] - gather(scene.light_nodes, k)
    y = point[1] - gather(scene.light_nodes, k + 1)
    z = point[2] - gather(scene.light_nodes, k + 2)
    radius = gather(scene.light_nodes, k + 3)
    r2 = maximum(x * x + y * y + z * z, CLOSE * radius * radius)
    inverse = 1.0 / sqrt(r2)
    along = x * gather(scene.light_nodes, k + 4) + y * gather(scene.light_nodes, k + 5)
    along = (along + z * gather(scene.light_nodes, k + 6)) * inverse
    spread = gather(scene.light_nodes, k + 7)
    size = minimum(radius * inverse, 1.0)
    c, s = _sum(spread, _other(spread), _other(size), size)
    facing = (size >= 1.0) | (s < 0.0) | (along >= c)  # within the sphere, or more than half a turn, or in the cone
    bound = select(facing, 1.0, along * c + _other(along) * s) + SLACK
    # A flat face's; that of normals in all directions, whose mean is a quarter; and what is between, in proportion.
    mean = 0.5 * (1.0 + spread) * maximum(along, 0.0) + 0.125 * (1.0 - spread)
    cosine = select(bound > 0.0, BOUND * bound + (1.0 - BOUND) * mean, 0.0)
    return gather(scene.light_nodes, k + 8) * cosine / r2


@device(strict=True)
def _other(x):
    """Sine from cosine, or cosine from sine, of at most a right angle either way."""
    return sqrt(maximum(1.0 - x * x, 0.0))


@device(strict=True)
def _sum(c1, s1, c2, s2):
    """(cosine, sine) of the sum of two angles."""
    return c1 * c2 - s1 * s2, s1 * c2 + c1 * s2


# --- building, on the host
class Tree(NamedTuple):
    """nodes (NODE k,) float64, links (2 max(k, n),) int32: for k = 2 m - 1 nodes over the m of n emitters that have
    power."""

    nodes: np.ndarray
    links: np.ndarray


def build(low: np.ndarray, high: np.ndarray, axis: np.ndarray, spread_cos: np.ndarray, power: np.ndarray) -> Tree:
    """The tree of n emitters: boxes low, high (n, 3), unit axis (n, 3) and cosine (n,) of the half-angle of the cone of
    their normals (1: a flat face; -1: any direction, so a point or a two-sided face), power (n,). Each emits to less
    than 90 degrees from its normals. ValueError if none has power."""
    power = np.asarray(power, np.float64)
    lit = np.flatnonzero(power > 0.0)
    if not len(lit):
        raise ValueError("no emitter has power")
    low, high, axis = (np.ascontiguousarray(np.asarray(x, np.float64)[lit]) for x in (low, high, axis))
    spread = np.arccos(np.clip(np.asarray(spread_cos, np.float64)[lit], -1.0, 1.0))
    grain = GRAIN * (max(np.abs(low).max(), np.abs(high).max()) or 1.0)
    share = power[lit] / power[lit].sum()
    nodes, links = _compiled(_build)(low, high, axis, spread, share, grain)
    out = np.full((max(len(nodes), len(power)), 2), -1, np.int32)
    leaves = np.flatnonzero(links < 0)
    emitters = lit[-1 - links[leaves]]
    out[: len(links), 0] = links
    out[leaves, 0] = -1 - emitters
    out[emitters, 1] = leaves
    return Tree(nodes.reshape(-1), out.reshape(-1))


@functools.cache
def _compiled(function):
    return on_disk(function)


@njit(nogil=True, error_model="numpy")
def _join_cones(a, b):
    """The least cone about two, each (axis, half-angle). Conty Estevez & Kulla 2018, algorithm 1."""
    if a[3] < b[3]:
        a, b = b, a
    if a[3] >= np.pi:
        return a
    across = np.sqrt(
        (a[1] * b[2] - a[2] * b[1]) ** 2 + (a[2] * b[0] - a[0] * b[2]) ** 2 + (a[0] * b[1] - a[1] * b[0]) ** 2
    )
    between = np.arctan2(across, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])
    if between + b[3] <= a[3]:
        return a
    angle = 0.5 * (a[3] + between + b[3])
    if angle >= np.pi or across < 1e-12:
        return (a[0], a[1], a[2], np.pi)
    turn = angle - a[3]
    p, q = np.sin(between - turn) / across, np.sin(turn) / across
    x, y, z = p * a[0] + q * b[0], p * a[1] + q * b[1], p * a[2] + q * b[2]
    size = np.sqrt(x * x + y * y + z * z)
    return (x / size, y / size, z / size, angle)


@njit(nogil=True, error_model="numpy")
def _cost(box, spread, power, grain):
    """power * (squared diagonal) * (measure of the directions that it shines in: equation 1 of the paper)."""
    x, y, z = box[3] - box[0], box[4] - box[1], box[5] - box[2]
    c, s = np.cos(spread), np.sin(spread)
    wide = min(spread + 0.5 * np.pi, np.pi)
    solid = 2.0 * np.pi * (1.0 - c)
    solid += 0.5 * np.pi * (2.0 * (wide - spread) * s - np.cos(spread - 2.0 * wide) + c)
    return power * (x * x + y * y + z * z + grain * grain) * solid


@njit(nogil=True, error_model="numpy")
def _grow(box, low, high):
    for k in range(3):
        box[k] = min(box[k], low[k])
        box[3 + k] = max(box[3 + k], high[k])


@njit(nogil=True, error_model="numpy")
def _empty(box):
    for k in range(3):
        box[k], box[3 + k] = np.inf, -np.inf


@njit(nogil=True, error_model="numpy")
def _best_plane(boxes, cones, powers, counts, grain):
    """The cheapest plane of the bins that has emitters on both sides; those with bin < plane go left."""
    box, right = np.empty(6), np.empty(BINS)
    first = 0
    while counts[first] == 0:
        first += 1
    last = BINS - 1
    while counts[last] == 0:
        last -= 1
    _empty(box)
    cone, power = (cones[last, 0], cones[last, 1], cones[last, 2], cones[last, 3]), 0.0
    for b in range(last, first, -1):
        if counts[b]:
            _grow(box, boxes[b, :3], boxes[b, 3:])
            cone = _join_cones(cone, (cones[b, 0], cones[b, 1], cones[b, 2], cones[b, 3]))
            power += powers[b]
        right[b] = _cost(box, cone[3], power, grain)
    _empty(box)
    cone, power = (cones[first, 0], cones[first, 1], cones[first, 2], cones[first, 3]), 0.0
    best, plane = np.inf, last
    for b in range(first, last):
        if counts[b]:
            _grow(box, boxes[b, :3], boxes[b, 3:])
            cone = _join_cones(cone, (cones[b, 0], cones[b, 1], cones[b, 2], cones[b, 3]))
            power += powers[b]
        cost = _cost(box, cone[3], power, grain) + right[b + 1]
        if cost < best:
            best, plane = cost, b + 1
    return plane


@njit(nogil=True, error_model="numpy")
def _split(low, high, axis, spread, power, order, start, end, depth, grain):
    """Partition order[start:end] along the longest axis of the centres; return its middle."""
    bottom, top = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(start, end):
        for k in range(3):
            c = low[order[i], k] + high[order[i], k]
            bottom[k], top[k] = min(bottom[k], c), max(top[k], c)
    k = int(np.argmax(top - bottom))
    extent = top[k] - bottom[k]
    if end - start == 2 or depth >= DEEP or not extent > 0.0:
        return start + (end - start) // 2
    factor = BINS * 0.999999 / extent
    boxes, cones, powers, counts = np.empty((BINS, 6)), np.empty((BINS, 4)), np.zeros(BINS), np.zeros(BINS, np.int64)
    for i in range(start, end):
        t = order[i]
        b = bin_of(low, high, t, k, bottom[k], factor)
        cone = (axis[t, 0], axis[t, 1], axis[t, 2], spread[t])
        if counts[b] == 0:
            _empty(boxes[b])
        else:
            cone = _join_cones((cones[b, 0], cones[b, 1], cones[b, 2], cones[b, 3]), cone)
        cones[b, 0], cones[b, 1], cones[b, 2], cones[b, 3] = cone
        _grow(boxes[b], low[t], high[t])
        powers[b] += power[t]
        counts[b] += 1
    plane = _best_plane(boxes, cones, powers, counts, grain)
    return partition(low, high, order, start, end, k, bottom[k], factor, plane)


@njit(nogil=True, error_model="numpy")
def _build(low, high, axis, spread, power, grain):
    """(nodes (k, NODE), links (k,): the second child, or -1 - emitter)."""
    m = low.shape[0]
    order = np.arange(m)
    links = np.empty(2 * m - 1, np.int64)
    boxes, cones, powers = np.empty((2 * m - 1, 6)), np.empty((2 * m - 1, 4)), np.zeros(2 * m - 1)
    stack = np.empty((256, 4), np.int64)  # start, end, node, depth
    stack[0] = (0, m, 0, 0)
    top = 1
    while top > 0:
        top -= 1
        start, end, node, depth = stack[top]
        if end - start == 1:
            links[node] = -1 - order[start]
            continue
        middle = _split(low, high, axis, spread, power, order, start, end, depth, grain)
        links[node] = node + 2 * (middle - start)  # m emitters have 2 m - 1 nodes
        stack[top] = (middle, end, links[node], depth + 1)
        stack[top + 1] = (start, middle, node + 1, depth + 1)
        top += 2
    nodes = np.empty((2 * m - 1, NODE))
    for node in range(2 * m - 2, -1, -1):  # children before their parents
        _empty(boxes[node])
        if links[node] < 0:
            t = -1 - links[node]
            _grow(boxes[node], low[t], high[t])
            cone = (axis[t, 0], axis[t, 1], axis[t, 2], spread[t])
            powers[node] = power[t]
        else:
            a, b = node + 1, links[node]
            _grow(boxes[node], boxes[a, :3], boxes[a, 3:])
            _grow(boxes[node], boxes[b, :3], boxes[b, 3:])
            powers[node] = powers[a] + powers[b]
            cone = _join_cones(
                (cones[a, 0], cones[a, 1], cones[a, 2], cones[a, 3]),
                (cones[b, 0], cones[b, 1], cones[b, 2], cones[b, 3]),
            )
        cones[node, 0], cones[node, 1], cones[node, 2], cones[node, 3] = cone
        half = 0.5 * (boxes[node, 3:] - boxes[node, :3])
        nodes[node, :3] = 0.5 * (boxes[node, 3:] + boxes[node, :3])
        nodes[node, 3] = np.sqrt((half * half).sum()) + grain
        nodes[node, 4:7] = cones[node, :3]
        nodes[node, 7] = -1.0 if cone[3] >= np.pi else np.cos(cone[3])
        nodes[node, 8] = powers[node]
    return nodes, links
