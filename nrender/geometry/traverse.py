"""A ray against the scene: `closest` and `occluded`, primitives, so that each width can bring its own walk through the
tree of `tree.py`.

Here is the scalar one, for float64 and CPUs without vectors of eight. `walk.py` has the one for float32 on other CPUs,
and says why no triangle is missed; `lanes.py` has those for lanes, `compressed_walk.py` has CUDA's.
"""

from typing import NamedTuple

from ..device import Primitive, device
from ..local import pending_integers, pending_reals
from ..real import BIG, FLOAT32, FLOAT64, gather, put
from .triangle import along, edge_functions, plane_hit, seen
from .walk import inverse_of, meets, nearest, room_of
from .wide import HAS_EIGHT, address

BEYOND = 1.0 + 2.0**-20  # see walk.py


class Hit(NamedTuple):
    """face: -1 for none; t in units of the direction's length; u, v: weights of the face's second and third vertex."""

    t: float
    face: int
    u: float
    v: float


@device(strict=True)
def _less(a, b):
    return a if a < b else b


@device(strict=True)
def _more(a, b):
    return a if a > b else b


@device(strict=True)
def _slab(nodes, k, o, inverse, room):
    """(entry, exit) of a ray and what is between two planes."""
    a, b = (gather(nodes, k) - room - o) * inverse, (gather(nodes, k + 8) + room - o) * inverse
    return _less(a, b), _more(a, b)


@device(strict=True)
def _box(nodes, k, o, inverse, room):
    """(entry, exit) of a ray and the box at nodes[k]; before the origin is no entry."""
    near_x, far_x = _slab(nodes, k, o[0], inverse[0], room)
    near_y, far_y = _slab(nodes, k + 16, o[1], inverse[1], room)
    near_z, far_z = _slab(nodes, k + 32, o[2], inverse[2], room)
    return _more(_more(near_x, near_y), _more(near_z, 0.0)), _less(_less(far_x, far_y), far_z) * BEYOND


@device(strict=True)
def nearer(v0, v1, v2, face, o, line, best):
    """The nearer of `best` and a triangle; equal distances go to the lower face, whatever the order."""
    a, b, c = seen(v0, o, line), seen(v1, o, line), seen(v2, o, line)
    w0, w1, w2, inside = edge_functions(a, b, c)
    if inside and w0 + w1 + w2 != 0.0:
        t, b1, b2, _ = plane_hit(a, b, c, w0, w1, w2, line)
        if t > 0.0 and t <= best[0] and (t < best[0] or face < best[1]):
            return t, face, b1, b2
    return best


@device(strict=True)
def _block(corners, order, block, o, line, best):
    """The nearest of `best` and the triangles of a block."""
    for i in range(8):
        k = 72 * block + i
        v0 = (gather(corners, k), gather(corners, k + 8), gather(corners, k + 16))
        v1 = (gather(corners, k + 24), gather(corners, k + 32), gather(corners, k + 40))
        v2 = (gather(corners, k + 48), gather(corners, k + 56), gather(corners, k + 64))
        best = nearer(v0, v1, v2, int(gather(order, 8 * block + i)), o, line, best)
    return best


@device(strict=True)
def _enter(nodes, links, node, o, inverse, room, t, pending, entries, top):
    """Put the children that the ray meets on the stack, the nearest on top; return the new top."""
    base = top
    for i in range(8):
        near, far = _box(nodes, 64 * node + i, o, inverse, room)
        if near <= far and near <= t:
            k = top
            while k > base and gather(entries, k - 1) < near:
                put(entries, k, gather(entries, k - 1), True)
                put(pending, k, gather(pending, k - 1), True)
                k -= 1
            put(entries, k, near, True)
            put(pending, k, gather(links, 8 * node + i), True)
            top += 1
    return top


@device(strict=True, apart=True)
def _walk(nodes, links, corners, order, o, d, t_max, any_hit):
    """(t, face, u, v) of the nearest hit before t_max, or of any."""
    pending, entries = pending_integers(), pending_reals()
    line = along(d)
    inverse = (inverse_of(d[0]), inverse_of(d[1]), inverse_of(d[2]))
    room = room_of(o[0], o[1], o[2])
    best = (t_max, -1, 0.0 * t_max, 0.0 * t_max)
    top, node = 0, 0
    while True:
        if node >= 0:
            top = _enter(nodes, links, node, o, inverse, room, best[0], pending, entries, top)
        else:
            best = _block(corners, order, -1 - node, o, line, best)
            if any_hit and best[1] >= 0:
                return best
        while top > 0 and gather(entries, top - 1) > best[0]:
            top -= 1
        if top == 0:
            return best
        top -= 1
        node = int(gather(pending, top))


@Primitive
def closest(scene, o, d, mask):
    """The `Hit` of the rays o + t d, t > 0, that is nearest."""
    return _closest(scene, o, d, mask)


@Primitive
def occluded(scene, o, d, t_max, mask):
    """True in the lanes whose ray meets a triangle at 0 < t < t_max."""
    return _occluded(scene, o, d, t_max, mask)


@closest.define(FLOAT32, FLOAT64)
@device
def _closest(scene, o, d, mask):
    if not mask:
        return Hit(0.0 * d[0], -1, 0.0 * d[0], 0.0 * d[0])
    t, face, u, v = _walk(scene.nodes, scene.links, scene.corners, scene.order, o, d, BIG, False)
    return Hit(t, face, u, v)


@occluded.define(FLOAT32, FLOAT64)
@device
def _occluded(scene, o, d, t_max, mask):
    if not mask:
        return False
    return _walk(scene.nodes, scene.links, scene.corners, scene.order, o, d, t_max, True)[1] >= 0


@device
def _closest_wide(scene, o, d, mask):
    if not mask:
        return Hit(0.0, -1, 0.0, 0.0)
    nodes, corners, order = address(scene.nodes), address(scene.corners), address(scene.order)
    t, face, u, v = nearest(nodes, corners, order, o[0], o[1], o[2], d[0], d[1], d[2])
    return Hit(t, face, u, v)


@device
def _occluded_wide(scene, o, d, t_max, mask):
    if not mask:
        return False
    nodes, corners, order = address(scene.nodes), address(scene.corners), address(scene.order)
    return meets(nodes, corners, order, o[0], o[1], o[2], d[0], d[1], d[2], t_max)


if HAS_EIGHT:
    closest.define(FLOAT32)(_closest_wide)
    occluded.define(FLOAT32)(_occluded_wide)
