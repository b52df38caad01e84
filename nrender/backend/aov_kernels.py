"""The loops over pixels and samples of the AOVs on the CPU, and that over samples of edges; as in kernels.py, but a
walk has one step: lanes take samples one after the other."""

from ..aov.first import first_surface, weight_adj, weight_tan
from ..aov.own import own_adj, own_flow, scale_own, write_own, write_own_tan
from ..aov.shown import shown, shown_adj, shown_tan
from ..aov.values import inner, magnitude, masked, read, scaled, total, write
from ..boundary.aov_edge import edge_values, flow_at
from ..boundary.primary import speed_adj, speed_tan
from ..camera.rays import camera_ray
from ..camera.screen import middle_ray
from ..device import device
from ..film import around, counted, screen_point
from ..geometry.surface import step_off, surface
from ..geometry.traverse import closest
from ..held import hold
from ..local import local_reals
from ..opacity import opacity
from ..path import DARK
from ..pixel_filter import BOX
from ..real import absolute, accumulate, any_lane, count, gather, invert, put, real, select
from ..rng import stream
from ..vec import choose
from .kernels import (
    BOUNDARY_STREAM,
    TILE,
    count_bad,
    lanes_of_launch,
    lens_sample,
    place_of,
    share_of,
    start_of,
    tiles_of,
    within,
)

NAMED = 0.5 - 1e-6  # opacity from which on a surface's shape and material are the pixel's; but for rounding, a half
LARGE = 1e30


@device
def _add(image, first, out, channels, mask):
    """image[first ...] += the numbers in `out`."""
    for c in range(channels.number):
        accumulate(image, first + c, gather(out, c), mask)


@device
def _add_at_place(scene, image, e, out, channels, mask):
    """As film.add_at_place, of the numbers in `out`."""
    if scene.filter == BOX:
        _add(image, channels.number * e.pixel, out, channels, mask)
    else:
        for k in range(around(scene)):
            pixel, f = counted(scene, e.at, k)
            for c in range(channels.number):
                accumulate(image, channels.number * pixel + c, gather(out, c) * f, mask)


@device
def aovs(scene, channels, width, height, spp, seed, chunk, chunks, image, bad):
    """image (height * width * channels.number): += the mean of the AOVs over a pixel, 0 where nothing is. bad: (count,
    pixel, sample) of samples that were not finite, left out."""
    scene = hold(scene)
    p, out = local_reals(), local_reals()
    lane, every = lanes_of_launch()
    share = 1.0 / real(spp)
    for tile in range(chunk, tiles_of(width, height), chunks):
        left, top = start_of(tile, width)
        for start in range(0, spp * TILE * TILE, count(every)):
            number = lane + start
            active = within(number, left, top, width, height)
            x, y, sample = place_of(number, left, top)
            s, at = lens_sample(scene, seed, x, y, width, height, sample)
            o, axis, part = camera_ray(scene, at)
            active = active & (part > 0.0)
            first = first_surface(scene, s, at, o, axis, 0.0 * at.x, active)
            if any_lane(first.found):
                v = scaled(shown(scene, channels, first, p), first.weight[0] * share)
                write(out, channels, v, every)
                write_own(out, scene, channels, first, first.weight[0] * share, every)
                good = first.found & (magnitude(out, channels.number) < LARGE)
                _add(image, channels.number * (y * width + x), out, channels, good)
                count_bad(bad, y * width + x, sample, first.found & invert(good))


@device
def aovs_tan(scene, d_theta, channels, width, height, spp, seed, chunk, chunks, image, d_image, bad):
    """image, and d_image += the derivative of its interior part. As in `aovs`."""
    scene = hold(scene)
    p, d_p, out, d_out = local_reals(), local_reals(), local_reals(), local_reals()
    lane, every = lanes_of_launch()
    share = 1.0 / real(spp)
    for tile in range(chunk, tiles_of(width, height), chunks):
        left, top = start_of(tile, width)
        for start in range(0, spp * TILE * TILE, count(every)):
            number = lane + start
            active = within(number, left, top, width, height)
            x, y, sample = place_of(number, left, top)
            s, at = lens_sample(scene, seed, x, y, width, height, sample)
            o, axis, part = camera_ray(scene, at)
            active = active & (part > 0.0)
            first = first_surface(scene, s, at, o, axis, 0.0 * at.x + DARK, active)
            if any_lane(first.found):
                weight, d_weight = first.weight[0] * share, 0.0 * at.x
                v = shown(scene, channels, first, p)
                d_v = scaled(shown_tan(scene, d_theta, channels, first, d_p), weight)
                if scene.translucent > 0:
                    d_weight = weight_tan(scene, d_theta, s, at, o, axis, active) * share
                    d_v = total(d_v, scaled(v, d_weight))
                write(out, channels, scaled(v, weight), every)
                write_own(out, scene, channels, first, weight, every)
                write(d_out, channels, d_v, every)
                write_own_tan(d_out, scene, d_theta, channels, first, weight, d_weight, every)
                size = magnitude(out, channels.number) + magnitude(d_out, channels.number)
                good = first.found & (size < LARGE)
                place = channels.number * (y * width + x)
                _add(image, place, out, channels, good)
                _add(d_image, place, d_out, channels, good)
                count_bad(bad, y * width + x, sample, first.found & invert(good))


