"""`l-bfgs-b`: scipy's L-BFGS-B under common random numbers.

With fixed seeds the estimate of the loss is a fixed function of x, whose gradient is exact but for
how edges are sampled; so line searches work, down to the noise.  The loss is divided by its start,
so that the tolerances of scipy are relative: stop when an iteration gains less than FTOL of the
first loss, or the gradient is below GTOL of it per unit of x.

Source: Byrd, Lu, Nocedal and Zhu 1995; Zhu et al. 1997 (algorithm 778).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, minimize

from nrender.optimize.result import CONVERGED, FAILED, ITERATIONS, Outcome
from nrender.optimize.run import Point, Run

FTOL = 1e-9
GTOL = 1e-6
MAX_LINE_SEARCH = 12
NOISE_SIGMAS = 3.0
TINY = 1e-9  # of the mean square of the targets: the scale of a loss that starts at nothing


class _Function:
    """The loss as scipy sees it: divided by `scale`, and finite everywhere."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.start = run.evaluate(run.x0)
        squares = sum(float(np.mean(t**2)) for t in run.objective.targets.values())
        self.scale = max(abs(self.start.loss), TINY * squares) or 1.0
        self.good = self.start
        self.latest: dict[bytes, Point] = {run.x0.tobytes(): self.start}

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        known = self.latest.get(x.tobytes())
        point = known or self.run.evaluate(x)
        if point.fault:
            return self._wall(x)
        if known is None:
            # The accepted point is the last one tried, or the best of a search; keep a few.
            self.latest[x.tobytes()] = point
            while len(self.latest) > MAX_LINE_SEARCH + 2:
                self.latest.pop(next(iter(self.latest)))
        self.good = point
        return point.loss / self.scale, point.gradient / self.scale

    def _wall(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """A rejected point as a steep cone about the last good one: the line search steps back."""
        away = x - self.good.x
        distance = float(np.linalg.norm(away)) or 1.0
        good, slope = self.good.loss / self.scale, np.linalg.norm(self.good.gradient) / self.scale
        # Losses are near 1 or less: whatever the line search compares it with, 10 is too high.
        rise = 10.0 + 10.0 * float(slope) * distance
        return good + rise, rise / distance * away / distance


def minimise(run: Run) -> Outcome:
    """Run L-BFGS-B from `run.x0`."""
    function = _Function(run)
    run.record(function.start)
    if run.iterations == 0:
        return Outcome(ITERATIONS, "no iterations were asked for")
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
            "ftol": FTOL,
            "gtol": GTOL,
        },
    )
    if found.success:
        return Outcome(CONVERGED, _reason(found.message))
    if found.status == 1:
        return Outcome(ITERATIONS, f"stopped after {found.nit} iterations")
    return _stalled(run, function.start, found.message)


def _reason(message: str) -> str:
    if "GRADIENT" in message.upper():
        return f"the gradient is below {GTOL:g} of the first loss"
    return f"an iteration gained less than {FTOL:g} of the first loss"


def _stalled(run: Run, start: Point, message: str) -> Outcome:
    """The line search found nothing lower: at the noise, or because the gradient is wrong."""
    best = run.best or start
    if best.loss < start.loss or start.loss < NOISE_SIGMAS * start.noise:
        return Outcome(CONVERGED, "no lower loss along the gradient: the noise is reached")
    return Outcome(FAILED, f"no step from the start lowers the loss ({message}); try a higher spp")
