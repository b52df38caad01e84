"""The loops over pixels and samples on CUDA: twins of those in kernels.py, with the same bodies below them.

A *megakernel*: a thread takes whole walks from the camera to their ends. Of a picture it owns a pixel, or a part of
a pixel's samples where there are few pixels, so nothing of a picture is added by two threads, and it has the same bits
every time. A walk's end is followed at once by the pixel's next sample, in the same loop.

The threads of a warp meet at every vertex (`any_thread`). Left to themselves they fall apart at the first sample whose
walks differ in length and never come together again, and each then runs almost alone: from the second sample on, a
gradient took three times as long.

The first walk of a gradient gives its radiance, and what its rays met, to its replay in the same thread. Gradients
change what many threads change: by atomics, in sums of float64. cuda_boundary_kernels.py has the boundary.
"""

from ..device import Primitive, device
from ..geometry.refitted import refit_node
from ..geometry.triangle import vector_at
from ..hits import Hits, keep, recall
from ..local import local_integers, local_reals
from ..motion import Trail
from ..path import DARK, advance
from ..path_adj import advance_adj, begin_adj
from ..path_tan import advance_tan
from ..real import absolute, put, real
from ..vec import add, largest_magnitude, scale
from .kernels import camera_tangent, camera_walk, finite, lens_sample, put_vector, share_of

ACROSS, DOWN = 3, 2  # bits: the 32 threads of a warp have a rectangle of 8 x 4 pixels, whose rays stay near each other


@Primitive
def thread():
    """The number of this thread in its launch."""
    return 0


@Primitive
def threads():
    """How many threads a launch has."""
    return 1


@Primitive
def any_thread(mask):
    """Whether the mask holds in some thread of the warp: all of them come here, and wait for each other."""
    return bool(mask)


@Primitive
def own_copy(gradient):
    """Of several copies of the gradient the one that this thread adds to: many threads add to few numbers, such as
    those of a material, and would wait for each other."""
    return gradient[0]


@Primitive
def add_shared(array, index, value):
    """array[index] += value, where other threads do the same."""
    array[index] += value


@Primitive
def count_bad(bad, pixel, sample):
    """bad: (how many samples were not finite, the least pixel * 2^32 + sample of them)."""
    bad[0] += 1
    bad[1] = min(bad[1], (int(pixel) << 32) + int(sample))


@device
def cells(width, rows):
    """How many threads have a pixel each: the last warps stand out."""
    return (((width + 7) >> ACROSS) * ((rows + 3) >> DOWN)) << (ACROSS + DOWN)


