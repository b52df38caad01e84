"""The loops over pixels and samples of the AOVs on CUDA: twins of those in aov_kernels.py, divided among threads as in
cuda_kernels.py. A thread sums its pixel in memory of its own; those of a warp meet again at each sample, since some of
them pass through surfaces that are not opaque, and others through none."""

from ..aov.first import first_surface, weight_adj, weight_tan
from ..aov.own import own_adj, own_flow, write_own, write_own_tan
from ..aov.shown import shown, shown_adj, shown_tan
from ..aov.values import inner, magnitude, read, scaled, total, write
from ..boundary.aov_edge import edge_values, flow_at
from ..boundary.primary import speed_adj, speed_tan
from ..camera.rays import camera_ray
from ..device import device
from ..film import around, counted
from ..local import local_reals
from ..path import DARK
from ..pixel_filter import BOX
from ..real import absolute, gather, put, real
from ..rng import stream
from .aov_kernels import LARGE, centre_ray, write_face
from .cuda_kernels import add_shared, any_thread, cells, count_bad, own_copy, place_of, thread, threads
from .kernels import BOUNDARY_STREAM, lens_sample, share_of


@device
def _clear(sums, count):
    for c in range(count):
        put(sums, c, 0.0, True)


@device
def _add(sums, out, count):
    for c in range(count):
        put(sums, c, gather(sums, c) + gather(out, c), True)


@device
def _store(image, first, sums, count):
    for c in range(count):
        put(image, first + c, gather(sums, c), True)


@device
def aovs(scene, channels, width, height, top, bottom, first, last, parts, seed, image, bad):
    """image (parts * rows * width * channels.number) = the sum over the samples first .. last, as in
    cuda_kernels.render."""
    p, out, sums = local_reals(), local_reals(), local_reals()
    n, count = channels.number, cells(width, bottom - top)
    for number in range(thread(), parts * count, threads()):
        part = number // count
        x, y = place_of(number - part * count, width, top)
        start, stop = share_of(last - first, part, parts)
        sample, end = first + start, first + stop
        if x >= width or y >= bottom:
            end = sample
        _clear(sums, n)
        while any_thread(sample < end):
            if sample < end:
                s, at = lens_sample(scene, seed, x, y, width, height, sample)
                o, axis, there = camera_ray(scene, at)
                met = first_surface(scene, s, at, o, axis, 0.0 * at.x, there > 0.0)
                if met.found:
                    write(out, channels, scaled(shown(scene, channels, met, p), met.weight[0]), True)
                    write_own(out, scene, channels, met, met.weight[0], True)
                    if magnitude(out, n) < LARGE:
                        _add(sums, out, n)
                    else:
                        count_bad(bad, y * width + x, sample)
                sample += 1
        if x < width and y < bottom:
            _store(image, n * ((part * (bottom - top) + y - top) * width + x), sums, n)


@device
def aovs_tan(scene, d_theta, channels, width, height, top, bottom, first, last, parts, seed, image, d_image, bad):
    """image, and d_image = the derivative of its interior part. As in `aovs`."""
    p, out, d_out = local_reals(), local_reals(), local_reals()
    sums, d_sums = local_reals(), local_reals()
    n, count = channels.number, cells(width, bottom - top)
    for number in range(thread(), parts * count, threads()):
        part = number // count
        x, y = place_of(number - part * count, width, top)
        start, stop = share_of(last - first, part, parts)
        sample, end = first + start, first + stop
        if x >= width or y >= bottom:
            end = sample
        _clear(sums, n)
        _clear(d_sums, n)
        while any_thread(sample < end):
            if sample < end:
                s, at = lens_sample(scene, seed, x, y, width, height, sample)
                o, axis, there = camera_ray(scene, at)
                met = first_surface(scene, s, at, o, axis, 0.0 * at.x + DARK, there > 0.0)
                if met.found:
                    v = shown(scene, channels, met, p)
                    d_v, d_weight = scaled(shown_tan(scene, d_theta, channels, met, p), met.weight[0]), 0.0 * at.x
                    if scene.translucent > 0:
                        d_weight = weight_tan(scene, d_theta, s, at, o, axis, True)
                        d_v = total(d_v, scaled(v, d_weight))
                    write(out, channels, scaled(v, met.weight[0]), True)
                    write_own(out, scene, channels, met, met.weight[0], True)
                    write(d_out, channels, d_v, True)
                    write_own_tan(d_out, scene, d_theta, channels, met, met.weight[0], d_weight, True)
                    if magnitude(out, n) + magnitude(d_out, n) < LARGE:
                        _add(sums, out, n)
                        _add(d_sums, d_out, n)
                    else:
                        count_bad(bad, y * width + x, sample)
                sample += 1
        if x < width and y < bottom:
            place = n * ((part * (bottom - top) + y - top) * width + x)
            _store(image, place, sums, n)
            _store(d_image, place, d_sums, n)


