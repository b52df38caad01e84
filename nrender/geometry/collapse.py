"""From two children a node to eight, as cheap for a ray as can be (Ylitie, Karras and Laine 2017): a subtree of the
binary tree is either a node, or a block of eight triangles, or it is given to the node above as several children. What
is the least for j children is found from the lowest subtree up. Nodes and blocks are numbered level by level.

`links` has eight integers a node: the number of a node, or -1 - (number of a block of eight triangles). `order` has the
faces of each block, -1 where there are fewer than eight. In block 0 is none: where a node has fewer than eight children
it is that. `levels`: the first node of each level, and the number of nodes.
"""

from __future__ import annotations

import numpy as np
from numba import types

from ..host import inner, loop
from ..local import make
from .build import Binary, half_area, times
from .wide import EIGHT, address, eight

NOTHING = -1  # the link to block 0
LEVELS = 20  # of a tree, at most: a walk has LEVELS * 7 nodes pending, at most
NODE = np.float32(1.0)  # what a ray pays for a node, for a block that it meets at once, for a triangle if one by one
BLOCK = np.float32(1.2)
TRIANGLE = np.float32(0.3)

_slots = make(types.float32, 16)
_trees = make(types.int64, 64)


def collapse(binary: Binary, together: int = EIGHT) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(links, order, levels). together: as for `grow`."""
    m = len(binary.order)
    counts = np.zeros(4, np.int64)
    sequence, number = np.empty(2 * m, np.int32), np.empty(2 * m, np.int32)
    _sequence(binary.second, sequence, number, counts)
    known = int(counts[0])
    costs, choices = np.empty(8 * known, np.float32), np.zeros(16 * known, np.int8)
    _choose(*binary[:3], sequence[:known], number, together, costs, choices)
    links, order = np.empty(EIGHT * known, np.int32), np.full(EIGHT * (known + 1), -1, np.int32)
    levels, sources = np.zeros(128, np.int64), np.empty(known, np.int32)
    _number(*binary, number, choices, sources, links, order, levels, counts)
    depth, nodes, blocks = counts[1:].tolist()
    return links[: EIGHT * nodes].copy(), order[: EIGHT * blocks].copy(), levels[: depth + 1].copy()


@loop
def _sequence(second, sequence, number, counts):
    """All nodes of the binary tree, each before its children."""
    pending = _trees()
    pending[0], top, known = 0, 1, 0
    while top > 0:
        top -= 1
        node = pending[top]
        sequence[known], number[node] = node, known
        known += 1
        if second[node]:
            pending[top], pending[top + 1] = second[node], node + 1
            top += 2
    counts[0] = known


@loop
def _choose(boxes, second, ranges, sequence, number, together, costs, choices):
    """costs[8 c + j]: the least cost of subtree c as j children at most, j = 1 .. 7. choices[16 c + j]: how many of
    them its first half is, or 0 to be fewer; of j = 1: 1 for a node; of j = 8: of the children that it has as one."""
    boxes, shared = address(boxes), _slots()
    price = BLOCK if together == EIGHT else TRIANGLE
    for c in range(len(sequence) - 1, -1, -1):
        node = sequence[c]
        area = half_area(eight(boxes, 8 * node))
        n = ranges[2 * node + 1] - ranges[2 * node]
        leaf = price * times(n, together) * area
        if second[node] == 0:
            for j in range(1, 8):
                costs[8 * c + j] = leaf
            continue
        a, b = 8 * number[node + 1], 8 * number[second[node]]
        for j in range(2, 9):
            best, first = np.float32(np.inf), 1
            for k in range(max(1, j - 7), min(j, 8)):
                cost = costs[a + k] + costs[b + j - k]
                if cost < best:
                    best, first = cost, k
            shared[j] = best
            choices[16 * c + j] = first
        cost = shared[8] + NODE * area
        choices[16 * c + 1] = 1
        if n <= EIGHT and leaf <= cost:
            cost = leaf
            choices[16 * c + 1] = 0
        costs[8 * c + 1] = cost
        for j in range(2, 8):
            if shared[j] < cost:
                cost = shared[j]
            else:
                choices[16 * c + j] = 0
            costs[8 * c + j] = cost


@inner
def _children(node, second, number, choices, trees, children):
    """Write the subtrees that are the children of a node, return how many; they are 0 .. 7 of `children`."""
    k = choices[16 * number[node] + 8]
    trees[0], trees[1], trees[2], trees[3] = second[node], 8 - k, node + 1, k
    top, filled = 2, 0
    while top > 0:
        top -= 1
        tree, j = trees[2 * top], trees[2 * top + 1]
        at = 16 * number[tree]
        while j > 1 and choices[at + j] == 0:
            j -= 1
        if j == 1 or second[tree] == 0:
            children[filled] = tree
            filled += 1
        else:
            k = choices[at + j]
            trees[2 * top], trees[2 * top + 1] = second[tree], j - k
            trees[2 * top + 2], trees[2 * top + 3] = tree + 1, k
            top += 2
    return filled


@inner
def _sort(boxes, children, filled):
    """The largest last: a ray that looks for any hit begins there."""
    for k in range(1, filled):
        tree, i = children[k], k
        area = half_area(eight(boxes, 8 * tree))
        while i > 0 and half_area(eight(boxes, 8 * children[i - 1])) > area:
            children[i] = children[i - 1]
            i -= 1
        children[i] = tree


@loop
def _number(boxes, second, ranges, faces, number, choices, sources, links, order, levels, counts):
    children, trees, boxes = _trees(), _trees(), address(boxes)
    sources[0], count, block, node, level = 0, 1, 1, 0, 0
    while node < count:
        levels[level] = node
        level += 1
        last = count
        while node < last:
            if choices[16 * number[sources[node]] + 1] == 1:
                filled = _children(sources[node], second, number, choices, trees, children)
                _sort(boxes, children, filled)
            else:  # the root is a block
                children[0], filled = sources[node], 1
            for k in range(EIGHT):
                if k >= filled:
                    links[8 * node + k] = NOTHING
                    continue
                tree = children[k]
                if choices[16 * number[tree] + 1] == 1:
                    links[8 * node + k] = count
                    sources[count] = tree
                    count += 1
                else:
                    links[8 * node + k] = -1 - block
                    for i in range(ranges[2 * tree], ranges[2 * tree + 1]):
                        order[8 * block + i - ranges[2 * tree]] = faces[i]
                    block += 1
            node += 1
    levels[level] = count
    counts[1], counts[2], counts[3] = level, count, block
