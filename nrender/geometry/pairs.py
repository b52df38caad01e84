"""Vertices at the same place, and the distinct edges of a mesh: by hashing and by counting, in linear time. Numba, on
the host."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numba import njit

from ..cache import on_disk

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
    size = max(float(np.ptp(vertices, axis=0).max(initial=0.0)), 1e-30)
    return _compiled(_places)(vertices, FINE / size)


def distinct_pairs(pairs: np.ndarray, count: int) -> Pairs:
    """Of pairs (m, 2) of integers, each in 0 .. count - 1."""
    return Pairs(*_compiled(_distinct)(np.ascontiguousarray(pairs, np.int32), count))


def sides_of(faces: np.ndarray) -> np.ndarray:
    """(3 F, 2) the vertices of each side of each face."""
    return np.ascontiguousarray(faces, np.int32)[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)


@functools.cache
def _compiled(function):
    return on_disk(function)


@njit(nogil=True, error_model="numpy")
def _places(vertices, factor):
    n = len(vertices)
    cells = np.empty((n, 3), np.int64)
    size = 16
    while size < 2 * n:
        size *= 2
    table = np.full(size, -1, np.int32)
    out = np.empty(n, np.int32)
    for v in range(n):
        x = np.int64(np.rint(vertices[v, 0] * factor))
        y = np.int64(np.rint(vertices[v, 1] * factor))
        z = np.int64(np.rint(vertices[v, 2] * factor))
        cells[v, 0], cells[v, 1], cells[v, 2] = x, y, z
        # Odd numbers without a pattern; the high bits of the product depend on all bits of the cell.
        mixed = (x * 0x1E3779B97F4A7C15) ^ (y * 0x42B2AE3D27D4EB4F) ^ (z * 0x165667B19E3779F9)
        slot = ((mixed ^ (mixed >> 29)) * 0x3F58476D1CE4E5B9 >> 24) & (size - 1)
        while True:
            first = table[slot]
            if first < 0:
                table[slot] = v
                out[v] = v
                break
            if cells[first, 0] == x and cells[first, 1] == y and cells[first, 2] == z:
                out[v] = first
                break
            slot = (slot + 1) & (size - 1)
    return out


@njit(nogil=True, error_model="numpy")
def _distinct(pairs, count):
    """Two stable sorts by counting, by the greater number and then by the lesser."""
    m = len(pairs)
    at, then = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    for i in range(m):
        at[max(pairs[i, 0], pairs[i, 1]) + 1] += 1
        then[min(pairs[i, 0], pairs[i, 1]) + 1] += 1
    for k in range(count):
        at[k + 1] += at[k]
        then[k + 1] += then[k]
    half, order = np.empty(m, np.int32), np.empty(m, np.int32)
    for i in range(m):
        key = max(pairs[i, 0], pairs[i, 1])
        half[at[key]] = i
        at[key] += 1
    for j in range(m):
        i = half[j]
        key = min(pairs[i, 0], pairs[i, 1])
        order[then[key]] = i
        then[key] += 1
    rows, start, number = np.empty((m, 2), np.int32), np.empty(m + 1, np.int32), np.empty(m, np.int32)
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
    return rows[:k].copy(), number, order, start[: k + 1].copy()
