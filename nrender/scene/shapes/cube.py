"""The cube [-1, 1]^3, normals outward; the corners are shared, so it is closed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..schema import Model, Values


def build(values: Values, base: Path) -> tuple[np.ndarray, np.ndarray]:
    # Corner i has x, y, z at bits 0, 1, 2 of i; each side is listed counter-clockwise from outside.
    corners = np.array([[i & 1, i >> 1 & 1, i >> 2 & 1] for i in range(8)], dtype=np.float64)
    sides = np.array([[0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1],
                      [4, 5, 7, 6]])
    return 2 * corners - 1, sides[:, [0, 1, 2, 0, 2, 3]].reshape(12, 3)


MODEL = Model("Cube of side 2 around the origin.", {}, build=build)
