"""What is sampled of the boundary: strata, each a way to draw segments and a depth of the vertex that they light, and
how many samples each gets. NumPy, on the host, but for `Plan`, which a launch takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..geometry.edges import allot
from ..tables import Tables
from .segment import EVERY

PRIMARY = "primary"  # edges as the camera sees them: primary.py
LIGHTS = "lights"  # segments from a point of an emitter, past an edge: segment.py
EDGES = "edges"  # segments from a point of an edge in any direction
MIRRORED = "mirrored"  # segments from the end of a walk from the eye, past an edge: mirrored.py
LONG = 5  # bounces of a walk, as its cost is reckoned
EVEN = 0.1  # part of the work that is spread evenly over strata, whatever the pilot found,
WIDE = 0.3  # and part of a stratum's samples that is spread over edges by their measure
FEWEST = 16  # samples of a stratum
CLUSTERS = 256  # at most, of edges that are near to each other, for the pilot
PRIOR = 4.0  # samples of the mean that a cluster is taken to have had before


class Plan(NamedTuple):
    """from_lights: whether segments start at emitters; first (k + 1,): of those that start at edges, the number of each
    edge's first sample; weight: what a sample counts. That is 1 / samples of light, the sum over edges of length *
    share * span over the samples of edges, pixels / samples of walks from the eye. Of edges besides rarity (k,): by
    what an edge is sampled more rarely than by its measure. cluster (k,): of each edge."""

    from_lights: bool
    first: Any
    weight: float
    rarity: Any
    cluster: Any


class Visible(NamedTuple):
    """The edges in view (k): ends, clip as in primary.Edges; lengths (k,) in pixels times importance."""

    ends: np.ndarray
    clip: np.ndarray
    lengths: np.ndarray


class Boundary(NamedTuple):
    """All that boundary samples need of a scene. edges: an EdgeTree of the edges that a line can graze; measure (k,):
    length * share * span of each; cluster (k,): see `clusters`; emitters: lights.EmitterTable; lit: whether there is
    one; rough: surfaces less rough are smooth, 0 if there is no such surface; EVERY: none can be connected to the eye,
    whose pixels are points."""

    visible: Visible | None
    edges: Any
    measure: np.ndarray
    cluster: np.ndarray
    emitters: Any
    lit: bool
    rough: float


class Stratum(NamedTuple):
    """cost: of a sample, in rays; rest: what is added if it reaches both its surface and the eye."""

    strategy: str
    depth: int
    cost: float
    rest: float


class Found(NamedTuple):
    """What a launch found in a stratum. square: sum over samples of the squares of their contributions at full weight;
    reached: how many reached both surface and eye; by_cluster: the same as square, by cluster."""

    samples: int
    square: float
    reached: float
    by_cluster: np.ndarray


class Share(NamedTuple):
    """Samples of a stratum; density (clusters,): how often edges of a cluster are sampled, by their measure."""

    stratum: Stratum
    samples: int
    density: np.ndarray


def clusters(measure: np.ndarray) -> np.ndarray:
    """(k,) the cluster of each edge: of edges in the tree's order, consecutive ones of about the same measure
    together."""
    ends = np.cumsum(measure)
    at = (ends - 0.5 * measure) * (min(CLUSTERS, len(measure)) / ends[-1])
    return np.unique(at.astype(np.int64), return_inverse=True)[1].astype(np.int32)


def strata_of(boundary: Boundary, scene: Tables) -> list[Stratum]:
    """Those in which there may be something."""
    deepest = scene.max_depth
    found = []
    if boundary.visible is not None:
        found.append(Stratum(PRIMARY, 1, 1.0 + 4.0 * min(deepest, LONG), 0.0))
    if not (len(boundary.measure) and scene.shadows):
        return found
    connected = boundary.rough < EVERY
    if boundary.lit and connected:
        found += [Stratum(LIGHTS, k, 2.0 + min(k - 1, LONG), 2.0) for k in range(1, deepest)]
    reflected = deepest - 1 if scene.background < 0 else deepest
    beyond = [2.0 + 2.0 * min(deepest - k, LONG) for k in range(deepest)]
    if connected:
        found += [Stratum(EDGES, k, 2.0 + min(k - 1, LONG), beyond[k]) for k in range(1, reflected)]
    if boundary.rough > 0.0:
        found += [Stratum(MIRRORED, k, 2.0 + min(k, LONG), beyond[k]) for k in range(1, deepest)]
    return found


def allocate(boundary: Boundary, strata: Sequence[Stratum], pilot: Sequence[Found], work: float) -> list[Share]:
    """For so many rays in all: samples in proportion to sqrt(second moment / cost), which makes the variance least."""
    densities = [density_of(boundary, stratum, found) for stratum, found in zip(strata, pilot, strict=True)]
    cost = np.array([s.cost + s.rest * f.reached / f.samples for s, f in zip(strata, pilot, strict=True)])
    square = np.array([moment for _, moment in densities])
    pull = np.sqrt(square / cost)
    even = 1.0 / (len(strata) * cost)
    best = pull / (pull @ cost) if pull.any() else even
    samples = work * (EVEN * even + (1.0 - EVEN) * best)
    counts = [max(int(n), FEWEST) for n in samples]
    return [Share(s, n, density) for s, n, (density, _) in zip(strata, counts, densities, strict=True)]


def density_of(boundary: Boundary, stratum: Stratum, found: Found) -> tuple[np.ndarray, float]:
    """(density by cluster, second moment of a sample then): in proportion to the root of the mean square of what a
    cluster's samples contribute, which makes the variance least."""
    mean = found.square / found.samples
    if stratum.strategy != EDGES or mean == 0.0:
        return np.ones(1 + int(boundary.cluster.max(initial=0))), mean
    share = np.bincount(boundary.cluster, boundary.measure)
    share = share / share.sum()
    square = (found.by_cluster + PRIOR * mean) / (found.samples * share + PRIOR)
    best = np.sqrt(square)
    density = WIDE + (1.0 - WIDE) * best / (share @ best)
    return density, float(share @ (square / density))


def plan_of(boundary: Boundary, share: Share, pixels: int, shift: float, real: type) -> Plan:
    """shift: random, in [0, 1)."""
    strategy = share.stratum.strategy
    if strategy != EDGES:
        parts = pixels if strategy == MIRRORED else 1
        unused: np.ndarray = np.zeros(1, real)
        return Plan(strategy == LIGHTS, np.zeros(2, np.int32), real(parts / share.samples), unused, boundary.cluster)
    density = share.density[boundary.cluster]
    first, spacing = allot(boundary.measure * density, share.samples, shift)
    return Plan(False, first, real(spacing), (1.0 / density).astype(real), boundary.cluster)