@device
def place_of(cell, width, top):
    """(x, y) of a thread's pixel."""
    warp, lane = cell >> (ACROSS + DOWN), cell & 31
    across = (width + 7) >> ACROSS
    return ((warp % across) << ACROSS) + (lane & 7), top + ((warp // across) << DOWN) + (lane >> ACROSS)


@device
def render(scene, width, height, top, bottom, first, last, parts, seed, image, bad):
    """image (parts * rows * width * 3) = the sum of radiance over the samples first .. last, of the rows top ..
    bottom; each part has its share of the samples. bad: see count_bad; such samples are left out."""
    p = local_reals()
    count = cells(width, bottom - top)
    for number in range(thread(), parts * count, threads()):
        part = number // count
        x, y = place_of(number - part * count, width, top)
        start, stop = share_of(last - first, part, parts)
        sample, end = first + start, first + stop
        if x >= width or y >= bottom:
            end = sample
        walk = camera_walk(scene, seed, x, y, width, height, sample)
        zero = 0.0 * walk.pdf
        total = (zero, zero, zero)
        while any_thread(sample < end):
            if sample < end:
                walk, going, _ = advance(scene, walk, p, 0.0, True)
                if not going:
                    if finite(walk.radiance):
                        total = add(total, walk.radiance)
                    else:
                        count_bad(bad, y * width + x, sample)
                    sample += 1
                    walk = camera_walk(scene, seed, x, y, width, height, sample)
        if x < width and y < bottom:
            put_vector(image, 3 * ((part * (bottom - top) + y - top) * width + x), total, True)


@device
def render_tan(scene, d_theta, width, height, top, bottom, first, last, parts, seed, image, d_image, bad):
    """image, and d_image = the derivative of its interior part. As in `render`."""
    p, d_p = local_reals(), local_reals()
    count = cells(width, bottom - top)
    for number in range(thread(), parts * count, threads()):
        part = number // count
        x, y = place_of(number - part * count, width, top)
        start, stop = share_of(last - first, part, parts)
        sample, end = first + start, first + stop
        if x >= width or y >= bottom:
            end = sample
        walk = camera_tangent(scene, d_theta, seed, x, y, width, height, sample)
        zero = 0.0 * walk.at.x
        total, d_total = (zero, zero, zero), (zero, zero, zero)
        while any_thread(sample < end):
            if sample < end:
                walk, going = advance_tan(scene, walk, p, d_p, d_theta, True)
                if not going:
                    if finite(walk.walk.radiance) and finite(walk.d_radiance):
                        total, d_total = add(total, walk.walk.radiance), add(d_total, walk.d_radiance)
                    else:
                        count_bad(bad, y * width + x, sample)
                    sample += 1
                    walk = camera_tangent(scene, d_theta, seed, x, y, width, height, sample)
        if x < width and y < bottom:
            place = 3 * ((part * (bottom - top) + y - top) * width + x)
            put_vector(image, place, total, True)
            put_vector(d_image, place, d_total, True)


@device
def render_adj(scene, weights, width, height, top, bottom, first, last, spp, parts, seed, moving, gradient, bad):
    """gradient += that of sum(weights * image), interior part, of the rows top .. bottom. weights (rows * width * 3); a
    pixel without weight is not walked."""
    trail = Trail(local_integers(), local_reals())
    hits = Hits(local_integers(), local_reals())  # of one walk
    p, g_p = local_reals(), local_reals()
    own = own_copy(gradient)
    count = cells(width, bottom - top)
    for number in range(thread(), parts * count, threads()):
        part = number // count
        x, y = place_of(number - part * count, width, top)
        start, stop = share_of(last - first, part, parts)
        sample, end = first + start, first + stop
        weight = (0.0 * real(x), 0.0 * real(x), 0.0 * real(x))
        if x < width and y < bottom:
            weight = scale(vector_at(weights, 3 * ((y - top) * width + x)), 1.0 / real(spp))
        if not largest_magnitude(weight) > 0.0:
            end = sample
        while any_thread(sample < end):
            walk = camera_walk(scene, seed, x, y, width, height, sample)
            going = sample < end
            while any_thread(going):
                if going:
                    depth = walk.depth
                    walk, going, met = advance(scene, walk, p, DARK, True)
                    keep(hits, 0, depth, met, True)
            going = sample < end
            if going and not finite(walk.radiance):
                count_bad(bad, y * width + x, sample)
                going = False
            s, at = lens_sample(scene, seed, x, y, width, height, sample)
            replay = begin_adj(scene, s, at, weight, walk.radiance, walk.dim_radiance)
            while any_thread(going):
                if going:
                    met, kept = recall(scene, hits, 0, replay.walk.depth, True)
                    replay, going = advance_adj(scene, replay, met, kept, trail, p, g_p, own, moving, True)
            sample += 1


@device
def add_parts(image, parts, total):
    """total (n) += the sum over the parts of image (parts * n), always in their order."""
    n = len(total)
    for i in range(thread(), n, threads()):
        for part in range(parts):
            put(total, i, total[i] + image[part * n + i], True)


@device
def take_mean(total, spp, picture):
    """picture (n) = total (n) / spp."""
    for i in range(thread(), len(total), threads()):
        put(picture, i, total[i] / spp, True)


@device
def take_weights(source, weights, bad):
    """weights (height * width * 3) = an array (height, width, 3) that is on the device, of whatever strides."""
    height, width = source.shape[0], source.shape[1]
    for i in range(thread(), height * width, threads()):
        for c in range(3):
            value = real(source[i // width, i % width, c])
            put(weights, 3 * i + c, value, True)
            if not absolute(value) < 1e30:
                count_bad(bad, i, c)


@device
def refit(words, theta, faces, bounds, surfaces, begin, end):
    """The nodes begin .. end of a tree, those of one level: see geometry/refitted.py."""
    for node in range(begin + thread(), end, threads()):
        refit_node(words, theta, faces, bounds, surfaces, node)
