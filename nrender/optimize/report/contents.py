"""What a report shows beside the result: pictures, derivatives, checks, times."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nrender.aov_table import IMAGE
from nrender.optimize.shown import Shown

if TYPE_CHECKING:
    from nrender.gradcheck import GradCheck


class View(NamedTuple):
    """What one camera shows, or one of its AOVs: (H, W, C), linear."""

    camera: str
    initial: np.ndarray
    target: np.ndarray
    final: np.ndarray
    shown: Shown = Shown(IMAGE)

    @property
    def name(self) -> str:
        return self.camera if self.shown.what == IMAGE else f"{self.camera}, {self.shown.what}"


class Film(NamedTuple):
    """frames: (h, w, 3) uint8 of these iterations, in order; target: the same of what they should come to."""

    camera: str
    iterations: list[int]
    frames: list[np.ndarray]
    target: np.ndarray


class Derivative(NamedTuple):
    """name: of a free scalar; image: (H, W) or (H, W, 3), the change by one typical step, which is `step` units."""

    name: str
    image: np.ndarray
    step: float


class Extras(NamedTuple):
    """rendering: seconds of each evaluation in this process; around: seconds of the rest of its run."""

    film: Film | None = None
    derivatives: list[Derivative] = []
    check: GradCheck | None = None
    rendering: list[float] = []
    around: float = 0.0
