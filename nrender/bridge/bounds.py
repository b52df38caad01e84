"""Between what the numbers of a parameter may be, in the type of numbers that a library keeps them in."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..scene import Scene


def spec_of(scene: Scene, path: str) -> Any:
    """How the scene's `optimize` section fits this parameter; the usual if it says nothing, or speaks of coefficients
    of a basis. SceneError for a path that is none."""
    given = scene.optimize.parameters.get(path) if scene.optimize else None
    if given is not None and given.basis is None:
        return given
    made = scene.with_optimize({"parameters": {path: {}}}).optimize
    assert made is not None
    return made.parameters[path]


def bounds_of(scene: Scene, path: str, kind: Any) -> tuple[np.ndarray, np.ndarray]:
    """(lower, upper) of the section, which are within what the parameter's key allows, as numbers of this type, rounded
    inward: what is clamped to them is in range."""
    lower, upper = spec_of(scene, path).bounds
    low, high = lower.astype(kind), upper.astype(kind)
    return np.where(low < lower, np.nextafter(low, kind(np.inf)), low), np.where(
        high > upper, np.nextafter(high, kind(-np.inf)), high
    )
