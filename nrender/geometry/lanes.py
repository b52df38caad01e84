"""Rays of all lanes against the scene: of few triangles by `few.py`, else each live lane's ray goes its way through the
tree alone."""

from numba import types

from ..device import device
from ..local import make
from ..real import real
from ..simd import FLOAT32XN, LANES, load, store
from .few import few_meet, nearest_of_few
from .traverse import Hit, closest, occluded
from .walk import meets, nearest
from .wide import address, bits, first, item, mask_of, set_item

_rays = make(types.float32, 7 * LANES)
_hits = make(types.float32, 3 * LANES)
_faces = make(types.int32, LANES)


@device(strict=True, apart=True)
def _nearest_each(nodes, corners, order, ox, oy, oz, dx, dy, dz, mask):
    rays, hits, faces = _rays(), _hits(), _faces()
    store(rays, 0, ox)
    store(rays, LANES, oy)
    store(rays, 2 * LANES, oz)
    store(rays, 3 * LANES, dx)
    store(rays, 4 * LANES, dy)
    store(rays, 5 * LANES, dz)
    zero = real(0.0)
    store(hits, 0, zero)
    store(hits, LANES, zero)
    store(hits, 2 * LANES, zero)
    for i in range(LANES):
        faces[i] = -1
    r, h, f = address(rays), address(hits), address(faces)
    m = bits(mask)
    while m != 0:
        i, m = first(m), m & (m - 1)
        t, face, u, v = nearest(
            nodes, corners, order, item(r, i), item(r, LANES + i), item(r, 2 * LANES + i),
            item(r, 3 * LANES + i), item(r, 4 * LANES + i), item(r, 5 * LANES + i),
        )
        set_item(h, i, t)
        set_item(h, LANES + i, u)
        set_item(h, 2 * LANES + i, v)
        set_item(f, i, face)
    return load(hits, 0), load(faces, 0), load(hits, LANES), load(hits, 2 * LANES)


@device(strict=True, apart=True)
def _meets_each(nodes, corners, order, ox, oy, oz, dx, dy, dz, t_max, mask):
    rays = _rays()
    store(rays, 0, ox)
    store(rays, LANES, oy)
    store(rays, 2 * LANES, oz)
    store(rays, 3 * LANES, dx)
    store(rays, 4 * LANES, dy)
    store(rays, 5 * LANES, dz)
    store(rays, 6 * LANES, t_max)
    r, m, met = address(rays), bits(mask), 0
    while m != 0:
        i = first(m)
        if meets(
            nodes, corners, order, item(r, i), item(r, LANES + i), item(r, 2 * LANES + i),
            item(r, 3 * LANES + i), item(r, 4 * LANES + i), item(r, 5 * LANES + i), item(r, 6 * LANES + i),
        ):
            met |= 1 << i
        m = m & (m - 1)
    return mask_of(met, ox)


@closest.define(FLOAT32XN)
@device
def _closest(scene, o, d, mask):
    if scene.few_faces > 0:
        theta, faces = address(scene.theta), address(scene.faces)
        t, face, u, v = nearest_of_few(theta, scene.few_vertices, faces, scene.few_faces, o, d, mask)
    else:
        nodes, corners, order = address(scene.nodes), address(scene.corners), address(scene.order)
        t, face, u, v = _nearest_each(nodes, corners, order, o[0], o[1], o[2], d[0], d[1], d[2], mask)
    return Hit(t, face, u, v)


@occluded.define(FLOAT32XN)
@device
def _occluded(scene, o, d, t_max, mask):
    limit = real(t_max)
    if scene.few_faces > 0:
        theta, faces = address(scene.theta), address(scene.faces)
        met = few_meet(theta, scene.few_vertices, faces, scene.few_faces, o, d, limit, mask)
    else:
        nodes, corners, order = address(scene.nodes), address(scene.corners), address(scene.order)
        met = _meets_each(nodes, corners, order, o[0], o[1], o[2], d[0], d[1], d[2], limit, mask)
    return met