@device
def aovs_adj(scene, weights, channels, width, height, first, last, spp, parts, seed, moving, gradient, bad):
    """gradient += that of sum(weights * image), interior part. weights (height * width * channels.number); a pixel
    without weight is not looked at."""
    p, out = local_reals(), local_reals()
    own = own_copy(gradient)
    n, count = channels.number, cells(width, height)
    for number in range(thread(), parts * count, threads()):
        part = number // count
        x, y = place_of(number - part * count, width, 0)
        start, stop = share_of(last - first, part, parts)
        sample, end = first + start, first + stop
        inside = x < width and y < height
        place = n * (y * width + x) if inside else 0
        g = scaled(read(weights, channels, place, 0.0 * real(x)), 1.0 / real(spp))
        size = 0.0 * real(x)
        for c in range(n):
            size = size + absolute(gather(weights, place + c))
        if not inside or not size > 0.0:
            end = sample
        while any_thread(sample < end):
            if sample < end:
                s, at = lens_sample(scene, seed, x, y, width, height, sample)
                o, axis, there = camera_ray(scene, at)
                met = first_surface(scene, s, at, o, axis, 0.0 * at.x + DARK, there > 0.0)
                if met.found:
                    v = shown(scene, channels, met, p)
                    write(out, channels, scaled(v, met.weight[0]), True)
                    write_own(out, scene, channels, met, met.weight[0], True)
                    if magnitude(out, n) < LARGE:
                        share = 1.0 / real(spp)
                        g_u, g_v = own_adj(scene, own, channels, met, weights, place, met.weight[0] * share, True)
                        shown_adj(scene, own, channels, met, p, scaled(g, met.weight[0]), g_u, g_v, moving, True)
                        if scene.translucent > 0:
                            flow = inner(g, v) + own_flow(scene, channels, met, weights, place) * share
                            coming, dim_coming = met.weight[0] * flow, met.dim[0] * flow
                            weight_adj(scene, own, s, at, o, axis, coming, dim_coming, moving, True)
                    else:
                        count_bad(bad, y * width + x, sample)
                sample += 1


@device
def aov_outlines(
    scene, channels, edges, width, height, samples, seed, adjoint, first, last, d_theta, weights, gradient, d_image,
    bad
):
    """The boundary, samples first .. last of it. adjoint: gradient += its part; else d_image (height * width *
    channels.number) += it."""
    p, out = local_reals(), local_reals()
    own = own_copy(gradient)
    n = channels.number
    for i in range(first + thread(), last, threads()):
        s = stream(seed, BOUNDARY_STREAM, i)
        e, jump = edge_values(scene, channels, edges, s, i, width, height, p, out, True)
        if e.seen:
            write(out, channels, jump, True)
            h = absolute(e.covector[0]) + absolute(e.covector[1]) + absolute(e.covector[2])
            if not magnitude(out, n) * h < LARGE:
                count_bad(bad, e.pixel, i)
            elif adjoint:
                speed_adj(scene, own, e, flow_at(scene, weights, channels, e, jump, out), True)
            else:
                _add_at_place(scene, d_image, e, out, n, speed_tan(scene, d_theta, e))


@device
def _add_at_place(scene, image, e, out, n, factor):
    """Twin of that in aov_kernels.py, with a factor."""
    if scene.filter == BOX:
        for c in range(n):
            add_shared(image, n * e.pixel + c, gather(out, c) * factor)
    else:
        for k in range(around(scene)):
            pixel, f = counted(scene, e.at, k)
            if f > 0.0:
                for c in range(n):
                    add_shared(image, n * pixel + c, gather(out, c) * factor * f)


@device
def centres(scene, width, height, faces):
    """faces (height * width): see aov_kernels.centres."""
    for i in range(thread(), width * height, threads()):
        o, axis, there = centre_ray(scene, i % width, i // width, width, height)
        write_face(scene, o, axis, faces, i, True, there > 0.0)
