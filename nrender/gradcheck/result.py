"""What a gradient check found, number by number, and what that means."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .estimate import Estimate, threshold
from .numbers import Index, name_of

NOISY = 0.1  # sigma relative to a number that says nothing of it any more
SMALL = 0.02  # of a parameter's largest derivative: a smaller one need be no more precise

AGREE, DISAGREE, TOO_NOISY = "agree", "disagree", "too noisy to tell"


@dataclass(frozen=True)
class Row:
    """The derivative of the loss by one number (by all at once along a line: index None), twice.

    least: how large it is at least taken to be when it is asked whether sigma is small; step: that of the finite
    differences, in the number's own unit (along a line: of the line).
    """

    path: str
    index: Index | None
    adjoint: float
    adjoint_sigma: float
    difference: float
    difference_sigma: float
    step: float
    least: float = 0.0

    @property
    def name(self) -> str:
        return name_of(self.path, self.index)

    @property
    def sigma(self) -> float:
        return math.hypot(self.adjoint_sigma, self.difference_sigma)

    @property
    def z(self) -> float:
        """How many sigmas the two are apart; infinite if they differ without noise, NaN if there is no difference."""
        apart = self.adjoint - self.difference
        return apart / self.sigma if self.sigma > 0 else math.copysign(math.inf, apart) if apart else 0.0

    @property
    def relative_sigma(self) -> float:
        size = max(abs(self.adjoint), abs(self.difference), self.least)
        return self.sigma / size if size > 0 else 0.0

    def verdict(self, limit: float) -> str:
        if math.isnan(self.z):
            return TOO_NOISY
        return DISAGREE if abs(self.z) > limit else AGREE if self.relative_sigma <= NOISY else TOO_NOISY


@dataclass(frozen=True)
class GradCheck:
    """rows: one for each number; seconds: how long it took. As text: a table, and the verdict in words."""

    rows: tuple[Row, ...]
    seconds: float

    @property
    def threshold(self) -> float:
        """What max_abs_z may be: by chance it is more in one of 2000 checks of a right gradient, however many
        numbers there are."""
        return threshold(len(self.rows))

    @property
    def max_abs_z(self) -> float:
        """The largest |z|, NaN aside."""
        return max((abs(row.z) for row in self.rows if not math.isnan(row.z)), default=0.0)

    @property
    def verdicts(self) -> list[str]:
        """Of each row: "agree", "disagree" or "too noisy to tell"."""
        return [row.verdict(self.threshold) for row in self.rows]

    @property
    def verdict(self) -> str:
        """ "disagree" if one does; else "agree" if one does; else "too noisy to tell"."""
        found = self.verdicts
        return next((word for word in (DISAGREE, AGREE) if word in found), TOO_NOISY)

    @property
    def ok(self) -> bool:
        """Whether the verdict is "agree"."""
        return self.verdict == AGREE

    def __str__(self) -> str:
        titles = ("parameter", "index", "adjoint", "finite difference", "z", "verdict")
        cells = [titles, *(_cells(row, verdict) for row, verdict in zip(self.rows, self.verdicts, strict=True))]
        widths = [max(len(line[k]) for line in cells) for k in range(len(titles))]
        lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
        return "\n".join([line.rstrip() for line in lines] + [self.summary])

    @property
    def summary(self) -> str:
        """One line: how many agree, and how sure that is."""
        found, total = self.verdicts, len(self.rows)
        noisy = f"; {found.count(TOO_NOISY)} too noisy to tell" if TOO_NOISY in found else ""
        margin = f"largest |z| {self.max_abs_z:.2f}, {self.threshold:.2f} allowed for {total}"
        if self.verdict == TOO_NOISY:
            return f"Too noisy to tell: no number of {total} is precise enough ({margin})."
        if self.verdict == DISAGREE:
            wrong = [row.name for row, word in zip(self.rows, found, strict=True) if word == DISAGREE]
            names = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
            return f"{len(wrong)} of {total} numbers disagree: {names}{noisy} ({margin})."
        return f"{found.count(AGREE)} of {total} numbers agree{noisy} ({margin})."


def _cells(row: Row, verdict: str) -> tuple[str, ...]:
    index = "all" if row.index is None else ",".join(map(str, row.index))
    adjoint = _with_sigma(Estimate(row.adjoint, row.adjoint_sigma))
    difference = _with_sigma(Estimate(row.difference, row.difference_sigma))
    return row.path, index, adjoint, difference, f"{row.z:+.2f}", verdict


def _with_sigma(value: Estimate) -> str:
    return f"{value.mean:.5g} ± {value.sigma:.2g}"
