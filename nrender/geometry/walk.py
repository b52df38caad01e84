"""One ray through the tree, in the vector registers of a CPU: against eight boxes, then eight triangles, at once.

A box hides no triangle that the triangle test would hit. Rounding there moves a vertex v, along an axis, by less than
8 u max|v - o| of the largest coordinates, u = 2^-24; and a slab's plane, by u |o| from its product and by 3 u of the
distance (Ize 2013). So boxes are grown by 16 u of the largest coordinate in them (fit.py), and here by that of the
origin, both together at least 16 u |v - o|; and the far planes are moved away by 16 u of their distance.

Of equal distances the lower face is hit, and a box is entered where its distance is equal: whatever the tree. Strict:
no operation is fused but those that say so, and all of those that share a vertex fuse alike.
"""

from numba import types

from ..device import device
from ..local import PENDING, make
from ..real import BIG
from .wide import (
    address,
    as_integers,
    bits,
    eight,
    first,
    fused,
    item,
    least,
    link_of,
    lowest,
    most,
    number_of,
    pair,
    pick,
    set_item,
    set_vector,
    where,
)

ROOM = 2.0**-20  # of the largest coordinate
BEYOND = 1.0 + 2.0**-20  # of the distance
DONE = 1 << 30  # no node

links_waiting = make(types.int64, PENDING)  # each with its distance
eight_reals = make(types.float32, 8)


@device(strict=True)
def inverse_of(x):
    """1/x for a slab test, finite: 0 * inf would be NaN."""
    tiny = 1e-18
    if abs(x) < tiny:
        return 1e18 if x >= 0.0 else -1e18
    return 1.0 / x


@device(strict=True)
def _slab(o, d, room):
    """(factor and offset of the near plane, of the far plane) along an axis."""
    r = inverse_of(d)
    slack = abs(r) * room
    a = o * r
    return r, -a - slack, r * BEYOND, (slack - a) * BEYOND


@device(strict=True)
def room_of(ox, oy, oz):
    x, y, z = abs(ox), abs(oy), abs(oz)
    largest = x if x > y else y
    return ROOM * (largest if largest > z else z)


@device(strict=True)
def _axis(dx, dy, dz):
    """The axis along which a ray goes most, the two others."""
    x, y, z = abs(dx), abs(dy), abs(dz)
    if x > y and x > z:
        return 0, 2, 1
    if y > z:
        return 1, 0, 2
    return 2, 0, 1


@device(strict=True)
def _of(axis, x, y, z):
    return x if axis == 0 else y if axis == 1 else z


@device(strict=True)
def _valid(ox, oy, oz, dx, dy, dz):
    """False for NaN."""
    return abs(ox + oy + oz) + abs(dx + dy + dz) < BIG


@device(strict=True)
def _slabs(ox, oy, oz, dx, dy, dz):
    """(slabs x, y, z; where their near planes are in a node)."""
    room = room_of(ox, oy, oz)
    near = (8 if dx < 0.0 else 0, 24 if dy < 0.0 else 16, 40 if dz < 0.0 else 32)
    return _slab(ox, dx, room), _slab(oy, dy, room), _slab(oz, dz, room), near


@device(strict=True)
def _line(ox, oy, oz, dx, dy, dz):
    """(where the coordinates x, y and depth are in a block; the origin's; the shear, 1 over the largest component)."""
    k, i, j = _axis(dx, dy, dz)
    origin = (_of(i, ox, oy, oz), _of(j, ox, oy, oz), _of(k, ox, oy, oz))
    major = _of(k, dx, dy, dz)
    shear = (-(_of(i, dx, dy, dz) / major), -(_of(j, dx, dy, dz) / major), 1.0 / major)
    return (8 * i, 8 * j, 8 * k), origin, shear


@device(strict=True)
def _boxes(nodes, node, slabs, t):
    """(entry, mask as bits) of the boxes of a node."""
    at = 64 * node
    x, y, z, n = slabs
    near = most(
        most(fused(eight(nodes, at + n[0]), x[0], x[1]), fused(eight(nodes, at + n[1]), y[0], y[1])),
        most(fused(eight(nodes, at + n[2]), z[0], z[1]), 0.0),
    )
    far = least(
        least(fused(eight(nodes, at + 8 - n[0]), x[2], x[3]), fused(eight(nodes, at + 40 - n[1]), y[2], y[3])),
        least(fused(eight(nodes, at + 72 - n[2]), z[2], z[3]), t),
    )
    return near, bits(near <= far)


@device(strict=True)
def _triangles(corners, block, line):
    """(w0, w1, w2, depths a, b, c, mask of those that the line passes) of a block: see triangle.py."""
    (x, y, z), o, s = line
    a = 72 * block
    b, c = a + 24, a + 48
    az, bz, cz = eight(corners, a + z) - o[2], eight(corners, b + z) - o[2], eight(corners, c + z) - o[2]
    ax, ay = fused(s[0], az, eight(corners, a + x) - o[0]), fused(s[1], az, eight(corners, a + y) - o[1])
    bx, by = fused(s[0], bz, eight(corners, b + x) - o[0]), fused(s[1], bz, eight(corners, b + y) - o[1])
    cx, cy = fused(s[0], cz, eight(corners, c + x) - o[0]), fused(s[1], cz, eight(corners, c + y) - o[1])
    w0, w1, w2, inside = passes(ax, ay, bx, by, cx, cy)
    return w0, w1, w2, az, bz, cz, inside


