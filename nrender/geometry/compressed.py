"""The tree of `tree.py` in the form that a GPU walks: 80 bytes a node of eight children, 48 a triangle (Ylitie, Karras
and Laine 2017). `compressed_walk.py` has the walk.

All of it is one array of int32, the nodes first, then the triangles, in quads of four words: 128 bits, what a thread
loads at once. A node is five quads, a byte for each of its eight slots where that says so:

    0   x, y, z of its origin, as the bits of float32; one byte each: exponents of the three scales, mask of inner slots
    1   number of its first inner child; quad of its first triangle; offsets of the leaves' triangles from that, by slot
    2   low x by slot, low y          3   low z, high x          4   high y, high z

A plane is at origin + byte * scale, the scale a power of two, whose exponent is kept as float32 has it. Planes are
rounded outward: a box is never less than the one in `nodes`, and is larger by ROOM of the node's largest coordinate,
which is for rounding in the walk.

The slot of a child is where it lies in its node: bit k is set on the high side of axis k. A ray that goes up along all
axes should visit the slots 0 .. 7; one that goes down along some, in that order with the bits of those axes flipped. So
the order needs no distances. Inner children have consecutive numbers, in the order of their slots.

An empty slot has its box inside out. Should it be met all the same, for it is small and the ray is from afar, it is a
leaf with the triangles of another one, which changes no hit.

A triangle is three quads: the vertices, each with a word; that of the first vertex is the number of the face, or -1 -
the number in the last triangle of a leaf. Nothing else says where a leaf ends.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types

from ..host import inner, loop
from ..local import make
from ..sharing import in_parallel
from .fit import aligned

NODE = 20  # words
TRIANGLE = 12
ROOM = 2.0**-20  # of the largest coordinate of a node, see compressed_walk.py
STEPS = 254.0  # of a scale in a node, at most; 255 would leave none for rounding

_offsets = make(types.float32, 24)
_counts = make(types.int64, 8)


def compress(nodes: np.ndarray, links: np.ndarray, corners: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The words of a tree; nodes and corners must be float32. After a refit, compress again."""
    count, blocks = len(links) // 8, len(order) // 8
    starts = np.zeros(blocks + 1, np.int32)  # the first triangle of each block
    np.cumsum((order.reshape(blocks, 8) >= 0).sum(1), out=starts[1:])
    words = aligned(NODE * count + TRIANGLE * int(starts[-1]), np.int32)
    slots, places = np.empty(8 * count, np.int8), np.zeros(count, np.int32)
    in_parallel(_arrange, 0, count, nodes, links, slots, places)
    in_parallel(_pack, 0, count, nodes, links, slots, places, starts, words)
    in_parallel(_copy, 0, blocks, corners.view(np.int32), order, starts, words[NODE * count :])
    return words


def nothing() -> np.ndarray:
    """For the tables of who walks the other tree."""
    return np.zeros(NODE, np.int32)


@inner
def _is_empty(nodes, k):
    return nodes[k] > nodes[k + 8]


@loop
def _arrange(begin, end, nodes, links, slots, places):
    """slots[8 node + slot]: which child is there, -1 for none. places[child]: its number."""
    offsets, free = _offsets(), _counts()
    for node in range(begin, end):
        left = _from_centre(nodes, node, offsets, free)
        for slot in range(8):
            slots[8 * node + slot] = -1
        while left > 0:
            child, slot = _farthest(offsets, free, slots, node)
            slots[8 * node + slot] = child
            free[child] = 0
            left -= 1
        number = _first(links, node)
        for slot in range(8):
            child = slots[8 * node + slot]
            if child >= 0 and links[8 * node + child] >= 0:
                places[links[8 * node + child]] = number
                number += 1


@inner
def _from_centre(nodes, node, offsets, free):
    """Write how far each child is from the middle of the node, times 2; free[child] = 1 for those that there are, whose
    number is returned."""
    left = 0
    for i in range(8):
        free[i] = 0 if _is_empty(nodes, 64 * node + i) else 1
        left += free[i]
    for axis in range(3):
        k = 64 * node + 16 * axis
        low, high = np.float32(np.inf), -np.float32(np.inf)
        for i in range(8):
            if free[i]:
                low, high = min(low, nodes[k + i]), max(high, nodes[k + 8 + i])
        for i in range(8):
            offsets[8 * axis + i] = (nodes[k + i] - low) + (nodes[k + 8 + i] - high)
    return left


