"""What `optimize` returns, and what it says on the way."""

from __future__ import annotations

from typing import Any, NamedTuple

import scipy.optimize

CONVERGED, ITERATIONS, INTERRUPTED, FAILED = "converged", "iterations", "interrupted", "failed"
STATUS_NUMBERS = {CONVERGED: 0, ITERATIONS: 1, FAILED: 2, INTERRUPTED: 99}


class Outcome(NamedTuple):
    """How a method ended: one of the four status names, and a sentence."""

    status: str
    message: str


class Progress(NamedTuple):
    """What a callback gets after each iteration.  `row` is the new row of the history."""

    iteration: int
    iterations: int
    evaluations: int
    loss: float
    gradient_norm: float
    seconds: float
    row: dict[str, float]


class OptimizeWarning(UserWarning):
    """A step was rejected, or a checkpoint could be used only in part."""


class OptimizeResult(scipy.optimize.OptimizeResult):
    """scipy's result (`x fun jac nit nfev status success message`) and:

    scene         the fitted scene: the best one seen
    parameters    {path: value} of what was fitted
    status_name   'converged', 'iterations', 'interrupted' or 'failed'
    history       a list of dicts: iteration, evaluations, loss, seconds, gradient_norm and the
                  first 64 free scalars by name
    loss_initial  loss at the start;  `fun` is the loss of `scene`
    seconds       time in the method, earlier parts of a resumed run included
    rejected      what was wrong with each rejected step, one line each
    output        the folder written to, or None

    `x` holds the free scalars in their own units, `names` what they are.
    """

    scene: Any
    history: list[dict[str, float]]
    status_name: str
