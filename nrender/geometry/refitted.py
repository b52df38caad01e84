"""Refitting the tree of `compressed.py` where it is: on a GPU. When only vertices move, nothing else need go there.

What a node is made of stays: which slots have a child, where its children and triangles are. New are the vertices of
the triangles, the origin of a node, its three scales and the planes of its slots. They are those of `fit.py` and
`compressed.py` for these vertices, bit for bit, but that each child stays in the slot that it had, and for the sign of
an origin that is zero. For that planes are found in float64 here too: products are by powers of two, so it does not
matter whether a sum is fused with one.

From the lowest level up: the nodes of a level may be done in any order, each by one thread. A node takes its children's
boxes from `bounds` (6 numbers a node, low x, y, z, high x, y, z), and leaves its own there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..device import device
from ..local import local_reals
from ..real import absolute, gather, maximum, minimum, product, put, real, truncate
from .compressed import NODE, ROOM, STEPS, TRIANGLE
from .fit import FAR, GROW
from .triangle import corners
from .words import as_real, as_word, double

FARTHEST, ROOM_OF_LEAF = float(FAR), float(GROW)
LARGE = 3e38  # no coordinate is larger
GROWN = 1.5  # times the extent of a new tree: a refitted one is given up


class Words(NamedTuple):
    """Of a new tree. levels: see collapse.py; extent: that of the tree."""

    words: np.ndarray
    levels: tuple[int, ...]
    extent: float


@dataclass(eq=False)
class Refitted:
    """In the place of a tree's words: `tree` is an earlier one, which differs in the vertices alone; new(): one for
    those of today."""

    tree: Words
    new: Callable[[], Words]

    @property
    def nbytes(self) -> int:
        """Of the device's memory that it takes to make them: both words, boxes and surfaces."""
        return 2 * self.tree.words.nbytes + 4 * (6 + 1) * self.tree.levels[-1]

    def rebuild(self) -> np.ndarray:
        """The words of a new tree, which is the earlier one from now on."""
        self.tree = self.new()
        return self.tree.words


@device(strict=True)
def refit_node(words, theta, faces, bounds, surfaces, node):
    """Write a node's numbers, those of its triangles, its box, and the half surface of its children's boxes."""
    boxes = local_reals()
    at = NODE * node
    inner = (gather(words, at + 3) >> 24) & 255
    child, there = gather(words, at + 4), 0
    surface, largest = 0.0 * gather(theta, 0), 0.0 * gather(theta, 0)
    for k in range(3):
        put(bounds, 6 * node + k, FARTHEST, True)
        put(bounds, 6 * node + 3 + k, -FARTHEST, True)
    for slot in range(8):
        if _byte(words, at + 8, slot) > _byte(words, at + 14, slot):
            continue  # inside out: nothing is there
        there = there | (1 << slot)
        if (inner >> slot) & 1:
            for k in range(6):
                put(boxes, 6 * slot + k, gather(bounds, 6 * child + k), True)
            child += 1
        else:
            triangle = gather(words, at + 5) + 3 * _byte(words, at + 6, slot)
            _leaf(words, theta, faces, 4 * triangle, boxes, 6 * slot)
        largest = maximum(largest, _largest(boxes, 6 * slot))
        surface = surface + _surface(boxes, 6 * slot)
        for k in range(3):
            low, high = gather(boxes, 6 * slot + k), gather(boxes, 6 * slot + 3 + k)
            put(bounds, 6 * node + k, minimum(gather(bounds, 6 * node + k), low), True)
            put(bounds, 6 * node + 3 + k, maximum(gather(bounds, 6 * node + 3 + k), high), True)
    put(surfaces, node, surface, True)
    room = double(largest) * ROOM
    x = _axis(words, at, boxes, there, room, 0)
    y = _axis(words, at, boxes, there, room, 1)
    z = _axis(words, at, boxes, there, room, 2)
    put(words, at + 3, _joined(x, y, z, inner), True)


@device(strict=True)
def _byte(words, at, slot):
    """That of a slot, of the two words from `at` on."""
    return (gather(words, at + (slot >> 2)) >> (8 * (slot & 3))) & 255


@device(strict=True)
def _joined(a, b, c, d):
    """Four bytes in an int32, the last one with its sign."""
    return a | (b << 8) | (c << 16) | ((d - ((d >> 7) << 8)) << 24)


