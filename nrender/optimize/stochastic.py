"""What stochastic methods share: fresh random numbers in each iteration, steps that shrink, an end that is judged.

A step is at most about `rate` scaled units and falls to nothing along half a cosine, so that the noise of the last
gradients averages out; x is projected onto the bounds.  One half of each evaluation is differentiated (see
`Objective.half`).  The gradient is divided by the first loss, so that a rule's constants mean the same for a dark image
as for a bright one.

Early end: over each WINDOW of iterations, noise.py asks whether the gradients are anything but noise: whether the mean
of a component differs from 0, or one gradient is like the one before (as where steps swing about a minimum).  Where
QUIET windows in a row say no, the rest of the cosine is shortened to a third of the iterations so far, and then the
fit is done.

A loss estimated with fresh numbers is a lottery ticket, so the end is judged: the last x, the mean
of the last tenth of the iterations and the x of the lowest estimate are rendered with the random
numbers of the first iteration, and the lowest loss wins.  It can be compared with the first row.
The x of the lowest estimate, which may come from any iteration, has to win by more than the noise.

A gradient that isn't finite undoes the step that led to it, and halves the steps from then on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nrender.optimize.noise import blocked, is_noise
from nrender.optimize.result import CONVERGED, ITERATIONS, Outcome
from nrender.optimize.run import Point, Run

State = dict[str, np.ndarray]
Rule = Callable[[Run, State, np.ndarray, int], tuple[np.ndarray, State]]
"""(run, state, gradient, number of the step from 1) -> (direction of a step of rate 1, what changes of the state)."""

TAIL = 0.1
TINY = 1e-300
WINDOW = 24
TESTED = 4096  # free scalars: of more, a window would be too much to keep in every checkpoint
QUIET = 2
SHORTENED = 1 / 3  # of the iterations so far


def _fresh_state(run: Run, moments: State) -> State:
    zeros = np.zeros_like(run.x0)
    return {
        "draw": np.array(0),  # names the random numbers
        "x": run.x0.copy(),
        "good_x": run.x0.copy(),
        "tail": zeros.copy(),
        "tail_count": np.array(0),
        "factor": np.array(1.0),
        "scale": np.array(0.0),
        "window": np.zeros((0, run.variables.size)) if run.variables.size <= TESTED else np.zeros((0, 1)),
        "quiet": np.array(0),
        "turn": np.array([-1, run.iterations]),  # where the cosine was shortened, and its end
        **moments,
    }


def descend(run: Run, rule: Rule, rate: float, moments: State) -> Outcome:
    """Steps by `rule` from `run.x0`, or from `run.state`.  moments: what the rule keeps, at the start."""
    fresh = _fresh_state(run, moments)
    if not run.state:
        run.commit(fresh)
    run.check_state(fresh)
    while len(run.rows) <= int(run.state["turn"][1]):
        s = run.state
        point = run.estimate(s["x"], stream=int(s["draw"]))
        if point.fault:
            run.commit(_step_back(s))
        else:
            run.record(point, _advance(run, s, point, rule, rate))
    _judge(run)
    turn, end = (int(n) for n in run.state["turn"])
    if turn >= 0:
        return Outcome(CONVERGED, f"from iteration {turn} on the gradient was indistinguishable from noise at "
                                  f"{run.objective.spp} samples a pixel; ended after {end}")
    return Outcome(ITERATIONS, f"{run.iterations} iterations done")


def _step_back(s: State) -> State:
    half_way = s["good_x"] + 0.5 * (s["x"] - s["good_x"])
    return {**s, "x": half_way, "factor": 0.5 * s["factor"], "draw": s["draw"] + 1}


def _advance(run: Run, s: State, point: Point, rule: Rule, rate: float) -> State:
    iteration = len(run.rows)
    scale = s["scale"] if s["scale"] > 0 else np.array(max(abs(point.loss), TINY))
    gradient = point.gradient / scale
    direction, moments = rule(run, s, gradient, iteration + 1)
    s = {**s, **moments, **_window(run, s, gradient, iteration)}
    rate = rate if run.step is None else run.step
    x = np.clip(s["x"] - rate * _decay(run, s, iteration) * s["factor"] * direction, run.lower, run.upper)
    in_tail = iteration >= (1 - TAIL) * int(s["turn"][1])
    return {
        **s,
        "draw": s["draw"] + 1,
        "x": x,
        "good_x": point.x,
        "tail": s["tail"] + point.x if in_tail else np.zeros_like(x),
        "tail_count": s["tail_count"] + 1 if in_tail else np.array(0),
        "scale": scale,
    }


def _decay(run: Run, s: State, iteration: int) -> float:
    """From 1 to 0; where it was shortened, from what it was there."""
    turn, end = (int(n) for n in s["turn"])
    whole = _cosine(turn if turn >= 0 else iteration, run.iterations)
    return whole if turn < 0 else whole * _cosine(iteration - turn, end - turn)


def _cosine(done: int, of: int) -> float:
    return 0.5 * (1 + float(np.cos(np.pi * min(1.0, done / max(of, 1)))))


def _window(run: Run, s: State, gradient: np.ndarray, iteration: int) -> State:
    """The last gradients, for the test for an early end; at the end of a window its answer."""
    if gradient.size > TESTED:
        return {}
    window, quiet, turn = np.vstack([s["window"], gradient]), int(s["quiet"]), s["turn"]
    if len(window) == WINDOW:
        held = blocked(s["x"], window.sum(axis=0), run.lower, run.upper)
        quiet = quiet + 1 if is_noise(window[:, ~held]) else 0
        window = window[:0]
        end = iteration + max(WINDOW, round(SHORTENED * iteration))
        if quiet >= QUIET and turn[0] < 0 and end < run.iterations:
            turn = np.array([iteration, end])
    return {"window": window, "quiet": np.array(quiet), "turn": turn}


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
        if chosen is None or ticket.is_lower_than(chosen):
            chosen = ticket
    if chosen is not None and np.isfinite(chosen.loss):
        run.best = chosen
