"""`adam`: stochastic descent, fresh random numbers in each iteration, projected onto the bounds.

A step is at most about `step` scaled units (0.3 by default) and falls to nothing along half a
cosine, so that the noise of the last gradients averages out.  One half of each evaluation is
differentiated (see `Objective.half`).  The gradient is divided by the first loss, so that EPSILON
means the same for a dark image as for a bright one.

A loss estimated with fresh numbers is a lottery ticket, so the end is judged: the last x, the mean
of the last tenth of the iterations and the x of the lowest estimate are rendered with the random
numbers of the first iteration, and the lowest loss wins.  It can be compared with the first row.
The x of the lowest estimate, which may come from any iteration, has to win by more than the noise.

A gradient that isn't finite undoes the step that led to it, and halves the steps from then on.

Source: Kingma and Ba 2015.
"""

from __future__ import annotations

import numpy as np

from nrender.optimize.result import ITERATIONS, Outcome
from nrender.optimize.run import Point, Run

STEP = 0.3
BETA1, BETA2 = 0.9, 0.99
EPSILON = 1e-8
TAIL = 0.1
NOISE_SIGMAS = 3.0
TINY = 1e-300


def _fresh_state(run: Run) -> dict[str, np.ndarray]:
    zeros = np.zeros_like(run.x0)
    return {
        "draw": np.array(0),  # names the random numbers
        "x": run.x0.copy(),
        "good_x": run.x0.copy(),
        "mean": zeros.copy(),
        "square": zeros.copy(),
        "tail": zeros.copy(),
        "tail_count": np.array(0),
        "factor": np.array(1.0),
        "scale": np.array(0.0),
    }


def minimise(run: Run) -> Outcome:
    """Run Adam from `run.x0`, or from `run.state`."""
    if not run.state:
        run.commit(_fresh_state(run))
    while len(run.rows) <= run.iterations:
        s = run.state
        point = run.estimate(s["x"], stream=int(s["draw"]))
        if point.fault:
            run.commit(_step_back(s))
        else:
            run.record(point, _advance(run, s, point, iteration=len(run.rows)))
    _judge(run)
    return Outcome(ITERATIONS, f"{run.iterations} iterations done")


def _step_back(s: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    half_way = s["good_x"] + 0.5 * (s["x"] - s["good_x"])
    return {**s, "x": half_way, "factor": 0.5 * s["factor"], "draw": s["draw"] + 1}


def _advance(
    run: Run, s: dict[str, np.ndarray], point: Point, iteration: int
) -> dict[str, np.ndarray]:
    scale = s["scale"] if s["scale"] > 0 else np.array(max(abs(point.loss), TINY))
    gradient = point.gradient / scale
    mean = BETA1 * s["mean"] + (1 - BETA1) * gradient
    square = BETA2 * s["square"] + (1 - BETA2) * gradient**2
    count = iteration + 1
    direction = mean / (1 - BETA1**count) / (np.sqrt(square / (1 - BETA2**count)) + EPSILON)
    base = STEP if run.step is None else run.step
    decay = 0.5 * (1 + np.cos(np.pi * min(1.0, iteration / max(run.iterations, 1))))
    x = np.clip(s["x"] - base * decay * s["factor"] * direction, run.lower, run.upper)
    in_tail = iteration >= (1 - TAIL) * run.iterations
    return {
        "draw": s["draw"] + 1,
        "x": x,
        "good_x": s["x"],
        "mean": mean,
        "square": square,
        "tail": s["tail"] + s["x"] if in_tail else np.zeros_like(x),
        "tail_count": s["tail_count"] + 1 if in_tail else np.array(0),
        "factor": s["factor"],
        "scale": scale,
    }


def _judge(run: Run) -> None:
    """Choose among the candidates for the answer with one set of random numbers."""
    s = run.state
    candidates = [s["good_x"]]
    if s["tail_count"] > 1:
        candidates.append(np.clip(s["tail"] / s["tail_count"], run.lower, run.upper))
    ends = [point for point in map(run.judge, candidates) if np.isfinite(point.loss)]
    chosen = min(ends, key=lambda point: point.loss, default=None)
    if run.best is not None:
        ticket = run.judge(run.best.x)
        if chosen is None or _lower(ticket, chosen):
            chosen = ticket
    if chosen is not None and np.isfinite(chosen.loss):
        run.best = chosen


def _lower(a: Point, b: Point) -> bool:
    return b.loss - a.loss > NOISE_SIGMAS * float(np.hypot(a.noise, b.noise))