@device(strict=True)
def passes(ax, ay, bx, by, cx, cy):
    """(w0, w1, w2, mask) of triangles and lines: triangle.edge_functions."""
    w0 = bx * cy - by * cx
    w1 = cx * ay - cy * ax
    w2 = ax * by - ay * bx
    return w0, w1, w2, (least(least(w0, w1), w2) >= 0.0) | (most(most(w0, w1), w2) <= 0.0)


@device(strict=True)
def reached(w0, w1, w2, az, bz, cz, inside, scale):
    """(distances, w0 + w1 + w2, mask) of the triangles that lines pass inside, and do so before them. scale: 1 over the
    directions' largest component."""
    total = w0 + w1 + w2
    s = fused(w0, az, fused(w1, bz, w2 * cz)) / total * scale
    return s, total, inside & (total != 0.0) & (s > 0.0)


@device(strict=True)
def leave(pending, top, t):
    """(the link of the next one that waits and is not beyond t, or DONE; the new top of the stack)."""
    while top > 0:
        top -= 1
        waiting = item(pending, top)
        if number_of(waiting) <= t:
            return link_of(waiting), top
    return DONE, top


@device(strict=True)
def enter(links, node, entry, m, entries, pending, top):
    """(the nearest child of those in the bits m, the new top of the stack): the others are on it, by distance."""
    at = 64 * node + 48
    i, m = first(m), m & (m - 1)
    if m == 0:
        return int(item(links, at + i)), top
    set_vector(entries, 0, entry)
    here = pair(item(entries, i), item(links, at + i))
    i, m = first(m), m & (m - 1)
    other = pair(item(entries, i), item(links, at + i))
    here, far = min(here, other), max(here, other)
    if m == 0:
        set_item(pending, top, far)
        return link_of(here), top + 1
    i, m = first(m), m & (m - 1)
    other = pair(item(entries, i), item(links, at + i))
    here, other = min(here, other), max(here, other)
    middle, far = min(other, far), max(other, far)
    set_item(pending, top, far)
    set_item(pending, top + 1, middle)
    if m == 0:
        return link_of(here), top + 2
    set_item(pending, top + 2, here)
    base = top
    top += 3
    while m != 0:
        i, m = first(m), m & (m - 1)
        here = pair(item(entries, i), item(links, at + i))
        k = top
        while k > base and item(pending, k - 1) < here:
            set_item(pending, k, item(pending, k - 1))
            k -= 1
        set_item(pending, k, here)
        top += 1
    return link_of(item(pending, top - 1)), top - 1


@device(strict=True, apart=True)
def nearest(nodes, corners, order, ox, oy, oz, dx, dy, dz):
    """(t, face, u, v) of the nearest hit."""
    t, face, u, v = BIG, -1, 0.0, 0.0
    if not _valid(ox, oy, oz, dx, dy, dz):
        return t, face, u, v
    pending, entries, links = address(links_waiting()), address(eight_reals()), as_integers(nodes)
    slabs, line = _slabs(ox, oy, oz, dx, dy, dz), _line(ox, oy, oz, dx, dy, dz)
    top, node = 0, 0
    while True:
        while node >= 0:
            entry, m = _boxes(nodes, node, slabs, t)
            if m == 0:
                node = DONE
                break
            node, top = enter(links, node, entry, m, entries, pending, top)
        if node < 0:
            block = -1 - node
            w0, w1, w2, az, bz, cz, inside = _triangles(corners, block, line)
            if bits(inside) != 0:
                s, total, hit = reached(w0, w1, w2, az, bz, cz, inside, line[2][2])
                hit = hit & (s <= t)
                m = bits(hit)
                if m != 0:
                    nearest_here = lowest(where(hit, s, BIG))
                    m = bits(hit & (s == nearest_here))
                    i, m = first(m), m & (m - 1)
                    other = item(order, 8 * block + i)
                    while m != 0:
                        j, m = first(m), m & (m - 1)
                        if item(order, 8 * block + j) < other:
                            i, other = j, item(order, 8 * block + j)
                    if nearest_here < t or other < face:
                        t, face = nearest_here, int(other)
                        u, v = pick(w1, i) / pick(total, i), pick(w2, i) / pick(total, i)
        node, top = leave(pending, top, t)
        if node == DONE:
            return t, face, u, v


@device(strict=True, apart=True)
def meets(nodes, corners, order, ox, oy, oz, dx, dy, dz, t):
    """Whether the ray meets a triangle at a distance above 0 and below t."""
    if not _valid(ox, oy, oz, dx, dy, dz):
        return False
    pending, links = address(links_waiting()), as_integers(nodes)
    slabs, line = _slabs(ox, oy, oz, dx, dy, dz), _line(ox, oy, oz, dx, dy, dz)
    top, node = 0, 0
    while True:
        while node >= 0:
            _, m = _boxes(nodes, node, slabs, t)
            at = 64 * node + 48
            if m == 0:
                node = DONE
                break
            i, m = first(m), m & (m - 1)
            while m != 0:
                set_item(pending, top, item(links, at + i))
                i, m = first(m), m & (m - 1)
                top += 1
            node = int(item(links, at + i))
        if node < 0:
            w0, w1, w2, az, bz, cz, inside = _triangles(corners, -1 - node, line)
            if bits(inside) != 0:
                s, _, hit = reached(w0, w1, w2, az, bz, cz, inside, line[2][2])
                if bits(hit & (s < t)) != 0:
                    return True
        if top == 0:
            return False
        top -= 1
        node = int(item(pending, top))
