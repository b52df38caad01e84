"""`least-squares`: Gauss-Newton steps in a trust region, by scipy.optimize.least_squares.

A loss that is a sum of squares of residuals, L(x) = |r(x)|^2, has the curvature 2 J^T J but for what vanishes with r;
J, the derivative images of the free scalars, takes a tangent render each.  For few scalars (up to EXPLICIT) that is
cheap next to what it saves in steps; for more see gauss_newton.py.

The residuals themselves would be wrong to minimise: the square of a noisy pixel is too large by its variance, and
where the variance depends on x, so is the answer.  So scipy gets residuals f of only n + 1 rows that have the unbiased
loss, its gradient and the curvature:

    f = (sqrt(2 (L + c)), 0, ..., 0),      |f|^2 / 2 = L + c
    rows of its Jacobian: gradient / f_0, then a root of 2 J^T J - (first row)^T (first row)

c keeps the root real where noise makes L negative.

J^T J is not all of the curvature.  An outline that is off by more than a pixel changes other pixels than those where
it should be: the loss then grows with the distance, not with its square, and a step of J^T J is about a pixel long.  So
what the last PAIRS steps did to the gradient corrects it, along these steps (structured secants; see with_secants).

Where the noise of the samples stalls the descent, averaging.py takes it to its end.

J comes from samples of its own, fewer of them: it says which way steps go, and not where they end.  That is also all
that a checkpoint must keep: an (n, n) matrix an iteration.

Source: Branch, Coleman and Li 1999 (scipy's 'trf'); Dennis, Gay and Welsch 1981 (NL2SOL) for secants on J^T J; Nocedal
and Wright 2006, chapter 10 and procedure 18.2 (Powell's damping).
"""

from __future__ import annotations

import itertools

import numpy as np

from nrender.optimize import gauss_newton
from nrender.optimize.averaging import average
from nrender.optimize.result import CONVERGED, ITERATIONS, Outcome
from nrender.optimize.run import Failed, Point, Run
from nrender.optimize.smooth_function import SmoothFunction, Still
from nrender.optimize.stages import in_stages

EXPLICIT = 64  # free scalars
FTOL = 1e-9
XTOL = 1e-7
GTOL = 1e-7
OFFSET = 1e-3  # of the first loss
PAIRS = 5  # steps whose change of the gradient corrects the curvature
LEAST = 0.05  # of its curvature is left to a direction
SHORT = 1e-3  # in typical steps: what changes there is noise
NOISES = 10.0


class _Enough(Exception):
    """The iterations are done."""


def minimise(run: Run) -> Outcome:
    """Run least-squares from `run.x0`."""
    if not run.objective.is_sum_of_squares:
        raise Failed("least-squares needs a loss that is a sum of squares: l2, relative_l2, log or huber")
    if run.variables.size > EXPLICIT:
        return gauss_newton.minimise(run)
    return in_stages(run, _descend, average)


class _Residuals:
    """What scipy's least_squares asks for; see the top of the file."""

    def __init__(self, run: Run, x: np.ndarray) -> None:
        self.run, self.function = run, SmoothFunction(run, x)
        start = self.function.start
        self.offset = OFFSET * abs(start.loss) + NOISES * start.noise
        self.scale = self.function.size
        self.highest = 10.0 * self._root(start.loss)
        self.way = [start]  # the points that were accepted

    def _root(self, loss: float) -> float:
        return float(np.sqrt(max(2 * (loss + self.offset) / self.scale, 1e-300)))

    def value(self, x: np.ndarray) -> np.ndarray:
        """(n + 1,)"""
        point = self.function.point(x)
        f = np.zeros(x.size + 1)
        f[0] = self.highest if point.fault else self._root(point.loss)
        return f

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """(n + 1, n); scipy asks for it at the points that it accepts."""
        point = self.function.known(x)
        if not np.array_equal(x, self.function.start.x):
            self.function.accept(point)
        if self.run.iteration >= self.run.iterations:
            raise _Enough
        first = point.gradient / self.scale / self._root(point.loss)
        curvature = with_secants(self.run.curvature(x), self._pairs(point))
        rest = curvature / self.scale - np.outer(first, first)
        values, vectors = np.linalg.eigh(0.5 * (rest + rest.T))
        root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
        return np.vstack([first, root])

    def _pairs(self, point: Point) -> list[tuple[np.ndarray, np.ndarray]]:
        """(step, change of the gradient) of the last steps, the latest last."""
        if point is not self.way[-1]:
            self.way = [*self.way[-PAIRS:], point]
        pairs = [(b.x - a.x, b.gradient - a.gradient) for a, b in itertools.pairwise(self.way)]
        return [(step, change) for step, change in pairs if np.abs(step).max() > SHORT]


def with_secants(curvature: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """`curvature` (n, n), symmetric, made to take each step to the change of the gradient that it caused, the last one
    exactly: BFGS's update.  pairs: (step (n,), change (n,)).

    Powell's damping leaves LEAST of the curvature along a step whose change says less, so that a positive definite
    matrix stays one.  A step along which there is no curvature changes nothing.
    """
    b = curvature
    for step, change in pairs:
        pushed = b @ step
        own, seen = float(step @ pushed), float(step @ change)
        if own <= 0:
            continue
        if seen < LEAST * own:
            part = (1 - LEAST) * own / (own - seen)
            change = part * change + (1 - part) * pushed
            seen = float(step @ change)
        b = b - np.outer(pushed, pushed) / own + np.outer(change, change) / seen
    return b


def _descend(run: Run, x: np.ndarray) -> Outcome:
    from scipy.optimize import least_squares  # as slow to import as nrender itself

    residuals = _Residuals(run, x)
    try:
        found = least_squares(
            residuals.value,
            x,
            jac=residuals.jacobian,
            bounds=(run.lower, run.upper),
            method="trf",
            ftol=FTOL,
            xtol=XTOL,
            gtol=GTOL,
            max_nfev=10 * run.iterations,
        )
    except Still:
        return residuals.function.stalled()
    except _Enough:
        return Outcome(ITERATIONS, f"{run.iterations} iterations done")
    if found.status <= 0:
        return residuals.function.stalled()
    if found.status == 1:
        return Outcome(CONVERGED, f"the gradient is below {GTOL:g} of the first loss")
    what = "an iteration gains" if found.status in (2, 4) else "a step is"
    return Outcome(CONVERGED, f"{what} next to nothing any more")
