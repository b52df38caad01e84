"""Which random numbers: those of the picture, and those of its derivative."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import NrenderError


class Seeds(NamedTuple):
    """picture: of what is shown; derivative: of the paths that a derivative replays. Where they are equal it is the
    derivative of this very picture, noise and all; where not, it is independent of the picture's noise, and a loss of
    any shape gets a gradient whose weights don't know the paths that they weigh."""

    picture: int
    derivative: int


def seeds_of(seed: Any) -> Seeds:
    """Of a whole number, for both, or of a pair. NrenderError for anything else."""
    pair = tuple(seed) if isinstance(seed, tuple | list) else (seed, seed)
    if len(pair) != 2 or not all(isinstance(one, int | np.integer) and not isinstance(one, bool) for one in pair):
        raise NrenderError(f"seed: expected a whole number, or a pair of them, got {seed!r}")
    return Seeds(*(int(one) & 0xFFFFFFFF for one in pair))
