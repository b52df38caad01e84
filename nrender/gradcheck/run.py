"""The check: which numbers, their adjoint, their finite differences."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..errors import NrenderError
from ..job import camera_of
from ..params import moves_geometry
from ..render import render_vjp, renderer
from ..scene import Scene
from .differences import FINER, Aim, Line, difference, second_look
from .estimate import LIMIT, MIN_SEEDS, Estimate, seeds_of, standard_error
from .numbers import Number, Selection, choose, read_selections
from .result import NOISY, SMALL, GradCheck, Row
from .weights import smooth_weights

BUDGET = 4_000_000  # camera samples of the finite differences of one number
IMAGES = 128  # so many images share it, if spp is not given
UNSEEN = 1e-4  # of the loss, by a typical step: what a derivative is at least taken to be
PILOT, ADJOINT, DIFFERENCES = range(3)  # what seeds are for

# Sigma is at least so much of the derivative. float32 sums many samples; and the two sides of a silhouette are seen a
# little way from it.
ROUNDING = 1e-5
OFFSET = 1e-3

Progress = Callable[[int, int, str], object]


class _Loss(NamedTuple):
    """The sum of the image times the weights, and how it is rendered."""

    weights: np.ndarray
    camera: str
    spp: int
    device: str
    precision: str

    def of(self, scene: Scene) -> Callable[[int], float]:
        """value(seed). In float64: a difference in a number that the image is linear in is exact but for rounding. So
        differences are taken on the CPU, whatever device has the adjoint."""
        image = renderer(scene, self.spp, "cpu", self.camera, "float64")
        return lambda seed: float(np.sum(self.weights * image(seed)))

    def gradient(self, scene: Scene, paths: Sequence[str], seed: int) -> tuple[float, Mapping[str, np.ndarray]]:
        image, pullback = render_vjp(scene, paths, self.spp, seed, self.device, self.camera, self.precision)
        return float(np.sum(self.weights * image)), pullback(self.weights)

    @property
    def samples(self) -> int:
        height, width, _ = self.weights.shape
        return height * width * self.spp


def gradcheck(
    scene: Scene,
    wrt: Iterable[str | Selection] | None = None,
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
    width: int | None = None,
    samples: int = 3,
    target: float = 0.02,
    budget: int | None = None,
    callback: Progress | None = None,
) -> GradCheck:
    """Are the gradients of this scene right? The adjoint of `render_vjp` against finite differences of whole images.

    The loss is the sum of the image times smooth weights (height, width, 3) that vary over pixels and colours. Both
    derivatives are means over independent seeds, of which they share none. The differences are central (to one side at
    the bound of a parameter's range), with the same random numbers on both sides, extrapolated (Richardson), in
    float64; their step is found for each number, and what error it leaves is counted in their sigma. Sigmas are
    standard errors, widened where they come from few seeds, and at least 1e-3 of a derivative by what moves (1e-5 of
    others). Seeds are added, 16 at least, until sigma is small enough or the budget ends.

    wrt       paths, or (path, index) of one number; default: all parameters
    spp       samples a pixel of an image; default: so many that the budget is 128 images
    seed      a whole number from 0; the same one gives the same result
    device    of the adjoint; differences are taken on the CPU
    precision of the adjoint: "float32" or "float64"
    width     of the picture, if it shall be smaller than the camera's: an image costs at least 1 sample a pixel
    samples   how many numbers of each larger parameter are checked, beside all at once along one line
    target    the relative sigma that is enough
    budget    camera samples for the differences of one number, at most; default: 4 million
    callback  callback(done, total, name) is called before each number

    Returns a `GradCheck`: `rows`, each with path, index, adjoint, difference, their sigmas, z; `verdicts`, `verdict`,
    `ok`, `max_abs_z`, `threshold`; as text, a table. Raises NrenderError for an unknown path, index or camera.
    """
    began = time.perf_counter()
    budget = BUDGET if budget is None else budget
    selections = read_selections(scene, wrt)
    _check_options(seed, samples, budget, target)
    view = camera_of(scene, camera)
    scene = scene if width is None else _resized(scene, view, width)
    weights = smooth_weights(scene, seed, view)
    pixels = weights.shape[0] * weights.shape[1]
    loss = _Loss(weights, view, max(round(budget / (IMAGES * pixels)), 1) if spp is None else spp, device, precision)
    paths = list(dict.fromkeys(path for path, _ in selections))
    tell = callback or (lambda done, total, name: None)
    tell(0, 0, "adjoint")
    value, first = loss.gradient(scene, paths, seeds_of(seed, PILOT, 1)[0])
    numbers = choose(scene, selections, first, samples, seed)
    least = [SMALL * max(number.scale, UNSEEN * abs(value)) for number in numbers]
    adjoints = _adjoints(loss, scene, paths, numbers, least, seed, target, budget)
    rows: list[Row] = []
    seeds = seeds_of(seed, DIFFERENCES, (1 + FINER) * max(budget // loss.samples, MIN_SEEDS))
    for number, small, adjoint in zip(numbers, least, adjoints, strict=True):
        tell(len(rows), len(numbers), number.name)
        aim = Aim(target / math.sqrt(2), NOISY, max(abs(adjoint.mean), small), budget // loss.samples)
        rows.append(_row(loss, scene, number, small, adjoint, seeds, aim, abs(value)))
    return GradCheck(tuple(rows), time.perf_counter() - began)


def _check_options(seed: int, samples: int, budget: int, target: float) -> None:
    for name, given, lowest in (("seed", seed, 0), ("samples", samples, 1), ("budget", budget, 1)):
        _check_whole(name, given, lowest)
    if not 0 < target < 1:
        raise NrenderError(f"target: expected a number between 0 and 1, got {target!r}")


def _check_whole(name: str, number: int, least: int) -> None:
    if not isinstance(number, int | np.integer) or number < least:
        raise NrenderError(f"{name}: expected a whole number from {least}, got {number!r}")


def _resized(scene: Scene, camera: str, width: int) -> Scene:
    view = scene.cameras[camera]
    _check_whole("width", width, 1)
    if width > view.width:
        raise NrenderError(f"width: expected at most the camera's {view.width}, got {width}")
    return scene.with_resolution(camera, width, max(round(width * view.height / view.width), 1))


def _adjoints(
    loss: _Loss,
    scene: Scene,
    paths: Sequence[str],
    numbers: Sequence[Number],
    least: Sequence[float],
    seed: int,
    target: float,
    budget: int,
) -> list[Estimate]:
    """The derivative by t of every number: twice the seeds until all are precise enough, but those that never will."""
    seeds = seeds_of(seed, ADJOINT, max(budget // loss.samples, MIN_SEEDS))
    slopes: list[list[float]] = []
    count = MIN_SEEDS
    while True:
        for one in seeds[len(slopes) : count]:
            gradient = loss.gradient(scene, paths, one)[1]
            slopes.append([float(np.sum(gradient[number.path] * number.line)) for number in numbers])
        values = np.array(slopes)
        mean = values.mean(0)
        sigma = np.array([standard_error(column) for column in values.T])
        size = np.maximum(np.abs(mean), least)
        hopeful = sigma * math.sqrt(count / len(seeds)) <= NOISY * size
        if count == len(seeds) or not np.any(hopeful & (sigma > target / math.sqrt(2) * size)):
            floor = [OFFSET if moves_geometry(number.path) else ROUNDING for number in numbers]
            sigma = np.hypot(sigma, floor * np.abs(mean))
            return [Estimate(float(m), float(s)) for m, s in zip(mean, sigma, strict=True)]
        count = min(2 * count, len(seeds))


def _row(
    loss: _Loss,
    scene: Scene,
    number: Number,
    least: float,
    adjoint: Estimate,
    seeds: Sequence[int],
    aim: Aim,
    value: float,
) -> Row:
    """The finite differences of one number, beside its adjoint."""
    base, most = scene.parameters[number.path], len(seeds) // (1 + FINER)

    @functools.lru_cache(maxsize=1)  # one place after the other is asked for, with many seeds
    def moved(t: float) -> Callable[[int], float]:
        return loss.of(scene.replace({number.path: base + t * number.line}))

    def value_at(t: float, seed: int) -> float:
        return moved(t)(seed)

    line = Line(value_at, number.low, number.high)
    slope = difference(line, seeds[:most], aim)
    if abs(slope.mean - adjoint.mean) > LIMIT * math.hypot(slope.sigma, adjoint.sigma):
        slope = second_look(line, seeds[most:], aim, slope, adjoint)
    rounding = 1e-14 * value / slope.step
    unit = number.unit
    return Row(
        number.path,
        number.index,
        adjoint.mean / unit,
        adjoint.sigma / unit,
        slope.mean / unit,
        math.hypot(slope.sigma, rounding) / unit,
        slope.step * unit,
        least / unit,
    )
