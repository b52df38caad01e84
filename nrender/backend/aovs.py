"""Launches of the AOVs on the CPU: pictures, derivatives, edges, and the faces at the pixels' centres."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..aov import Channels
from ..boundary.plan import Visible
from ..boundary.primary import Edges
from ..device import Width
from ..geometry.edges import allot
from ..tables import Tables
from . import aov_kernels
from .cpu import Bad, fast, image_chunks, launch, private_chunks
from .strata import CHUNK, exact


class View(NamedTuple):
    """What a picture is of. size: (width, height)."""

    width: Width
    scene: Tables
    channels: Channels
    size: tuple[int, int]
    spp: int
    seed: int

    @property
    def numbers(self) -> int:
        """Of the picture."""
        return self.channels.number * self.size[0] * self.size[1]

    @property
    def common(self) -> tuple[Any, ...]:
        return (self.channels, *self.size, self.spp, self.seed)


class Outlines(NamedTuple):
    """Samples of the edges in view."""

    visible: Visible
    samples: int

    def edges(self, view: View) -> Edges:
        shift = np.random.default_rng([view.seed, 1]).random()
        first, spacing = allot(self.visible.lengths, self.samples, shift)
        return Edges(self.visible.ends, self.visible.clip, first, view.width.literal(spacing))


def aovs(view: View) -> tuple[np.ndarray, Bad]:
    """The picture (h, w, channels)."""
    chunks = image_chunks(view.size)
    image, bad = _numbers(view), Bad(chunks)
    launch(
        aov_kernels.aovs,
        fast(view.width),
        chunks,
        lambda k: (view.scene, *view.common, k, chunks, image, bad.rows[k]),
    )
    return _picture(view, image), bad


def aovs_tan(view: View, d_theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, Bad]:
    """(picture, its derivative (h, w, channels) float64 without the outlines' part, bad)."""
    chunks = image_chunks(view.size)
    image, d_image, bad = _numbers(view), np.zeros(view.numbers), Bad(chunks)
    launch(
        aov_kernels.aovs_tan,
        fast(view.width),
        chunks,
        lambda k: (view.scene, d_theta, *view.common, k, chunks, image, d_image, bad.rows[k]),
    )
    return _picture(view, image), _picture(view, d_image), bad


def aovs_adj(
    view: View, weights: np.ndarray, moving: bool, deterministic: bool = True
) -> tuple[np.ndarray, Bad]:
    """(gradient of sum(weights * picture), (len(theta),) float64, without the outlines' part; bad). weights (h, w,
    channels); that of vertices and camera only if they are `moving`. Here it is always deterministic."""
    chunks = image_chunks(view.size, private_chunks(len(view.scene.theta)))
    gradients, bad = np.zeros((chunks, len(view.scene.theta))), Bad(chunks)
    flat: np.ndarray = np.ascontiguousarray(weights, view.width.literal).reshape(-1)
    launch(
        aov_kernels.aovs_adj,
        fast(view.width),
        chunks,
        lambda k: (view.scene, flat, *view.common, moving, k, chunks, gradients[k], bad.rows[k]),
    )
    return gradients.sum(0), bad


def outlines_tan(view: View, outlines: Outlines, d_theta: np.ndarray) -> tuple[np.ndarray, Bad]:
    """(derivative (h, w, channels) float64, bad)."""
    none: np.ndarray = np.zeros(1, view.width.literal)
    unused = np.zeros(1)
    chunks = _chunks(outlines, view.numbers)
    parts = np.zeros((chunks, view.numbers))
    bad = _outlines(view, outlines, chunks, lambda k: (False, k, chunks, d_theta, none, unused, parts[k]))
    return _picture(view, parts.sum(0)), bad


def outlines_adj(
    view: View, outlines: Outlines, weights: np.ndarray, deterministic: bool = True
) -> tuple[np.ndarray, Bad]:
    """(gradient, (len(theta),) float64; bad)."""
    none: np.ndarray = np.zeros(1, view.width.literal)
    unused = np.zeros(1)
    flat: np.ndarray = np.ascontiguousarray(weights, view.width.literal).reshape(-1)
    chunks = _chunks(outlines, len(view.scene.theta))
    parts = np.zeros((chunks, len(view.scene.theta)))
    bad = _outlines(view, outlines, chunks, lambda k: (True, k, chunks, none, flat, parts[k], unused))
    return parts.sum(0), bad


def _chunks(outlines: Outlines, size: int) -> int:
    return int(np.clip(outlines.samples // CHUNK, 1, private_chunks(size)))


def _outlines(view: View, outlines: Outlines, chunks: int, tail: Callable[[int], tuple[Any, ...]]) -> Bad:
    bad, edges, scene = Bad(chunks), outlines.edges(view), exact(view.scene)
    head = (scene, view.channels, edges, *view.size, outlines.samples, view.seed)
    launch(aov_kernels.aov_outlines, fast(view.width), chunks, lambda k: (*head, *tail(k), bad.rows[k]))
    return bad


def centres(width: Width, scene: Tables, size: tuple[int, int]) -> np.ndarray:
    """(h, w) the face at each pixel's centre, or -1."""
    w, h = size
    faces: np.ndarray = np.full(w * h, -1, np.int32)
    chunks = image_chunks(size)
    launch(aov_kernels.centres, fast(width), chunks, lambda k: (scene, w, h, k, chunks, faces))
    return faces.reshape(h, w)


def _picture(view: View, numbers: np.ndarray) -> np.ndarray:
    return numbers.reshape(view.size[1], view.size[0], view.channels.number)


def _numbers(view: View) -> np.ndarray:
    out: np.ndarray = np.zeros(view.numbers, view.width.literal)
    return out
