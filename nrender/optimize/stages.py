"""A method with common random numbers in stages: few samples at first, and more where noise stalls it.

The way to the answer needs no more samples than tell up from down.  So a descent begins with 1/FIRST of the samples
that were asked for, and when an iteration gains less than the noise of the loss, they are multiplied by FACTOR.

With fixed random numbers the loss is a fixed function, which a quasi-Newton method takes to its end: and that end is
off by what these random numbers are off.  So at the end of a descent fresh ones ask whether there is a slope left
(`noise.noise_test`).  If there is, the samples a pixel are multiplied again, up to `max_spp`, and the method goes on
from there; if not, the fit is done, and says so.  A method that knows the curvature needs no test and no second
descent: it averages (`settle`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nrender.optimize.noise import DRAWS, noise_test
from nrender.optimize.result import CONVERGED, FAILED, Outcome
from nrender.optimize.run import Point, Run

FACTOR = 4
FIRST = 16
FEWEST = 4  # samples a pixel to begin with, if so many were asked for
FRESH = 0x46524553  # the streams of the fresh random numbers begin here
NOISELESS = 1e-9  # of the first loss: a fit that comes to this needs no test


def first_spp(wanted: int) -> int:
    """Samples a pixel to begin with, where `wanted` were asked for."""
    return max(min(wanted, FEWEST), wanted // FIRST)


def in_stages(
    run: Run, descend: Callable[[Run, np.ndarray], Outcome], settle: Callable[[Run], Outcome] | None = None
) -> Outcome:
    """descend(run, x) takes one function to its end, from x, and records its iterations; settle(run) goes on from
    `run.best` to the end where noise is what is left."""
    x, wanted = run.x0, run.objective.spp
    run.objective.spp = first_spp(wanted)
    while True:
        run.coarse = run.objective.spp < wanted
        outcome = descend(run, x)
        if run.best is None or run.iteration >= run.iterations:
            return outcome
        stuck = outcome.status == FAILED  # no step from the start went down: with more samples one may
        if outcome.status != CONVERGED and not (stuck and run.objective.spp < run.max_spp):
            return outcome
        if settle and not run.coarse and not stuck and run.max_spp > run.objective.spp and is_noisy(run, run.best):
            return settle(run)
        spp, end = next_stage(run, run.best, wanted, run.draw)
        if end is not None and stuck:
            return Outcome(CONVERGED, end) if end else outcome
        if end is not None:
            return Outcome(CONVERGED, "; ".join(filter(None, (outcome.message, end))))
        if not run.coarse:
            run.note(f"iteration {run.iteration}: noise stalls the steps; from here {spp} samples a pixel")
        x = run.best.x
        run.raise_spp(spp, x)


def is_noisy(run: Run, point: Point) -> bool:
    """Whether noise has a part in the loss there."""
    return point.noise > NOISELESS * abs(run.rows[0]["loss"])


def next_stage(
    run: Run, best: Point, wanted: int, draw: Callable[[np.ndarray, int], Point]
) -> tuple[int, str | None]:
    """(samples a pixel to go on with, None), or (those of now, why this is the end).

    draw(x, stream): a gradient with fresh random numbers.
    """
    spp = run.objective.spp
    if spp < wanted:
        return min(FACTOR * spp, wanted), None
    if not is_noisy(run, best):
        return spp, ""
    gradients = np.array([draw(best.x, FRESH + spp * DRAWS + k).gradient for k in range(DRAWS)])
    if not np.isfinite(gradients).all():
        return spp, ""
    if noise_test(gradients, best.x, run.lower, run.upper).is_noise:
        return spp, f"the gradient is indistinguishable from noise at {spp} samples a pixel"
    if spp >= run.max_spp:
        return spp, f"more samples a pixel than {spp} (max_spp) would go on"
    return min(FACTOR * spp, run.max_spp), None
