"""From two children a node to eight: nodes and blocks are numbered level by level.

`links` has eight integers a node: the number of a node, or -1 - (number of a block of eight triangles). `order` has the
faces of each block, -1 where there are fewer than eight. In block 0 is none: where a node has fewer than eight children
it is that. `levels`: the first node of each level, and the number of nodes.
"""

from __future__ import annotations

import numpy as np
from numba import types

from ..host import loop
from ..local import make
from .build import Binary, half_area
from .wide import EIGHT, address, eight

NOTHING = -1  # the link to block 0
LEVELS = 20  # of a tree, at most: a walk has LEVELS * 7 nodes pending, at most

_children = make(types.int64, EIGHT)
_sizes = make(types.float32, EIGHT)


def collapse(binary: Binary, by_count: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(links, order, levels). by_count: open the child with the most triangles, not the largest: the lowest tree."""
    m = len(binary.order)
    links, order = np.empty(EIGHT * (m + 1), np.int32), np.full(EIGHT * (m + 1), -1, np.int32)
    levels = np.zeros(128, np.int64)
    depth, nodes, blocks = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64)
    _collapse(*binary, by_count, np.empty(m + 1, np.int64), links, order, levels, depth, nodes, blocks)
    return links[: EIGHT * nodes[0]].copy(), order[: EIGHT * blocks[0]].copy(), levels[: depth[0] + 1].copy()


@loop
def _collapse(boxes, second, ranges, faces, by_count, sources, links, order, levels, depth, nodes, blocks):
    boxes = address(boxes)
    children, sizes = _children(), _sizes()
    sources[0], count, block, node, level = 0, 1, 1, 0, 0
    while node < count:
        levels[level] = node
        level += 1
        last = count
        while node < last:
            children[0], filled = sources[node], 1
            sizes[0] = 1.0 if second[sources[node]] else -1.0
            while filled < EIGHT:
                widest = 0
                for k in range(1, filled):
                    if sizes[k] > sizes[widest]:
                        widest = k
                if sizes[widest] < 0.0:
                    break
                opened = children[widest]
                children[widest], children[filled] = opened + 1, second[opened]
                for k in (widest, filled):
                    child = children[k]
                    if second[child] == 0:
                        sizes[k] = -1.0
                    elif by_count:
                        sizes[k] = ranges[2 * child + 1] - ranges[2 * child]
                    else:
                        sizes[k] = half_area(eight(boxes, 8 * child))
                filled += 1
            for k in range(EIGHT):
                if k >= filled:
                    links[8 * node + k] = NOTHING
                elif second[children[k]]:
                    links[8 * node + k] = count
                    sources[count] = children[k]
                    count += 1
                else:
                    links[8 * node + k] = -1 - block
                    begin, end = ranges[2 * children[k]], ranges[2 * children[k] + 1]
                    for i in range(begin, end):
                        order[8 * block + i - begin] = faces[i]
                    block += 1
            node += 1
    levels[level] = count
    depth[0], nodes[0], blocks[0] = level, count, block
