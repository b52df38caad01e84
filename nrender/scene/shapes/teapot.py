"""The Utah teapot: on the plane y = 0, axis +y, spout towards +x, height 1.

The mesh is redner's (`LICENSE.redner`), quads cut in two, positions in whole millionths of its unit;
it has no normals of its own.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..models import Mesh
from ..schema import Model, Values

TRIANGLES = 15704
FILE = Path(__file__).with_name("teapot.npz")


def build(values: Values, base: Path) -> Mesh:
    with np.load(FILE, allow_pickle=False) as data:
        positions, faces = data["positions"].astype(np.float64), data["faces"].astype(np.int64)
        uvs = data["uvs"].astype(np.float64)[data["uv_faces"]] / 1e6
    return Mesh(positions / positions[:, 1].max(), faces, uvs)


MODEL = Model("Utah teapot of height 1.", {}, build=build, triangles=lambda values: TRIANGLES)
