"""The square [-1, 1] x [-1, 1] in the xy plane, normal +z."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..schema import Model, Values


def build(values: Values, base: Path) -> tuple[np.ndarray, np.ndarray]:
    vertices = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=np.float64)
    return vertices, np.array([[0, 1, 2], [0, 2, 3]])


MODEL = Model("Square of side 2 in the xy plane, normal +z.", {}, build=build)
