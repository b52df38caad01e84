"""Launches of boundary samples on the CPU: a pilot that finds where the variance is, then all strata."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..boundary.crossing import crossings
from ..boundary.plan import MIRRORED, PRIMARY, Boundary, Found, Share, allocate, plan_of, strata_of
from ..boundary.primary import Edges
from ..device import Width
from ..geometry.edges import allot
from ..tables import Tables
from . import kernels
from .cpu import CHUNKS, Bad, fast, launch, private_chunks

PILOT = 0.1  # of the work
FIRST = 64  # least samples of a stratum in the pilot
CHUNK = 512  # least samples of a chunk


class Work(NamedTuple):
    """What is sampled. seed: the pilot's and the samples' differ."""

    width: Width
    scene: Tables
    boundary: Boundary
    size: tuple[int, int]
    seed: int
    shares: list[Share]


def work_of(
    pilot_of: Callable[[Work, np.ndarray], tuple[Any, list[Found], Any]],
    width: Width,
    scene: Tables,
    boundary: Boundary,
    size: tuple[int, int],
    seed: int,
    rays: float,
    probe: np.ndarray,
) -> Work:
    """The samples for so many rays in all, as a pilot with the tangent `probe` of theta would have them. pilot_of: the
    `boundary_tan` of the device."""
    scene = exact(scene)
    strata = strata_of(boundary, scene)
    even = np.ones(1 + int(boundary.cluster.max()))
    first = [int(PILOT * rays / (len(strata) * (s.cost + s.rest))) for s in strata]
    shares = [Share(s, max(n, FIRST), even) for s, n in zip(strata, first, strict=True)]
    pilot = Work(width, scene, boundary, size, seed ^ 0x5BF03635, shares)
    _, found, _ = pilot_of(pilot, probe)
    return pilot._replace(seed=seed, shares=allocate(boundary, strata, found, (1.0 - PILOT) * rays))


def exact(scene: Tables) -> Tables:
    """Rays by the tree, however few the triangles: those that pass an edge are as near to it as few.py's slack."""
    return scene._replace(few_faces=np.zeros(0, np.int32))


def boundary_tan(work: Work, d_theta: np.ndarray) -> tuple[np.ndarray, list[Found], list[Bad]]:
    """(derivative image (h, w, 3) float64, what each stratum found, bad)."""
    w, h = work.size
    chunks = private_chunks(3 * w * h)
    images, all_found, all_bad = np.zeros((chunks, 3 * h * w)), [], []
    none: np.ndarray = np.zeros(3, work.width.literal)
    unused = np.zeros(1)
    for samples, kernel, head, count, bad in _launches(work, chunks):
        sums = _moments(work, count)

        def arguments(
            k: int, head: Any = head, count: int = count, sums: Any = sums, bad: Bad = bad
        ) -> tuple[Any, ...]:
            return (*head, False, k, count, d_theta, none, unused, images[k], sums[k], bad.rows[k])

        launch(kernel, fast(work.width), count, arguments)
        total = sums.sum(0)
        square = samples**2  # a sample's contribution is that of full weight over the samples
        all_found.append(Found(samples, total[0] * square, total[1], total[2:] * square))
        all_bad.append(bad)
    return images.sum(0).reshape(h, w, 3), all_found, all_bad


def _moments(work: Work, chunks: int) -> np.ndarray:
    return np.zeros((chunks, 3 + int(work.boundary.cluster.max())))


def boundary_adj(work: Work, weights: np.ndarray) -> tuple[np.ndarray, list[Bad]]:
    """(gradient of sum(weights * image), (len(theta),) float64; bad). weights (h, w, 3)."""
    size = len(work.scene.theta)
    chunks = private_chunks(size)
    gradients, all_bad = np.zeros((chunks, size)), []
    flat: np.ndarray = np.ascontiguousarray(weights, work.width.literal).reshape(-1)
    none: np.ndarray = np.zeros(1, work.width.literal)
    unused = np.zeros(3)
    for _, kernel, head, count, bad in _launches(work, chunks):
        sums = _moments(work, count)

        def arguments(
            k: int, head: Any = head, count: int = count, sums: Any = sums, bad: Bad = bad
        ) -> tuple[Any, ...]:
            return (*head, True, k, count, none, flat, gradients[k], unused, sums[k], bad.rows[k])

        launch(kernel, fast(work.width), count, arguments)
        all_bad.append(bad)
    return gradients.sum(0), all_bad


def _launches(work: Work, chunks: int) -> Iterator[tuple[int, Any, tuple[Any, ...], int, Bad]]:
    """(samples, kernel, its first arguments, how many chunks, bad) of each stratum."""
    for samples, name, head in launches(work):
        count = int(np.clip(samples // CHUNK, 1, chunks))
        yield samples, getattr(kernels, name), head, count, Bad(count)


def launches(work: Work) -> Iterator[tuple[int, str, tuple[Any, ...]]]:
    """(samples, the kernel's name, its first arguments) of each stratum; for any device."""
    w, h = work.size
    real = work.width.literal
    shifts = np.random.default_rng([work.seed & 0xFFFFFFFF, 1]).random(len(work.shares))
    for number, share in enumerate(work.shares):
        stratum, samples = share.stratum, share.samples
        common = (w, h, samples, work.seed, number)
        if stratum.strategy == PRIMARY:
            head: tuple[Any, ...] = (work.scene, _in_view(work, samples, shifts[number]), *common)
            yield samples, "outlines", head
            continue
        plan = plan_of(work.boundary, share, w * h, shifts[number], real)
        tail = (plan, stratum.depth, real(work.boundary.rough), *common)
        if stratum.strategy == MIRRORED:
            yield samples, "mirrored", (work.scene, work.boundary.edges, *tail)
        else:
            tables = (work.scene, work.boundary.edges, work.boundary.emitters)
            yield samples, "grazing", (*tables, *tail)


def _in_view(work: Work, samples: int, shift: float) -> Edges:
    visible = work.boundary.visible
    assert visible is not None
    first, spacing = allot(visible.lengths, samples, shift)
    return Edges(visible.ends, visible.clip, first, work.width.literal(spacing))


def crossing_shapes(
    width: Width, scene: Tables, ends: np.ndarray, of_vertex: np.ndarray, of_face: np.ndarray
) -> set[tuple[int, int]]:
    """Pairs of shapes of which an edge (2 k,) of one passes through a face of the other; of_vertex, of_face: their
    shapes' numbers."""
    count = len(ends) // 2
    found = np.empty(count, np.int64)
    chunks = int(np.clip(count // CHUNK, 1, CHUNKS))
    bounds = [count * k // chunks for k in range(chunks + 1)]
    launch(crossings, width, chunks, lambda k: (scene, ends, of_vertex, of_face, bounds[k], bounds[k + 1], found))
    hit = np.flatnonzero(found >= 0)
    pairs = zip(of_vertex[ends[2 * hit]].tolist(), of_face[found[hit]].tolist(), strict=True)
    return {(min(a, b), max(a, b)) for a, b in pairs}
