"""What is sampled of the boundary: strata, each a way to draw segments and a depth of the vertex that they light, and
how many samples each gets. NumPy, on the host, but for `Plan`, which a launch takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..geometry.edges import allot
from ..tables import Tables

PRIMARY = "primary"  # edges as the camera sees them: primary.py
LIGHTS = "lights"  # segments from a point of an emitter, past an edge: segment.py
EDGES = "edges"  # segments from a point of an edge in any direction
MIRRORED = "mirrored"  # segments from the end of a walk from the eye, past an edge: mirrored.py
LONG = 5  # bounces of a walk, as its cost is reckoned
EVEN = 0.1  # part of the work that is spread evenly over strata, whatever the pilot found
FEWEST = 16  # samples of a stratum


class Plan(NamedTuple):
    """from_lights: whether segments start at emitters; first (k + 1,): of those that start at edges, the number of each
    edge's first sample; weight: what a sample counts. That is 1 / samples of light, the sum over edges of length *
    share * span over the samples of edges, pixels / samples of walks from the eye."""

    from_lights: bool
    first: Any
    weight: float


class Visible(NamedTuple):
    """The edges in view (k): ends, clip as in primary.Edges; lengths (k,) in pixels times importance."""

    ends: np.ndarray
    clip: np.ndarray
    lengths: np.ndarray


class Boundary(NamedTuple):
    """All that boundary samples need of a scene. edges: an EdgeTree of the edges that a line can graze; measure (k,):
    length * share * span of each; emitters: lights.Emitters; lit: whether there is one; rough: surfaces
    less rough are smooth, 0 if there is no such surface."""

    visible: Visible | None
    edges: Any
    measure: np.ndarray
    emitters: Any
    lit: bool
    rough: float


class Stratum(NamedTuple):
    """cost: of a sample, in rays."""

    strategy: str
    depth: int
    cost: float


def strata_of(boundary: Boundary, scene: Tables) -> list[Stratum]:
    """Those in which there may be something."""
    deepest = scene.max_depth
    found = []
    if boundary.visible is not None:
        found.append(Stratum(PRIMARY, 1, 1.0 + 4.0 * min(deepest, LONG)))
    if not len(boundary.measure):
        return found
    if boundary.lit:
        found += [Stratum(LIGHTS, k, 3.0 + min(k, LONG)) for k in range(1, deepest)]
    reflected = deepest - 1 if scene.background < 0 else deepest
    found += [Stratum(EDGES, k, 3.0 + min(k, LONG) + 2.0 * min(deepest - k, LONG)) for k in range(1, reflected)]
    if boundary.rough > 0.0:
        found += [Stratum(MIRRORED, k, 3.0 + min(k, LONG) + 2.0 * min(deepest - k, LONG)) for k in range(1, deepest)]
    return found


def allocate(strata: Sequence[Stratum], moments: np.ndarray, work: float) -> list[int]:
    """Samples of each stratum for so many rays in all: in proportion to sqrt(second moment / cost), which makes the
    variance least. moments: of one sample's contribution, from a pilot; all 0: evenly."""
    cost = np.array([stratum.cost for stratum in strata])
    pull = np.sqrt(np.maximum(moments, 0.0) / cost)
    even = 1.0 / (len(strata) * cost)
    best = pull / (pull @ cost) if pull.any() else even
    samples = work * (EVEN * even + (1.0 - EVEN) * best)
    return [max(int(n), FEWEST) for n in samples]


def plan_of(boundary: Boundary, stratum: Stratum, samples: int, pixels: int, shift: float, real: type) -> Plan:
    """shift: random, in [0, 1)."""
    if stratum.strategy != EDGES:
        parts = pixels if stratum.strategy == MIRRORED else 1
        return Plan(stratum.strategy == LIGHTS, np.zeros(2, np.int64), real(parts / samples))
    first, spacing = allot(boundary.measure, samples, shift)
    return Plan(False, first, real(spacing))
