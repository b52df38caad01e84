"""All priors of a fit, as functions of x: what is known beside the pictures.

Of a parameter with a basis `l2` is about its coefficients, and all others about its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nrender.errors import Problem, SceneError
from nrender.optimize.coordinates import Coefficients, Coordinates
from nrender.optimize.priors import PRIORS, Prior, PriorError, evaluate
from nrender.optimize.variables import Block, Variables


class Item(NamedTuple):
    """A prior of what a block of x stands for: a value, or coefficients."""

    prior: Prior
    part: slice
    coordinates: Coordinates


class PriorSum:
    """The sum of weight * |r|^2 over all items."""

    def __init__(self, items: Sequence[Item] = ()) -> None:
        self.items = list(items)

    def evaluate(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """(value, gradient (n,))."""
        value, total = 0.0, np.zeros(x.size)
        for prior, part, coordinates in self.items:
            one, gradient = evaluate(prior, coordinates.value(x[part]))
            value += one
            total[part] += coordinates.pull(x[part], gradient)
        return value, total

    def residual_tangents(self, x: np.ndarray, directions: np.ndarray) -> list[np.ndarray]:
        """For each item the velocities of its residuals, weighted, (k, m), for directions (k, n)."""
        found = []
        for prior, part, coordinates in self.items:
            value, root = coordinates.value(x[part]), np.sqrt(prior.weight)
            rows = [root * prior.jvp(value, coordinates.push(x[part], d[part])) for d in directions]
            found.append(np.array(rows))
        return found

    def curvature_product(self, x: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """2 J^T J direction, (n,)."""
        total = np.zeros(x.size)
        for prior, part, coordinates in self.items:
            value = coordinates.value(x[part])
            along = prior.jvp(value, coordinates.push(x[part], direction[part]))
            total[part] += coordinates.pull(x[part], 2 * prior.weight * prior.vjp(value, along))
        return total


def priors_of(variables: Variables) -> PriorSum:
    """The priors of the scene's `optimize` section.  SceneError for one that doesn't suit its parameter."""
    specs = variables.scene.optimize.parameters
    return PriorSum([item for block in variables.blocks for item in _items(variables, block, specs[block.path])])


def _items(variables: Variables, block: Block, spec: Any) -> list[Item]:
    found = []
    for prior in spec.priors:
        coordinates, scene = block.coordinates, variables.scene
        if prior.kind == "l2" and isinstance(coordinates, Coefficients):
            coordinates = coordinates.inner
        kind = PRIORS[prior.kind]
        start = coordinates.value(variables.x0[block.part])
        wrong = kind.applies(block.path, scene)
        try:
            if wrong:
                raise PriorError(wrong)
            made = kind.make(block.path, start, scene, weight=prior.weight, **prior.options)
        except PriorError as error:
            file, line = scene.where("optimize")
            key = f"prior.{prior.kind}"
            raise SceneError([Problem(file, line, f"optimize '{block.path}'", key, str(error))]) from None
        found.append(Item(made, block.part, coordinates))
    return found
