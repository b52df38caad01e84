"""`l-bfgs-b`: scipy's L-BFGS-B under common random numbers.

With fixed seeds the estimate of the loss is a fixed function of x, and its gradient nearly that of
the renderer: but for how edges are sampled, and how sampled directions move with a material, both
right on average only (docs/theory.md, 4).  So line searches work, down to the noise.  Two things
are ours:

- The loss is divided by a scale that makes the first step one unit of x (or less, if the slope
  says that half of it would bring the loss to zero), and scipy's tolerances are set by the first
  loss: stop when an iteration gains less than FTOL of it, or the gradient is below GTOL of it per
  unit of x.
- Below the size where samples fall on one side of an edge or the other, the loss is a staircase,
  and a line search goes on looking there for what the gradient promises.  So the run ends when
  STILL_TRIES trials since the last gain were within STILL_STEP of the best; a gain is more than
  STILL_GAIN of the noise of the loss.

Source: Byrd, Lu, Nocedal and Zhu 1995; Zhu et al. 1997 (algorithm 778).
"""

from __future__ import annotations

import numpy as np

from nrender.optimize.result import CONVERGED, FAILED, ITERATIONS, Outcome
from nrender.optimize.run import Point, Run

FTOL = 1e-9
GTOL = 1e-6
MAX_LINE_SEARCH = 12
NOISE_SIGMAS = 3.0
STILL_TRIES = 3
STILL_STEP = 1e-3
STILL_GAIN = 1e-3
TINY = 1e-9  # of the mean square of the targets: the size of a loss that starts at nothing


class _Still(Exception):
    """Nothing is gained any more; see the top of the file."""


class _Function:
    """The loss as scipy sees it: divided by `scale`, and finite everywhere."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.start = self.good = self.best = run.evaluate(run.x0)
        self.still = 0
        squares = sum(float(np.mean(t**2)) for t in run.objective.targets.values())
        size = max(abs(self.start.loss), TINY * squares) or 1.0
        slope = float(np.linalg.norm(self.start.gradient))
        self.scale = max(slope, slope**2 / (2 * size)) or size
        self.first = size / self.scale
        self.latest: dict[bytes, Point] = {run.x0.tobytes(): self.start}

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        known = self.latest.get(x.tobytes())
        point = known or self.run.evaluate(x)
        if point.fault:
            return self._wall(x)
        if known is None:
            self._remember(point)
        self.good = point
        return point.loss / self.scale, point.gradient / self.scale

    def _remember(self, point: Point) -> None:
        # The accepted point is one of its line search; keep so many.
        self.latest[point.x.tobytes()] = point
        while len(self.latest) > MAX_LINE_SEARCH + 2:
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
            raise _Still

    def _wall(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """A rejected point as a steep cone about the last good one: the line search steps back."""
        away = x - self.good.x
        distance = float(np.linalg.norm(away)) or 1.0
        good, slope = self.good.loss / self.scale, np.linalg.norm(self.good.gradient) / self.scale
        # No point that is accepted has more than the first loss: ten times that is too high.
        rise = 10.0 * self.first + 10.0 * float(slope) * distance
        return good + rise, rise / distance * away / distance


def minimise(run: Run) -> Outcome:
    """Run L-BFGS-B from `run.x0`."""
    from scipy.optimize import Bounds, minimize  # as slow to import as nrender itself

    function = _Function(run)
    run.record(function.start)
    if run.iterations == 0:
        return Outcome(ITERATIONS, "no iterations were asked for")
    try:
        found = minimize(
            function,
            run.x0,
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(run.lower, run.upper),
            callback=lambda intermediate_result: run.record(
                function.latest[np.asarray(intermediate_result.x).tobytes()]
            ),
            options={
                "maxiter": run.iterations,
                "maxfun": MAX_LINE_SEARCH * (run.iterations + 1),
                "maxls": MAX_LINE_SEARCH,
                "ftol": FTOL * function.first,
                "gtol": GTOL * function.first,
            },
        )
    except _Still:
        if function.best.loss < run.rows[-1]["loss"]:
            run.record(function.best)
        return _stalled(function)
    if found.success:
        return Outcome(CONVERGED, _reason(found.message))
    if found.status == 1:
        return Outcome(ITERATIONS, f"stopped after {found.nit} iterations")
    return _stalled(function)


def _reason(message: str) -> str:
    if "GRADIENT" in message.upper():
        return f"the gradient is below {GTOL:g} of the first loss"
    return f"an iteration gained less than {FTOL:g} of the first loss"


def _stalled(function: _Function) -> Outcome:
    """Nothing lower is found: at the noise, or because the gradient is wrong."""
    start, best = function.start, function.best
    if best.loss < start.loss or start.loss < NOISE_SIGMAS * start.noise:
        return Outcome(CONVERGED, "no lower loss nearby: the noise of the samples is reached")
    return Outcome(FAILED, "no step from the start lowers the loss; try a higher spp")
