"""The unit sphere as an icosahedron whose triangles are divided by four, again and again.

Vertices lie on the sphere, so the solid lies inside it; normals point outward.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..models import Mesh
from ..schema import Model, Values, integer


def icosahedron() -> tuple[np.ndarray, np.ndarray]:
    """12 vertices on the unit sphere and 20 outward faces."""
    golden = (1 + 5**0.5) / 2
    flat = np.array([[s, t * golden, 0] for s in (-1, 1) for t in (-1, 1)], dtype=np.float64)
    vertices = np.concatenate([np.roll(flat, shift, axis=1) for shift in range(3)])
    # The faces are the triples at the shortest distance from each other: 2 before normalisation.
    near = np.abs(np.linalg.norm(vertices[:, None] - vertices[None], axis=2) - 2) < 1e-9
    faces = np.array([(i, j, k) for i in range(12) for j in range(i) for k in range(j)
                      if near[i, j] and near[j, k] and near[k, i]])
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    faces[inward] = faces[inward][:, [0, 2, 1]]
    return vertices / np.linalg.norm(vertices[0]), faces


def subdivide(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Four triangles for each; the new vertices, shared along edges, are put on the sphere."""
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    # As one number each: sorting rows takes ten times as long.
    number, inverse = np.unique(edges @ (len(vertices), 1), return_inverse=True)
    unique = np.stack(np.divmod(number, len(vertices)), axis=1)
    middle = vertices[unique].sum(axis=1)
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    a, b, c = faces.T
    ab, bc, ca = (len(vertices) + inverse.reshape(-1, 3)).T
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    divided = np.stack([np.stack(part, axis=1) for part in parts], axis=1).reshape(-1, 3)
    return np.concatenate([vertices, middle]), divided


def longitude_latitude(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """uvs (M, 3, 2) of corners: u grows to the east, 0.5 at +z; v is 0 at -y and 1 at +y.

    Across the seam at -z, u goes on beyond [0, 1]; at a pole it is that of the triangle's middle.
    """
    corners = vertices[faces]
    middle = corners.mean(axis=1, keepdims=True)

    def east(points: np.ndarray) -> np.ndarray:
        return 0.5 + np.arctan2(points[..., 0], points[..., 2]) / (2 * np.pi)

    u = east(corners)
    u += np.round(east(middle) - u)
    at_pole = np.hypot(corners[..., 0], corners[..., 2]) < 1e-12
    v = 0.5 + np.arcsin(np.clip(corners[..., 1], -1, 1)) / np.pi
    return np.stack([np.where(at_pole, east(middle), u), v], axis=2)


def build(values: Values, base: Path) -> Mesh:
    vertices, faces = icosahedron()
    for _ in range(values["subdivisions"]):
        vertices, faces = subdivide(vertices, faces)
    return Mesh(vertices, faces, longitude_latitude(vertices, faces))


MODEL = Model(
    "Sphere of radius 1 around the origin, tessellated: 20 * 4^subdivisions triangles.",
    {"subdivisions": integer("times each triangle of an icosahedron is divided by 4", low=0,
                             high=8, default=3)},
    build=build, triangles=lambda values: int(20 * 4 ** values["subdivisions"]),
)
