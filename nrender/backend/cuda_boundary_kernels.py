"""The loops over boundary samples on CUDA: twins of those in kernels.py. A sample changes what others change too: by
atomics, in sums of float64.

A picture that does not fit into memory has bands of rows. A sample counts in that band that its pixel is in, whatever
rows its filter reaches: so it counts once, as a whole, and gradients have the same terms however many bands there are.
"""

from typing import NamedTuple

from ..boundary.grazing import grazing_adj, grazing_tan
from ..boundary.mirrored import mirrored_segment
from ..boundary.primary import edge_adj, edge_point, edge_tan
from ..boundary.segment import grazing_segment
from ..device import device
from ..film import any_pixel, around, counted
from ..geometry.triangle import vector_at
from ..local import local_integers, local_reals
from ..motion import Trail
from ..pixel_filter import BOX
from ..real import put
from ..rng import lattice5, stream
from ..vec import dot, largest_magnitude, madd, scale
from .cuda_kernels import add_shared, count_bad, own_copy, thread, threads
from .kernels import BOUNDARY_STREAM, finite

MISSED = -2


class Band(NamedTuple):
    """Of a picture, by the numbers of pixels: samples of begin .. end count; its numbers, weights or a derivative
    image, are those from pixel `base` on, with the rows around that a filter reaches."""

    begin: int
    end: int
    base: int


@device
def outlines(
    scene, edges, width, height, samples, seed, number, adjoint, first, last, d_theta, band, weights, gradient, d_image,
    squares, met, bad
):
    """The boundary of primary visibility, samples first .. last of them, those of a band. number: of the launch, which
    has random numbers of its own. adjoint: gradient += its part, with the band's weights; else d_image, of the band, +=
    it. squares (last - first) = the square of what each sample changes, unless it is empty."""
    own = own_copy(gradient)
    for i in range(first + thread(), last, threads()):
        e = edge_point(scene, edges, stream(seed, BOUNDARY_STREAM + number, i), i, width, height, True)
        square = 0.0 * e.at.x
        if e.seen and _counts(band, e.pixel):
            if not finite(scale(e.jump, largest_magnitude(e.covector))):
                count_bad(bad, e.pixel, i)
            elif adjoint:
                edge_adj(scene, own, e, _at_place(scene, weights, band, e.at, e.pixel), True)
            else:
                change = edge_tan(scene, d_theta, e)
                square = _add_at_place(scene, d_image, band, e.at, e.pixel, change)
        if len(squares) > 0:
            put(squares, i - first, square, True)


@device
def grazing(
    scene, edges, emitters, plan, depth, rough, width, height, samples, seed, number, adjoint, first, last, d_theta,
    band, weights, gradient, d_image, squares, met, bad
):
    """Segments beyond the first vertex that graze an edge, and light a vertex of this depth. met (last - first) = the
    edge of each sample that reached both that and the eye, -1 if it found none, MISSED of the others. The rest as in
    `outlines`."""
    trail, p = Trail(local_integers(), local_reals()), local_reals()
    own = own_copy(gradient)
    for i in range(first + thread(), last, threads()):
        s, u = stream(seed, BOUNDARY_STREAM + number, i), lattice5(seed, BOUNDARY_STREAM + number, i)
        g = grazing_segment(scene, edges, emitters, plan, depth, rough, s, u, i, trail, p, True)
        square = _contribute(scene, trail, g, True, adjoint, i, d_theta, band, weights, own, d_image, bad)
        _note(squares, met, i - first, square, g, band)


@device
def mirrored(
    scene, edges, plan, depth, rough, width, height, samples, seed, number, adjoint, first, last, d_theta, band,
    weights, gradient, d_image, squares, met, bad
):
    """The same where smooth surfaces are between them and the eye."""
    trail, p = Trail(local_integers(), local_reals()), local_reals()
    own = own_copy(gradient)
    for i in range(first + thread(), last, threads()):
        s, u = stream(seed, BOUNDARY_STREAM + number, i), lattice5(seed, BOUNDARY_STREAM + number, i)
        place = any_pixel(scene, u[0], u[1])
        g = mirrored_segment(scene, edges, plan.weight, depth, rough, s, (u[2], u[3]), place, trail, p, True)
        square = _contribute(scene, trail, g, False, adjoint, i, d_theta, band, weights, own, d_image, bad)
        _note(squares, met, i - first, square, g, band)


@device
def _contribute(scene, trail, g, spread, adjoint, sample, d_theta, band, weights, gradient, d_image, bad):
    """The square of what a segment changes. spread: see kernels._count."""
    square = 0.0 * g.s
    if g.seen and _counts(band, g.pixel):
        if not finite(scale(g.jump, largest_magnitude(g.normal))):
            count_bad(bad, g.pixel, sample)
        elif adjoint:
            weight = vector_at(weights, 3 * (g.pixel - band.base))
            if spread:
                weight = _at_place(scene, weights, band, g.lens.at, g.pixel)
            grazing_adj(scene, gradient, trail, g, weight, True)
        else:
            change = grazing_tan(scene, d_theta, trail, g)
            if spread:
                square = _add_at_place(scene, d_image, band, g.lens.at, g.pixel, change)
            else:
                square = _add(d_image, g.pixel - band.base, change)
    return square


@device
def _note(squares, met, place, square, g, band):
    if len(squares) > 0:
        put(squares, place, square, True)
        put(met, place, g.edge if g.reached and _counts(band, g.pixel) else MISSED, True)


@device
def _counts(band, pixel):
    return pixel >= band.begin and pixel < band.end


@device
def _at_place(scene, weights, band, at, pixel):
    """Twin of film.at_place, of a band."""
    zero = 0.0 * at.x
    out = (zero, zero, zero)
    if scene.filter == BOX:
        out = vector_at(weights, 3 * (pixel - band.base))
    else:
        for k in range(around(scene)):
            near, f = counted(scene, at, k)
            if f > 0.0:
                out = madd(out, vector_at(weights, 3 * (near - band.base)), f)
    return out


@device
def _add_at_place(scene, d_image, band, at, pixel, change):
    """Twin of film.add_at_place, of a band."""
    square = 0.0 * at.x
    if scene.filter == BOX:
        square = _add(d_image, pixel - band.base, change)
    else:
        for k in range(around(scene)):
            near, f = counted(scene, at, k)
            if f > 0.0:
                square = square + _add(d_image, near - band.base, scale(change, f))
    return square


@device
def _add(d_image, pixel, change):
    """Add the change; return its square."""
    for c in range(3):
        add_shared(d_image, 3 * pixel + c, change[c])
    return dot(change, change)
