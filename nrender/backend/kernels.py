"""The loops over pixels and samples: what a launch runs. One call does chunk number `chunk` of `chunks`, tile after
tile.

A chunk's gradient and image buffers are its own, and chunks are numbered by the problem and not by the threads, so
the same seed gives the same bits on any number of threads.
"""

from ..boundary.grazing import grazing_adj, grazing_tan
from ..boundary.mirrored import mirrored_segment
from ..boundary.primary import edge_adj, edge_point, edge_tan
from ..boundary.segment import grazing_segment
from ..camera.perspective import ray
from ..device import device
from ..film import screen_point
from ..local import local_integers, local_reals
from ..motion import Trail
from ..path import trace, trace_adj, trace_tan
from ..real import BIG, real
from ..rng import lattice5, stream, uniform2
from ..vec import add, largest_magnitude, scale

TILE = 16
BOUNDARY_STREAM = 0x2545F491  # in the place of a pixel's number: independent of the interior's samples


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
    s, u1, u2 = uniform2(s)
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
                    radiance, dim = trace(scene, s, o, d, 1, BIG, True, 0.0)
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
def outlines(
    scene, edges, width, height, samples, seed, number, adjoint, chunk, chunks, d_theta, weights, gradient, d_image,
    moments, bad
):
    """The boundary of primary visibility. number: of the launch, which has random numbers of its own. adjoint: gradient
    += its part, weights (height * width, 3); else d_image (height * width, 3) += it, and moments[0] += the sum over
    samples of the square of what they change."""
    first, last = samples * chunk // chunks, samples * (chunk + 1) // chunks
    for i in range(first, last):
        e = edge_point(scene, edges, stream(seed, BOUNDARY_STREAM + number, i), i, width, height, True)
        if e.seen:
            if not finite(scale(e.jump, largest_magnitude(e.covector))):
                count_bad(bad, e.pixel, i)
            elif adjoint:
                edge_adj(scene, gradient, e, (weights[e.pixel, 0], weights[e.pixel, 1], weights[e.pixel, 2]))
            else:
                moments[0] += _splat(d_image, e.pixel, edge_tan(scene, d_theta, e))


@device
def grazing(
    scene, edges, emitters, plan, depth, rough, width, height, samples, seed, number, adjoint, chunk, chunks, d_theta,
    weights, gradient, d_image, moments, bad
):
    """Segments beyond the first vertex that graze an edge, and light a vertex of this depth. moments[1] += how many
    reached both that and the eye, moments[2:] as moments[0] by the edge's cluster. The rest as in `outlines`."""
    trail, p = Trail(local_integers(), local_reals()), local_reals()
    first, last = samples * chunk // chunks, samples * (chunk + 1) // chunks
    for i in range(first, last):
        s, u = stream(seed, BOUNDARY_STREAM + number, i), lattice5(seed, BOUNDARY_STREAM + number, i)
        g = grazing_segment(scene, edges, emitters, plan, depth, rough, s, u, i, trail, p, True)
        _count(scene, plan, trail, g, adjoint, i, d_theta, weights, gradient, d_image, moments, bad)


@device
def mirrored(
    scene, edges, plan, depth, rough, width, height, samples, seed, number, adjoint, chunk, chunks, d_theta, weights,
    gradient, d_image, moments, bad
):
    """The same where smooth surfaces are between them and the eye."""
    trail, p = Trail(local_integers(), local_reals()), local_reals()
    first, last = samples * chunk // chunks, samples * (chunk + 1) // chunks
    for i in range(first, last):
        s, u = stream(seed, BOUNDARY_STREAM + number, i), lattice5(seed, BOUNDARY_STREAM + number, i)
        sx, sy = 2.0 * u[0] - 1.0, 2.0 * u[1] - 1.0
        g = mirrored_segment(scene, edges, plan.weight, depth, rough, s, (u[2], u[3]), sx, sy, trail, p, True)
        _count(scene, plan, trail, g, adjoint, i, d_theta, weights, gradient, d_image, moments, bad)


@device
def _count(scene, plan, trail, g, adjoint, sample, d_theta, weights, gradient, d_image, moments, bad):
    if g.reached:
        moments[1] += 1.0
    if g.seen:
        if not finite(scale(g.jump, largest_magnitude(g.normal))):
            count_bad(bad, g.pixel, sample)
        elif adjoint:
            grazing_adj(scene, gradient, trail, g, (weights[g.pixel, 0], weights[g.pixel, 1], weights[g.pixel, 2]))
        else:
            square = _splat(d_image, g.pixel, grazing_tan(scene, d_theta, trail, g))
            moments[0] += square
            moments[2 + plan.cluster[g.edge]] += square


@device
def _splat(d_image, pixel, change):
    """Add the change; return its square."""
    for c in range(3):
        d_image[pixel, c] += change[c]
    return change[0] * change[0] + change[1] * change[1] + change[2] * change[2]
