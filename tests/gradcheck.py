"""Derivatives of a weighted sum of pixels: the adjoint's, and by finite differences, each with its standard error."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from estimates import Estimate, replicate
from scipy.special import ndtr, stdtrit

import nrender as nr
from nrender import Scene
from nrender.gradcheck import smooth_weights

STEPS = {
    "translate": 0.03,
    "rotate": 1.5,
    "scale": 0.03,
    "pivot": 0.06,
    "matrix": 0.03,
    "vertices": 0.02,
    "origin": 0.05,
    "target": 0.04,
    "principal_point": 0.01,  # as many pixels as the others move things
    "up": 0.02,
    "fov": 0.4,
}  # of parameters that move things: about a third of a pixel; all others: 0.05

NEARBY = (-2, -1, 1, 2)  # steps of finite differences


class Check(NamedTuple):
    """The derivative of the weighted sum of the image in one direction, twice; size: what change of the image the step
    makes, relative to the image; count: replicates of each."""

    adjoint: Estimate
    difference: Estimate
    size: float
    count: int

    @property
    def z(self) -> float:
        """Beyond 3.5 as rarely as a normal variable: few replicates say little of their spread (Student's t)."""
        wider = stdtrit(self.count - 1, ndtr(3.5)) / 3.5
        return float((self.adjoint.mean - self.difference.mean) / (wider * self.sigma))

    @property
    def sigma(self) -> float:
        return float(np.hypot(self.adjoint.sigma, self.difference.sigma))

    @property
    def relative_sigma(self) -> float:
        return self.sigma / abs(float(self.difference.mean))


@functools.cache
def adjoints(
    make: Callable[[], Scene], spp: int, seeds: range, precision: str = "float32"
) -> list[dict[str, np.ndarray]]:
    """The gradient of every parameter, for each seed."""
    scene = make()
    weights, paths = smooth_weights(scene), list(scene.parameters)
    return [nr.render_vjp(scene, paths, spp=spp, seed=seed, precision=precision)[1](weights) for seed in seeds]


def direction_of(make: Callable[[], Scene], path: str) -> np.ndarray:
    """A direction for all numbers of a parameter at once, the largest of them 1: a random one, and as much of a first
    estimate of the gradient, so that the derivative is not small by chance."""
    (pilot,) = adjoints(make, 128, range(5000, 5001))
    rng = np.random.default_rng([ord(c) for c in path])
    direction = pilot[path] / np.abs(pilot[path]).max() + 0.5 * rng.uniform(-1, 1, pilot[path].shape)
    return np.asarray(direction / np.abs(direction).max())


def assert_images_adjoint(scene: Scene) -> None:
    """<J v, w> = <v, J^T w> in float64 to 1e-12, for directions of all parameters at once and weights of all pixels."""
    rng = np.random.default_rng(3)
    directions = {path: rng.normal(size=value.shape) for path, value in scene.parameters.items()}
    view = next(iter(scene.cameras.values()))
    weights = rng.normal(size=(view.height, view.width, 3))
    _, tangent = nr.render_jvp(scene, directions, spp=2, seed=5, precision="float64")
    gradient = nr.render_vjp(scene, list(directions), spp=2, seed=5, precision="float64")[1](weights)
    expected = sum(np.sum(gradient[path] * direction) for path, direction in directions.items())
    size = sum(np.sum(np.abs(gradient[path] * direction)) for path, direction in directions.items())
    assert abs(np.sum(weights * tangent) - expected) <= 1e-12 * size


def step_of(path: str) -> float:
    return STEPS.get(path.rsplit(".", 1)[1], 0.05)


def difference(
    make: Callable[[], Scene], path: str, seeds: Iterable[int], spp: int, precision: str = "float32"
) -> Estimate:
    """Of one parameter, in its direction_of."""
    return difference_along(make(), {path: direction_of(make, path)}, step_of(path), seeds, spp, precision)


def difference_along(
    scene: Scene,
    directions: Mapping[str, np.ndarray],
    step: float,
    seeds: Iterable[int],
    spp: int,
    precision: str = "float32",
) -> Estimate:
    """Central differences with the same random numbers on both sides, and Richardson's extrapolation of two steps."""
    weights = smooth_weights(scene)
    moved = {k: scene.replace({p: scene.parameters[p] + k * step * d for p, d in directions.items()}) for k in NEARBY}

    def slope(seed: int) -> np.ndarray:
        value = {k: np.sum(weights * nr.render(s, spp=spp, seed=seed, precision=precision)) for k, s in moved.items()}
        near, far = ((value[k] - value[-k]) / (2 * k * step) for k in (1, 2))
        return np.asarray((4 * near - far) / 3)

    return replicate(slope, seeds)


def check(
    make: Callable[[], Scene],
    path: str,
    spp: int,
    differences_spp: int,
    count: int = 12,
    precision: str = "float32",
) -> Check:
    """Of one parameter, in its direction_of."""
    directions = {path: direction_of(make, path)}
    return check_along(make, directions, step_of(path), spp, differences_spp, count, precision)


def check_along(
    make: Callable[[], Scene],
    directions: Mapping[str, np.ndarray],
    step: float,
    spp: int,
    differences_spp: int,
    count: int = 12,
    precision: str = "float32",
) -> Check:
    """`count` replicates of both; the two share no random numbers."""
    scene = make()
    slopes = np.array(
        [
            sum(np.sum(gradient[path] * d) for path, d in directions.items())
            for gradient in adjoints(make, spp, range(count), precision)
        ]
    )
    adjoint = Estimate(slopes.mean(), slopes.std(ddof=1) / np.sqrt(count))
    by_difference = difference_along(scene, directions, step, range(1000, 1000 + count), differences_spp, precision)
    total = np.sum(smooth_weights(scene) * nr.render(scene, spp=16))
    return Check(adjoint, by_difference, abs(float(by_difference.mean)) * step / float(total), count)
