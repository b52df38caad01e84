"""Which numbers of the parameters are checked, and along which line each of them moves."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import NrenderError, no_such_parameter
from ..scaling import scene_extent, typical_step
from ..scene import Scene
from .differences import FIRST_STEP

Index = tuple[int, ...]
Selection = tuple[str, Index | None]

UNIFORM = 0.25  # the share of a choice that does not ask how large the gradient is
INSIDE = 0.999  # of the way to a bound may be gone


@dataclass(frozen=True)
class Number:
    """index: of one number, or None for a line along all of them; line: (the parameter's shape) what one unit of t
    adds; unit: the derivative by t is so many times the one that is reported; low, high: how far t may go to both
    sides; scale: the size of the parameter's derivatives by a line like this."""

    path: str
    index: Index | None
    line: np.ndarray
    unit: float
    low: float
    high: float
    scale: float

    @property
    def name(self) -> str:
        return name_of(self.path, self.index)


def name_of(path: str, index: Index | None) -> str:
    """`path`, `path[2,1]`, or `path[all]` for the line along all numbers."""
    inside = "all" if index is None else ",".join(map(str, index))
    return f"{path}[{inside}]" if inside else path


def read_selections(scene: Scene, wrt: Iterable[str | Selection] | None) -> list[Selection]:
    """Paths, or (path, index) for one number; None: all parameters. NrenderError for what isn't there."""
    known = scene.parameters
    chosen = list(known) if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    selections: list[Selection] = []
    for item in chosen:
        if not isinstance(item, str) and not (isinstance(item, tuple) and len(item) == 2):
            raise NrenderError(f"wrt: expected a path, or (path, index), got {item!r}")
        path, index = (item, None) if isinstance(item, str) else item
        if path not in known:
            raise NrenderError(f"{path}: {no_such_parameter(path, known)}")
        shape = known[path].shape
        if index is not None:
            index = tuple(int(i) for i in index)
            if len(index) != len(shape) or not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
                raise NrenderError(f"{path}: expected an index into the shape {list(shape)}, got {list(index)}")
        selections.append((path, index))
    if not selections:
        raise NrenderError("wrt: expected at least one parameter, got none")
    return list(dict.fromkeys(selections))


def choose(
    scene: Scene, selections: Iterable[Selection], gradient: Mapping[str, np.ndarray], samples: int, seed: int
) -> list[Number]:
    """The numbers that are checked, given a first estimate of the gradient.

    All of a parameter that has at most `samples`; of a larger one so many, rather those that matter, and all together
    along one line. That goes at random, and as far up the gradient, so that its derivative is not small by chance.
    """
    extent = scene_extent(scene)
    found: dict[tuple[str, Index | None], Number] = {}
    for path, index in selections:
        place = _Place(scene, path, gradient[path], extent)
        size = place.value.size
        rng = np.random.default_rng([seed, zlib.crc32(path.encode())])
        if index is not None:
            indices: list[Index] = [index]
        elif size <= samples:
            indices = list(np.ndindex(place.value.shape))
        else:
            indices = _sample(place.effect, samples, rng)
        for one in indices:
            found.setdefault((path, one), place.one(one))
        if index is None and size > samples:
            found.setdefault((path, None), place.together(rng))
    return list(found.values())


def _sample(effect: np.ndarray, count: int, rng: np.random.Generator) -> list[Index]:
    """Indices without repetition, mostly in proportion to the effect, in the order of the array."""
    size = np.abs(effect).ravel()
    total = size.sum()
    chance = np.full(size.size, 1 / size.size)
    if total > 0:
        chance = UNIFORM * chance + (1 - UNIFORM) * size / total
    flat = np.sort(rng.choice(size.size, count, replace=False, p=chance))
    return [tuple(int(i) for i in np.unravel_index(k, effect.shape)) for k in flat]


class _Place:
    """One parameter: its value, typical steps, and how many of these it may go down and up."""

    def __init__(self, scene: Scene, path: str, gradient: np.ndarray, extent: float) -> None:
        low, high = scene.limits(path)
        self.path, self.value = path, scene.parameters[path]
        lower, upper = np.full(self.value.shape, low), np.full(self.value.shape, high)
        self.step = typical_step(path, self.value, extent, lower, upper)
        self.down, self.up = INSIDE * (self.value - low) / self.step, INSIDE * (high - self.value) / self.step
        self.effect = gradient * self.step
        self.scale = float(np.abs(self.effect).max(initial=0.0))

    def one(self, index: Index) -> Number:
        line = np.zeros(self.value.shape)
        line[index] = self.step[index]
        down, up = float(self.down[index]), float(self.up[index])
        return Number(self.path, index, line, float(self.step[index]), down, up, self.scale)

    def together(self, rng: np.random.Generator) -> Number:
        """The largest part of the line is a typical step. What is at a bound goes inward."""
        part = rng.uniform(-1, 1, self.value.shape)
        if self.scale > 0:
            part = part + self.effect / self.scale
        part /= np.abs(part).max()
        near = 4 * FIRST_STEP * np.abs(part)
        part = np.where(self.up < near, -np.abs(part), np.where(self.down < near, np.abs(part), part))
        with np.errstate(divide="ignore"):
            ahead = float(np.min(np.where(part > 0, self.up, self.down) / np.abs(part)))
            behind = float(np.min(np.where(part > 0, self.down, self.up) / np.abs(part)))
        return Number(self.path, None, part * self.step, 1.0, behind, ahead, float(np.abs(self.effect * part).max()))