@device(strict=True)
def _leaf(words, theta, faces, first, boxes, at):
    """Write the triangles of a leaf, from the word `first` on, and its box, as fit._blocks has them."""
    for k in range(3):
        put(boxes, at + k, FARTHEST, True)
        put(boxes, at + 3 + k, -FARTHEST, True)
    last, word = False, first
    while not last:
        face = gather(words, word + 3)
        last = face < 0
        a, b, c = corners(theta, faces, -1 - face if last else face)
        for k in range(3):
            low, high = minimum(a[k], minimum(b[k], c[k])), maximum(a[k], maximum(b[k], c[k]))
            put(boxes, at + k, minimum(gather(boxes, at + k), low), True)
            put(boxes, at + 3 + k, maximum(gather(boxes, at + 3 + k), high), True)
        area = _has_area(a, b, c)
        for k in range(3):
            put(words, word + k, as_word(a[k]) if area else 0, True)
            put(words, word + 4 + k, as_word(b[k]) if area else 0, True)
            put(words, word + 8 + k, as_word(c[k]) if area else 0, True)
        word += TRIANGLE
    room = ROOM_OF_LEAF * _largest(boxes, at)
    for k in range(3):
        put(boxes, at + k, gather(boxes, at + k) - room, True)
        put(boxes, at + 3 + k, gather(boxes, at + 3 + k) + room, True)


@device(strict=True)
def _has_area(a, b, c):
    px, py, pz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    qx, qy, qz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    same = product(py, qz) == product(pz, qy) and product(pz, qx) == product(px, qz)
    return not (same and product(px, qy) == product(py, qx))


@device(strict=True)
def _largest(boxes, at):
    """The largest coordinate of a box."""
    largest = absolute(gather(boxes, at))
    for k in range(1, 6):
        largest = maximum(largest, absolute(gather(boxes, at + k)))
    return largest


@device(strict=True)
def _surface(boxes, at):
    """Half of a box's surface."""
    x = gather(boxes, at + 3) - gather(boxes, at)
    y = gather(boxes, at + 4) - gather(boxes, at + 1)
    z = gather(boxes, at + 5) - gather(boxes, at + 2)
    return x * y + y * z + z * x


@device(strict=True)
def _axis(words, at, boxes, there, room, axis):
    """Write a node's origin and planes along an axis, return the exponent of its scale: see compressed._pack_axis."""
    low, high = double(LARGE), double(-LARGE)
    for slot in range(8):
        if (there >> slot) & 1:
            low = minimum(low, double(gather(boxes, 6 * slot + axis)) - room)
            high = maximum(high, double(gather(boxes, 6 * slot + 3 + axis)) + room)
    origin = _below(low)
    put(words, at + axis, as_word(origin), True)
    exponent = _exponent(high - double(origin))
    scale = double(as_real(exponent << 23))
    for half in range(2):
        low0, high0 = _planes(boxes, there, 4 * half, axis, room, origin, scale)
        low1, high1 = _planes(boxes, there, 4 * half + 1, axis, room, origin, scale)
        low2, high2 = _planes(boxes, there, 4 * half + 2, axis, room, origin, scale)
        low3, high3 = _planes(boxes, there, 4 * half + 3, axis, room, origin, scale)
        put(words, at + 8 + 2 * axis + half, _joined(low0, low1, low2, low3), True)
        put(words, at + 14 + 2 * axis + half, _joined(high0, high1, high2, high3), True)
    return exponent


@device(strict=True)
def _below(x):
    """The largest Real that is not above x, which is in float64."""
    y = real(x)
    if double(y) > x:
        word = as_word(y)
        y = as_real(-0x7FFFFFFF if y == 0.0 else word + 1 if y < 0.0 else word - 1)
    return y


@device(strict=True)
def _exponent(extent):
    """Of the least scale with STEPS or fewer in an extent, by halves: that of a power of two is its bits."""
    step = extent / double(STEPS)
    first, last = 1, 254
    for _ in range(8):
        middle = (first + last) >> 1
        if not extent > 0.0 or step < double(as_real(middle << 23)):
            last = middle
        else:
            first = minimum(middle + 1, last)
    return first


@device(strict=True)
def _planes(boxes, there, slot, axis, room, origin, scale):
    """The steps of a slot's low and high plane; (255, 0) if nothing is there."""
    bottom, top = 255, 0
    if (there >> slot) & 1:
        low = (double(gather(boxes, 6 * slot + axis)) - room - double(origin)) / scale
        high = (double(gather(boxes, 6 * slot + 3 + axis)) + room - double(origin)) / scale
        bottom = truncate(maximum(low, double(0.0)))
        top = truncate(minimum(high, double(255.0)))
        if double(top) < high and top < 255:
            top += 1
    return bottom, top
