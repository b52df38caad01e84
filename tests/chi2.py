"""Pearson's chi-squared test."""

import numpy as np
from scipy.stats import chi2

LEVEL = 1e-3  # chance that one test function fails although all is right


def chi_squared_test(observed, expected, tests=1):
    """Fail unless the counts `observed` agree with `expected` (same total). Cells that expect fewer than 5 are pooled.
    `tests`: how many of these belong together; the level of each is Sidak's."""
    observed, expected = np.ravel(observed).astype(float), np.ravel(expected).astype(float)
    assert abs(expected.sum() - observed.sum()) < 1e-3 * observed.sum(), "the density does not integrate to 1"
    assert not observed[expected == 0.0].any(), "samples where the density is 0"
    order = np.argsort(expected)
    small = np.searchsorted(np.cumsum(expected[order]), 5.0, side="left") + 1
    small = max(small, np.searchsorted(expected[order], 5.0)) if expected.min() < 5.0 else 0
    pooled, rest = order[:small], order[small:]
    o, e = observed[rest], expected[rest]
    if small:
        o, e = np.append(o, observed[pooled].sum()), np.append(e, expected[pooled].sum())
    assert len(e) > 1
    p = chi2.sf(np.sum((o - e) ** 2 / e), len(e) - 1)
    assert p > 1.0 - (1.0 - LEVEL) ** (1.0 / tests), f"p = {p:.2e}"
