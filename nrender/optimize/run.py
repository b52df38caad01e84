"""One run of a method: it evaluates, keeps the best, the history, and all that a checkpoint needs.

Two ways to be resumed, bit for bit:
- a deterministic method calls `evaluate`, which logs (x, loss, gradient).  A resumed run starts
  over and finds its evaluations in the log: whatever state the method has, it is built up again.
- a method of our own calls `estimate` and gives its state to `record` or `commit`; a resumed run
  finds the last one in `state` and carries on from there.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nrender.errors import SceneError
from nrender.optimize.objective import Evaluated, Objective
from nrender.optimize.result import OptimizeWarning, Progress
from nrender.optimize.variables import Variables

MAX_COLUMNS = 64
MAX_REJECTED = 3
COLUMNS = ("iteration", "evaluations", "loss", "seconds", "gradient_norm")


class Failed(Exception):
    """The method can't go on; the text says why."""


class Stopped(Exception):
    """The callback asked for the end.  (scipy would swallow a StopIteration.)"""


class Point(NamedTuple):
    """The loss and its gradient at x (scaled units), and the clock after it was evaluated.

    `fault` is empty for a sound one, and says what isn't finite otherwise.
    """

    x: np.ndarray
    loss: float
    noise: float
    gradient: np.ndarray
    seconds: float
    fault: str = ""


class Committed(NamedTuple):
    """All that a resumed run needs beside the log, as it was after one whole iteration.

    It is replaced as one thing, so that an interrupt never leaves half of an iteration in it.
    """

    state: dict[str, np.ndarray]
    rows: int
    evaluations: int
    best: Point | None
    rejected: tuple[str, ...]
    rejected_in_a_row: int


