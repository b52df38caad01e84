"""The slope of a noisy function by finite differences that find their own step.

The same random numbers are on all sides of a difference, so its noise is that of what changes: for a silhouette that
moves by h it falls only as h, and the noise of the slope grows as 1/sqrt(h). The error of the difference itself, its
truncation, grows with h. So the step starts large, and is halved as long as the truncation that is seen is larger than
the noise that will be left.

Of each seed the differences D(h), D(2h), D(4h), of second order, give R(h) = (4 D(h) - D(2h)) / 3 (Richardson), of
fourth order (third at a bound), and R(h) - R(2h). A third of that is taken for the error of R(h): as if it only fell
as h^2, since pixels are squares and a sum of them is not as smooth as the theory wants. A kink nearer than h is not
seen so (something appears behind an edge): all three differences have the same part of it. Hence `second_look`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..errors import SceneError
from .estimate import MIN_SEEDS, Estimate, standard_error

FIRST_STEP = 1 / 8  # of a typical step: the outermost points are half of one away
FINER = 8  # by this the step is smaller when a slope that nobody expected is looked at again
LEAST_STEP = 2.0**-14
SIGNIFICANT = 3.0
CONFIRMED = 2.0


class Line(NamedTuple):
    """A function along a line: value(t, seed), and how far t may go to both sides of 0. One unit of t is a typical
    step. A value that isn't possible raises SceneError."""

    value: Callable[[float, int], float]
    low: float
    high: float


class Aim(NamedTuple):
    """relative: the sigma that is enough, of the slope's size, which is at least `least`; hopeless: one that is no
    use; images: how many values may be computed."""

    relative: float
    hopeless: float
    least: float
    images: int


class Slope(NamedTuple):
    """noise: of the mean; truncation: the estimate of the step's error; change: R(h) - R(2h), and its noise."""

    mean: float
    noise: float
    truncation: float
    change: tuple[float, float]
    step: float

    @property
    def sigma(self) -> float:
        return math.hypot(self.noise, self.truncation)

    @property
    def truncated(self) -> bool:
        """Whether the truncation is more than noise."""
        return abs(self.change[0]) > SIGNIFICANT * self.change[1]

    def expected(self, growth: float) -> float:
        """Sigma with so many times the seeds."""
        excess = max(self.change[0] ** 2 - self.change[1] ** 2, 0.0)
        return math.hypot(self.noise / math.sqrt(growth), math.sqrt(excess) / 3)


NOWHERE = Slope(math.nan, math.nan, math.nan, (math.nan, math.nan), math.nan)
"""The slope where no neighbour of the point is possible."""


class _Values:
    """The function's values, each computed once; `images` counts them."""

    def __init__(self, line: Line, seeds: Sequence[int], side: int) -> None:
        self.line, self.seeds, self.side = line, seeds, side
        self.known: dict[tuple[float, int], float] = {}

    @property
    def images(self) -> int:
        return len(self.known)

    def at(self, t: float, count: int) -> np.ndarray:
        for seed in self.seeds[:count]:
            if (t, seed) not in self.known:
                self.known[t, seed] = self.line.value(t, seed)
        return np.array([self.known[t, seed] for seed in self.seeds[:count]])

    def difference(self, h: float, count: int) -> np.ndarray:
        """Of second order, one for each seed: central, or to one side."""
        if self.side == 0:
            return (self.at(h, count) - self.at(-h, count)) / (2 * h)
        h *= self.side
        return (4 * self.at(h, count) - self.at(2 * h, count) - 3 * self.at(0.0, count)) / (2 * h)

    def slope(self, h: float, count: int) -> Slope:
        near, middle, far = (self.difference(k * h, count) for k in (1, 2, 4))
        best = (4 * near - middle) / 3
        change = best - (4 * middle - far) / 3
        mean, noise = float(change.mean()), standard_error(change)
        return Slope(float(best.mean()), standard_error(best), max(abs(mean), noise) / 3, (mean, noise), h)

    def refined(self, found: Slope, count: int, growth: float, enough: float) -> Slope:
        """That of the steps below which has the least sigma with `growth` times the seeds. It is looked for as long as
        a truncation larger than `enough` is seen, and noise is no larger."""
        best = finer = found
        while finer.truncated and finer.truncation > enough and finer.step > LEAST_STEP:
            finer = self.slope(finer.step / 2, count)
            if finer.expected(growth) < best.expected(growth):
                best = finer
            if finer.noise / math.sqrt(growth) > best.expected(growth):
                break
        return best


def difference(line: Line, seeds: Sequence[int], aim: Aim, largest: float = math.inf) -> Slope:
    """The slope of `line` at 0, with as many seeds as it takes, or as there are; largest: step."""
    side, h = first_step(line)
    h = min(h, largest)
    values = _Values(line, seeds, side)
    points = 6 if side == 0 else 5
    count = min(MIN_SEEDS, len(seeds))
    found = _first_possible(values, h, count)
    while math.isfinite(found.mean):
        left = max(aim.images - values.images, 0) // points
        growth = 1 + left / count
        size = max(abs(found.mean), aim.least)
        better = values.refined(found, count, growth, aim.relative * size / 3)
        if better is not found:
            found = better
            continue
        more = min(count, left, len(seeds) - count)
        useless = found.expected(growth) > aim.hopeless * size
        if found.sigma <= aim.relative * size or useless or more < count // 4 or more < 1:
            break
        count += more
        found = values.slope(found.step, count)
    return found


def second_look(line: Line, seeds: Sequence[int], aim: Aim, found: Slope, expected: Estimate) -> Slope:
    """A slope that is not the expected one, confirmed or mended by an eighth of its step, with seeds of its own and so
    many more that its noise need not be larger."""
    apart = abs(found.mean - expected.mean)
    enough = max(aim.relative, 0.2 * apart / max(abs(expected.mean), abs(found.mean), aim.least))
    finer = difference(line, seeds, aim._replace(relative=enough, images=FINER * aim.images), found.step / FINER)
    if not math.isfinite(finer.mean):
        return found
    same = abs(finer.mean - found.mean) <= SIGNIFICANT * math.hypot(finer.sigma, found.sigma)
    unexpected = abs(finer.mean - expected.mean) > CONFIRMED * math.hypot(finer.sigma, expected.sigma)
    return found if same and unexpected else finer


def first_step(line: Line) -> tuple[int, float]:
    """(side, step) that keep the outermost points within the line: 0 for both sides, 1 or -1 for the wider one."""
    narrow = min(line.low, line.high)
    if narrow >= FIRST_STEP:
        return 0, min(FIRST_STEP, narrow / 4)
    return (1 if line.high >= line.low else -1), min(4 * FIRST_STEP, max(line.low, line.high)) / 8


def _first_possible(values: _Values, h: float, count: int) -> Slope:
    """The slope of the largest step whose points all are possible."""
    while h > LEAST_STEP:
        try:
            return values.slope(h, count)
        except SceneError:
            h /= 2
    return NOWHERE
