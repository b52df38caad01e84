"""Rays of all lanes against the scene: of few triangles by `few.py`, else each live lane's ray goes its way through the
tree alone."""

from numba import types

from ..device import device
from ..local import make
from ..real import real
from ..simd import FLOAT32XN, LANES
from .few import few_meet, nearest_of_few
from .traverse import Hit, closest, occluded
from .walk import meets, nearest
from .wide import address, bits, first, item, lanes_at, mask_of, set_item, set_vector

_rays = make(types.float32, 7 * LANES)
_hits = make(types.float32, 3 * LANES)
_faces = make(types.int32, LANES)


@device(strict=True, apart=True)
def _nearest_each(nodes, corners, order, ox, oy, oz, dx, dy, dz, mask):
    rays, hits, faces = address(_rays()), address(_hits()), address(_faces())
    set_vector(rays, 0, ox)
    set_vector(rays, LANES, oy)
    set_vector(rays, 2 * LANES, oz)
    set_vector(rays, 3 * LANES, dx)
    set_vector(rays, 4 * LANES, dy)
    set_vector(rays, 5 * LANES, dz)
    zero = real(0.0)
    set_vector(hits, 0, zero)
    set_vector(hits, LANES, zero)
    set_vector(hits, 2 * LANES, zero)
    for i in range(LANES):
        set_item(faces, i, -1)
    m = bits(mask)
    while m != 0:
        i, m = first(m), m & (m - 1)
        t, face, u, v = nearest(
            nodes, corners, order, item(rays, i), item(rays, LANES + i), item(rays, 2 * LANES + i),
            item(rays, 3 * LANES + i), item(rays, 4 * LANES + i), item(rays, 5 * LANES + i),
        )
        set_item(hits, i, t)
        set_item(hits, LANES + i, u)
        set_item(hits, 2 * LANES + i, v)
        set_item(faces, i, face)
    return lanes_at(hits, 0), lanes_at(faces, 0), lanes_at(hits, LANES), lanes_at(hits, 2 * LANES)


@device(strict=True, apart=True)
def _meets_each(nodes, corners, order, ox, oy, oz, dx, dy, dz, t_max, mask):
    rays = address(_rays())
    set_vector(rays, 0, ox)
    set_vector(rays, LANES, oy)
    set_vector(rays, 2 * LANES, oz)
    set_vector(rays, 3 * LANES, dx)
    set_vector(rays, 4 * LANES, dy)
    set_vector(rays, 5 * LANES, dz)
    set_vector(rays, 6 * LANES, t_max)
    m, met = bits(mask), 0
    while m != 0:
        i = first(m)
        if meets(
            nodes, corners, order, item(rays, i), item(rays, LANES + i), item(rays, 2 * LANES + i),
            item(rays, 3 * LANES + i), item(rays, 4 * LANES + i), item(rays, 5 * LANES + i), item(rays, 6 * LANES + i),
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
