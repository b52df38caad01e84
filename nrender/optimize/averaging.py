"""The end of `least-squares` in noise: Newton's steps with fresh random numbers, averaged.

With fixed random numbers the loss is a fixed function, whose minimum is off by what these numbers are off.  A descent
with four times the samples halves that, and each of its steps costs four times as much.  Fresh numbers need no second
descent.  With g_k unbiased gradients, each at the point that the one before led to, and A the curvature,

    x_{k+1} = x_k - A^-1 g_k / k

ends, on a quadratic, where the mean of all g_k is zero: about as far from the answer as one evaluation with the samples
of all of them.  No other sequence of steps does better in the limit, and what A is wrong by costs only at first.  A few
gradients of many samples do better than many of few: the product of two noises in each falls with the square of its
samples, and samples of one render are spread more evenly than those of several.

Before that, as long as one gradient is like the one before (g_k^T A^-1 g_{k-1} > 0), the way is not over, and steps are
whole ones (Kesten's rule).  A step that ends where the loss is higher by more than its noise is halved.

A is the mean of several estimates of 2 J^T J: a few to begin with, and another with each gradient as long as that of a
direction is hidden in its noise; such a direction counts as curved as that.

Source: Kesten 1958; Venter 1967 and Polyak and Juditsky 1992 (the gain A^-1 / k).
"""

from __future__ import annotations

import numpy as np

from nrender.optimize.noise import blocked
from nrender.optimize.objective import CURVATURE
from nrender.optimize.result import CONVERGED, ITERATIONS, Outcome
from nrender.optimize.run import Point, Run

STREAM = 0x4D45414E  # of the fresh random numbers
MOST = 16  # gradients in the mean: of more samples each, if `max_spp` asks for more in all
FIRST = 2  # whole steps, about
FEWEST, ENOUGH = 3, 16  # estimates of the curvature
SURE = 2.0  # standard errors
LONGEST = 0.5  # step, in typical steps
UNSEEN = 1e-12  # of the largest curvature: a parameter with less isn't seen


def average(run: Run) -> Outcome:
    """From `run.best` on, until `run.max_spp` samples a pixel are in the mean, or the iterations are done."""
    start = run.best
    assert start is not None
    steps = int(np.clip(run.iterations - run.iteration - FIRST, 1, MOST))
    # Fewer gradients have more samples each, but the curvature needs no more than that.
    run.objective.most_for_derivatives = max(run.objective.spp, -(-run.max_spp // MOST))
    spp = run.objective.spp = max(run.objective.spp, -(-run.max_spp // steps))
    wanted = run.max_spp // spp
    mean = f"the mean of {wanted} gradients of {spp} samples a pixel with fresh random numbers"
    run.note(f"iteration {run.iteration}: noise is what is left; from here {mean}")
    curvature, draw, averaged = _Curvature(run), 0, 0
    x, step, before, share = start.x, np.zeros_like(start.x), start, 1.0
    while averaged < wanted and run.iteration < run.iterations:
        point, draw = run.sample(x, STREAM + draw), draw + 1
        if point.fault or (draw > 1 and before.is_lower_than(point)):
            x, share = before.x + 0.5 * (x - before.x), 0.5 * share
            continue
        run.record(point)
        if averaged or float(point.gradient @ step) > 0:  # past the end of the last step, which went downhill
            averaged += 1
        step = share * curvature.step(point, averaged)
        x, before, share = np.clip(point.x + step / max(averaged, 1), run.lower, run.upper), point, min(2 * share, 1.0)
    run.averaged = max(averaged, 1)
    run.best = _better(run, start.x, x, STREAM + draw)
    if averaged < wanted:
        return Outcome(ITERATIONS, f"{run.iterations} iterations done")
    return Outcome(CONVERGED, f"{averaged} gradients of {spp} samples a pixel each are zero in the mean")


class _Curvature:
    """The mean of estimates of 2 J^T J; see the top of the file."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.estimates: list[np.ndarray] = []
        self.taken = 0
        self.is_vague = True

    def step(self, point: Point, averaged: int) -> np.ndarray:
        """-A^-1 gradient; averaged: how many gradients are in the mean."""
        if averaged == 0:
            self.estimates = self.estimates[1 - FEWEST :]  # the others are of points that are left behind
        if averaged == 0 or (self.is_vague and len(self.estimates) < ENOUGH):
            self._estimate(point.x)
        while len(self.estimates) < FEWEST:
            self._estimate(point.x)
        free = ~blocked(point.x, point.gradient, self.run.lower, self.run.upper)
        step = np.zeros_like(point.x)
        step[free] = -self._solve(point.gradient[free], np.ix_(free, free))
        return step * min(1.0, LONGEST / max(float(np.abs(step).max(initial=0.0)), LONGEST))

    def _estimate(self, x: np.ndarray) -> None:
        self.taken += 1
        self.estimates.append(self.run.curvature(x, CURVATURE + self.taken))

    def _solve(self, gradient: np.ndarray, free: tuple[np.ndarray, ...]) -> np.ndarray:
        estimates = np.array([matrix[free] for matrix in self.estimates])
        diagonal = np.diagonal(estimates.mean(axis=0))
        unit = 1 / np.sqrt(np.maximum(diagonal, UNSEEN * max(float(diagonal.max(initial=0.0)), 1e-300)))
        estimates = estimates * np.outer(unit, unit)
        values, vectors = np.linalg.eigh(estimates.mean(axis=0))
        along = np.einsum("ij,kil,lj->kj", vectors, estimates, vectors)
        error = along.std(axis=0, ddof=1) / np.sqrt(len(along))
        least = np.maximum(SURE * error, UNSEEN)
        self.is_vague = bool(np.any(values < least))
        return np.asarray(unit * (vectors @ ((vectors.T @ (unit * gradient)) / np.maximum(values, least))))


def _better(run: Run, start: np.ndarray, end: np.ndarray, stream: int) -> Point:
    """The end, if fresh random numbers don't say that the start is better."""
    first, last = run.judge(start, stream), run.judge(end, stream)
    return first if not np.isfinite(last.loss) or first.is_lower_than(last) else last
