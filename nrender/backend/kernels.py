"""The loops over pixels and samples: what a launch runs. One call does chunk number `chunk` of `chunks`, tile after
tile.

A chunk's gradient and image buffers are its own, and chunks are numbered by the problem and not by the threads, so
the same seed gives the same bits on any number of threads.
"""

from ..boundary import edge_adj, edge_point, edge_tan
from ..camera.perspective import ray
from ..device import device
from ..film import screen_point
from ..path import trace, trace_adj, trace_tan
from ..real import real
from ..rng import lattice, stream
from ..vec import add, largest_magnitude, scale

TILE = 16
EDGE_STREAM = 0x2545F491  # in the place of a pixel's number: boundary samples are independent of the interior's


@device
def finite(v):
    """False if a component is NaN or infinite."""
    return largest_magnitude(v) < 1e30


@device
def count_bad(bad, pixel, sample):
    if bad[0] == 0:
        bad[1], bad[2] = pixel, sample
    bad[0] += 1


@device
def lens_sample(seed, x, y, width, height, sample):
    """(stream, sx, sy) of a sample of the pixel (x, y)."""
    s = stream(seed, y * width + x, sample)
    u1, u2 = lattice(seed, y * width + x, sample)
    sx, sy = screen_point(x, y, u1, u2, width, height)
    return s, sx, sy


@device
def render(scene, width, height, spp, seed, chunk, chunks, image, bad):
    """image (height, width, 3): mean radiance. bad: (count, pixel, sample) of samples that were not finite, left
    out."""
    across = (width + TILE - 1) // TILE
    tiles = across * ((height + TILE - 1) // TILE)
    for tile in range(chunk, tiles, chunks):
        left, top = (tile % across) * TILE, (tile // across) * TILE
        for y in range(top, min(top + TILE, height)):
            for x in range(left, min(left + TILE, width)):
                total = (0.0, 0.0, 0.0)
                for sample in range(spp):
                    s, sx, sy = lens_sample(seed, x, y, width, height, sample)
                    o, d = ray(scene.theta, scene.camera, sx, sy)
                    radiance, dim = trace(scene, s, o, d, True, 0.0)
                    if finite(radiance):
                        total = add(total, radiance)
                    else:
                        count_bad(bad, y * width + x, sample)
                total = scale(total, 1.0 / real(spp))
                image[y, x, 0], image[y, x, 1], image[y, x, 2] = total[0], total[1], total[2]


@device
def render_tan(scene, d_theta, width, height, spp, seed, chunk, chunks, image, d_image, bad):
    """image, and d_image += the derivative of its interior part."""
    across = (width + TILE - 1) // TILE
    tiles = across * ((height + TILE - 1) // TILE)
    for tile in range(chunk, tiles, chunks):
        left, top = (tile % across) * TILE, (tile // across) * TILE
        for y in range(top, min(top + TILE, height)):
            for x in range(left, min(left + TILE, width)):
                total, d_total = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
                for sample in range(spp):
                    s, sx, sy = lens_sample(seed, x, y, width, height, sample)
                    radiance, d_radiance = trace_tan(scene, s, sx, sy, d_theta, True)
                    if finite(radiance) and finite(d_radiance):
                        total, d_total = add(total, radiance), add(d_total, d_radiance)
                    else:
                        count_bad(bad, y * width + x, sample)
                for c in range(3):
                    image[y, x, c] = total[c] / real(spp)
                    d_image[y, x, c] += d_total[c] / real(spp)


@device
def render_adj(scene, weights, width, height, spp, seed, moving, chunk, chunks, gradient, bad):
    """gradient += that of sum(weights * image), interior part. weights (height, width, 3)."""
    across = (width + TILE - 1) // TILE
    tiles = across * ((height + TILE - 1) // TILE)
    for tile in range(chunk, tiles, chunks):
        left, top = (tile % across) * TILE, (tile // across) * TILE
        for y in range(top, min(top + TILE, height)):
            for x in range(left, min(left + TILE, width)):
                weight = scale((weights[y, x, 0], weights[y, x, 1], weights[y, x, 2]), 1.0 / real(spp))
                if largest_magnitude(weight) > 0.0:
                    for sample in range(spp):
                        s, sx, sy = lens_sample(seed, x, y, width, height, sample)
                        if not finite(trace_adj(scene, s, sx, sy, weight, gradient, moving, True)):
                            count_bad(bad, y * width + x, sample)


@device
def edges_tan(scene, edges, d_theta, width, height, samples, seed, chunk, chunks, d_image, bad):
    """d_image (height * width, 3) += the boundary part."""
    first, last = samples * chunk // chunks, samples * (chunk + 1) // chunks
    for i in range(first, last):
        e = edge_point(scene, edges, stream(seed, EDGE_STREAM, i), i, width, height, True)
        if e.seen:
            change = edge_tan(scene, d_theta, e)
            if finite(change):
                for c in range(3):
                    d_image[e.pixel, c] += change[c]
            else:
                count_bad(bad, e.pixel, i)


@device
def edges_adj(scene, edges, weights, width, height, samples, seed, chunk, chunks, gradient, bad):
    """gradient += the boundary part. weights (height * width, 3)."""
    first, last = samples * chunk // chunks, samples * (chunk + 1) // chunks
    for i in range(first, last):
        e = edge_point(scene, edges, stream(seed, EDGE_STREAM, i), i, width, height, True)
        if e.seen:
            if finite(scale(e.jump, largest_magnitude(e.covector))):
                edge_adj(scene, gradient, e, (weights[e.pixel, 0], weights[e.pixel, 1], weights[e.pixel, 2]))
            else:
                count_bad(bad, e.pixel, i)
