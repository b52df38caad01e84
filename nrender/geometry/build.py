"""The binary tree over triangles, from the top by the surface area heuristic in bins (Wald 2007). `collapse.py` makes
of it the one that rays walk.

The cost of a leaf is how often a ray has to meet triangles there: once, where it meets eight at once; as often as there
are triangles, where it meets them one by one. A box is a vector (low xyz, 0, -high xyz, 0), so that the least of two is
the box around both.

A subtree's place does not depend on who builds what: the first child of node k is k + 1, its second child leaves room
for all that the first may need. So the subtrees grow on all threads, and give the same bits on any number of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import types

from ..host import inner, loop
from ..local import make
from ..sharing import in_parallel, share
from .wide import EIGHT, address, eight, integers, least, pick, set_vector, swapped, where

BINS = 32
DEEP = 40  # below this depth a range is halved as it stands
JOBS = 32  # subtrees that grow apart, about
SMALL = 4096  # triangles: too few for a subtree of its own

_bins = make(types.float32, 3 * BINS * EIGHT)
_counts = make(types.int32, 3 * BINS)
_costs = make(types.float32, BINS)
_halves = make(types.float32, 4 * EIGHT)  # left box, left centres, right box, right centres
_ranges = make(types.int64, 4 * 128)
_centres = make(types.float32, EIGHT * 128)


class Binary(NamedTuple):
    """Of each node: its box (8 float32), its second child or 0 for a leaf, its range in `order`, the faces."""

    boxes: np.ndarray
    second: np.ndarray
    ranges: np.ndarray
    order: np.ndarray


def grow(vertices: np.ndarray, faces: np.ndarray, deep: int = DEEP, together: int = EIGHT) -> Binary:
    """The tree over vertices (n, 3) float64 and faces (m, 3) int32, m >= 1, for rays that meet so many triangles
    together. Node 0 is the root."""
    m = len(faces)
    records, order = np.empty(EIGHT * m, np.float32), np.empty(m, np.int32)
    in_parallel(_record, 0, m, vertices, faces, records, order)
    boxes, second, ranges = np.empty(EIGHT * 2 * m, np.float32), np.empty(2 * m, np.int32), np.empty(4 * m, np.int32)
    jobs = np.empty((4 * m // SMALL + 4 * JOBS, 4), np.int64)
    tree = (together, records, order, boxes, second, ranges)
    count = _grow(0, m, 0, 0, deep, max(m // JOBS, SMALL), *tree, jobs)
    jobs = jobs[:count][np.argsort(jobs[:count, 0] - jobs[:count, 1], kind="stable")]  # the largest first
    none = np.empty((1, 4), np.int64)
    share(lambda job: _grow(*job, deep, 0, *tree, none), jobs.tolist())
    return Binary(boxes, second, ranges, order)


@loop
def _record(begin, end, vertices, faces, records, order):
    """The boxes of faces begin .. end."""
    for i in range(begin, end):
        order[i] = i
        a, b, c = faces[i, 0], faces[i, 1], faces[i, 2]
        for k in range(3):
            x, y, z = np.float32(vertices[a, k]), np.float32(vertices[b, k]), np.float32(vertices[c, k])
            records[8 * i + k] = min(x, min(y, z))
            records[8 * i + 4 + k] = -max(x, max(y, z))
        records[8 * i + 3] = records[8 * i + 7] = 0


@inner
def half_area(box):
    """Half of a box's surface."""
    size = -(box + swapped(box))
    x, y, z = pick(size, 0), pick(size, 1), pick(size, 2)
    return x * y + y * z + z * x


@inner
def _centre(box):
    """(low + high, -(low + high)): the centre, times 2, as a box."""
    return box - swapped(box)


@inner
def times(n, together):
    """How often a ray has to meet triangles in a leaf of n."""
    return np.float32((n + 7) >> 3) if together == EIGHT else np.float32(n)


@inner
def _fill_bins(records, begin, end, count, origin, scale, bins, counts):
    nothing = where(origin == origin, np.float32(np.inf), origin)
    for k in range(3 * count):
        set_vector(bins, 8 * k, nothing)
        counts[k] = 0
    for i in range(begin, end):
        box = eight(records, 8 * i)
        number = integers((_centre(box) - origin) * scale)
        x, y, z = pick(number, 0), count + pick(number, 1), 2 * count + pick(number, 2)
        set_vector(bins, 8 * x, least(eight(bins, 8 * x), box))
        set_vector(bins, 8 * y, least(eight(bins, 8 * y), box))
        set_vector(bins, 8 * z, least(eight(bins, 8 * z), box))
        counts[x] += 1
        counts[y] += 1
        counts[z] += 1


