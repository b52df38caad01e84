"""A range of boxes in bins along an axis, and its partition at the plane between two of them."""

from __future__ import annotations

from numba import njit

BINS = 16
DEEP = 48  # levels after which a range is halved as it stands


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
