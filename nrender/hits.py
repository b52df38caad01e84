"""What the first walks of a batch met, kept for their replays: rays are half of a walk.

Only surfaces that let nothing through are kept: a `Walk` does not count those that it passes.
"""

from typing import NamedTuple

from .device import device
from .real import gather, put, select

KEPT = 8  # vertices of a walk; beyond them its replay asks again


class Met(NamedTuple):
    """The triangle that a ray met (-1: none), weights u, v of its second and third vertex, and whether light from the
    emitter that was chosen there arrives."""

    face: int
    u: float
    v: float
    lit: bool


class Hits(NamedTuple):
    """Of n walks. words (KEPT * n): twice the triangle, and 1 more where light arrives; weights (2 * KEPT * n)."""

    words: object
    weights: object


@device
def keep(hits, walk, depth, met, mask):
    """met: at the vertex `depth` of walk number `walk`."""
    mask = mask & (depth <= KEPT)
    k = select(mask, KEPT * walk + depth - 1, 0)
    put(hits.words, k, 2 * met.face + select(met.lit, 1, 0), mask)
    put(hits.weights, 2 * k, met.u, mask)
    put(hits.weights, 2 * k + 1, met.v, mask)


@device
def recall(scene, hits, walk, depth, mask):
    """(Met, mask of the lanes whose vertex is kept)."""
    kept = mask & (depth <= KEPT) & (scene.translucent == 0)
    k = select(kept, KEPT * walk + depth - 1, 0)
    word = gather(hits.words, k)
    return Met(word >> 1, gather(hits.weights, 2 * k), gather(hits.weights, 2 * k + 1), (word & 1) > 0), kept
