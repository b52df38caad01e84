"""The least cone about two cones of directions, to bound them up a tree. Plain Numba on the host. A cone is (axis x, y,
z, half-angle)."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, error_model="numpy")
def join_cones(a, b):
    """The least cone about two. Conty Estevez & Kulla 2018, algorithm 1."""
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
def join_lines(a, b):
    """The same for lines, of which either direction is as good: the half-angle is at most 90 degrees."""
    if a[0] * b[0] + a[1] * b[1] + a[2] * b[2] < 0.0:
        b = (-b[0], -b[1], -b[2], b[3])
    cone = join_cones(a, b)
    return (cone[0], cone[1], cone[2], min(cone[3], 0.5 * np.pi))
