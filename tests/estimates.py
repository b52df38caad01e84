"""Means and standard errors from renders with different seeds, and how far they are from what they should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """Mean over replicates and its standard error, arrays of one shape."""

    mean: np.ndarray
    sigma: np.ndarray

    def z(self, truth: np.ndarray | float) -> np.ndarray:
        """Distance from the truth in standard errors. A component without noise must be right to float32."""
        noise = np.hypot(self.sigma, 1e-6 * np.abs(truth))
        difference = self.mean - truth
        return np.divide(difference, noise, out=np.zeros_like(difference), where=difference != 0.0)


def replicate(estimator: Callable[[int], np.ndarray], seeds: Iterable[int]) -> Estimate:
    """`estimator(seed)` for each seed: independent estimates of one array."""
    values = np.array([estimator(seed) for seed in seeds], np.float64)
    return Estimate(values.mean(0), values.std(0, ddof=1) / np.sqrt(len(values)))


def z_between(a: Estimate, b: Estimate) -> np.ndarray:
    """Distance of two independent estimates in standard errors; 0 where neither has noise and they agree."""
    difference = a.mean - b.mean
    with np.errstate(divide="ignore"):
        return np.divide(difference, np.hypot(a.sigma, b.sigma), out=np.zeros_like(difference), where=difference != 0.0)
