"""The free scalars of a scene as one vector in scaled units, and back.

x is a row of blocks, each the coordinates of one parameter (see `coordinates`): x = 0 is the start, exactly, and one
unit is a typical step (see `scaling`).  A component is free unless its mask is 0 or its bounds coincide.  A parameter
that is tied to another has no coordinates: it takes the other's value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from nrender.errors import Problem, SceneError
from nrender.optimize.coordinates import Coefficients, Coordinates, Linear, Log, Rotation, Sigmoid, Smooth
from nrender.optimize.coordinates.basis import nearest_coefficients
from nrender.scaling import scene_extent, typical_step

ELEMENTWISE = {"none": Linear, "log": Log, "sigmoid": Sigmoid}


class Block(NamedTuple):
    """The coordinates of one parameter, the slice of x that they are, and the parameters that are tied to it."""

    coordinates: Coordinates
    part: slice
    ties: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return self.coordinates.path


class Variables:
    """What a method varies.  `scene` is the start, with every `init` applied."""

    def __init__(self, scene: Any, blocks: list[Block]) -> None:
        self.scene = scene
        self.blocks = blocks
        self.paths = [path for block in blocks for path in (block.path, *block.ties)]
        self.size = blocks[-1].part.stop
        self.x0 = np.zeros(self.size)
        self.lower = np.concatenate([b.coordinates.lower for b in blocks])
        self.upper = np.concatenate([b.coordinates.upper for b in blocks])

    @property
    def names(self) -> list[str]:
        """Of every free scalar, in the order of x."""
        return [name for block in self.blocks for name in block.coordinates.names]

    @property
    def scalar_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of the free scalars in their own units, in the order of `names`."""
        low, high = zip(*(b.coordinates.scalar_bounds for b in self.blocks), strict=True)
        return np.concatenate(low), np.concatenate(high)

    def values(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """{path: value} at x, held inside the bounds whatever the rounding."""
        result = {}
        for block in self.blocks:
            value = block.coordinates.value(x[block.part])
            result.update(dict.fromkeys((block.path, *block.ties), value))
        return result

    def directions(self, x: np.ndarray, dx: np.ndarray) -> dict[str, np.ndarray]:
        """{path: velocity} of what moves when x moves by dx."""
        result = {}
        for block in self.blocks:
            if np.any(dx[block.part]):
                velocity = block.coordinates.push(x[block.part], dx[block.part])
                result.update(dict.fromkeys((block.path, *block.ties), velocity))
        return result

    def gradient(self, x: np.ndarray, gradients: dict[str, np.ndarray]) -> np.ndarray:
        """{path: derivative} to the derivative with respect to x: the transpose of `directions`."""
        parts = []
        for block in self.blocks:
            total = sum(np.asarray(gradients[path], np.float64) for path in (block.path, *block.ties))
            parts.append(block.coordinates.pull(x[block.part], np.asarray(total)))
        return np.concatenate(parts)

    def scalars(self, x: np.ndarray) -> np.ndarray:
        """The free scalars in their own units, in the order of `names`."""
        return np.concatenate([b.coordinates.scalars(x[b.part]) for b in self.blocks])

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """The derivative of `scalars` by x, (n, n): for few of them."""
        total = np.zeros((self.size, self.size))
        for coordinates, part, _ in self.blocks:
            axes = np.eye(part.stop - part.start)
            total[part, part] = np.stack([coordinates.slope_along(x[part], axis) for axis in axes], axis=1)
        return total

    def steps(self, x: np.ndarray, count: int) -> np.ndarray:
        """What a unit of x is to each of the first `count` free scalars, in their own units."""
        found: list[float] = []
        for block in self.blocks:
            if len(found) < count:
                whole = x[block.part]
                axes = np.eye(min(count - len(found), whole.size), whole.size)
                found += [float(block.coordinates.slope_along(whole, axis)[k]) for k, axis in enumerate(axes)]
        return np.array(found)

    def apply(self, x: np.ndarray) -> Any:
        """The scene at x.  SceneError if it isn't a valid one."""
        return self.scene.replace(self.values(x))

    def coefficients(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """{path: (K,)} of the parameters that have a basis."""
        bases = [(b, b.coordinates) for b in self.blocks if isinstance(b.coordinates, Coefficients)]
        return {block.path: c.coefficients(x[block.part]) for block, c in bases}

    def path_of(self, index: int) -> str:
        """The parameter that component `index` of x belongs to."""
        return next(b.path for b in self.blocks if b.part.start <= index < b.part.stop)


def _problem(scene: Any, key: str, message: str) -> SceneError:
    file, line = scene.where("optimize")
    return SceneError([Problem(file, line, "optimize", key, message)])


def free_variables(scene: Any) -> Variables:
    """The variables of the scene's `optimize` section.  SceneError where there are none."""
    specs = scene.optimize.parameters if scene.optimize is not None else {}
    if not specs:
        raise _problem(scene, "parameters", "expected at least one parameter to fit, got none")
    scene, extent = scene.replace(_starts(scene, specs)), scene_extent(scene)
    blocks: list[Block] = []
    used = 0
    for path, spec in specs.items():
        if spec.tie is not None:
            continue
        ties = tuple(other for other, its in specs.items() if its.tie == path)
        coordinates = _coordinates(scene, path, spec, _common_bounds(specs, path, ties), extent)
        size = 0 if coordinates is None else len(coordinates.names)
        if coordinates is not None:
            blocks.append(Block(coordinates, slice(used, used + size), ties))
        used += size
    if not blocks:
        raise _problem(scene, "parameters", "expected a free component, got none: bounds coincide")
    return Variables(scene, blocks)


def without_inits(scene: Any, paths: Iterable[str]) -> Any:
    """The scene whose next fit starts at its values of these parameters, whatever the `init` in its file."""
    specs = scene.optimize.parameters if scene.optimize else {}
    if all(path not in specs or specs[path].init is None for path in paths):
        return scene
    section = dict(scene.document["optimize"])
    section["parameters"] = {
        path: {k: v for k, v in (keys or {}).items() if k != "init" or path not in paths}
        for path, keys in section["parameters"].items()
    }
    return scene.with_optimize(section)


def _starts(scene: Any, specs: Any) -> dict[str, np.ndarray]:
    """{path: value} of what doesn't start as the scene is."""
    values = {}
    for path, spec in specs.items():
        if spec.basis is not None and spec.init is not None:
            values[path] = spec.basis.mean + np.tensordot(spec.init, spec.basis.directions, 1)
        elif spec.init is not None:
            values[path] = spec.init
    return values | {p: values.get(s.tie, scene.parameters[s.tie]) for p, s in specs.items() if s.tie is not None}


def _common_bounds(specs: Any, path: str, ties: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """What the parameter and all that are tied to it may be; those of a basis hold for its coefficients."""
    lower, upper = specs[path].bounds
    if specs[path].basis is None:
        for tie in ties:
            lower, upper = np.maximum(lower, specs[tie].bounds[0]), np.minimum(upper, specs[tie].bounds[1])
    return lower, upper


def _coordinates(
    scene: Any, path: str, spec: Any, bounds: tuple[np.ndarray, np.ndarray], extent: float
) -> Coordinates | None:
    """None if nothing is free."""
    start, (lower, upper) = scene.parameters[path], bounds
    if spec.basis is not None:
        start = nearest_coefficients(spec.basis, start) if spec.init is None else np.array(spec.init)
    # A mask and bounds have the parameter's shape; equal bounds leave nothing to vary.
    free = np.flatnonzero(spec.mask & (lower < upper))
    if np.any(spec.mask & ((start < lower) | (start > upper))):
        raise _problem(scene, path, "expected a start within the bounds, got one outside")
    if not free.size:
        return None
    if spec.basis is not None:
        step = spec.basis.scale if spec.step is None else np.full(start.shape, spec.step)
        return Coefficients(path, spec.basis, start, bounds, step, free)
    usual = typical_step(path, start, extent, lower, upper)
    step = usual if spec.step is None else np.full(start.shape, spec.step)
    if spec.transform == "rotation":
        return Rotation(path, start, float(step.flat[0]), free)
    if spec.transform == "large_steps":
        from nrender.optimize.mesh import LargeSteps

        faces = scene.shapes[path.split(".")[1]].faces
        return Smooth(path, start, LargeSteps(faces, start, spec.smoothness), float(step.flat[0]))
    return ELEMENTWISE[spec.transform](path, start, bounds, step, free)
