"""Launches of boundary samples on CUDA; strata.py has what is sampled."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..boundary.plan import Found
from . import cuda_kernels, gpu
from .cuda import Bad, gradient_bytes, launch, summed
from .cuda_memory import bytes_of, copied, kept, one_line, rows_that_fit
from .gpu import cuda
from .strata import Work, launches

SAMPLES = 1 << 22  # of a launch, each of up to dozens of rays


def boundary_tan(work: Work, d_theta: np.ndarray, record: bool = False) -> tuple[np.ndarray, list[Found], list[Bad]]:
    """(derivative image (h, w, 3) float64, what each stratum found if `record`, bad)."""
    w, h = work.size
    rows_that_fit(work.scene, 24 * w * h + d_theta.nbytes + _edge_bytes(work) + 8 * SAMPLES, 0, 1)
    with one_line():
        d_image, velocity = cuda.to_device(np.zeros(3 * w * h)), cuda.to_device(d_theta)
    none, unused = _nothing(np.float32), cuda.to_device(np.zeros((1, 1)))
    all_found, bad = [], Bad()
    for samples, name, head in launches(work):
        kernel, on_device = getattr(cuda_kernels, name), tuple(_on_device(work, value) for value in head)
        square, reached, by_cluster = 0.0, 0, np.zeros(1 + int(work.boundary.cluster.max()))
        for first in range(0, samples, SAMPLES):
            count = min(SAMPLES, samples - first)
            squares, met = _records(count if record else 0)
            tail = (False, first, first + count, velocity, none, unused, d_image, squares, met, bad.array)
            launch(kernel, gpu.CUDA, count, *on_device, *tail)
            if record:
                each, edges = squares.copy_to_host().astype(np.float64), met.copy_to_host()
                hit = edges >= 0
                square, reached = square + each.sum(), reached + int((edges != cuda_kernels.MISSED).sum())
                by_cluster += np.bincount(work.boundary.cluster[edges[hit]], each[hit], len(by_cluster))
        full = float(samples) ** 2  # a sample's contribution is that of full weight over the samples
        all_found.append(Found(samples, square * full, float(reached), by_cluster * full))
    return d_image.copy_to_host().reshape(h, w, 3), all_found if record else [], [bad]


def boundary_adj(work: Work, weights: Any, deterministic: bool = False) -> tuple[np.ndarray, list[Bad]]:
    """(gradient of sum(weights * image), (len(theta),) float64; bad). weights: of `cuda.flat_weights`."""
    rows_that_fit(work.scene, gradient_bytes(work.scene, deterministic) + _edge_bytes(work), 0, 1)
    none, unused, (squares, met) = _nothing(np.float32), _nothing(np.float64), _records(0)

    def run(variant: Any, gradient: Any, bad: Bad) -> None:
        for samples, name, head in launches(work):
            kernel, on_device = getattr(cuda_kernels, name), tuple(_on_device(work, value) for value in head)
            for first in range(0, samples, SAMPLES):
                last = min(first + SAMPLES, samples)
                tail = (True, first, last, none, weights, gradient, unused, squares, met, bad.array)
                launch(kernel, variant, last - first, *on_device, *tail)

    gradient, bad = summed(run, len(work.scene.theta), deterministic)
    return gradient, [bad]


def _on_device(work: Work, value: Any) -> Any:
    """An argument of a kernel. What several launches take stays there."""
    if not isinstance(value, tuple):
        return value
    lasting = (work.scene, work.boundary.edges, work.boundary.emitters)  # by several launches
    return kept(value) if any(value is other for other in lasting) else copied(value)


def _edge_bytes(work: Work) -> int:
    """Of the edges and what else a stratum's kernel takes: its plan has a few numbers an edge."""
    edges = work.boundary.edges
    tree = 0 if edges is None else 2 * bytes_of(edges)
    return tree + (0 if work.boundary.visible is None else 2 * bytes_of(work.boundary.visible))


def _nothing(kind: type) -> Any:
    return cuda.to_device(np.zeros(1, kind))


def _records(count: int) -> tuple[Any, Any]:
    return cuda.to_device(np.zeros(count, np.float32)), cuda.to_device(np.full(count, cuda_kernels.MISSED, np.int32))
