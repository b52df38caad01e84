"""Launches of the AOVs on CUDA: the same calls as aovs.py, in float32."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..device import Width
from ..tables import Tables
from . import cuda_aov_kernels, gpu
from .aovs import Outlines, View
from .cuda import bands, cells, gradient_bytes, parts_of, pictures, summed
from .cuda_launch import Bad, launch, one_line
from .cuda_memory import bytes_of, copied, kept, rows_that_fit
from .gpu import cuda

SAMPLES = 1 << 24  # of edges, of a launch


def aovs(view: View) -> tuple[np.ndarray, Bad]:
    """The picture (h, w, channels)."""
    (image,), bad = pictures(
        view.scene, view.size, view.spp, view.seed, cuda_aov_kernels.aovs, (np.float32,), lambda: (view.channels,),
        numbers=view.channels.number,
    )  # fmt: skip
    return image, bad


def aovs_tan(view: View, d_theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, Bad]:
    """(picture, its derivative (h, w, channels) float64 without the outlines' part, bad)."""
    head = functools.cache(lambda: (cuda.to_device(d_theta), view.channels))
    kinds = (np.float32, np.float64)
    (image, d_image), bad = pictures(
        view.scene, view.size, view.spp, view.seed, cuda_aov_kernels.aovs_tan, kinds, head, more=d_theta.nbytes,
        numbers=view.channels.number,
    )  # fmt: skip
    return image, d_image, bad


def aovs_adj(
    view: View, weights: np.ndarray, moving: bool, deterministic: bool = False
) -> tuple[np.ndarray, Bad]:
    """(gradient of sum(weights * picture), (len(theta),) float64, without the outlines' part; bad). weights (h, w,
    channels)."""
    w, h = view.size
    parts = parts_of(view.size, view.spp)
    rows_that_fit(view.scene, gradient_bytes(view.scene, deterministic) + 4 * view.numbers, 0, 1)
    tables, flat = kept(view.scene), _flat(weights)

    def run(variant: Width, gradient: Any, bad: Bad) -> None:
        for piece in next(bands(view.size, view.spp, h)):  # the only one
            launch(
                cuda_aov_kernels.aovs_adj, variant, parts * cells(w, h), tables, flat, view.channels, w, h,
                piece.first, piece.last, view.spp, parts, view.seed, moving, gradient, bad.array,
            )  # fmt: skip

    return summed(run, len(view.scene.theta), deterministic)


def outlines_tan(view: View, outlines: Outlines, d_theta: np.ndarray) -> tuple[np.ndarray, Bad]:
    """(derivative (h, w, channels) float64, bad)."""
    w, h = view.size
    rows_that_fit(view.scene, 8 * view.numbers + d_theta.nbytes + _edge_bytes(outlines), 0, 1)
    with one_line():
        d_image, velocity = cuda.to_device(np.zeros(view.numbers)), cuda.to_device(d_theta)
        none, unused = cuda.to_device(np.zeros(1, np.float32)), cuda.to_device(np.zeros((1, 1)))
    bad = Bad()
    _outlines(view, outlines, gpu.CUDA, (False,), (velocity, none, unused, d_image, bad.array))
    return d_image.copy_to_host().reshape(h, w, view.channels.number), bad


def outlines_adj(
    view: View, outlines: Outlines, weights: np.ndarray, deterministic: bool = False
) -> tuple[np.ndarray, Bad]:
    """(gradient, (len(theta),) float64; bad)."""
    more = gradient_bytes(view.scene, deterministic) + 4 * view.numbers + _edge_bytes(outlines)
    rows_that_fit(view.scene, more, 0, 1)
    flat = _flat(weights)
    with one_line():
        none, unused = cuda.to_device(np.zeros(1, np.float32)), cuda.to_device(np.zeros(1))

    def run(variant: Width, gradient: Any, bad: Bad) -> None:
        _outlines(view, outlines, variant, (True,), (none, flat, gradient, unused, bad.array))

    return summed(run, len(view.scene.theta), deterministic)


def centres(width: Width, scene: Tables, size: tuple[int, int]) -> np.ndarray:
    """(h, w) the face at each pixel's centre, or -1."""
    w, h = size
    rows_that_fit(scene, 4 * w * h, 0, 1)
    with one_line():
        faces = cuda.to_device(np.full(w * h, -1, np.int32))
    launch(cuda_aov_kernels.centres, gpu.CUDA, w * h, kept(scene), w, h, faces)
    return np.asarray(faces.copy_to_host()).reshape(h, w)


def _outlines(view: View, outlines: Outlines, variant: Width, middle: tuple[Any, ...], tail: tuple[Any, ...]) -> None:
    tables, edges = kept(view.scene), copied(outlines.edges(view))
    head = (tables, view.channels, edges, *view.size, outlines.samples, view.seed, *middle)
    for first in range(0, outlines.samples, SAMPLES):
        last = min(first + SAMPLES, outlines.samples)
        launch(cuda_aov_kernels.aov_outlines, variant, last - first, *head, first, last, *tail)


def _edge_bytes(outlines: Outlines) -> int:
    return 2 * bytes_of(outlines.visible)


def _flat(weights: np.ndarray) -> Any:
    with one_line():
        return cuda.to_device(np.ascontiguousarray(weights, np.float32).reshape(-1))
