"""Lanes whose rays go much the same way, together through the tree: camera rays, shadow rays to a small light.

A box is met where an interval says that some ray of the packet may: origins and inverse directions are between bounds,
along each axis (Wald et al. 2007, of frusta). So eight boxes cost what they cost one ray, and a triangle all lanes at
once. What lanes hit is the nearest of all triangles that one of them might: the same bits as alone (`walk.py`).

A packet that turns out to be wide gives up, and its lanes go alone. (To test the boxes of a block's triangles
before the triangles does not pay.)
"""

from ..device import device
from ..real import BIG, absolute, any_lane, invert, maximum, real, select, truncate
from .walk import BEYOND, DONE, ROOM, eight_reals, enter, leave, links_waiting, passes, reached
from .wide import (
    address,
    as_integers,
    bits,
    count,
    eight,
    first,
    fused,
    item,
    least,
    link_of,
    lowest,
    most,
    pick,
    where,
)

LEAST = 6  # lanes of a packet
PATIENCE = 40  # nodes


@device(strict=True)
def together(o, d, mask):
    """Whether the rays of the lanes are a packet: the same signs, and the same largest axis."""
    m = bits(mask)
    x, y, z = absolute(d[0]), absolute(d[1]), absolute(d[2])
    first_axis = (x > y) & (x > z)
    second_axis = invert(first_axis) & (y > z)
    valid = absolute(o[0] + o[1] + o[2]) + absolute(d[0] + d[1] + d[2]) < BIG
    agree = _agree(d[0] < 0.0, m) & _agree(d[1] < 0.0, m) & _agree(d[2] < 0.0, m)
    return agree & _agree(first_axis, m) & _agree(second_axis, m) & (bits(valid) & m == m) & (count(m) >= LEAST)


@device(strict=True)
def _agree(mask, m):
    some = bits(mask) & m
    return (some == 0) | (some == m)


@device(strict=True)
def _least_of(x, mask):
    return lowest(where(mask, x, BIG))


@device(strict=True)
def _interval(o, d, room, mask):
    """(end of the origins for the near plane, for the far plane; least and greatest inverse) along an axis, in the
    lanes of the mask, whose signs are the same."""
    tiny = 1e-18
    small = absolute(d) < tiny
    inverse = select(small, select(d < 0.0, -1e18, 1e18 + 0.0 * d), 1.0 / select(small, 1.0 + 0.0 * d, d))
    low, high = _least_of(o - room, mask), -_least_of(-(o + room), mask)
    slow, fast = _least_of(inverse, mask), -_least_of(-inverse, mask)
    return (high, low, slow, fast) if slow > 0.0 else (low, high, slow, fast)


@device(strict=True)
def _bounds(o, d, mask):
    """(intervals x, y, z; where the near planes are in a node)."""
    room = ROOM * maximum(maximum(absolute(o[0]), absolute(o[1])), absolute(o[2]))
    x, y, z = _interval(o[0], d[0], room, mask), _interval(o[1], d[1], room, mask), _interval(o[2], d[2], room, mask)
    near = (8 if x[2] < 0.0 else 0, 24 if y[2] < 0.0 else 16, 40 if z[2] < 0.0 else 32)
    return x, y, z, near


@device(strict=True)
def _near(planes, interval):
    a = planes - interval[0]
    return least(a * interval[2], a * interval[3])


@device(strict=True)
def _far(planes, interval):
    a = planes - interval[1]
    return most(a * interval[2], a * interval[3])


@device(strict=True)
def _boxes(nodes, node, bounds, t):
    """(entry, mask as bits) of the boxes that some ray may meet before t."""
    at = 64 * node
    x, y, z, n = bounds
    near = most(
        most(_near(eight(nodes, at + n[0]), x), _near(eight(nodes, at + n[1]), y)),
        most(_near(eight(nodes, at + n[2]), z), 0.0),
    )
    far = least(
        least(_far(eight(nodes, at + 8 - n[0]), x), _far(eight(nodes, at + 40 - n[1]), y)),
        _far(eight(nodes, at + 72 - n[2]), z),
    )
    near = near * (2.0 - BEYOND)
    return near, bits((near <= far * BEYOND) & (near <= t))


