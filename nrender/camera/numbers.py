"""What a camera type says of its numbers, on the host: NumPy, float64.

theta has of each camera the four vectors origin, right, up, forward, of a thin lens four more, which are a matrix A
(4 or 8, 4) times its pose (4, 3) (scene/look_at.py: origin, x, y, forward), and then the numbers q of its lens. A and q
depend on the type's keys, which a type differentiates in closed form: so tangent and adjoint are a matrix and its
transpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

ORIGIN, RIGHT, UP, FORWARD = range(4)


class Window(NamedTuple):
    """The part of the whole image that is rendered, both as [-1, 1]^2: (sx, sy) of the picture is (a sx + c, b sy + d)
    of the image. width, height: of the whole image in pixels; left, top: of the picture in it."""

    a: float
    b: float
    c: float
    d: float
    width: float
    height: float
    left: int
    top: int


def window_of(values: Mapping[str, Any]) -> Window:
    width, height = (int(n) for n in values["resolution"])
    left, top, w, h = (int(n) for n in values["crop"]) if "crop" in values else (0, 0, width, height)
    c, d = (2 * left + w) / width - 1.0, 1.0 - (2 * top + h) / height
    return Window(w / width, h / height, c, d, width, height, left, top)


class Numbers:
    """A (rows, 4) and q (n,), and by key their derivatives: (rows, 4) and (n,) for each number of its value."""

    def __init__(self, count: int = 0, rows: int = 4):
        self.frame, self.lens = np.eye(rows, 4), np.zeros(count)
        self.by_key: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}

    def by(self, key: str, number: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """The derivatives by a number of a key, to be filled in."""
        found = self.by_key.setdefault(key, [])
        while len(found) <= number:
            found.append((np.zeros(self.frame.shape), np.zeros(len(self.lens))))
        return found[number]
