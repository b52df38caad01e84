"""The cube [-1, 1]^3, normals outward; the corners are shared, so it is closed.

Each side shows the whole texture.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..models import Mesh
from ..schema import Model, Values

# To the right and up in the picture on each side, as it is seen from outside.
RIGHT = ((0, 0, 1), (0, 0, -1), (1, 0, 0), (1, 0, 0), (-1, 0, 0), (1, 0, 0))
UP = ((0, 1, 0), (0, 1, 0), (0, 0, 1), (0, 0, -1), (0, 1, 0), (0, 1, 0))


def build(values: Values, base: Path) -> Mesh:
    # Corner i has x, y, z at bits 0, 1, 2 of i; each side is listed counter-clockwise from outside.
    corners = np.array([[i & 1, i >> 1 & 1, i >> 2 & 1] for i in range(8)], dtype=np.float64)
    sides = np.array([[0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1],
                      [4, 5, 7, 6]])
    vertices, faces = 2 * corners - 1, sides[:, [0, 1, 2, 0, 2, 3]].reshape(12, 3)
    axes = np.repeat(np.stack([RIGHT, UP], axis=1), 2, axis=0)
    return Mesh(vertices, faces, (np.einsum("fak,fck->fca", axes, vertices[faces]) + 1) / 2)


MODEL = Model("Cube of side 2 around the origin.", {}, build=build)
