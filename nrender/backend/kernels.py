"""The loops over pixels and samples: what a launch runs. One call does chunk number `chunk` of `chunks`, tile after
tile.

A chunk's gradient and image buffers are its own, and chunks are numbered by the problem and not by the threads, so
the same seed gives the same bits on any number of threads.
"""

from typing import NamedTuple

from ..boundary.grazing import grazing_adj, grazing_tan
from ..boundary.mirrored import mirrored_segment
from ..boundary.primary import edge_adj, edge_point, edge_tan
from ..boundary.segment import grazing_segment
from ..camera.rays import camera_ray
from ..device import device
from ..film import add_at_place, any_pixel, at_place, pixel_sample
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..held import hold
from ..hits import keep, recall
from ..local import local_integers, local_reals
from ..motion import Trail
from ..path import DARK, advance, begin, walk_either
from ..path_adj import advance_adj, begin_adj, replay_either
from ..path_tan import advance_tan, begin_tan, tangent_either
from ..real import BIG, absolute, accumulate, any_lane, count, gather, invert, put, rank, real, select, truncate
from ..rng import lattice5, stream
from ..vec import choose, dot, largest_magnitude, scale

TILE_BITS = 4
TILE = 1 << TILE_BITS
BATCH = 4 * TILE * TILE  # samples whose radiance is kept for their replay
BOUNDARY_STREAM = 0x2545F491  # in the place of a pixel's number: independent of the interior's samples


class Batch(NamedTuple):
    """Of BATCH samples: radiance and dim radiance (6 * BATCH) of the first walks, and what they met."""

    radiance: object
    hits: object


@device
def finite(v):
    """False if a component is NaN or infinite. (A maximum leaves out what is NaN, a sum does not.)"""
    return absolute(v[0]) + absolute(v[1]) + absolute(v[2]) < 1e30


@device
def count_bad(bad, pixel, sample, mask):
    if any_lane(mask):
        if bad[0] == 0:
            put(bad, 1, pixel, mask)
            put(bad, 2, sample, mask)
        accumulate(bad, 0, 1, mask)


@device
def lens_sample(scene, seed, x, y, width, height, sample):
    """(stream, Screen) of a sample of the pixel (x, y): as in the whole image, if this is a part of one."""
    s = stream(seed, scene.film_first + y * scene.film_stride + x, sample)
    return pixel_sample(scene, s, x, y, width, height)


