"""The square [-1, 1] x [-1, 1] in the xy plane, normal +z; uv (0, 0) is the corner (-1, -1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..models import Mesh
from ..schema import Model, Values


def build(values: Values, base: Path) -> Mesh:
    vertices = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], dtype=np.float64)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    return Mesh(vertices, faces, (vertices[faces, :2] + 1) / 2)


MODEL = Model("Square of side 2 in the xy plane, normal +z.", {}, build=build)