@inner
def _farthest(offsets, free, slots, node):
    """(child, slot) of those left that go together best: the child lies farthest in the slot's direction."""
    best, child, slot = -np.float32(np.inf), -1, -1
    for i in range(8):
        if free[i] == 0:
            continue
        for s in range(8):
            if slots[8 * node + s] >= 0:
                continue
            far = offsets[i] if s & 1 else -offsets[i]
            far += offsets[8 + i] if s & 2 else -offsets[8 + i]
            far += offsets[16 + i] if s & 4 else -offsets[16 + i]
            if child < 0 or far > best:
                best, child, slot = far, i, s
    return child, slot


@inner
def _first(links, node):
    """The least number of an inner child. They are consecutive: collapse.py numbers them so. 0: there is none."""
    first = -1
    for i in range(8):
        link = links[8 * node + i]
        if link >= 0 and (first < 0 or link < first):
            first = link
    return max(first, 0)


@inner
def _first_block(links, node):
    """The least number of a block; those of a node are consecutive too. 0, which has no triangle: there is none."""
    first = 0
    for i in range(8):
        block = -1 - links[8 * node + i]
        if block > 0 and (first == 0 or block < first):
            first = block
    return first


@inner
def _set_byte(words, word, byte, value):
    words[word] |= np.int32(np.uint32(value) << np.uint32(8 * byte))


@inner
def _below(x):
    """The largest float32 that is not above x."""
    y = np.float32(x)
    return y if y <= x else np.nextafter(y, -np.float32(np.inf))


@inner
def _exponent(extent):
    """Of the least scale with STEPS or fewer in an extent, as in the bits of a float32 that is not subnormal."""
    if not extent > 0.0:
        return 1
    return min(max(math.frexp(extent / STEPS)[1] + 127, 1), 254)


@loop
def _pack(begin, end, nodes, links, slots, places, starts, words):
    """Write the nodes, each in its place."""
    floats = words.view(np.float32)
    triangles = 5 * (len(links) // 8)  # their first quad
    for node in range(begin, end):
        at = NODE * places[node]
        words[at : at + NODE] = 0
        block = _first_block(links, node)
        words[at + 4] = _first(links, node)
        words[at + 5] = triangles + 3 * starts[block]
        for slot in range(8):
            child = slots[8 * node + slot]
            link = links[8 * node + child] if child >= 0 else -1
            if link >= 0:
                _set_byte(words, at + 3, 3, 1 << slot)
            elif link < -1:
                _set_byte(words, at + 6 + (slot >> 2), slot & 3, starts[-1 - link] - starts[block])
        largest = 0.0
        for i in range(48):
            if not _is_empty(nodes, 64 * node + (i & 7)):
                largest = max(largest, abs(np.float64(nodes[64 * node + i])))
        for axis in range(3):
            _pack_axis(nodes, 64 * node + 16 * axis, slots, 8 * node, ROOM * largest, floats, words, at, axis)


@inner
def _pack_axis(nodes, k, slots, first, room, floats, words, at, axis):
    """The planes of a node along an axis. In float64, whose rounding is 2^-33 of the room."""
    low, high = np.inf, -np.inf
    for i in range(8):
        if slots[first + i] >= 0:
            child = k + slots[first + i]
            low, high = min(low, nodes[child] - room), max(high, nodes[child + 8] + room)
    origin = _below(low)
    exponent = _exponent(high - origin)
    scale = 2.0 ** (exponent - 127)
    floats[at + axis] = origin
    _set_byte(words, at + 3, axis, exponent)
    for slot in range(8):
        bottom, top = 255, 0
        if slots[first + slot] >= 0:
            child = k + slots[first + slot]
            bottom = int(max(math.floor((nodes[child] - room - origin) / scale), 0.0))
            top = int(min(math.ceil((nodes[child + 8] + room - origin) / scale), 255.0))
        _set_byte(words, at + 8 + 2 * axis + (slot >> 2), slot & 3, bottom)
        _set_byte(words, at + 14 + 2 * axis + (slot >> 2), slot & 3, top)


@loop
def _copy(begin, end, corners, order, starts, words):
    """Write the triangles of blocks begin .. end."""
    for block in range(begin, end):
        count = starts[block + 1] - starts[block]
        for i in range(count):
            at = TRIANGLE * (starts[block] + i)
            for vertex in range(3):
                for axis in range(3):
                    words[at + 4 * vertex + axis] = corners[72 * block + 24 * vertex + 8 * axis + i]
                words[at + 4 * vertex + 3] = 0
            face = order[8 * block + i]
            words[at + 3] = -1 - face if i == count - 1 else face
