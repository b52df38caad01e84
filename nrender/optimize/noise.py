"""Is a gradient anything but noise?  A test with fresh random numbers.

DRAWS independent estimates g_i of the gradient at one point are taken.  It counts as distinguishable from zero if
either of two tests says so, each at a level of LEVEL / 2:

- one of its components: Student's t of each component, with Bonferroni's correction for their number;
- all of it: the products g_i . g_j of all pairs.  Their expectation is |E g|^2; where E g is 0 they are uncorrelated,
  whatever the covariance of the components, so that Student's t of their mean holds.

Components at a bound that descent would cross are left out: nothing is to be gained there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

DRAWS = 5
LEVEL = 0.05


class NoiseTest(NamedTuple):
    """single, joint: the two statistics over their thresholds; the gradient is noise if both are below 1."""

    single: float
    joint: float

    @property
    def is_noise(self) -> bool:
        return self.single < 1 and self.joint < 1


def blocked(x: np.ndarray, gradient: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """(d,) bool: the components at a bound that descent would cross."""
    return ((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))


def noise_test(gradients: np.ndarray, x: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> NoiseTest:
    """gradients: (n, d), independent estimates at x (d,)."""
    from scipy.special import stdtrit  # slow to import

    mean = gradients.mean(axis=0)
    free = gradients[:, ~blocked(x, mean, lower, upper)]
    count, size = free.shape
    if not size:
        return NoiseTest(0.0, 0.0)
    error = free.std(axis=0, ddof=1) / np.sqrt(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(free.mean(axis=0) == 0, 0.0, np.abs(free.mean(axis=0)) / error)
    single = float(t.max()) / float(stdtrit(count - 1, 1 - LEVEL / 4 / size))
    gram = free @ free.T
    pairs = gram[np.triu_indices(count, 1)]
    spread = float(pairs.std(ddof=1)) / np.sqrt(len(pairs))
    ratio = float(pairs.mean()) / spread if spread > 0 else (np.inf if pairs.mean() > 0 else 0.0)
    return NoiseTest(single, ratio / float(stdtrit(len(pairs) - 1, 1 - LEVEL / 2)))


def is_noise(sequence: np.ndarray) -> bool:
    """Whether the gradients (n, d) of consecutive steps are noise: none of the means of their components differs from
    0 (Student's t with Bonferroni's correction), and the product of one with the next is no more than 0 on average
    (t too: where they are noise these products are uncorrelated)."""
    from scipy.special import stdtrit

    count, size = sequence.shape
    if not size:
        return True
    error = sequence.std(axis=0, ddof=1) / np.sqrt(count)
    threshold = float(stdtrit(count - 1, 1 - LEVEL / 2 / size))
    products = np.sum(sequence[1:] * sequence[:-1], axis=1)
    spread = float(products.std(ddof=1)) / np.sqrt(count - 1)
    alike = float(products.mean()) > float(stdtrit(count - 2, 1 - LEVEL)) * spread
    return not alike and bool(np.all(np.abs(sequence.mean(axis=0)) <= threshold * error))
