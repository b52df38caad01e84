"""Lanes in a scene of few triangles: no tree, but all lanes against all triangles, one after the other.

Each vertex is seen along each lane's ray once, for all triangles that share it. The same bits as by `walk.py`: its
formulas, in its order; from the lowest face on, so that of equal distances the lower one stays.
"""

import numpy as np
from numba import types

from ..device import device
from ..local import make
from ..real import BIG, absolute, any_lane, invert, real, select, truncate
from ..simd import LANES
from ..tables import FACE
from .walk import distances, passes
from .wide import address, fused, item, lanes_at, set_vector

FACES = 64  # at most: for more, a tree is faster
VERTICES = 96

_seen = make(types.float32, 3 * LANES * VERTICES)


def few(faces: np.ndarray, corners: np.ndarray) -> tuple[int, int]:
    """(faces, vertices) of a scene that has few, else (0, 0). corners: of its tree."""
    if len(faces) > FACES or faces.max() >= VERTICES:
        return 0, 0
    block = corners.reshape(-1, 3, 24)
    solid = ((block[:, 0] != block[:, 1]) | (block[:, 0] != block[:, 2])).reshape(-1, 3, 8).any(1)
    if solid.sum() < len(faces):  # a face without area is never met
        return 0, 0
    return len(faces), int(faces.max()) + 1


@device(strict=True)
def _look(theta, count, o, d, seen):
    """Write each vertex as it is seen along the rays; return 1 over the largest component of each."""
    x, y, z = absolute(d[0]), absolute(d[1]), absolute(d[2])
    first = (x > y) & (x > z)
    second = invert(first) & (y > z)
    major = select(first, d[0], select(second, d[1], d[2]))
    sx, sy = -(select(first, d[2], d[0]) / major), -(select(second, d[2], d[1]) / major)
    for k in range(count):
        p0, p1, p2 = item(theta, 3 * k) - o[0], item(theta, 3 * k + 1) - o[1], item(theta, 3 * k + 2) - o[2]
        depth = select(first, p0, select(second, p1, p2))
        at = 3 * LANES * k
        set_vector(seen, at, fused(sx, depth, select(first, p2, p0)))
        set_vector(seen, at + LANES, fused(sy, depth, select(second, p2, p1)))
        set_vector(seen, at + 2 * LANES, depth)
    return 1.0 / major


@device(strict=True)
def _pass(faces, face, seen):
    """(w0, w1, w2, depths a, b, c, mask of the lanes that pass inside) of a face."""
    k = FACE * face
    a, b, c = 3 * LANES * item(faces, k), 3 * LANES * item(faces, k + 1), 3 * LANES * item(faces, k + 2)
    ax, ay, az = lanes_at(seen, a), lanes_at(seen, a + LANES), lanes_at(seen, a + 2 * LANES)
    bx, by, bz = lanes_at(seen, b), lanes_at(seen, b + LANES), lanes_at(seen, b + 2 * LANES)
    cx, cy, cz = lanes_at(seen, c), lanes_at(seen, c + LANES), lanes_at(seen, c + 2 * LANES)
    w0, w1, w2, inside = passes(ax, ay, bx, by, cx, cy)
    return w0, w1, w2, az, bz, cz, inside


@device(strict=True, apart=True)
def nearest_of_few(theta, vertex_count, faces, face_count, o, d, mask):
    """(t, face, u, v) of the lanes of the mask."""
    seen = address(_seen())
    scale = _look(theta, vertex_count, o, d, seen)
    zero = real(0.0)
    t, face, u, v, whole = select(mask, BIG, zero), truncate(zero) - 1, zero, zero, zero + 1.0
    for k in range(face_count):
        w0, w1, w2, az, bz, cz, inside = _pass(faces, k, seen)
        inside = inside & mask
        if any_lane(inside):
            total = w0 + w1 + w2
            s = distances(w0, w1, w2, az, bz, cz, total, scale)
            hit = inside & (total != 0.0) & (s > 0.0) & (s < t)
            t, face = select(hit, s, t), select(hit, k, face)
            u, v, whole = select(hit, w1, u), select(hit, w2, v), select(hit, total, whole)
    return t, face, u / whole, v / whole


@device(strict=True, apart=True)
def few_meet(theta, vertex_count, faces, face_count, o, d, t_max, mask):
    """Mask of the lanes that meet a triangle before t_max."""
    seen = address(_seen())
    scale = _look(theta, vertex_count, o, d, seen)
    free = mask
    for k in range(face_count):
        w0, w1, w2, az, bz, cz, inside = _pass(faces, k, seen)
        inside = inside & free
        if any_lane(inside):
            total = w0 + w1 + w2
            s = distances(w0, w1, w2, az, bz, cz, total, scale)
            free = free & invert(inside & (total != 0.0) & (s > 0.0) & (s < t_max))
            if not any_lane(free):
                break
    return mask & invert(free)
