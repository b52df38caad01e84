"""How certain a fitted number is, in words: `0.7 ± 0.0012`."""

from __future__ import annotations

from typing import Any

import numpy as np

UNKNOWN = "not determined"


def half_widths(interval: Any) -> np.ndarray | None:
    """(n,) of intervals (n, 2), infinite where the pictures say nothing; None for None."""
    if interval is None:
        return None
    low, high = np.asarray(interval, np.float64).T
    with np.errstate(invalid="ignore"):
        half = 0.5 * (high - low)
    return np.where(np.isfinite(half), half, np.inf)


def plus_minus(half: float) -> str:
    """`± 0.0012`, or that it isn't determined."""
    return f"± {half:.2g}" if np.isfinite(half) else UNKNOWN


def with_half(value: float, half: float) -> str:
    """`0.7 ± 0.0012`, or `0.7, not determined`."""
    return f"{value:.6g} {plus_minus(half)}" if np.isfinite(half) else f"{value:.6g}, {UNKNOWN}"
