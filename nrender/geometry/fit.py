"""The numbers of a tree, once its links are known: the triangles of each block, then the boxes from the lowest level
up.

`corners` has 72 numbers a block: eight x of the first vertices, eight y, eight z, then of the second and the third
ones. A triangle without area is a point there, which no ray meets; so is what fills a block. `nodes` has 64 numbers a
node: eight low x, eight high x, then y and z; and its links, as the bits of a float32, so that they are near.
"""

from __future__ import annotations

import numpy as np

from ..host import loop
from ..sharing import in_parallel

GROW = np.float32(2.0**-20)  # of the largest coordinate, see walk.py
FAR = np.float32(1e30)


def fit(
    vertices: np.ndarray, faces: np.ndarray, links: np.ndarray, order: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(nodes, corners), float32."""
    blocks, count = len(order) // 8, len(links) // 8
    corners, leaves = aligned(72 * blocks), np.empty((blocks, 6), np.float32)
    in_parallel(_blocks, 0, blocks, vertices, faces, order, corners, leaves)
    nodes, bounds = aligned(64 * count), np.empty((count, 6), np.float32)
    nodes.view(np.int32).reshape(count, 8, 8)[:, 6] = links.reshape(count, 8)
    nodes.reshape(count, 8, 8)[:, 7] = 0
    for begin, end in zip(levels[-2::-1].tolist(), levels[:0:-1].tolist(), strict=True):
        in_parallel(_nodes, begin, end, links, order, leaves, nodes, bounds)
    return nodes, corners


def aligned(n: int, kind: type = np.float32) -> np.ndarray:
    """(n,) numbers, so that eight of them at a multiple of eight are in one line of a cache."""
    size = np.dtype(kind).itemsize
    memory = np.empty(n * size + 64, np.uint8)
    begin = -memory.ctypes.data % 64
    return memory[begin : begin + n * size].view(kind)


def other_width(vertices: np.ndarray, faces: np.ndarray, order: np.ndarray, kind: type) -> np.ndarray:
    """The corners as numbers of another type."""
    blocks = len(order) // 8
    corners, leaves = aligned(72 * blocks, kind), np.empty((blocks, 6), np.float32)
    in_parallel(_blocks, 0, blocks, vertices, faces, order, corners, leaves)
    return corners


@loop
def _blocks(begin, end, vertices, faces, order, corners, leaves):
    """Fill blocks begin .. end, and their boxes, grown by GROW."""
    for block in range(begin, end):
        for k in range(3):
            leaves[block, k], leaves[block, 3 + k] = FAR, -FAR
        for i in range(8):
            face, at = order[8 * block + i], 72 * block + i
            for k in range(9):
                corners[at + 8 * k] = 0
            if face < 0:
                continue
            for k in range(3):
                a, b, c = vertices[faces[face, 0], k], vertices[faces[face, 1], k], vertices[faces[face, 2], k]
                corners[at + 8 * k], corners[at + 8 * (3 + k)], corners[at + 8 * (6 + k)] = a, b, c
                leaves[block, k] = min(leaves[block, k], np.float32(min(a, min(b, c))))
                leaves[block, 3 + k] = max(leaves[block, 3 + k], np.float32(max(a, max(b, c))))
            x, y, z = corners[at], corners[at + 8], corners[at + 16]
            px, py, pz = corners[at + 24] - x, corners[at + 32] - y, corners[at + 40] - z
            qx, qy, qz = corners[at + 48] - x, corners[at + 56] - y, corners[at + 64] - z
            if py * qz == pz * qy and pz * qx == px * qz and px * qy == py * qx:
                for k in range(9):
                    corners[at + 8 * k] = 0
        largest = np.float32(0)
        for k in range(6):
            largest = max(largest, abs(leaves[block, k]))
        for k in range(3):
            leaves[block, k] -= GROW * largest
            leaves[block, 3 + k] += GROW * largest


@loop
def _nodes(begin, end, links, order, leaves, nodes, bounds):
    """The boxes in nodes begin .. end, and those around each of them."""
    for node in range(begin, end):
        for k in range(6):
            bounds[node, k] = FAR if k < 3 else -FAR
        for i in range(8):
            link, at = links[8 * node + i], 64 * node + i
            for k in range(3):
                if link >= 0:
                    low, high = bounds[link, k], bounds[link, 3 + k]
                else:
                    low, high = leaves[-1 - link, k], leaves[-1 - link, 3 + k]
                nodes[at + 16 * k], nodes[at + 16 * k + 8] = low, high
                bounds[node, k], bounds[node, 3 + k] = min(bounds[node, k], low), max(bounds[node, 3 + k], high)


@loop
def extent(nodes, surface):
    """Write the half surface of all boxes, and of the root's."""
    surface[0] = surface[1] = 0.0
    for box in range(len(nodes) // 8):
        k = 64 * (box >> 3) + (box & 7)
        x, y, z = nodes[k + 8] - nodes[k], nodes[k + 24] - nodes[k + 16], nodes[k + 40] - nodes[k + 32]
        if x >= 0.0:
            surface[0] += x * y + y * z + z * x
            if box < 8:
                surface[1] += x * y + y * z + z * x
