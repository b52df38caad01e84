"""A bounding volume hierarchy with two children a node, by the surface area heuristic in 16 bins an axis (Wald 2007).

Plain Numba on the host. Layout, for a kernel: `nodes` has 12 numbers a node, the boxes of its two children (low xyz,
high xyz, low xyz, high xyz); `links` has 4 integers a node: (child 0, count 0, child 1, count 1). A count of 0: the
child is a node; else a leaf whose first triangle is slot `child`. `order[slot]` is the face. A child has a higher
index than its node.
"""

from __future__ import annotations

import functools

import numpy as np
from numba import njit

from ..cache import on_disk

BINS = 16
LEAF = 4  # at most so many triangles a leaf
DEEP = 48  # below this depth split at the median, so that a traversal's stack of 96 suffices


def build(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(nodes, links, order) of the triangles `corners` (n, 3, 3), n >= 1."""
    corners = np.ascontiguousarray(corners, np.float64)
    low, high = corners.min(1), corners.max(1)
    return _compiled(_build)(low, high)


@functools.cache
def _compiled(function):
    return on_disk(function)


@njit(nogil=True, error_model="numpy")
def _area(low, high):
    x, y, z = high[0] - low[0], high[1] - low[1], high[2] - low[2]
    return x * y + y * z + z * x


@njit(nogil=True, error_model="numpy")
def _bounds(low, high, order, start, end, box):
    """Write the box of the triangles in order[start:end] to box (2, 3)."""
    for k in range(3):
        box[0, k], box[1, k] = np.inf, -np.inf
    for i in range(start, end):
        for k in range(3):
            box[0, k] = min(box[0, k], low[order[i], k])
            box[1, k] = max(box[1, k], high[order[i], k])


@njit(nogil=True, error_model="numpy")
def bin_of(low, high, t, axis, origin, factor):
    """The bin along an axis of the centre of box t; origin: the least low + high."""
    return min(int((low[t, axis] + high[t, axis] - origin) * factor), BINS - 1)


@njit(nogil=True, error_model="numpy")
def partition(low, high, order, start, end, axis, origin, factor, plane):
    """Bring those of order[start:end] with bin < plane to the front; return where the others begin."""
    i, j = start, end - 1
    while i <= j:
        t = order[i]
        if bin_of(low, high, t, axis, origin, factor) < plane:
            i += 1
        else:
            order[i], order[j] = order[j], order[i]
            j -= 1
    return i


@njit(nogil=True, error_model="numpy")
def _bin_axis(low, high, order, start, end, axis, origin, factor, boxes, counts):
    for b in range(BINS):
        counts[b] = 0
        boxes[b, 0, :] = np.inf
        boxes[b, 1, :] = -np.inf
    for i in range(start, end):
        t = order[i]
        b = bin_of(low, high, t, axis, origin, factor)
        counts[b] += 1
        for k in range(3):
            boxes[b, 0, k] = min(boxes[b, 0, k], low[t, k])
            boxes[b, 1, k] = max(boxes[b, 1, k], high[t, k])


@njit(nogil=True, error_model="numpy")
def _best_plane(boxes, counts, right):
    """(cost, plane) of the cheapest split of the bins; triangles with bin < plane go left."""
    box = np.empty((2, 3))
    box[0, :] = np.inf
    box[1, :] = -np.inf
    n = 0
    for b in range(BINS - 1, 0, -1):
        n += counts[b]
        box[0] = np.minimum(box[0], boxes[b, 0])
        box[1] = np.maximum(box[1], boxes[b, 1])
        right[b] = n * _area(box[0], box[1]) if n else 0.0
    box[0, :] = np.inf
    box[1, :] = -np.inf
    n = 0
    total = counts.sum()
    best, plane = np.inf, -1
    for b in range(1, BINS):
        n += counts[b - 1]
        box[0] = np.minimum(box[0], boxes[b - 1, 0])
        box[1] = np.maximum(box[1], boxes[b - 1, 1])
        if 0 < n < total:
            cost = n * _area(box[0], box[1]) + right[b]
            if cost < best:
                best, plane = cost, b
    return best, plane


@njit(nogil=True, error_model="numpy")
def _split(low, high, order, start, end, depth, work):
    """Partition order[start:end]; return its middle, or -1 for a leaf."""
    n = end - start
    if n == 1:
        return -1
    boxes, counts, right, box = work
    centre_low, centre_high = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(start, end):
        for k in range(3):
            c = low[order[i], k] + high[order[i], k]
            centre_low[k] = min(centre_low[k], c)
            centre_high[k] = max(centre_high[k], c)
    best, axis, plane, factor = np.inf, -1, -1, 0.0
    if depth < DEEP:
        for k in range(3):
            extent = centre_high[k] - centre_low[k]
            if not extent > 0.0:
                continue
            f = BINS * 0.999999 / extent
            _bin_axis(low, high, order, start, end, k, centre_low[k], f, boxes, counts)
            cost, p = _best_plane(boxes, counts, right)
            if cost < best:
                best, axis, plane, factor = cost, k, p, f
    _bounds(low, high, order, start, end, box)
    if n <= LEAF and not best + _area(box[0], box[1]) < n * _area(box[0], box[1]):
        return -1
    if axis < 0:
        return start + n // 2
    return partition(low, high, order, start, end, axis, centre_low[axis], factor, plane)


@njit(nogil=True, error_model="numpy")
def _build(low, high):
    n = low.shape[0]
    order = np.arange(n).astype(np.int32)
    nodes = np.empty((max(n, 1), 12))
    links = np.zeros((max(n, 1), 4), np.int32)
    work = (np.empty((BINS, 2, 3)), np.empty(BINS, np.int64), np.empty(BINS), np.empty((2, 3)))
    stack = np.empty((256, 5), np.int64)  # start, end, node to fill (-1: none yet), side, depth
    middle = _split(low, high, order, 0, n, 0, work)
    box = np.empty((2, 3))
    if middle < 0:  # a single leaf: the second child is a box that no ray meets
        _bounds(low, high, order, 0, n, box)
        nodes[0, 0:3], nodes[0, 3:6] = box[0], box[1]
        nodes[0, 6:9], nodes[0, 9:12] = 1e30, -1e30
        links[0, 1] = n
        links[0, 3] = 1
        return nodes[:1].copy(), links[:1].copy(), order
    stack[0] = (middle, n, 0, 1, 1)
    stack[1] = (0, middle, 0, 0, 1)
    top, used = 2, 1
    while top > 0:
        top -= 1
        start, end, parent, side, depth = stack[top]
        _bounds(low, high, order, start, end, box)
        nodes[parent, 6 * side : 6 * side + 3] = box[0]
        nodes[parent, 6 * side + 3 : 6 * side + 6] = box[1]
        middle = _split(low, high, order, start, end, depth, work)
        if middle < 0:
            links[parent, 2 * side] = start
            links[parent, 2 * side + 1] = end - start
            continue
        links[parent, 2 * side] = used
        stack[top] = (middle, end, used, 1, depth + 1)
        stack[top + 1] = (start, middle, used, 0, depth + 1)
        top += 2
        used += 1
    return nodes[:used].copy(), links[:used].copy(), order


def refit(nodes: np.ndarray, links: np.ndarray, order: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """New boxes for the same tree when vertices have moved: O(n), children before their nodes."""
    corners = np.ascontiguousarray(corners, np.float64)
    return _compiled(_refit)(nodes.copy(), links, order, corners.min(1), corners.max(1))


@njit(nogil=True, error_model="numpy")
def _refit(nodes, links, order, low, high):
    box = np.empty((2, 3))
    for i in range(nodes.shape[0] - 1, -1, -1):
        for side in range(2):
            child, count = links[i, 2 * side], links[i, 2 * side + 1]
            if nodes[i, 6 * side] > nodes[i, 6 * side + 3]:
                continue  # the empty child of a single leaf
            if count:
                _bounds(low, high, order, child, child + count, box)
            else:
                for k in range(3):
                    box[0, k] = min(nodes[child, k], nodes[child, 6 + k])
                    box[1, k] = max(nodes[child, 3 + k], nodes[child, 9 + k])
            nodes[i, 6 * side : 6 * side + 3] = box[0]
            nodes[i, 6 * side + 3 : 6 * side + 6] = box[1]
    return nodes
