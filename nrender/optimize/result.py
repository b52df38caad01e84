"""How a fit ended, and what it says on the way."""

from __future__ import annotations

from typing import NamedTuple

CONVERGED, ITERATIONS, INTERRUPTED, FAILED = "converged", "iterations", "interrupted", "failed"
STATUS_NUMBERS = {CONVERGED: 0, ITERATIONS: 1, FAILED: 2, INTERRUPTED: 99}


class Outcome(NamedTuple):
    """How a method ended: one of the four status names, and a sentence."""

    status: str
    message: str


class Progress(NamedTuple):
    """What a callback gets after each iteration: its number from 0, of `iterations` at most; the loss and the norm of
    its gradient in scaled units; seconds since the start. `row` is the new row of the history; of many starts, this is
    number `start`."""

    iteration: int
    iterations: int
    evaluations: int
    loss: float
    gradient_norm: float
    seconds: float
    row: dict[str, float]
    start: int = 1
    starts: int = 1


class OptimizeWarning(UserWarning):
    """A step was rejected, or a checkpoint could be used only in part."""