class Run:
    """What a method works with.  All x, gradients and bounds are in scaled units."""

    def __init__(
        self,
        variables: Variables,
        objective: Objective,
        iterations: int,
        step: float | None = None,
        on_iteration: Callable[[Run, Progress], None] | None = None,
    ) -> None:
        self.variables, self.objective = variables, objective
        self.iterations, self.step = iterations, step
        self.on_iteration = on_iteration
        self.x0, self.lower, self.upper = variables.x0, variables.lower, variables.upper
        self.columns = variables.names[:MAX_COLUMNS]
        self.best: Point | None = None
        self.evaluations = 0
        self.rows: list[dict[str, float]] = []
        self.log: list[Point] = []
        self.to_replay: list[Point] = []
        self.rejected: list[str] = []
        self.rejected_in_a_row = 0
        self.committed = Committed({}, 0, 0, None, (), 0)
        self.earlier_seconds = 0.0
        self._began = time.perf_counter()
        self._ended: float | None = None
        self._last_seconds = 0.0

    @property
    def seconds(self) -> float:
        """Time in this run, the parts before a resume included."""
        now = time.perf_counter() if self._ended is None else self._ended
        return self.earlier_seconds + now - self._began

    def stop_clock(self) -> None:
        """The method is done: what comes after isn't its time."""
        self._ended = time.perf_counter()

    @property
    def iteration(self) -> int:
        """The number of the last whole iteration; 0 is the start."""
        return max(len(self.rows) - 1, 0)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """What the method gave to `commit` last; empty at the beginning."""
        return self.committed.state

    def go_on_from(self, done: Committed, table: np.ndarray) -> None:
        """Take up the work where a checkpoint left it; `table` is its history."""
        names = (*COLUMNS, *self.columns)
        self.rows = [dict(zip(names, map(float, row), strict=True)) for row in table]
        for row in self.rows:
            row.update(iteration=int(row["iteration"]), evaluations=int(row["evaluations"]))
        self.evaluations, self.best = done.evaluations, done.best
        self.rejected = list(done.rejected)
        self.rejected_in_a_row = done.rejected_in_a_row
        self.committed = done

    # Evaluations

    def evaluate(self, x: np.ndarray) -> Point:
        """Exact gradient under common random numbers, from the log while there is one to replay."""
        point = self._replayed(x)
        if point is None:
            point = self._point(x, self.objective.exact, stream=0)
        self.log.append(point)
        return self._seen(point)

    def estimate(self, x: np.ndarray, stream: int) -> Point:
        """Unbiased gradient with the random numbers of `stream`."""
        return self._seen(self._point(x, self.objective.half, stream))

    def judge(self, x: np.ndarray) -> Point:
        """The loss alone under the random numbers of stream 0; its gradient is NaN."""
        value, noise = self.objective.value(self.variables.apply(x), stream=0)
        nothing = np.full(x.shape, np.nan)
        return Point(x.copy(), value, noise, nothing, self.seconds)

    def _point(self, x: np.ndarray, how: Callable[[Any, int], Evaluated], stream: int) -> Point:
        try:
            loss, noise, gradients = how(self.variables.apply(x), stream)
            gradient = self.variables.gradient(gradients)
        except SceneError as error:
            # A step out of what a scene may be: no loss there, so the method has to step back.
            loss, noise, gradient = np.nan, np.nan, np.full(x.shape, np.nan)
            fault = str(error).splitlines()[0]
        else:
            fault = self.fault(loss, gradient)
        return Point(x.copy(), loss, noise, gradient, self.seconds, fault)

    def fault(self, loss: float, gradient: np.ndarray) -> str:
        """What isn't finite, or an empty string."""
        if not np.isfinite(loss):
            return f"the loss is {loss}"
        bad = np.flatnonzero(~np.isfinite(gradient))
        if bad.size:
            path = self.variables.path_of(int(bad[0]))
            return f"the gradient of '{path}' isn't finite"
        return ""

    def _replayed(self, x: np.ndarray) -> Point | None:
        if not self.to_replay:
            return None
        if np.array_equal(self.to_replay[0].x, x):
            return self.to_replay.pop(0)
        message = "the checkpoint's evaluations differ from here on; it is used up to this point"
        warnings.warn(message, OptimizeWarning, stacklevel=2)
        self.to_replay.clear()
        return None

    def _seen(self, point: Point) -> Point:
        self.evaluations += 1
        self._last_seconds = point.seconds
        if point.fault:
            self._reject(point)
        else:
            self.rejected_in_a_row = 0
            if self.best is None or point.loss < self.best.loss:
                self.best = point
        return point

    def _reject(self, point: Point) -> None:
        where = f"evaluation {self.evaluations}, seed {self.objective.seed}"
        self.rejected.append(f"{where}: {point.fault}; the step was rejected")
        warnings.warn(self.rejected[-1], OptimizeWarning, stacklevel=2)
        self.rejected_in_a_row += 1
        if self.best is None:
            raise Failed(f"the start can't be used: {point.fault}")
        if self.rejected_in_a_row >= MAX_REJECTED:
            count = f"{MAX_REJECTED} steps in a row were rejected"
            raise Failed(f"{count}, the last because {point.fault}")

    # History

    def record(self, point: Point, state: dict[str, np.ndarray] | None = None) -> None:
        """A new row of the history: the point that iteration number `len(rows)` came to."""
        iteration = len(self.rows)
        norm = float(np.linalg.norm(point.gradient))
        numbers = (iteration, self.evaluations, point.loss, self._last_seconds, norm)
        row = dict(zip(COLUMNS, numbers, strict=True))
        scalars = self.variables.scalars(point.x)[: len(self.columns)]
        row.update(zip(self.columns, map(float, scalars), strict=True))
        self.rows.append(row)
        self.commit({} if state is None else state)
        if self.on_iteration:
            counts = (iteration, self.iterations, self.evaluations)
            self.on_iteration(self, Progress(*counts, point.loss, norm, self.seconds, row))

    def commit(self, state: dict[str, np.ndarray]) -> None:
        """A whole step is done, and `state` is what the method needs to go on from here."""
        self.committed = Committed(
            state,
            len(self.rows),
            self.evaluations,
            self.best,
            tuple(self.rejected),
            self.rejected_in_a_row,
        )

    @property
    def table(self) -> np.ndarray:
        """The history as numbers, (rows, columns)."""
        width = len(COLUMNS) + len(self.columns)
        return np.array([list(row.values()) for row in self.rows], np.float64).reshape(-1, width)
