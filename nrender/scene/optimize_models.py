"""What a checked `optimize` section is made of: frozen objects with read-only float64 arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .models import Frozen, numbers_text


class Basis(NamedTuple):
    """value = mean + coefficients @ directions.  directions: (K, *shape); mean: shape; scale: (K,), a
    usual size of each coefficient."""

    directions: np.ndarray
    mean: np.ndarray
    scale: np.ndarray


class PriorSpec(NamedTuple):
    """kind: a name of optimize_prior.PRIORS; options: its keys, `to` an array."""

    kind: str
    weight: float
    options: Mapping[str, Any]


@dataclass(frozen=True)
class LossSpec:
    """type: a name of optimize_loss.LOSSES; options: its keys; weights: {camera, or "" for any: file};
    aovs: {name of an AOV: loss of it}."""

    type: str = "l2"
    options: Mapping[str, float | None] = field(default_factory=Frozen)
    levels: int = 1
    weight: float = 1.0
    weights: Mapping[str, Any] = field(default_factory=Frozen)
    aovs: Mapping[str, LossSpec] = field(default_factory=Frozen)

    def __str__(self) -> str:
        more = [f"{key} {value:g}" for key, value in self.options.items() if value is not None]
        more += [f"{self.levels} levels"] * (self.levels > 1) + [f"{k}: {v}" for k, v in self.aovs.items()]
        return self.type + (f" ({', '.join(more)})" if more else "")


@dataclass(frozen=True, eq=False)
class ParameterSpec:
    """How one parameter is fitted; arrays have the parameter's shape, with a basis that of its
    coefficients, (K,).

    init: where to start, or None for the scene's value; bounds: (lower, upper), within the range
    that the key allows, infinite where nothing bounds it; mask: bool, True = fitted; transform: 'none', 'log',
    'sigmoid', 'rotation' or 'large_steps', with its smoothness; step: what one step of a method is, or None for the
    usual; tie: the path of the parameter that it equals, or None.
    """

    init: np.ndarray | None
    bounds: tuple[np.ndarray, np.ndarray]
    mask: np.ndarray
    transform: str = "none"
    smoothness: float | None = None
    step: float | None = None
    tie: str | None = None
    basis: Basis | None = None
    priors: tuple[PriorSpec, ...] = ()

    def __repr__(self) -> str:
        init = "scene's" if self.init is None else numbers_text(self.init)
        return (f"ParameterSpec(init={init}, {int(self.mask.sum())} of {self.mask.size} fitted)")


@dataclass(frozen=True, eq=False)
class OptimizeSpec:
    """The `optimize` section.  step: the rate of Adam and SGD, or None for the method's default; max_spp: how far a
    method may raise the samples a pixel, or None for its default."""

    parameters: Mapping[str, ParameterSpec]
    loss: LossSpec = field(default_factory=LossSpec)
    method: str = "l-bfgs-b"
    iterations: int = 100
    step: float | None = None
    max_spp: int | None = None
