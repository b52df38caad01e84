"""Binary search in sections of sorted arrays: to draw from a distribution that is given by its cumulative sums."""

from .device import device
from .real import gather, select


@device
def find(ascending, start, count, x):
    """The last k in 0 .. count-1 with ascending[start + k] <= x, or 0. `start` and x may differ by lane, start an
    integer; the number of halvings is that of `count` alone."""
    step = 1
    while 2 * step < count:
        step = 2 * step
    low = 0 * start
    while step > 0:
        middle = low + step
        inside = middle < count
        go = inside & (gather(ascending, start + select(inside, middle, 0)) <= x)
        low = select(go, middle, low)
        step = step >> 1
    return low
