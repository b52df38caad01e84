"""A ray through the tree of `compressed.py`, for a GPU: one thread a ray. It hits what `traverse.py` hits, bit for bit:
no box hides a triangle, and the test of a triangle is the same function.

What is still to visit is kept as groups: the inner children of one node that the ray meets, a bit each, and the number
of the first. A node's group is on the stack once, after its first child was taken, and before its last one: one for
each level above, 8 bytes each. Bits are in the order in which the ray visits the slots: that of slot s is s ^ octant,
where bit k of octant is set for a ray that goes down along axis k.

The stack is 160 bytes, where one of nodes and their distances is 1152. Without distances nothing on it can be left out
once a hit is nearer: among a million triangles a ray that bounces visits 12 nodes, not 10 (benchmarks/compressed.py).

With u = 2^-24, the plane p + q s is at the distance (q s) r + (p - o) r, r = 1/d. Its rounding is that of r, of the
first product and of the sum, 3 u of the distance, as in walk.py, and up to 4 u (|p| + |o|) |r| more, for the product
is also large where the plane is near and its node begins far away. For that boxes have 16 u |p| more room (ROOM in
compressed.py), and the origin's room is twice that of walk.py. Whether products and sums are fused does not matter.
Where coordinates are 1e20 and more, a product overflows for a ray along an axis, which may then miss.
"""

from ..device import device
from ..local import group_integers
from ..real import BIG, gather, maximum, minimum, put, real, select, uint32
from .traverse import Hit, nearer
from .triangle import along
from .walk import BEYOND, inverse_of, room_of
from .words import as_real, bit_count, quad


@device(strict=True)
def _axis(origin, exponent, o, inverse, room):
    """(step, near, far): a plane q is at step * q + near, if it is moved towards the ray's origin, or + far."""
    middle, slack = (as_real(origin) - o) * inverse, room * abs(inverse)
    return as_real(exponent << 23) * inverse, middle - slack, middle + slack


@device(strict=True)
def _distance(word, shift, step, start):
    return real(uint32((word >> shift) & 255)) * step + start


@device(strict=True)
def _four(planes_x, planes_y, planes_z, x, y, z, t):
    """Which of four boxes the ray meets before t, a bit each. planes: the words of those met first, and last."""
    met = uint32(0)
    for k in range(4):
        shift = 8 * k
        near_x, far_x = _distance(planes_x[0], shift, x[0], x[1]), _distance(planes_x[1], shift, x[0], x[2])
        near_y, far_y = _distance(planes_y[0], shift, y[0], y[1]), _distance(planes_y[1], shift, y[0], y[2])
        near_z, far_z = _distance(planes_z[0], shift, z[0], z[1]), _distance(planes_z[1], shift, z[0], z[2])
        entry = maximum(maximum(near_x, near_y), maximum(near_z, 0.0))
        if entry <= minimum(minimum(minimum(far_x, far_y), far_z) * BEYOND, t):
            met = uint32(met | (1 << k))
    return met


@device(strict=True)
def _ends(up, low, high):
    """(the one of two planes that the ray meets first, the other)."""
    return select(up, low, high), select(up, high, low)


@device(strict=True)
def _boxes(tree, node, o, inverse, room, t):
    """Which slots of a node the ray meets before t, a bit each; the mask of inner ones."""
    px, py, pz, word = quad(tree, 5 * node)
    x = _axis(px, word & 255, o[0], inverse[0], room)
    y = _axis(py, (word >> 8) & 255, o[1], inverse[1], room)
    z = _axis(pz, (word >> 16) & 255, o[2], inverse[2], room)
    low_x, low_x4, low_y, low_y4 = quad(tree, 5 * node + 2)
    low_z, low_z4, high_x, high_x4 = quad(tree, 5 * node + 3)
    high_y, high_y4, high_z, high_z4 = quad(tree, 5 * node + 4)
    up_x, up_y, up_z = inverse[0] >= 0.0, inverse[1] >= 0.0, inverse[2] >= 0.0
    met = _four(_ends(up_x, low_x, high_x), _ends(up_y, low_y, high_y), _ends(up_z, low_z, high_z), x, y, z, t)
    met4 = _four(_ends(up_x, low_x4, high_x4), _ends(up_y, low_y4, high_y4), _ends(up_z, low_z4, high_z4), x, y, z, t)
    return uint32(met | (met4 << 4)), uint32((word >> 24) & 255)


