"""The unit disk in the xy plane, normal +z: a fan of triangles around its centre.

The rim is a regular polygon inside the circle; uv is the position in the square around it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..models import Mesh
from ..schema import Model, Values, integer


def build(values: Values, base: Path) -> Mesh:
    count = values["segments"]
    angle = 2 * np.pi * np.arange(count) / count
    rim = np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], axis=1)
    here = np.arange(count)
    faces = np.stack([np.zeros(count, dtype=int), 1 + here, 1 + (here + 1) % count], axis=1)
    vertices = np.concatenate([np.zeros((1, 3)), rim])
    return Mesh(vertices, faces, (vertices[faces, :2] + 1) / 2)


MODEL = Model(
    "Disk of radius 1 in the xy plane, normal +z.",
    {"segments": integer("corners of the rim", low=3, high=65536, default=64)},
    build=build, triangles=lambda values: int(values["segments"]),
)