@device(strict=True)
def _shear(o, d, mask):
    """(where the coordinates x, y and depth are in a block; the origins'; the shear and 1 over the largest component)
    of all lanes: as in walk.py."""
    i = first(bits(mask))
    x, y, z = abs(pick(d[0], i)), abs(pick(d[1], i)), abs(pick(d[2], i))
    if x > y and x > z:
        major, places, origin, rest = d[0], (16, 8, 0), (o[2], o[1], o[0]), (d[2], d[1])
    elif y > z:
        major, places, origin, rest = d[1], (0, 16, 8), (o[0], o[2], o[1]), (d[0], d[2])
    else:
        major, places, origin, rest = d[2], (0, 8, 16), (o[0], o[1], o[2]), (d[0], d[1])
    return places, origin, (-(rest[0] / major), -(rest[1] / major), 1.0 / major)


@device(strict=True)
def _triangle(corners, at, line):
    """(w0, w1, w2, depths a, b, c, mask of the lanes that pass inside) of a triangle."""
    (x, y, z), o, s = line
    az, bz, cz = item(corners, at + z) - o[2], item(corners, at + 24 + z) - o[2], item(corners, at + 48 + z) - o[2]
    ax, ay = fused(s[0], az, item(corners, at + x) - o[0]), fused(s[1], az, item(corners, at + y) - o[1])
    bx, by = fused(s[0], bz, item(corners, at + 24 + x) - o[0]), fused(s[1], bz, item(corners, at + 24 + y) - o[1])
    cx, cy = fused(s[0], cz, item(corners, at + 48 + x) - o[0]), fused(s[1], cz, item(corners, at + 48 + y) - o[1])
    w0, w1, w2, inside = passes(ax, ay, bx, by, cx, cy)
    return w0, w1, w2, az, bz, cz, inside


@device(strict=True)
def _down(nodes, node, bounds, t, entries, pending, top, visits):
    """(a block's link, or DONE where no box is met; the new top of the stack; nodes visited), from a node on."""
    while node >= 0:
        entry, m = _boxes(nodes, node, bounds, t)
        if m == 0:
            return DONE, top, visits
        node, top = enter(as_integers(nodes), node, entry, m, entries, pending, top)
        visits += 1
    return node, top, visits


@device(strict=True, apart=True)
def nearest_together(nodes, corners, order, o, d, mask):
    """(done, t, face, u, v) of the lanes of the mask."""
    zero = real(0.0)
    t, face, u, v, whole = select(mask, BIG, zero), truncate(zero) - 1, zero, zero, zero + 1.0
    pending, entries = address(links_waiting()), address(eight_reals())
    bounds, line = _bounds(o, d, mask), _shear(o, d, mask)
    top, node, visits, limit = 0, 0, 0, BIG
    while True:
        node, top, visits = _down(nodes, node, bounds, limit, entries, pending, top, visits)
        if visits > PATIENCE:
            return False, t, face, u, v
        if node < 0:
            block = -1 - node
            for i in range(8):
                number = item(order, 8 * block + i)
                if number < 0:
                    break
                w0, w1, w2, az, bz, cz, inside = _triangle(corners, 72 * block + i, line)
                inside = inside & mask
                if any_lane(inside):
                    s, total, hit = reached(w0, w1, w2, az, bz, cz, inside, line[2][2])
                    hit = hit & ((s < t) | ((s == t) & (face > number)))
                    t, face = select(hit, s, t), select(hit, number, face)
                    u, v, whole = select(hit, w1, u), select(hit, w2, v), select(hit, total, whole)
            limit = -lowest(-t)
        node, top = leave(pending, top, limit)
        if node == DONE:
            return True, t, face, u / whole, v / whole


@device(strict=True, apart=True)
def meet_together(nodes, corners, order, o, d, t_max, mask):
    """(done, mask of the lanes that meet a triangle before t_max)."""
    pending, entries = address(links_waiting()), address(eight_reals())
    bounds, line = _bounds(o, d, mask), _shear(o, d, mask)
    top, node, visits, free = 0, 0, 0, mask
    limit = -_least_of(-t_max, mask)
    while True:
        node, top, visits = _down(nodes, node, bounds, limit, entries, pending, top, visits)
        if visits > PATIENCE:
            return False, mask & invert(free)
        if node < 0:
            block = -1 - node
            for i in range(8):
                if item(order, 8 * block + i) < 0:
                    break
                w0, w1, w2, az, bz, cz, inside = _triangle(corners, 72 * block + i, line)
                inside = inside & free
                if any_lane(inside):
                    s, _, hit = reached(w0, w1, w2, az, bz, cz, inside, line[2][2])
                    free = free & invert(hit & (s < t_max))
            if not any_lane(free):
                return True, mask
        if top == 0:
            return True, mask & invert(free)
        top -= 1
        node = link_of(item(pending, top))
