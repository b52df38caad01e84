"""The loss as scipy's minimisers see it: one fixed function, scaled, finite everywhere, and ended at its noise.

- It is divided by a scale that makes the first step one unit of x (or less, if the slope says that half of it would
  bring the loss to zero), and tolerances are set by the first loss.  Where a descent goes on with more samples, its
  first step is no longer than the last ones before, nor than their curvature says: a line search that has to come down
  from a unit would end on the staircase.
- Below the size where samples fall on one side of an edge or the other, the loss is a staircase, and a line search
  goes on looking there for what the gradient promises.  So a descent ends when STILL_TRIES trials since the last gain
  were within STILL_STEP of the best; a gain is more than STILL_GAIN of the noise of the loss.  While a run is
  `coarse`, it ends as soon as an iteration gains less than the noise.
"""

from __future__ import annotations

import numpy as np

from nrender.optimize.result import CONVERGED, FAILED, Outcome
from nrender.optimize.run import NOISE_SIGMAS, Point, Run

MEMORY = 16  # points: a minimiser may ask again for one of its last trials
STILL_TRIES = 3
STILL_STEP = 1e-3
SHORTEST = 2 * STILL_STEP  # first step
STILL_GAIN = 1e-3
TINY = 1e-9  # of the mean square of the targets: the size of a loss that starts at nothing


class Still(Exception):
    """Nothing is gained any more; see the top of the file."""


class SmoothFunction:
    """A descent from x.  `start`, `best` and `good` (the last sound one) are Points."""

    def __init__(self, run: Run, x: np.ndarray) -> None:
        self.run = run
        self.start = self.good = self.best = run.evaluate(x)
        self.accepted = self.start
        self.still = 0
        squares = sum(float(np.mean(term.target**2)) for term in run.objective.terms)
        self.size = max(abs(self.start.loss), TINY * squares) or 1.0
        slope = float(np.linalg.norm(self.start.gradient))
        newton = slope / run.last_curvature if run.last_curvature > 0 else run.last_length
        self.radius = float(np.clip(min(run.last_length, newton), SHORTEST, 1.0))
        slope *= self.radius
        self.scale = max(slope, slope**2 / (2 * self.size)) or self.size
        self.first = self.size / self.scale
        self.latest: dict[bytes, Point] = {x.tobytes(): self.start}
        if not run.rows:
            run.record(self.start)

    def point(self, x: np.ndarray) -> Point:
        """The loss and its gradient there; `fault` says whether it can be used.  Raises Still."""
        known = self.latest.get(x.tobytes())
        point = known or self.run.evaluate(x)
        if point.fault:
            return point
        if known is None:
            self._remember(point)
        self.good = point
        return point

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """(loss, gradient) by `scale`."""
        point = self.point(x)
        return self._wall(x) if point.fault else (point.loss / self.scale, point.gradient / self.scale)

    def known(self, x: np.ndarray) -> Point:
        """One of the last points."""
        return self.latest[np.asarray(x).tobytes()]

    def accept(self, point: Point) -> None:
        """An iteration came to this point.  Raises Still."""
        before = self.run.rows[-1]["loss"]
        self.run.record(point)
        step, change = point.x - self.accepted.x, point.gradient - self.accepted.gradient
        length = float(np.linalg.norm(step))
        if length > STILL_STEP:
            self.run.last_length = max(0.5 * self.run.last_length, length)
            self.run.last_curvature = float(step @ change) / length**2
        self.accepted = point
        if self.run.coarse and before - point.loss < point.noise:
            raise Still

    def _remember(self, point: Point) -> None:
        self.latest[point.x.tobytes()] = point
        while len(self.latest) > MEMORY:
            self.latest.pop(next(iter(self.latest)))
        gained = self.best.loss - point.loss > STILL_GAIN * point.noise
        near = float(np.max(np.abs(point.x - self.best.x))) < STILL_STEP
        if gained:
            self.still = 0
        elif near:
            self.still += 1
        if point.loss < self.best.loss:
            self.best = point
        if self.still >= STILL_TRIES:
            raise Still

    def _wall(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """A rejected point as a steep cone about the last good one: the method steps back."""
        away = x - self.good.x
        distance = float(np.linalg.norm(away)) or 1.0
        good, slope = self.good.loss / self.scale, np.linalg.norm(self.good.gradient) / self.scale
        # No point that is accepted has more than the first loss: ten times that is too high.
        rise = 10.0 * self.first + 10.0 * float(slope) * distance
        return good + rise, rise / distance * away / distance

    def stalled(self) -> Outcome:
        """Nothing lower is found: at the noise, or because the gradient is wrong."""
        start, best = self.start, self.best
        if self.run.rows and best.loss < self.run.rows[-1]["loss"]:
            self.run.record(best)
        first = self.run.rows[0]["loss"]
        if best.loss < max(start.loss, first) or start.loss < NOISE_SIGMAS * start.noise:
            return Outcome(CONVERGED, "no lower loss nearby: the noise of the samples is reached")
        return Outcome(FAILED, "no step from the start lowers the loss; try a higher spp")
