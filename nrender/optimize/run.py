"""One run of a method: it evaluates, keeps the best, the history, and all that a checkpoint needs.

Two ways to be resumed, bit for bit:
- a method of scipy's calls `evaluate` (and `draw`, `curvature`), which log what they find.  A resumed run starts
  over and finds its evaluations in the log: whatever state the method has, it is built up again.
- a method of our own calls `exact` or `estimate` and gives its state to `record` or `commit`; a resumed run
  finds the last one in `state` and carries on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nrender.errors import NrenderError, SceneError, warn
from nrender.optimize.checkpoint_layout import check_state
from nrender.optimize.frames import EMPTY, Frames, Snapshot
from nrender.optimize.objective import CURVATURE, Evaluated, Objective
from nrender.optimize.prior_sum import PriorSum
from nrender.optimize.result import OptimizeWarning, Progress
from nrender.optimize.variables import Variables

MAX_COLUMNS = 64
MAX_REJECTED = 3
NOISE_SIGMAS = 3.0
COLUMNS = ("iteration", "evaluations", "loss", "seconds", "gradient_norm")


class CheckpointError(NrenderError):
    """A checkpoint that can't be read, or belongs to another run."""


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

    def is_lower_than(self, other: Point) -> bool:
        """By more than the noise of both."""
        return other.loss - self.loss > NOISE_SIGMAS * float(np.hypot(self.noise, other.noise))


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
    frames: Snapshot = EMPTY


