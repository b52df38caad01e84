"""A ray against the scene: `closest` and `occluded`, primitives, so that each width can bring its own traversal.

Here is the scalar one, one ray through the tree of `build.py`. (`refit` is on the host, in `build.py`.)
"""

from typing import NamedTuple

from ..device import Primitive, device
from ..local import local_integers
from ..real import BIG, FLOAT32, FLOAT64, gather, put
from .triangle import axes, edge_functions, plane_hit, vector_at


class Hit(NamedTuple):
    """face: -1 for none; t in units of the direction's length; u, v: weights of the face's second and third vertex."""

    t: float
    face: int
    u: float
    v: float


@device(strict=True)
def _inverse(x):
    """1/x for a slab test, finite: 0 * inf would be NaN."""
    tiny = 1e-18
    if abs(x) < tiny:
        return 1e18 if x >= 0.0 else -1e18
    return 1.0 / x


@device(strict=True)
def _slab(nodes, k, o, inverse):
    return (gather(nodes, k) - o) * inverse, (gather(nodes, k + 3) - o) * inverse


@device(strict=True)
def _less(a, b):
    return a if a < b else b


@device(strict=True)
def _more(a, b):
    return a if a > b else b


@device(strict=True)
def _box(nodes, k, o, inverse, t):
    """(entry, exit) of a ray and the box at nodes[k:k + 6]. The exit is widened by the rounding of the products, so
    that a box never hides a triangle that the triangle test would hit (Ize 2013)."""
    ax, bx = _slab(nodes, k, o[0], inverse[0])
    ay, by = _slab(nodes, k + 1, o[1], inverse[1])
    az, bz = _slab(nodes, k + 2, o[2], inverse[2])
    near = _more(_more(_less(ax, bx), _less(ay, by)), _more(_less(az, bz), 0.0))
    far = _less(_less(_more(ax, bx), _more(ay, by)), _more(az, bz)) * 1.000001
    return near, _less(far, t)


@device(strict=True)
def _leaf(scene, first, count, o, d, across, best):
    """The nearest of `best` and the triangles of a leaf; equal distances go to the lower face, whatever the order."""
    t, face, u, v = best
    for slot in range(first, first + count):
        k = 9 * slot
        v0, v1, v2 = vector_at(scene.corners, k), vector_at(scene.corners, k + 3), vector_at(scene.corners, k + 6)
        w0, w1, w2, inside = edge_functions(v0, v1, v2, o, across)
        if inside:
            s, b1, b2, hit = plane_hit(v0, v1, v2, o, d, w0, w1, w2)
            if hit and s > 0.0 and s <= t:
                other = int(gather(scene.order, slot))
                if s < t or other < face:
                    t, face, u, v = s, other, b1, b2
    return t, face, u, v


@device(strict=True)
def _walk(scene, o, d, t_max, any_hit):
    nodes, links = scene.nodes, scene.links
    pending = local_integers()
    across = axes(d)
    inverse = (_inverse(d[0]), _inverse(d[1]), _inverse(d[2]))
    best = (t_max, -1, 0.0 * t_max, 0.0 * t_max)
    top, node = 0, 0
    while True:
        near0, far0 = _box(nodes, 12 * node, o, inverse, best[0])
        near1, far1 = _box(nodes, 12 * node + 6, o, inverse, best[0])
        child0, count0 = int(gather(links, 4 * node)), gather(links, 4 * node + 1)
        child1, count1 = int(gather(links, 4 * node + 2)), gather(links, 4 * node + 3)
        enter0, enter1 = near0 <= far0, near1 <= far1
        if enter0 and count0 > 0:
            best = _leaf(scene, child0, count0, o, d, across, best)
            enter0 = False
        if enter1 and count1 > 0:
            best = _leaf(scene, child1, count1, o, d, across, best)
            enter1 = False
        if any_hit and best[1] >= 0:
            return best
        if enter0 and enter1:
            if near0 <= near1:
                put(pending, top, child1, True)
                node = child0
            else:
                put(pending, top, child0, True)
                node = child1
            top += 1
        elif enter0:
            node = child0
        elif enter1:
            node = child1
        else:
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
    t, face, u, v = _walk(scene, o, d, BIG, False)
    return Hit(t, face, u, v)


@occluded.define(FLOAT32, FLOAT64)
@device
def _occluded(scene, o, d, t_max, mask):
    if not mask:
        return False
    return _walk(scene, o, d, t_max, True)[1] >= 0
