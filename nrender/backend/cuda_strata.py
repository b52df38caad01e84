"""Launches of boundary samples on CUDA; strata.py has what is sampled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..boundary.plan import Found
from ..device import Width
from ..pixel_filter import BOX, radius
from . import cuda_boundary_kernels, cuda_weights, gpu
from .cuda import gradient_bytes, summed
from .cuda_boundary_kernels import MISSED, Band
from .cuda_launch import Bad, launch, one_line
from .cuda_memory import bytes_of, copied, kept, rows_that_fit
from .cuda_weights import Weights
from .gpu import cuda
from .strata import Work, launches

SAMPLES = 1 << 22  # of a launch, each of up to dozens of rays
D_IMAGE = 24  # bytes of a pixel


class Rows(NamedTuple):
    """Rows first .. last of a picture, of which those of the band are in the middle."""

    first: int
    last: int
    band: Band


def boundary_tan(work: Work, d_theta: np.ndarray, record: bool = False) -> tuple[np.ndarray, list[Found], list[Bad]]:
    """(derivative image (h, w, 3) float64, what each stratum found if `record`, bad)."""
    w, h = work.size
    image, found, bad = np.zeros((h, w, 3)), [_nothing_found(work) for _ in work.shares], Bad()
    all_rows = _all_rows(work, d_theta.nbytes + 8 * SAMPLES, D_IMAGE)
    with one_line():
        velocity = cuda.to_device(d_theta)
    for rows in all_rows:
        more, of_band = _band_tan(work, velocity, rows, record, bad)
        image[rows.first : rows.last] += more
        if record:
            found = [_joined(one, other) for one, other in zip(found, of_band, strict=True)]
    return image, found if record else [], [bad]


def _band_tan(
    work: Work, velocity: Any, rows: Rows, record: bool, bad: Bad
) -> tuple[np.ndarray, list[Found]]:
    """(these rows of the derivative image, what each stratum found for the band)."""
    count = 3 * work.size[0] * (rows.last - rows.first)
    with one_line():
        d_image = cuda.to_device(np.zeros(count))
    none, unused = _nothing(np.float32), cuda.to_device(np.zeros((1, 1)))
    found = []
    for samples, kernel, on_device in _launches(work):
        of_stratum = _nothing_found(work)._replace(samples=samples)
        for first in range(0, samples, SAMPLES):
            count = min(SAMPLES, samples - first)
            squares, met = _records(count if record else 0)
            tail = (rows.band, none, unused, d_image, squares, met, bad.array)
            launch(kernel, gpu.CUDA, count, *on_device, False, first, first + count, velocity, *tail)
            if record:
                of_stratum = _joined(of_stratum, _found(work, samples, squares.copy_to_host(), met.copy_to_host()))
        found.append(of_stratum)
    return d_image.copy_to_host().reshape(-1, work.size[0], 3), found


def _found(work: Work, samples: int, squares: np.ndarray, met: np.ndarray) -> Found:
    """By what a launch has recorded; a sample's contribution is that of full weight over the samples."""
    each, hit, full = squares.astype(np.float64), met >= 0, float(samples) ** 2
    by_cluster = np.bincount(work.boundary.cluster[met[hit]], each[hit], _clusters(work))
    return Found(samples, each.sum() * full, float((met != MISSED).sum()), by_cluster * full)


def _joined(one: Found, other: Found) -> Found:
    """What both found, of the same samples."""
    sums = (one.square + other.square, one.reached + other.reached, one.by_cluster + other.by_cluster)
    return Found(max(one.samples, other.samples), *sums)


def _nothing_found(work: Work) -> Found:
    return Found(0, 0.0, 0.0, np.zeros(_clusters(work)))


def _clusters(work: Work) -> int:
    return 1 + int(work.boundary.cluster.max())


def boundary_adj(work: Work, weights: Weights, deterministic: bool = False) -> tuple[np.ndarray, list[Bad]]:
    """(gradient of sum(weights * image), (len(theta),) float64; bad)."""
    all_rows = _all_rows(work, gradient_bytes(work.scene, deterministic), cuda_weights.BYTES)
    none, unused, (squares, met) = _nothing(np.float32), _nothing(np.float64), _records(0)

    def run(variant: Width, gradient: Any, bad: Bad) -> None:
        for rows in all_rows:
            flat = None  # the last band's is given back first
            flat = weights.rows(rows.first, rows.last)
            tail = (rows.band, flat, gradient, unused, squares, met, bad.array)
            for samples, kernel, on_device in _launches(work):
                for first in range(0, samples, SAMPLES):
                    last = min(first + SAMPLES, samples)
                    launch(kernel, variant, last - first, *on_device, True, first, last, none, *tail)

    gradient, bad = summed(run, len(work.scene.theta), deterministic)
    return gradient, [bad]


def _all_rows(work: Work, more: int, pixel: int) -> list[Rows]:
    """The picture in bands that fit, of so many bytes a pixel, beside the edges and `more` bytes. Each band takes all
    samples anew, so a second one costs as much as the first."""
    w, h = work.size
    reach = 0 if work.scene.filter == BOX else radius(work.scene.filter)
    count = rows_that_fit(work.scene, more + _edge_bytes(work) + 2 * reach * pixel * w, pixel * w, h)
    found = []
    for top in range(0, h, count):
        bottom, first = min(top + count, h), max(top - reach, 0)
        found.append(Rows(first, min(bottom + reach, h), Band(top * w, bottom * w, first * w)))
    return found


def _launches(work: Work) -> Iterator[tuple[int, Any, tuple[Any, ...]]]:
    """(samples, kernel, its first arguments on the device) of each stratum."""
    for samples, name, head in launches(work):
        yield samples, getattr(cuda_boundary_kernels, name), tuple(_on_device(work, value) for value in head)


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
    return cuda.to_device(np.zeros(count, np.float32)), cuda.to_device(np.full(count, MISSED, np.int32))
