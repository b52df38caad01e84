"""The fits of fit_problems.py by `nr.optimize`, with the error of each iteration."""

from __future__ import annotations

import re
from collections import deque
from typing import Any, NamedTuple

import numpy as np
from fit_problem import Own, Problem

import nrender as nr
from nrender.render import render_tangents

TARGET_SPP, TARGET_SEED = 4096, 9_999_991
STEADY = 25  # iterations below the goal, after which Adam is ended
KEPT = 16  # scenes: a method's iteration is one of its last few evaluations


class Row(NamedTuple):
    """After an iteration. seconds: when the evaluation was done that it ended with."""

    seconds: float
    iterations: int
    evaluations: int
    error: float


def steady(rate: float | None, rows: list[Row]) -> bool:
    """Whether Adam may be ended."""
    return rate is not None and len(rows) > STEADY and all(row.error <= 1 for row in rows[-STEADY:])


class Watched:
    """The renderer, which remembers the last scenes: the history has only the first 64 numbers of each."""

    def __init__(self) -> None:
        self.scenes: deque[nr.Scene] = deque(maxlen=KEPT)

    def render(self, scene: nr.Scene, **keys: Any) -> Any:
        return nr.render(scene, **keys)

    def render_vjp(self, scene: nr.Scene, **keys: Any) -> Any:
        if not self.scenes or self.scenes[-1] is not scene:
            self.scenes.append(scene)
        return nr.render_vjp(scene, **keys)

    def render_tangents(self, scene: nr.Scene, directions: Any, **keys: Any) -> Any:
        return render_tangents(scene, directions, **keys)

    def of(self, row: dict[str, float]) -> nr.Scene:
        """The last one with the numbers of a row of the history."""
        return next(scene for scene in reversed(self.scenes) if _is(scene, row))


def _is(scene: nr.Scene, row: dict[str, float]) -> bool:
    values = scene.parameters
    for name, number in row.items():
        found = re.fullmatch(r"(.+?)(?:\[([\d,]+)\])?", name)
        assert found
        path, inside = found.groups()
        if "." in name and not np.isclose(values[path][_index(inside)], number, rtol=1e-9, atol=1e-12):
            return False
    return True


def _index(inside: str | None) -> tuple[int, ...]:
    return tuple(map(int, inside.split(","))) if inside else ()


class Nrender:
    """A problem, and its target in all views."""

    def __init__(self, problem: Problem):
        self.problem = problem
        keys = {"spp": TARGET_SPP // len(problem.truth.cameras), "seed": TARGET_SEED}
        self.targets = {name: nr.render(problem.truth, camera=name, **keys) for name in problem.truth.cameras}

    def fit(self, own: Own, seed: int, seconds: float, iterations: int | None = None) -> tuple[list[Row], str]:
        """(rows, how it ended); it is ended when its seconds are over."""
        problem, watched, rows = self.problem, Watched(), []
        begin = problem.start(np.random.default_rng(seed))
        specs = {path: {**spec, "init": begin[path]} for path, spec in problem.specs.items()}
        for path in specs:
            if path.endswith(".vertices"):
                specs[path] |= dict(own.keys)
        section = {"parameters": specs, "method": own.method, "iterations": own.iterations}
        if own.rate is not None:
            section["step"] = own.rate

        def each(progress: Any) -> None:
            row = progress.row
            values = watched.of(row).parameters
            error = problem.error({path: values[path] for path in specs})
            rows.append(Row(row["seconds"], progress.iteration, progress.evaluations, error))
            if progress.seconds > seconds or progress.iteration == iterations or steady(own.rate, rows):
                raise StopIteration

        scene = problem.truth.with_optimize(section)
        result = nr.optimize(
            scene, self.targets, spp=own.spp, seed=seed, callback=each, renderer=watched, intervals=False
        )
        if result.status_name != "interrupted":
            error = problem.error({path: result.parameters[path] for path in specs})
            rows.append(Row(result.seconds, result.nit, result.nfev, error))
        return rows, f"{result.status_name}: {result.message}"