@device(strict=True)
def _turned(bits, octant):
    """Bit s of both low bytes as bit s ^ octant."""
    if octant & 1:
        bits = uint32(((bits & 0x5555) << 1) | ((bits >> 1) & 0x5555))
    if octant & 2:
        bits = uint32(((bits & 0x3333) << 2) | ((bits >> 2) & 0x3333))
    if octant & 4:
        bits = uint32(((bits & 0x0F0F) << 4) | ((bits >> 4) & 0x0F0F))
    return bits


@device(strict=True)
def _lowest(bits):
    """The number of the lowest bit that is set; some bit must be."""
    return bit_count((bits - 1) & ~bits)


@device(strict=True)
def _leaf(tree, k, o, line, best):
    """The nearest of `best` and the triangles from quad k on, up to the end of their leaf."""
    last = False
    while not last:
        ax, ay, az, face = quad(tree, k)
        bx, by, bz, _ = quad(tree, k + 1)
        cx, cy, cz, _ = quad(tree, k + 2)
        a = (as_real(ax), as_real(ay), as_real(az))
        b = (as_real(bx), as_real(by), as_real(bz))
        c = (as_real(cx), as_real(cy), as_real(cz))
        last = face < 0
        best = nearer(a, b, c, -1 - face if last else face, o, line, best)
        k += 3
    return best


@device(strict=True, apart=True)
def _walk(tree, o, d, t_max, any_hit):
    """(t, face, u, v) of the nearest hit before t_max, or of any."""
    best = (t_max, -1, 0.0 * t_max, 0.0 * t_max)
    if not abs(o[0] + o[1] + o[2]) + abs(d[0] + d[1] + d[2]) < BIG:  # NaN would go everywhere
        return best
    groups = group_integers()
    line = along(d)
    inverse = (inverse_of(d[0]), inverse_of(d[1]), inverse_of(d[2]))
    octant = uint32((1 if d[0] < 0.0 else 0) | (2 if d[1] < 0.0 else 0) | (4 if d[2] < 0.0 else 0))
    room = 2.0 * room_of(o[0], o[1], o[2])
    top, node = uint32(0), uint32(0)
    first, left, inner = uint32(0), uint32(0), uint32(0)  # the group: its first child, bits left, mask of inner slots
    while True:
        children, triangles, offsets, offsets4 = quad(tree, 5 * node + 1)
        met, mask = _boxes(tree, node, o, inverse, room, best[0])
        met = _turned(uint32(((met & mask) << 8) | (met & ~mask)), octant)
        leaves = uint32(met & 255)
        while leaves != 0:
            slot = _lowest(leaves) ^ octant
            leaves = uint32(leaves & (leaves - 1))
            offset = ((offsets if slot < 4 else offsets4) >> (8 * (slot & 3))) & 255
            best = _leaf(tree, triangles + 3 * offset, o, line, best)
            if any_hit and best[1] >= 0:
                return best
        if met >> 8 != 0:
            if left != 0:
                put(groups, 2 * top, first, True)
                put(groups, 2 * top + 1, (inner << 8) | left, True)
                top = uint32(top + 1)
            first, left, inner = uint32(children), uint32(met >> 8), mask
        elif left == 0:
            if top == 0:
                return best
            top = uint32(top - 1)
            first, both = uint32(gather(groups, 2 * top)), gather(groups, 2 * top + 1)
            left, inner = uint32(both & 255), uint32(both >> 8)
        slot = _lowest(left) ^ octant
        left = uint32(left & (left - 1))
        node = uint32(first + bit_count(inner & ((1 << slot) - 1)))


@device
def closest(scene, o, d, mask):
    if not mask:
        return Hit(0.0 * d[0], -1, 0.0 * d[0], 0.0 * d[0])
    t, face, u, v = _walk(scene.compressed, o, d, BIG, False)
    return Hit(t, face, u, v)


@device
def occluded(scene, o, d, t_max, mask):
    if not mask:
        return False
    return _walk(scene.compressed, o, d, t_max, True)[1] >= 0