@device
def start_of(tile, width):
    """(left, top) of a tile."""
    across = (width + TILE - 1) // TILE
    return (tile % across) * TILE, (tile // across) * TILE


@device
def tiles_of(width, height):
    return ((width + TILE - 1) // TILE) * ((height + TILE - 1) // TILE)


@device
def place_of(number, left, top):
    """(x, y, sample) of a tile's sample: first one of each pixel, then another of each."""
    place = number & (TILE * TILE - 1)
    return left + (place & (TILE - 1)), top + (place >> TILE_BITS), number >> (2 * TILE_BITS)


@device
def camera_walk(scene, seed, x, y, width, height, sample):
    s, at = lens_sample(scene, seed, x, y, width, height, sample)
    o, axis, part = camera_ray(scene, at)
    return begin(s, o, axis, 1, BIG, part)


@device
def camera_tangent(scene, d_theta, seed, x, y, width, height, sample):
    s, at = lens_sample(scene, seed, x, y, width, height, sample)
    return begin_tan(scene, s, at, d_theta)


@device
def nothing_taken():
    """The number of each lane's sample, and the mask of the lanes that have one."""
    zero = truncate(real(0))
    return zero, zero < 0


@device
def render(scene, width, height, spp, seed, chunk, chunks, image, bad):
    """image (height * width * 3): += mean radiance. bad: (count, pixel, sample) of samples that were not finite, left
    out. A lane whose walk ends takes the tile's next sample."""
    scene = hold(scene)
    p = local_reals()
    for tile in range(chunk, tiles_of(width, height), chunks):
        left, top = start_of(tile, width)
        taken, samples = 0, spp * TILE * TILE
        number, active = nothing_taken()
        walk = _camera_walk(scene, seed, number, left, top, width, height)
        while taken < samples or any_lane(active):
            idle = invert(active)
            if taken < samples and any_lane(idle):
                number, taken, fresh = take(idle, number, taken, samples)
                fresh = fresh & within(number, left, top, width, height)
                walk = walk_either(fresh, _camera_walk(scene, seed, number, left, top, width, height), walk)
                active = active | fresh
            if any_lane(active):
                going = active
                walk, active, met = advance(scene, walk, p, 0.0, going)
                ended = going & invert(active)
                if any_lane(ended):
                    x, y, sample = place_of(number, left, top)
                    good, pixel = ended & finite(walk.radiance), y * width + x
                    add_vector(image, 3 * pixel, scale(walk.radiance, 1.0 / real(spp)), good)
                    count_bad(bad, pixel, sample, ended & invert(good))


@device
def take(idle, number, taken, last):
    """(number, taken, mask of the lanes that have a new sample): idle lanes take the next samples up to `last`."""
    number = select(idle, taken + rank(idle), number)
    return number, taken + count(idle), idle & (number < last)


@device
def within(number, left, top, width, height):
    """Whether the sample is in the picture: the last tiles stand out."""
    x, y, sample = place_of(number, left, top)
    return (x < width) & (y < height)


@device
def _camera_walk(scene, seed, number, left, top, width, height):
    x, y, sample = place_of(number, left, top)
    return camera_walk(scene, seed, x, y, width, height, sample)


@device
def render_tan(scene, d_theta, width, height, spp, seed, chunk, chunks, image, d_image, bad):
    """image, and d_image += the derivative of its interior part. As in `render`."""
    scene = hold(scene)
    p, d_p = local_reals(), local_reals()
    for tile in range(chunk, tiles_of(width, height), chunks):
        left, top = start_of(tile, width)
        taken, samples = 0, spp * TILE * TILE
        number, active = nothing_taken()
        walk = _camera_tangent(scene, d_theta, seed, number, left, top, width, height)
        while taken < samples or any_lane(active):
            idle = invert(active)
            if taken < samples and any_lane(idle):
                number, taken, fresh = take(idle, number, taken, samples)
                fresh = fresh & within(number, left, top, width, height)
                new = _camera_tangent(scene, d_theta, seed, number, left, top, width, height)
                walk, active = tangent_either(fresh, new, walk), active | fresh
            if any_lane(active):
                going = active
                walk, active = advance_tan(scene, walk, p, d_p, d_theta, going)
                ended = going & invert(active)
                if any_lane(ended):
                    x, y, sample = place_of(number, left, top)
                    radiance, d_radiance = walk.walk.radiance, walk.d_radiance
                    good, pixel = ended & finite(radiance) & finite(d_radiance), y * width + x
                    add_vector(image, 3 * pixel, scale(radiance, 1.0 / real(spp)), good)
                    add_vector(d_image, 3 * pixel, scale(d_radiance, 1.0 / real(spp)), good)
                    count_bad(bad, pixel, sample, ended & invert(good))


@device
def _camera_tangent(scene, d_theta, seed, number, left, top, width, height):
    x, y, sample = place_of(number, left, top)
    return camera_tangent(scene, d_theta, seed, x, y, width, height, sample)


@device
def render_adj(scene, weights, width, height, spp, seed, moving, chunk, chunks, batch, gradient, bad):
    """gradient += that of sum(weights * image), interior part. weights (height * width * 3). batch: room
    for what the first walks of BATCH samples find."""
    scene = hold(scene)
    trail = Trail(local_integers(), local_reals())
    p, g_p = local_reals(), local_reals()
    for tile in range(chunk, tiles_of(width, height), chunks):
        left, top = start_of(tile, width)
        for first in range(0, spp * TILE * TILE, BATCH):
            last = min(first + BATCH, spp * TILE * TILE)
            _first_walks(scene, weights, width, height, seed, left, top, first, last, p, batch, bad)
            taken = first
            number, active = nothing_taken()
            walk = _camera_replay(scene, seed, weights, spp, number, number, left, top, width, height, batch)
            while taken < last or any_lane(active):
                idle = invert(active)
                if taken < last and any_lane(idle):
                    number, taken, fresh = take(idle, number, taken, last)
                    fresh = fresh & weighs(weights, number, left, top, width, height)
                    place = select(fresh, number - first, 0)
                    new = _camera_replay(scene, seed, weights, spp, number, place, left, top, width, height, batch)
                    walk, active = replay_either(fresh, new, walk), active | fresh
                if any_lane(active):
                    met, kept = recall(scene, batch.hits, number - first, walk.walk.depth, active)
                    walk, active = advance_adj(
                        scene, walk, met, kept, trail, p, g_p, gradient, moving, active
                    )


@device
def _first_walks(scene, weights, width, height, seed, left, top, first, last, p, batch, bad):
    taken = first
    number, active = nothing_taken()
    walk = _camera_walk(scene, seed, number, left, top, width, height)
    while taken < last or any_lane(active):
        idle = invert(active)
        if taken < last and any_lane(idle):
            number, taken, fresh = take(idle, number, taken, last)
            fresh = fresh & weighs(weights, number, left, top, width, height)
            walk = walk_either(fresh, _camera_walk(scene, seed, number, left, top, width, height), walk)
            active = active | fresh
        if any_lane(active):
            going = active
            depth = walk.depth
            walk, active, met = advance(scene, walk, p, 0.0 * walk.pdf + DARK, going)
            keep(batch.hits, number - first, depth, met, going)
            ended = going & invert(active)
            if any_lane(ended):
                good, place = finite(walk.radiance), number - first
                zero = 0.0 * walk.pdf
                none = (zero, zero, zero)
                put_vector(batch.radiance, 6 * place, choose(good, walk.radiance, none), ended)
                put_vector(batch.radiance, 6 * place + 3, choose(good, walk.dim_radiance, none), ended)
                x, y, sample = place_of(number, left, top)
                count_bad(bad, y * width + x, sample, ended & invert(good))


@device
def put_vector(array, index, v, mask):
    put(array, index, v[0], mask)
    put(array, index + 1, v[1], mask)
    put(array, index + 2, v[2], mask)


@device
def weight_of(weights, number, left, top, width, height):
    x, y, sample = place_of(number, left, top)
    return vector_at(weights, 3 * select((x < width) & (y < height), y * width + x, 0))


@device
def weighs(weights, number, left, top, width, height):
    """Whether the sample is in the picture and its pixel has a weight."""
    weight = weight_of(weights, number, left, top, width, height)
    return within(number, left, top, width, height) & (largest_magnitude(weight) > 0.0)


@device
def _camera_replay(scene, seed, weights, spp, number, place, left, top, width, height, batch):
    x, y, sample = place_of(number, left, top)
    s, at = lens_sample(scene, seed, x, y, width, height, sample)
    weight = scale(weight_of(weights, number, left, top, width, height), 1.0 / real(spp))
    found = batch.radiance
    return begin_adj(scene, s, at, weight, vector_at(found, 6 * place), vector_at(found, 6 * place + 3))


@device
def share_of(samples, part, parts):
    """(first, last) of the samples that are one of so many parts."""
    return samples * part // parts, samples * (part + 1) // parts


@device
def lanes_of_launch():
    """(number of each lane, the mask of all)."""
    zero, none = nothing_taken()
    every = invert(none)
    return rank(every), every


@device
def outlines(
    scene, edges, width, height, samples, seed, number, adjoint, chunk, chunks, d_theta, weights, gradient, d_image,
    moments, bad
):
    """The boundary of primary visibility. number: of the launch, which has random numbers of its own. adjoint: gradient
    += its part, weights (height * width * 3); else d_image (height * width * 3) += it, and moments[0] += the sum over
    samples of the square of what they change."""
    scene = hold(scene)
    lane, every = lanes_of_launch()
    first, last = share_of(samples, chunk, chunks)
    for start in range(first, last, count(every)):
        active = start + lane < last
        i = select(active, start + lane, start)
        e = edge_point(scene, edges, stream(seed, BOUNDARY_STREAM + number, i), i, width, height, active)
        good = e.seen & finite(scale(e.jump, largest_magnitude(e.covector)))
        count_bad(bad, e.pixel, i, e.seen & invert(good))
        if any_lane(good):
            if adjoint:
                edge_adj(scene, gradient, e, at_place(scene, weights, e.at, e.pixel), good)
            else:
                change = edge_tan(scene, d_theta, e)
                square = add_at_place(scene, d_image, e.at, e.pixel, change, good)
                accumulate(moments, 0, square, good)


@device
def grazing(
    scene, edges, emitters, plan, depth, rough, width, height, samples, seed, number, adjoint, chunk, chunks, d_theta,
    weights, gradient, d_image, moments, bad
):
    """Segments beyond the first vertex that graze an edge, and light a vertex of this depth. moments[1] += how many
    reached both that and the eye, moments[2:] as moments[0] by the edge's cluster. The rest as in `outlines`."""
    scene = hold(scene)
    trail, p = Trail(local_integers(), local_reals()), local_reals()
    lane, every = lanes_of_launch()
    first, last = share_of(samples, chunk, chunks)
    for start in range(first, last, count(every)):
        active = start + lane < last
        i = select(active, start + lane, start)
        s, u = stream(seed, BOUNDARY_STREAM + number, i), lattice5(seed, BOUNDARY_STREAM + number, i)
        g = grazing_segment(scene, edges, emitters, plan, depth, rough, s, u, i, trail, p, active)
        _count(scene, plan, trail, g, True, adjoint, i, d_theta, weights, gradient, d_image, moments, bad)


@device
def mirrored(
    scene, edges, plan, depth, rough, width, height, samples, seed, number, adjoint, chunk, chunks, d_theta, weights,
    gradient, d_image, moments, bad
):
    """The same where smooth surfaces are between them and the eye."""
    scene = hold(scene)
    trail, p = Trail(local_integers(), local_reals()), local_reals()
    lane, every = lanes_of_launch()
    first, last = share_of(samples, chunk, chunks)
    for start in range(first, last, count(every)):
        active = start + lane < last
        i = select(active, start + lane, start)
        s, u = stream(seed, BOUNDARY_STREAM + number, i), lattice5(seed, BOUNDARY_STREAM + number, i)
        place = any_pixel(scene, u[0], u[1])
        g = mirrored_segment(scene, edges, plan.weight, depth, rough, s, (u[2], u[3]), place, trail, p, active)
        _count(scene, plan, trail, g, False, adjoint, i, d_theta, weights, gradient, d_image, moments, bad)


@device
def _count(scene, plan, trail, g, spread, adjoint, sample, d_theta, weights, gradient, d_image, moments, bad):
    """spread: the segment was not drawn for a pixel, so its place counts for all that are around."""
    accumulate(moments, 1, 1.0, g.reached)
    good = g.seen & finite(scale(g.jump, largest_magnitude(g.normal)))
    count_bad(bad, g.pixel, sample, g.seen & invert(good))
    if any_lane(good):
        if adjoint:
            weight = vector_at(weights, 3 * g.pixel)
            if spread:
                weight = at_place(scene, weights, g.lens.at, g.pixel)
            grazing_adj(scene, gradient, trail, g, weight, good)
        else:
            change = grazing_tan(scene, d_theta, trail, g)
            if spread:
                square = add_at_place(scene, d_image, g.lens.at, g.pixel, change, good)
            else:
                add_vector(d_image, 3 * g.pixel, change, good)
                square = dot(change, change)
            accumulate(moments, 0, square, good)
            accumulate(moments, 2 + gather(plan.cluster, g.edge), square, good)
