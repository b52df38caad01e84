"""Launch on CUDA: the same calls as cpu.py, in float32.

A picture is rendered in pieces: bands of rows, if it does not fit into the GPU's memory, and ranges of samples, so that
an interrupt need not wait for long. Each piece is sums of float32, which are added in float64. How a pixel's samples
are divided is a matter of the problem's size alone, so the same seed gives the same bits on any GPU whose arithmetic is
the same, whatever else is in its memory. Gradients are sums by atomics: their last bits differ from run to run, unless
they are asked to be `deterministic` (gpu.py has the two widths that do that).
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..cache import on_disk
from ..device import Device, Width, clone
from ..errors import DeviceError, NrenderError
from ..tables import Tables
from . import cuda_kernels, gpu
from .cuda_memory import kept, one_line, rows_that_fit
from .gpu import cuda

BLOCK = 128  # threads
REGISTERS = 128  # of a thread: four blocks share a multiprocessor, and it pays for what spills (docs/performance.md)
BLOCKS = 1 << 16  # of a launch, at most; its threads take what is left in turns
THREADS = 1 << 17  # that fill a GPU: a picture of fewer pixels is divided into parts of its samples
SAMPLES = 1 << 26  # of a launch: less than a second
COPIES, COPY_BYTES = 256, 64 << 20  # of the gradient, at most


class Bad:
    """Samples that were not finite, as in cpu.py."""

    def __init__(self) -> None:
        self.array = cuda.to_device(np.array([0, np.iinfo(np.int64).max]))

    def first(self) -> tuple[int, int, int] | None:
        """(how many, pixel, sample), those of the first pixel, or None."""
        count, place = self.array.copy_to_host()
        return (int(count), int(place) >> 32, int(place) & 0xFFFFFFFF) if count else None


@functools.cache
def compiled(kernel: Device, width: Width) -> Any:
    """The kernel's dispatcher, with its machine code on disk."""
    body = clone(kernel.body, width)
    if gpu.SIMULATED:
        return cuda.jit(body)
    dispatcher = cuda.jit(body, max_registers=REGISTERS)
    return on_disk(dispatcher, importlib.import_module("numba.cuda.core.config"), _compiler())


def _compiler() -> str:
    return f"cuda-{importlib.metadata.version('numba-cuda')}"


def machine_code() -> str | None:
    """As devices.Backend has it: the compiler and the compute capability."""
    if gpu.SIMULATED:
        return None
    major, minor = cuda.get_current_device().compute_capability
    return f"{_compiler()}-sm{major}{minor}-"


def launch(kernel: Device, width: Width, count: int, *arguments: Any) -> None:
    """Run the kernel with `count` threads, or so many that they do `count` things, and wait for its end."""
    blocks = min(max(-(-count // BLOCK), 1), BLOCKS)
    with one_line():
        if gpu.SIMULATED:  # a few threads, one after the other
            compiled(kernel, width)[min(count, 3), 1](*arguments)
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a small picture does not fill a GPU
            configured = compiled(kernel, width)[blocks, BLOCK]
        configured(*arguments)
        cuda.synchronize()


class Piece(NamedTuple):
    """Rows top .. bottom, samples first .. last."""

    top: int
    bottom: int
    first: int
    last: int


def pieces(size: tuple[int, int], spp: int, rows: int) -> Iterator[Piece]:
    """Of a picture of which so many rows fit. The ranges of samples do not depend on the rows."""
    w, h = size
    count = int(np.clip(SAMPLES // (w * h), parts_of(size, spp), spp))
    for top in range(0, h, rows):
        for first in range(0, spp, count):
            yield Piece(top, min(top + rows, h), first, min(first + count, spp))


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
    for piece in pieces(size, spp, rows):
        count = numbers * w * (piece.bottom - piece.top)
        with one_line():
            if piece.first == 0:
                totals = [cuda.to_device(np.zeros(count)) for _ in kinds]
            images = [cuda.device_array(count * parts, np.float32) for _ in kinds]
        threads = parts * cells(w, piece.bottom - piece.top)
        launch(kernel, gpu.CUDA, threads, tables, *head(), w, h, *piece, parts, seed, *images, bad.array)
        for total, image in zip(totals, images, strict=True):
            launch(cuda_kernels.add_parts, gpu.CUDA, count, image, parts, total)
        if piece.last == spp:
            for picture, total in zip(found, totals, strict=True):
                band = picture[numbers * w * piece.top : numbers * w * piece.bottom]
                mean = band if there else cuda.device_array(count, band.dtype)
                launch(cuda_kernels.take_mean, gpu.CUDA, count, total, spp, mean)
                if not there:
                    mean.copy_to_host(band)
    return [picture.reshape((h, w, numbers)) for picture in found], bad


def cells(width: int, rows: int) -> int:
    return int(cuda_kernels.cells(width, rows))


def render_adj(
    width: Width,
    scene: Tables,
    weights: Any,
    size: tuple[int, int],
    spp: int,
    seed: int,
    moving: bool,
    deterministic: bool = False,
) -> tuple[np.ndarray, Bad]:
    """The gradient of sum(weights * image), (len(theta),) float64, without the boundary's part; that of the geometry
    only if it is `moving`. weights: of `flat_weights`."""
    w, h = size
    parts = parts_of(size, spp)
    rows_that_fit(scene, gradient_bytes(scene, deterministic), 0, 1)
    tables = kept(scene)

    def run(variant: Width, gradient: Any, bad: Bad) -> None:
        for piece in pieces(size, spp, h):
            threads = parts * cells(w, h)
            launch(
                cuda_kernels.render_adj, variant, threads, tables, weights, w, h, piece.first, piece.last, spp, parts,
                seed, moving, gradient, bad.array,
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


def flat_weights(weights: Any, shape: tuple[int, ...]) -> Any:
    """Weights (h, w, 3) on the device, flat; an array that is there already, of any library, is not taken to the
    host."""
    if not hasattr(weights, "__cuda_array_interface__"):
        with one_line():
            return cuda.to_device(np.ascontiguousarray(weights, np.float32).reshape(-1))
    source = cuda.as_cuda_array(weights)
    if tuple(source.shape) != shape:
        raise NrenderError(f"weights: expected shape {shape}, got {tuple(source.shape)}")
    if source.dtype not in (np.float32, np.float64):
        raise NrenderError(f"weights: expected float32 or float64, got {source.dtype}")
    count, bad = shape[0] * shape[1], Bad()
    with one_line():
        flat = cuda.device_array(3 * count, np.float32)
    launch(cuda_kernels.take_weights, gpu.CUDA, count, source, flat, bad.array)
    if bad.first():
        raise NrenderError("weights: expected finite numbers, got NaN or infinity")
    return flat


def name() -> str:
    """Of the GPU."""
    try:
        text = cuda.get_current_device().name
    except AttributeError:  # the simulator's has none
        return "simulated"
    except Exception as error:
        raise DeviceError(f"device 'cuda': {' '.join(str(error).split())}") from error
    return text.decode() if isinstance(text, bytes) else str(text)
