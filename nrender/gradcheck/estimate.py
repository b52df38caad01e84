"""Means over independent seeds, and how sure they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LIMIT = 3.5  # how many sigmas two estimates of one number may be apart
MIN_SEEDS = 16


class Estimate(NamedTuple):
    """A mean and its sigma."""

    mean: float
    sigma: float


def seeds_of(seed: int, purpose: int, count: int) -> list[int]:
    """Seeds of renders, others for each purpose; a longer list begins with the shorter."""
    return [int(word) for word in np.random.SeedSequence([seed, purpose]).generate_state(count)]


def standard_error(values: np.ndarray) -> float:
    """Of the mean of independent values; so much wider as few of them say little of their spread: a mean is more than
    3.5 of it from the truth as rarely as a normal variable (Student's t)."""
    from scipy.special import ndtr, stdtrit  # as slow to import as nrender itself

    count = len(values)
    wider = stdtrit(count - 1, ndtr(LIMIT)) / LIMIT
    return float(wider * values.std(ddof=1) / np.sqrt(count))


def threshold(comparisons: int) -> float:
    """The |z| that the largest of so many may have: 3.5 for one, for more what is as rare for all together
    (Bonferroni)."""
    from scipy.special import ndtr, ndtri

    return float(-ndtri(ndtr(-LIMIT) / max(comparisons, 1)))
