"""Vertices at the same place, and the distinct edges of a mesh: by hashing and by counting, in linear time. On the
host."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..host import loop

FINE = 1e6  # steps to the extent of the vertices: two in the same one are at the same place


class Pairs(NamedTuple):
    """The distinct ones of m unordered pairs of integers, as k rows in ascending order."""

    rows: np.ndarray  # (k, 2) int32, the lesser first
    number: np.ndarray  # (m,) int32, the row of each pair
    order: np.ndarray  # (m,) int32, the pairs by row, and in their own order in each
    start: np.ndarray  # (k + 1,) int32, where those of each row begin in `order`


def places(vertices: np.ndarray) -> np.ndarray:
    """(V,) int32, the first vertex at the same place as each, to a millionth of the extent: two shapes that meet at an
    edge have it from different rotations, with other rounding errors."""
    vertices = np.ascontiguousarray(vertices, np.float64)
    size = max(float(np.ptp(vertices, axis=0).max()), 1e-30) if len(vertices) else 1.0
    table = np.full(1 << (2 * len(vertices) + 15).bit_length(), -1, np.int32)
    out = np.empty(len(vertices), np.int32)
    _places(vertices, FINE / size, np.empty((len(vertices), 3), np.int64), table, out)
    return out


def distinct_pairs(pairs: np.ndarray, count: int) -> Pairs:
    """Of pairs (m, 2) of integers, each in 0 .. count - 1."""
    m = len(pairs)
    rows, start = np.empty((m, 2), np.int32), np.empty(m + 1, np.int32)
    number, order, half = (np.empty(m, np.int32) for _ in range(3))
    at = np.zeros((2, count + 1), np.int32)
    k = _distinct(np.ascontiguousarray(pairs, np.int32), at, half, rows, number, order, start)
    return Pairs(rows[:k], number, order, start[: k + 1])


def sides_of(faces: np.ndarray) -> np.ndarray:
    """(3 F, 2) the vertices of each side of each face."""
    out = np.empty((len(faces), 3, 2), np.int32)
    out[:, :, 0] = faces
    out[:, :2, 1] = faces[:, 1:]
    out[:, 2, 1] = faces[:, 0]
    return out.reshape(-1, 2)


@loop
def _places(vertices, factor, cells, table, out):
    """cells (V, 3): room for integers; table: a power of 2, all -1."""
    last = len(table) - 1
    for v in range(len(vertices)):
        x = np.int64(np.rint(vertices[v, 0] * factor))
        y = np.int64(np.rint(vertices[v, 1] * factor))
        z = np.int64(np.rint(vertices[v, 2] * factor))
        cells[v, 0], cells[v, 1], cells[v, 2] = x, y, z
        # Odd numbers without a pattern: the middle bits of the products depend on all bits of x, y and z.
        mixed = (x * 0x1E3779B97F4A7C15) ^ (y * 0x42B2AE3D27D4EB4F) ^ (z * 0x165667B19E3779F9)
        slot = ((mixed ^ (mixed >> 29)) * 0x3F58476D1CE4E5B9 >> 24) & last
        first = table[slot]
        while first >= 0 and (cells[first, 0] != x or cells[first, 1] != y or cells[first, 2] != z):
            slot = (slot + 1) & last
            first = table[slot]
        if first < 0:
            table[slot] = first = v
        out[v] = first


@loop
def _distinct(pairs, at, half, rows, number, order, start):
    """Two stable sorts by counting, by the greater number and then by the lesser; return k. at (2, count + 1): 0."""
    m, count = len(pairs), at.shape[1] - 1
    for i in range(m):
        at[0, max(pairs[i, 0], pairs[i, 1]) + 1] += 1
        at[1, min(pairs[i, 0], pairs[i, 1]) + 1] += 1
    for k in range(count):
        at[0, k + 1] += at[0, k]
        at[1, k + 1] += at[1, k]
    for i in range(m):
        key = max(pairs[i, 0], pairs[i, 1])
        half[at[0, key]] = i
        at[0, key] += 1
    for j in range(m):
        i = half[j]
        key = min(pairs[i, 0], pairs[i, 1])
        order[at[1, key]] = i
        at[1, key] += 1
    k, low, high = 0, -1, -1
    for j in range(m):
        i = order[j]
        a, b = min(pairs[i, 0], pairs[i, 1]), max(pairs[i, 0], pairs[i, 1])
        if a != low or b != high:
            low, high = a, b
            rows[k, 0], rows[k, 1], start[k] = a, b, j
            k += 1
        number[i] = k - 1
    start[k] = m
    return k