@inner
def _cheapest(count, total, together, bins, counts, costs):
    """(cost, axis, bin) of the best plane; what is in a lower bin goes left. Axis -1: there is none."""
    best, axis, plane = np.float32(np.inf), -1, 0
    for k in range(3):
        first = count * k
        box, n = eight(bins, 8 * (first + count - 1)), counts[first + count - 1]
        for b in range(count - 1, 0, -1):
            costs[b] = half_area(box) * times(n, together) if n else np.float32(0)
            box, n = least(box, eight(bins, 8 * (first + b - 1))), n + counts[first + b - 1]
        box, n = eight(bins, 8 * first), counts[first]
        for b in range(1, count):
            if 0 < n < total:
                cost = half_area(box) * times(n, together) + costs[b]
                if cost < best:
                    best, axis, plane = cost, k, b
            box, n = least(box, eight(bins, 8 * (first + b))), n + counts[first + b]
    return best, axis, plane


@inner
def _partition(records, order, begin, end, axis, plane, origin, scale, halves):
    """Bring the triangles of lower bins to the front; write the bounds of both sides; return the second's begin."""
    low = pick(origin, axis)
    factor = pick(scale, axis)
    nothing = where(origin == origin, np.float32(np.inf), origin)
    left, left_centres, right, right_centres = nothing, nothing, nothing, nothing
    i, j = begin, end - 1
    while i <= j:
        box = eight(records, 8 * i)
        centre = _centre(box)
        if int((pick(centre, axis) - low) * factor) < plane:
            left, left_centres = least(left, box), least(left_centres, centre)
            i += 1
        else:
            right, right_centres = least(right, box), least(right_centres, centre)
            set_vector(records, 8 * i, eight(records, 8 * j))
            set_vector(records, 8 * j, box)
            order[i], order[j] = order[j], order[i]
            j -= 1
    set_vector(halves, 0, left)
    set_vector(halves, 8, left_centres)
    set_vector(halves, 16, right)
    set_vector(halves, 24, right_centres)
    return i


@inner
def _bounds(records, begin, end, halves, at):
    """Write the box of a range, and that of its centres."""
    box = eight(records, 8 * begin)
    centres = _centre(box)
    for i in range(begin + 1, end):
        record = eight(records, 8 * i)
        box, centres = least(box, record), least(centres, _centre(record))
    set_vector(halves, at, box)
    set_vector(halves, at + 8, centres)


@inner
def _split(records, order, begin, end, halved, together, box, centres, bins, counts, costs, halves):
    """Partition the range; return its middle, or -1 for a leaf."""
    n = end - begin
    if n == 1:
        return -1
    axis = -1
    if not halved:
        count = min(BINS, 4 + n // 4)
        extent = -(centres + swapped(centres))
        scale = where(extent > np.float32(1e-30), np.float32(0.999) * np.float32(count) / extent, np.float32(0))
        _fill_bins(records, begin, end, count, centres, scale, bins, counts)
        cost, axis, plane = _cheapest(count, n, together, bins, counts, costs)
        if n <= EIGHT and not cost + STEP * half_area(box) < times(n, together) * half_area(box):
            return -1
        if axis >= 0:
            return _partition(records, order, begin, end, axis, plane, centres, scale, halves)
    if n <= EIGHT:
        return -1
    middle = begin + n // 2
    _bounds(records, begin, middle, halves, 0)
    _bounds(records, middle, end, halves, 16)
    return middle


STEP = np.float32(0.2)  # cost of a node of the binary tree, in times that a ray meets triangles


@loop
def _grow(begin, end, node, depth, deep, limit, together, records, order, boxes, second, ranges, jobs):
    """The subtree of a range, from `node` on. Ranges of `limit` and less are left as jobs; return how many."""
    bins, counts, costs, halves = address(_bins()), address(_counts()), address(_costs()), address(_halves())
    pending, waiting = address(_ranges()), address(_centres())
    records, order, boxes = address(records), address(order), address(boxes)
    _bounds(records, begin, end, halves, 0)
    set_vector(boxes, 8 * node, eight(halves, 0))
    set_vector(waiting, 0, eight(halves, 8))
    pending[0], pending[1], pending[2], pending[3] = begin, end, node, depth
    top, left_over = 1, 0
    while top > 0:
        top -= 1
        begin, end, node, depth = pending[4 * top], pending[4 * top + 1], pending[4 * top + 2], pending[4 * top + 3]
        if end - begin <= limit:
            jobs[left_over, 0], jobs[left_over, 1], jobs[left_over, 2], jobs[left_over, 3] = begin, end, node, depth
            left_over += 1
            continue
        box, centres = eight(boxes, 8 * node), eight(waiting, 8 * top)
        middle = _split(records, order, begin, end, depth >= deep, together, box, centres, bins, counts, costs, halves)
        second[node], ranges[2 * node], ranges[2 * node + 1] = 0, begin, end
        if middle < 0:
            continue
        other = node + 2 * (middle - begin)
        second[node] = other
        set_vector(boxes, 8 * (node + 1), eight(halves, 0))
        set_vector(waiting, 8 * top, eight(halves, 8))
        set_vector(boxes, 8 * other, eight(halves, 16))
        set_vector(waiting, 8 * (top + 1), eight(halves, 24))
        k = 4 * top
        pending[k], pending[k + 1], pending[k + 2], pending[k + 3] = begin, middle, node + 1, depth + 1
        pending[k + 4], pending[k + 5], pending[k + 6], pending[k + 7] = middle, end, other, depth + 1
        top += 2
    return left_over
