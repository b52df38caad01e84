"""Launch on the CPU: chunks of an image on Python threads, compiled code without the GIL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import lanes, lanes_math, lanes_memory  # noqa: F401  (these register the primitives of the lanes)
from ..cache import compiled, no_collection
from ..device import Device, Width
from ..geometry import lanes as ray_lanes  # noqa: F401
from ..hits import KEPT, Hits
from ..real import FLOAT32
from ..sharing import share
from ..simd import FLOAT32XN
from ..tables import Tables
from . import kernels

CHUNKS = 64  # of an image: enough for any number of threads
BUFFER_BYTES = 256 << 20  # for all private buffers of one launch


def fast(width: Width) -> Width:
    """The width in which a walk runs whose numbers are those of `width`."""
    return FLOAT32XN if width is FLOAT32 else width


def launch(kernel: Device, width: Width, chunks: int, arguments: Callable[[int], tuple[Any, ...]]) -> None:
    """Run kernel(*arguments(chunk)) for each chunk. An interrupt ends it; chunks that have begun go on to their end."""
    function = compiled(kernel, width)
    first = 0
    if not function.overloads:  # compiled, or read from disk, by the first chunk
        with no_collection():
            function(*arguments(0))
        first = 1
    share(lambda chunk: function(*arguments(chunk)), range(first, chunks))


def image_chunks(size: tuple[int, int], most: int = CHUNKS) -> int:
    """How many chunks an image (w, h) has: no more than tiles."""
    return min(kernels.tiles_of(*size), most)


def private_chunks(size: int) -> int:
    """How many chunks there are when each has a private float64 buffer of `size`: a matter of the problem's size
    alone."""
    return int(np.clip(BUFFER_BYTES // (8 * max(size, 1)), 4, CHUNKS))


class Bad:
    """Samples that were not finite, left out of the result; each chunk counts its own."""

    def __init__(self, chunks: int):
        self.rows = np.zeros((chunks, 3), np.int64)

    def first(self) -> tuple[int, int, int] | None:
        """(how many, pixel, sample) or None."""
        hit = np.flatnonzero(self.rows[:, 0])
        if not len(hit):
            return None
        pixel, sample = self.rows[hit[0], 1:]
        return int(self.rows[:, 0].sum()), int(pixel), int(sample)


def render(width: Width, scene: Tables, size: tuple[int, int], spp: int, seed: int) -> tuple[np.ndarray, Bad]:
    """The image (h, w, 3) for size (w, h)."""
    w, h = size
    image: np.ndarray = np.zeros((h, w, 3), width.literal)
    chunks = image_chunks(size)
    pixels, bad = image.reshape(-1), Bad(chunks)
    launch(kernels.render, width, chunks, lambda k: (scene, w, h, spp, seed, k, chunks, pixels, bad.rows[k]))
    return image, bad


def render_tan(
    width: Width, scene: Tables, d_theta: np.ndarray, size: tuple[int, int], spp: int, seed: int
) -> tuple[np.ndarray, np.ndarray, Bad]:
    """(image, derivative image (h, w, 3) float64 without the boundary's part)."""
    w, h = size
    image: np.ndarray = np.zeros((h, w, 3), width.literal)
    chunks = image_chunks(size)
    d_image, bad = np.zeros((h, w, 3)), Bad(chunks)
    pixels, d_pixels = image.reshape(-1), d_image.reshape(-1)
    launch(
        kernels.render_tan,
        width,
        chunks,
        lambda k: (scene, d_theta, w, h, spp, seed, k, chunks, pixels, d_pixels, bad.rows[k]),
    )
    return image, d_image, bad


def _batch(width: Width) -> kernels.Batch:
    n = kernels.BATCH
    hits = Hits(np.zeros(KEPT * n, np.int32), np.zeros(2 * KEPT * n, width.literal))
    return kernels.Batch(np.zeros(6 * n, width.literal), hits)


def render_adj(
    width: Width, scene: Tables, weights: np.ndarray, size: tuple[int, int], spp: int, seed: int, moving: bool
) -> tuple[np.ndarray, Bad]:
    """The gradient of sum(weights * image), (len(theta),) float64, without the boundary's part; that of the geometry
    only if it is `moving`."""
    w, h = size
    chunks = image_chunks(size, private_chunks(len(scene.theta)))
    gradients, bad = np.zeros((chunks, len(scene.theta))), Bad(chunks)
    weights = np.ascontiguousarray(weights, width.literal).reshape(-1)
    launch(
        kernels.render_adj,
        width,
        chunks,
        lambda k: (scene, weights, w, h, spp, seed, moving, k, chunks, _batch(width), gradients[k], bad.rows[k]),
    )
    return gradients.sum(0), bad