class Run:
    """What a method works with.  All x, gradients and bounds are in scaled units; losses are those of the pictures
    and of the priors."""

    def __init__(
        self,
        variables: Variables,
        objective: Objective,
        iterations: int,
        step: float | None = None,
        max_spp: int | None = None,
        priors: PriorSum | None = None,
        on_iteration: Callable[[Run, Progress], None] | None = None,
    ) -> None:
        self.variables, self.objective = variables, objective
        self.iterations, self.step = iterations, step
        self.max_spp = objective.spp if max_spp is None else max_spp
        self.priors = priors or PriorSum()
        self.on_iteration = on_iteration
        self.x0, self.lower, self.upper = variables.x0, variables.lower, variables.upper
        self.columns = variables.names[:MAX_COLUMNS]
        self.best: Point | None = None
        self.evaluations = 0
        self.rows: list[dict[str, float]] = []
        self.log: list[Point] = []
        self.to_replay: list[Point] = []
        self.curvatures: list[tuple[np.ndarray, np.ndarray]] = []  # (x, matrix), as `log`
        self.curvatures_to_replay: list[tuple[np.ndarray, np.ndarray]] = []
        self.notes: list[str] = []
        self.last_length = 1.0  # how long the last steps were; the first is a unit
        self.last_curvature = 0.0  # the curvature along the last step
        self.averaged = 1  # gradients of `objective.spp` samples a pixel that the answer is the mean of
        self.coarse = False  # samples are to be raised anyway: no need for the last bit of this loss
        self.rejected: list[str] = []
        self.rejected_in_a_row = 0
        self.frames = Frames(objective.terms)
        self.rendering: list[float] = []  # seconds of each evaluation in this process, without what is around it
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
        self.frames.go_on_from(done.frames)
        self.committed = done

    def check_state(self, fresh: dict[str, np.ndarray]) -> None:
        """CheckpointError if the state that a checkpoint gave isn't like that of the method at its beginning."""
        try:
            check_state(self.state, fresh)
        except ValueError as error:
            raise CheckpointError(f"checkpoint.npz: can't be gone on from: {error}") from None

    # Evaluations

    def evaluate(self, x: np.ndarray) -> Point:
        """Exact gradient under common random numbers, from the log while there is one to replay."""
        return self._seen(self._logged(x, self.objective.exact, stream=0))

    def draw(self, x: np.ndarray, stream: int) -> Point:
        """Unbiased gradient with the random numbers of `stream`, from the log too; no candidate for the best."""
        self.evaluations += 1
        return self._logged(x, self.objective.half, stream)

    def sample(self, x: np.ndarray, stream: int) -> Point:
        """Exact gradient with the random numbers of `stream`, from the log too."""
        return self._seen(self._logged(x, self.objective.exact, stream), NOISE_SIGMAS)

    def glance(self, x: np.ndarray, stream: int) -> Point:
        """As `draw`, without the log."""
        self.evaluations += 1
        return self._point(x, self.objective.half, stream)

    def exact(self, x: np.ndarray) -> Point:
        """As `evaluate`, without the log: for a method that has a state of its own."""
        return self._seen(self._point(x, self.objective.exact, stream=0))

    def estimate(self, x: np.ndarray, stream: int) -> Point:
        """Unbiased gradient with the random numbers of `stream`."""
        return self._seen(self._point(x, self.objective.half, stream), NOISE_SIGMAS)

    def judge(self, x: np.ndarray, stream: int = 0) -> Point:
        """The loss alone under the random numbers of `stream`; its gradient is NaN."""
        value, noise = self.objective.value(self.variables.apply(x), stream)
        value += self.priors.evaluate(x)[0]
        nothing = np.full(x.shape, np.nan)
        return Point(x.copy(), value, noise, nothing, self.seconds)

    def curvature(self, x: np.ndarray, stream: int = CURVATURE) -> np.ndarray:
        """Gauss-Newton's matrix 2 J^T J, (n, n), of pictures and priors; logged as an evaluation is."""
        matrix = self._replayed_curvature(x)
        if matrix is None:
            scene, axes = self.variables.apply(x), np.eye(x.size)
            directions = [self.variables.directions(x, axis) for axis in axes]
            matrix = self.objective.curvature(scene, directions, stream)
            for rows in self.priors.residual_tangents(x, axes):
                matrix += 2 * (rows @ rows.T)
        self.curvatures.append((x.copy(), matrix))
        return matrix

    def curvature_product(self, x: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """2 J^T J direction, without the matrix; (n,)."""
        scene, variables = self.variables.apply(x), self.variables
        moved = variables.directions(x, direction)
        product = variables.gradient(x, self.objective.curvature_product(scene, moved, CURVATURE))
        return product + self.priors.curvature_product(x, direction)

    def raise_spp(self, spp: int, x: np.ndarray) -> None:
        """Go on with more samples: the best so far is x, as these see it."""
        self.objective.spp = spp
        point = self.evaluate(x)
        if not point.fault:
            self.best = point

    def note(self, text: str) -> None:
        """Something that the user should know when it is over."""
        self.notes.append(text)

    def _logged(self, x: np.ndarray, how: Callable[[Any, int], Evaluated], stream: int) -> Point:
        point = self._replayed(x)
        if point is None:
            self.frames.end_replay()
            point = self._point(x, how, stream)
        elif not point.fault:
            self.frames.see_again(x)
        self.log.append(point)
        return point

    def _point(self, x: np.ndarray, how: Callable[[Any, int], Evaluated], stream: int) -> Point:
        began = time.perf_counter()
        try:
            loss, noise, gradients, where = how(self.variables.apply(x), stream)
            self.rendering.append(time.perf_counter() - began)
            gradient = np.full(x.shape, np.nan)
            if np.isfinite(loss):
                prior, slope = self.priors.evaluate(x)
                gradient = self.variables.gradient(x, gradients) + slope
                loss += prior
        except SceneError as error:
            # A step out of what a scene may be: no loss there, so the method has to step back.
            loss, noise, gradient = np.nan, np.nan, np.full(x.shape, np.nan)
            fault = str(error).splitlines()[0]
        else:
            fault = self.fault(loss, gradient)
            if fault:
                fault += where
            else:
                self.frames.see(x, self.objective.latest)
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
        warn(message, OptimizeWarning)
        self.to_replay.clear()
        self.curvatures_to_replay.clear()
        return None

    def _replayed_curvature(self, x: np.ndarray) -> np.ndarray | None:
        known = self.curvatures_to_replay
        return known.pop(0)[1] if known and np.array_equal(known[0][0], x) else None

    def _seen(self, point: Point, sigmas: float = 0.0) -> Point:
        """sigmas: by how much of its noise a loss must be higher than the best to be no better than that.  Of losses
        with fresh random numbers the lowest is luck, and the last is nearer to the answer."""
        self.evaluations += 1
        self._last_seconds = point.seconds
        if point.fault:
            self._reject(point)
        else:
            self.rejected_in_a_row = 0
            margin = sigmas * float(np.hypot(point.noise, 0.0 if self.best is None else self.best.noise))
            if self.best is None or point.loss < self.best.loss + margin:
                self.best = point
        return point

    def _reject(self, point: Point) -> None:
        where = f"evaluation {self.evaluations}, seed {self.objective.seed}"
        self.rejected.append(f"{where}: {point.fault}; the step was rejected")
        warn(self.rejected[-1], OptimizeWarning)
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
        self.frames.record(iteration, point.x)
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
            self.frames.snapshot(),
        )

    @property
    def table(self) -> np.ndarray:
        """The history as numbers, (rows, columns)."""
        width = len(COLUMNS) + len(self.columns)
        return np.array([list(row.values()) for row in self.rows], np.float64).reshape(-1, width)
