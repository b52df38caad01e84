"""Derivatives of AOVs by the tangent, and by finite differences of whole pictures, each with its standard error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from estimates import Estimate, replicate
from scipy.special import ndtr, stdtrit

import nrender as nr
from nrender.aov import AOVS
from nrender.gradcheck import smooth_weights

SMOOTH = [name for name, aov in AOVS.items() if aov.differentiable]
COUNT = 12  # replicates
STEP = 0.02


def weights_of(scene: nr.Scene, names: list[str] = SMOOTH) -> dict[str, np.ndarray]:
    """Of each picture, around 1 and smooth over the pixels."""
    all_weights = smooth_weights(scene)
    flat = {name: all_weights[..., : AOVS[name].channels] for name in names}
    return {name: w[..., 0] if w.shape[-1] == 1 else w for name, w in flat.items()}


class Check(NamedTuple):
    """Of each AOV's weighted sum the derivative in one direction, twice; size: the sum's own size."""

    tangent: Estimate
    difference: Estimate
    size: np.ndarray

    @property
    def sigma(self) -> np.ndarray:
        """Of both. The two sides of an outline are looked at a ten-thousandth of a pixel from it (primary.OFFSET):
        that may be 1e-3 of a derivative."""
        return np.sqrt(self.tangent.sigma**2 + self.difference.sigma**2 + (1e-3 * self.difference.mean) ** 2)

    @property
    def z(self) -> np.ndarray:
        """Beyond 3.5 as rarely as a normal variable's (Student's t for few replicates)."""
        wider = stdtrit(COUNT - 1, ndtr(3.5)) / 3.5
        apart = self.tangent.mean - self.difference.mean
        return np.where(self.sigma > 1e-9 * self.size, apart / (wider * np.maximum(self.sigma, 1e-300)), 0.0)


def check(
    make: Callable[[], nr.Scene], directions: Mapping[str, np.ndarray], step: float = STEP, spp: int = 64
) -> Check:
    """In this direction, for all AOVs. Central differences with the same random numbers on both sides, and
    Richardson's extrapolation of two steps."""
    scene = make()
    weights, keys = weights_of(scene), {"spp": spp, "precision": "float64"}

    def sums(of: nr.Scene, seed: int) -> np.ndarray:
        found = nr.render_aovs(of, SMOOTH, seed=seed, **keys)
        return np.array([np.sum(weights[name] * found[name]) for name in SMOOTH])

    def by_tangent(seed: int) -> np.ndarray:
        tangents = nr.render_aovs_jvp(scene, SMOOTH, directions, seed=seed, **keys)[1]
        return np.array([np.sum(weights[name] * tangents[name]) for name in SMOOTH])

    moved = {
        k: scene.replace({path: scene.parameters[path] + k * step * d for path, d in directions.items()})
        for k in (-2, -1, 1, 2)
    }

    def slope(seed: int) -> np.ndarray:
        near, far = ((sums(moved[k], seed) - sums(moved[-k], seed)) / (2 * k * step) for k in (1, 2))
        return (4 * near - far) / 3

    tangent, difference = replicate(by_tangent, range(COUNT)), replicate(slope, range(1000, 1000 + COUNT))
    return Check(tangent, difference, np.abs(sums(scene, 1)))
