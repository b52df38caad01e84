"""Rays of all lanes against the scene. Those that go much the same way go through the tree together (`packet.py`); else
all of them meet all triangles where there are few (`few.py`), or each goes its own way through the tree (`walk.py`)."""

from numba import types

from ..device import device
from ..local import make
from ..real import real
from ..simd import FLOAT32XN, LANES
from .few import any_of_few, nearest_of_few
from .packet import meet_together, nearest_together, together
from .traverse import Hit, closest, occluded
from .walk import meets, nearest
from .wide import address, bits, first, item, lanes_at, mask_of, set_item, set_vector

_rays = make(types.float32, 7 * LANES)
_hits = make(types.float32, 3 * LANES)
_faces = make(types.int32, LANES)


@device(strict=True)
def _keep(rays, o, d):
    set_vector(rays, 0, o[0])
    set_vector(rays, LANES, o[1])
    set_vector(rays, 2 * LANES, o[2])
    set_vector(rays, 3 * LANES, d[0])
    set_vector(rays, 4 * LANES, d[1])
    set_vector(rays, 5 * LANES, d[2])


@device(strict=True)
def _nearest_each(nodes, corners, order, o, d, mask):
    rays, hits, faces = address(_rays()), address(_hits()), address(_faces())
    _keep(rays, o, d)
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


@device(strict=True)
def _meets_each(nodes, corners, order, o, d, t_max, mask):
    rays = address(_rays())
    _keep(rays, o, d)
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
    return mask_of(met, t_max)


@device(strict=True, apart=True)
def _nearest(nodes, corners, order, few, faces, quads, o, d, mask):
    if len(faces) > 0:
        return nearest_of_few(few, faces, quads, o, d, mask)
    if together(o, d, mask):
        done, t, face, u, v = nearest_together(nodes, corners, order, o, d, mask)
        if done:
            return t, face, u, v
    return _nearest_each(nodes, corners, order, o, d, mask)


@device(strict=True, apart=True)
def _meet(nodes, corners, order, few, faces, quads, o, d, t_max, mask):
    if len(faces) > 0:
        return any_of_few(few, faces, quads, o, d, t_max, mask)
    if together(o, d, mask):
        done, met = meet_together(nodes, corners, order, o, d, t_max, mask)
        if done:
            return met
    return _meets_each(nodes, corners, order, o, d, t_max, mask)


@closest.define(FLOAT32XN)
@device
def _closest(scene, o, d, mask):
    nodes, corners, order = address(scene.nodes), address(scene.corners), address(scene.order)
    few = (scene.few, scene.few_faces, scene.few_quads)
    t, face, u, v = _nearest(nodes, corners, order, *few, o, d, mask)
    return Hit(t, face, u, v)


@occluded.define(FLOAT32XN)
@device
def _occluded(scene, o, d, t_max, mask):
    nodes, corners, order = address(scene.nodes), address(scene.corners), address(scene.order)
    few = (scene.few, scene.few_faces, scene.few_quads)
    return _meet(nodes, corners, order, *few, o, d, real(t_max), mask)
