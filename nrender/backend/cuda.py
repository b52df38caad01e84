"""Launch on CUDA: the same calls as cpu.py, in float32.

A picture is rendered in pieces: bands of rows, if it does not fit into the GPU's memory, and ranges of samples, so that
an interrupt need not wait for long. Each piece is sums of float32, which are added in float64. How a pixel's samples
are divided is a matter of the problem's size alone, so the same seed gives the same bits on any GPU whose arithmetic is
the same, whatever else is in its memory. Gradients are sums by atomics: their last bits differ from run to run, unless
they are asked to be `deterministic` (gpu.py has the two widths that do that).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..device import Device, Width
from ..errors import DeviceError
from ..tables import Tables
from . import cuda_kernels, cuda_weights, gpu
from .cuda_launch import Bad, launch, one_line
from .cuda_memory import kept, rows_that_fit
from .cuda_weights import Weights
from .gpu import cuda

THREADS = 1 << 17  # that fill a GPU: a picture of fewer pixels is divided into parts of its samples
SAMPLES = 1 << 26  # of a launch: less than a second
COPIES, COPY_BYTES = 256, 64 << 20  # of the gradient, at most


class Piece(NamedTuple):
    """Rows top .. bottom, samples first .. last."""

    top: int
    bottom: int
    first: int
    last: int


def bands(size: tuple[int, int], spp: int, rows: int) -> Iterator[list[Piece]]:
    """The pieces of a picture of which so many rows fit, by bands. The ranges of samples do not depend on the rows."""
    w, h = size
    count = int(np.clip(SAMPLES // (w * h), parts_of(size, spp), spp))
    for top in range(0, h, rows):
        bottom = min(top + rows, h)
        yield [Piece(top, bottom, first, min(first + count, spp)) for first in range(0, spp, count)]


def parts_of(size: tuple[int, int], spp: int) -> int:
    """Into how many parts a pixel's samples are divided, a thread each."""
    return int(np.clip(THREADS // (size[0] * size[1]), 1, spp))


def render(
    width: Width, scene: Tables, size: tuple[int, int], spp: int, seed: int, there: bool = False
) -> tuple[Any, Bad]:
    """The image (h, w, 3) for size (w, h); `there`: on the device."""
    (image,), bad = pictures(scene, size, spp, seed, cuda_kernels.render, (np.float32,), lambda: (), there=there)
    return image, bad


def render_tan(
    width: Width, scene: Tables, d_theta: np.ndarray, size: tuple[int, int], spp: int, seed: int
) -> tuple[np.ndarray, np.ndarray, Bad]:
    """(image, derivative image (h, w, 3) float64 without the boundary's part)."""
    velocity = functools.cache(lambda: (cuda.to_device(d_theta),))
    kinds = (np.float32, np.float64)
    (image, d_image), bad = pictures(
        scene, size, spp, seed, cuda_kernels.render_tan, kinds, velocity, more=d_theta.nbytes
    )
    return image, d_image, bad


def pictures(
    scene: Tables,
    size: tuple[int, int],
    spp: int,
    seed: int,
    kernel: Device,
    kinds: tuple[type, ...],
    head: Callable[[], tuple[Any, ...]],
    more: int = 0,
    there: bool = False,
    numbers: int = 3,
) -> tuple[list[Any], Bad]:
    """Pictures (h, w, numbers) of these kinds of numbers, of one kernel; head: what it takes after the scene, `more`
    bytes; there: they stay on the device."""
    w, h = size
    parts = parts_of(size, spp)
    whole = 4 * numbers * w * h * len(kinds) if there else 0
    rows = rows_that_fit(scene, more + whole, numbers * (4 * parts + 16) * w * len(kinds), h)
    tables, bad = kept(scene), Bad()
    with one_line():
        make: Any = cuda.device_array if there else np.zeros
        found = [make(numbers * w * h, kind) for kind in kinds]

    def render_band(pieces: list[Piece]) -> None:
        top, bottom = pieces[0][:2]
        places = [picture[numbers * w * top : numbers * w * bottom] for picture in found]
        with one_line():
            totals = [cuda.to_device(np.zeros(len(place))) for place in places]
            images = [cuda.device_array(len(place) * parts, np.float32) for place in places]
        for piece in pieces:
            threads = parts * cells(w, bottom - top)
            launch(kernel, gpu.CUDA, threads, tables, *head(), w, h, *piece, parts, seed, *images, bad.array)
            for total, image in zip(totals, images, strict=True):
                launch(cuda_kernels.add_parts, gpu.CUDA, len(total), image, parts, total)
        for total, place in zip(totals, places, strict=True):
            _take_mean(total, spp, place, there)

    for pieces in bands(size, spp, rows):
        render_band(pieces)  # what it has on the device is given back before the next one
    return [picture.reshape((h, w, numbers)) for picture in found], bad


def _take_mean(total: Any, spp: int, place: Any, there: bool) -> None:
    """place = total / spp; there: it is on the device."""
    with one_line():
        mean = place if there else cuda.device_array(len(place), place.dtype)
    launch(cuda_kernels.take_mean, gpu.CUDA, len(place), total, spp, mean)
    if not there:
        mean.copy_to_host(place)


def cells(width: int, rows: int) -> int:
    return int(cuda_kernels.cells(width, rows))


def render_adj(
    width: Width,
    scene: Tables,
    weights: Weights,
    size: tuple[int, int],
    spp: int,
    seed: int,
    moving: bool,
    deterministic: bool = False,
) -> tuple[np.ndarray, Bad]:
    """The gradient of sum(weights * image), (len(theta),) float64, without the boundary's part; that of the geometry
    only if it is `moving`."""
    w, h = size
    parts = parts_of(size, spp)
    rows = rows_that_fit(scene, gradient_bytes(scene, deterministic), cuda_weights.BYTES * w, h)
    tables = kept(scene)

    def run(variant: Width, gradient: Any, bad: Bad) -> None:
        for pieces in bands(size, spp, rows):
            top, bottom = pieces[0][:2]
            flat = None  # the last band's is given back first
            flat = weights.rows(top, bottom)
            for piece in pieces:
                launch(
                    cuda_kernels.render_adj, variant, parts * cells(w, bottom - top), tables, flat, w, h, *piece, spp,
                    parts, seed, moving, gradient, bad.array,
                )  # fmt: skip

    return summed(run, len(scene.theta), deterministic)


def summed(run: Callable[[Width, Any, Bad], None], size: int, deterministic: bool) -> tuple[np.ndarray, Bad]:
    """The gradient that `run` adds up."""
    if deterministic:
        return _in_fixed_point(run, size)
    bad = Bad()
    with one_line():
        gradient = cuda.to_device(np.zeros((_copies(size), size)))
    run(gpu.CUDA, gradient, bad)
    return gradient.copy_to_host().sum(0), bad


def _in_fixed_point(run: Callable[[Width, Any, Bad], None], size: int) -> tuple[np.ndarray, Bad]:
    """Twice: for the largest of all contributions and their number, whose product no sum exceeds, then in integers of a
    unit that is 2^-62 of it."""
    with one_line():
        largest = gpu.Largest(cuda.to_device(np.zeros(COPIES)), cuda.to_device(np.zeros(COPIES, np.int64)))
    run(gpu.LARGEST, largest, Bad())
    bound = largest.sizes.copy_to_host().max() * max(int(largest.counts.copy_to_host().sum()), 1)
    unit = float(bound) / 2.0**62 or 1.0
    with one_line():
        fixed = gpu.Fixed(cuda.to_device(np.zeros(size, np.int64)), cuda.to_device(np.zeros(size)), 1.0 / unit)
    bad = Bad()
    run(gpu.FIXED, fixed, bad)
    return fixed.sums.copy_to_host() * unit + fixed.lost.copy_to_host(), bad


def _copies(size: int) -> int:
    return int(np.clip(COPY_BYTES // (8 * max(size, 1)), 1, COPIES))


def gradient_bytes(scene: Tables, deterministic: bool) -> int:
    size = len(scene.theta)
    return 16 * size if deterministic else 8 * size * _copies(size)


def name() -> str:
    """Of the GPU."""
    try:
        text = cuda.get_current_device().name
    except AttributeError:  # the simulator's has none
        return "simulated"
    except Exception as error:
        raise DeviceError(f"device 'cuda': {' '.join(str(error).split())}") from error
    return text.decode() if isinstance(text, bytes) else str(text)
