"""What a fit that benchmarks/fits.py times consists of.

A fitted number is `start + step * x`, x = 0 at the start, for every method and for Mitsuba: so all take the same steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import nrender as nr

Values = dict[str, np.ndarray]


class Own(NamedTuple):
    """One way to fit with nrender. rate: of adam, None for the others; keys: of the vertices, more for their spec."""

    method: str
    spp: int
    iterations: int
    rate: float | None = None
    keys: tuple[tuple[str, Any], ...] = ()


class Peer(NamedTuple):
    """Adam in Mitsuba. rate: in units of x; options: of the integrator."""

    plugin: str
    spp: int
    rate: float
    options: tuple[tuple[str, Any], ...] = ()


class Problem(NamedTuple):
    """place: the function of fit_mitsuba.py that puts the numbers into Mitsuba's scene; shape: what it moves.

    specs: of the `optimize` section without `init`, in the order of x; error: of {path: value}, 1 is found.
    """

    about: str
    goal: str
    truth: nr.Scene
    specs: dict[str, dict[str, Any]]
    start: Callable[[np.random.Generator], Values]
    error: Callable[[Values], float]
    own: dict[str, Own]
    place: str
    shape: str
    peers: dict[str, Peer]
    seconds: float = 20.0


def free(spec: dict[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    """Flat indices of what a spec leaves free."""
    return np.flatnonzero(np.broadcast_to(np.array(spec.get("mask", 1), bool), shape))


NONE = (("guiding", "none"),)
