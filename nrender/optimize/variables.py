"""The free scalars of a scene as one vector in scaled units, and back.

x = (value - start) / step for every component that is free: x = 0 is the start, exactly, and one
unit is a typical step (see `scaling`).  A component is free unless its mask is 0 or its bounds
coincide.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nrender.errors import Problem, SceneError
from nrender.optimize.scaling import scene_extent, typical_step


class Block(NamedTuple):
    """The free components of one parameter, and the slice of x that they are."""

    path: str
    start: np.ndarray  # the parameter's shape
    lower: np.ndarray  # the parameter's shape, -inf where unbounded
    upper: np.ndarray
    step: np.ndarray
    free: np.ndarray  # flat indices of the free components
    part: slice


class Variables:
    """What a method varies.  `scene` is the start, with every `init` applied."""

    def __init__(self, scene: Any, blocks: list[Block]) -> None:
        self.scene = scene
        self.blocks = blocks
        self.paths = [block.path for block in blocks]
        self.size = blocks[-1].part.stop
        self.x0 = np.zeros(self.size)
        self.lower = self._gather(lambda b: (b.lower - b.start) / b.step)
        self.upper = self._gather(lambda b: (b.upper - b.start) / b.step)

    def _gather(self, of: Any) -> np.ndarray:
        return np.concatenate([of(block).reshape(-1)[block.free] for block in self.blocks])

    @property
    def names(self) -> list[str]:
        """`path` or `path[i,j]` of every free scalar, in the order of x."""
        names = []
        for block in self.blocks:
            for flat in block.free:
                index = np.unravel_index(flat, block.start.shape)
                inside = ",".join(str(int(i)) for i in index)
                names.append(f"{block.path}[{inside}]" if inside else block.path)
        return names

    @property
    def scalar_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of the free scalars in their own units, in the order of `names`."""
        return self._gather(lambda b: b.lower), self._gather(lambda b: b.upper)

    def values(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """{path: value} at x, held inside the bounds whatever the rounding."""
        result = {}
        for block in self.blocks:
            value = block.start.copy()
            flat = value.reshape(-1)
            flat[block.free] += x[block.part] * block.step.reshape(-1)[block.free]
            low, high = (b.reshape(-1)[block.free] for b in (block.lower, block.upper))
            flat[block.free] = np.clip(flat[block.free], low, high)
            result[block.path] = value
        return result

    def scalars(self, x: np.ndarray) -> np.ndarray:
        """The free scalars in their own units, in the order of `names`."""
        values = self.values(x)
        return np.concatenate([values[b.path].reshape(-1)[b.free] for b in self.blocks])

    def apply(self, x: np.ndarray) -> Any:
        """The scene at x.  SceneError if it isn't a valid one."""
        return self.scene.replace(self.values(x))

    def gradient(self, gradients: dict[str, np.ndarray]) -> np.ndarray:
        """{path: derivative} to the derivative with respect to x."""
        return self._gather(lambda b: np.asarray(gradients[b.path], np.float64) * b.step)

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
    inits = {path: spec.init for path, spec in specs.items() if spec.init is not None}
    scene = scene.replace(inits)
    values, extent = scene.parameters, scene_extent(scene)
    blocks: list[Block] = []
    used = 0
    for path, spec in specs.items():
        start, (lower, upper) = values[path], spec.bounds
        # A mask and bounds have the parameter's shape; equal bounds leave nothing to vary.
        free = np.flatnonzero(spec.mask & (lower < upper))
        if np.any(spec.mask & ((start < lower) | (start > upper))):
            raise _problem(scene, path, "expected a start within the bounds, got one outside")
        step = typical_step(path, start, extent, lower, upper)
        if free.size:
            part = slice(used, used + free.size)
            blocks.append(Block(path, start, lower, upper, step, free, part))
            used += free.size
    if not blocks:
        raise _problem(scene, "parameters", "expected a free component, got none: bounds coincide")
    return Variables(scene, blocks)