@device
def aovs_adj(scene, weights, channels, width, height, spp, seed, moving, chunk, chunks, gradient, bad):
    """gradient += that of sum(weights * image), interior part; of vertices and camera only if they are `moving`.
    weights (height * width * channels.number)."""
    scene = hold(scene)
    p, g_p, out = local_reals(), local_reals(), local_reals()
    lane, every = lanes_of_launch()
    share = 1.0 / real(spp)
    for tile in range(chunk, tiles_of(width, height), chunks):
        left, top = start_of(tile, width)
        for start in range(0, spp * TILE * TILE, count(every)):
            number = lane + start
            active = within(number, left, top, width, height)
            x, y, sample = place_of(number, left, top)
            s, at = lens_sample(scene, seed, x, y, width, height, sample)
            o, axis, part = camera_ray(scene, at)
            active = active & (part > 0.0)
            first = first_surface(scene, s, at, o, axis, 0.0 * at.x + DARK, active)
            if any_lane(first.found):
                v = shown(scene, channels, first, p)
                weight = first.weight[0] * share
                write(out, channels, scaled(v, weight), every)
                write_own(out, scene, channels, first, weight, every)
                good = first.found & (magnitude(out, channels.number) < LARGE)
                place = channels.number * select(active, y * width + x, 0)
                g = scaled(read(weights, channels, place, 0.0 * at.x), share)
                g_u, g_v = own_adj(scene, gradient, channels, first, weights, place, weight, good)
                shown_adj(scene, gradient, channels, first, g_p, scaled(g, first.weight[0]), g_u, g_v, moving, good)
                if scene.translucent > 0:
                    flow = inner(g, masked(good, v)) + own_flow(scene, channels, first, weights, place) * share
                    flow = select(good, flow, 0.0 * at.x)
                    coming, dim_coming = first.weight[0] * flow, first.dim[0] * flow
                    weight_adj(scene, gradient, s, at, o, axis, coming, dim_coming, moving, good)
                count_bad(bad, y * width + x, sample, first.found & invert(good))


@device
def aov_outlines(
    scene, channels, edges, width, height, samples, seed, adjoint, chunk, chunks, d_theta, weights, gradient, d_image,
    bad
):
    """The boundary. adjoint: gradient += its part; else d_image (height * width * channels.number) += it."""
    scene = hold(scene)
    p, out = local_reals(), local_reals()
    lane, every = lanes_of_launch()
    first, last = share_of(samples, chunk, chunks)
    for start in range(first, last, count(every)):
        active = start + lane < last
        i = select(active, start + lane, start)
        s = stream(seed, BOUNDARY_STREAM, i)
        e, jump = edge_values(scene, channels, edges, s, i, width, height, p, out, active)
        write(out, channels, jump, every)
        h = absolute(e.covector[0]) + absolute(e.covector[1]) + absolute(e.covector[2])
        good = e.seen & (magnitude(out, channels.number) * h < LARGE)
        count_bad(bad, e.pixel, i, e.seen & invert(good))
        if any_lane(good):
            if adjoint:
                speed_adj(scene, gradient, e, flow_at(scene, weights, channels, e, jump, out), good)
            else:
                speed = speed_tan(scene, d_theta, e)
                write(out, channels, scaled(jump, speed), every)
                scale_own(out, channels, speed, every)
                _add_at_place(scene, d_image, e, out, channels, good)


@device
def centres(scene, width, height, chunk, chunks, faces):
    """faces (height * width) = the first face at each pixel's centre whose opacity is at least a half, or -1."""
    scene = hold(scene)
    lane, every = lanes_of_launch()
    for tile in range(chunk, tiles_of(width, height), chunks):
        left, top = start_of(tile, width)
        for start in range(0, TILE * TILE, count(every)):
            number = lane + start
            active = within(number, left, top, width, height)
            x, y, _ = place_of(number, left, top)
            o, axis, part = centre_ray(scene, x, y, width, height)
            write_face(scene, o, axis, faces, y * width + x, active, part > 0.0)


@device
def centre_ray(scene, x, y, width, height):
    """(origin, direction, part of the picture that has it: 0 or 1) through the centre of a pixel."""
    sx, sy = screen_point(x, y, 0.5, 0.5, width, height)
    return camera_ray(scene, middle_ray(sx, sy))


@device
def write_face(scene, o, d, faces, place, active, shown):
    """faces[place] = the first face on the ray that is at least half there, or -1, as where nothing is shown."""
    put(faces, place, -1, active)
    going = active & shown
    while any_lane(going):
        hit = closest(scene, o, d, going)
        met = going & (hit.face >= 0)
        face = select(met, hit.face, 0)
        going = met
        if scene.translucent > 0:
            alpha, veiled = opacity(scene, face, hit.u, hit.v, met)
            going = veiled & (alpha < NAMED)
        else:
            going = met & invert(met)
        put(faces, place, face, met & invert(going))
        o = choose(going, step_off(surface(scene, face, hit.u, hit.v, d), d), o)
