"""Reading OBJ: positions, faces, and the texture coordinates and normals of face corners.

All objects and groups come as one mesh, and vertex i is the file's i-th `v`, since vertices are
parameters: none is torn apart along seams.  Polygons become fans.  Of materials there are only the names.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..models import Mesh
from ..values import Bad

WIDTHS = {"v": 3, "vt": 2, "vn": 3}


class Corners(NamedTuple):
    """vertices (N, 3), uvs (K, 2), normals (L, 3) of a file; corners: (M, 3, 3), the vertex, uv and normal of each, -1
    for none; material: (M,), the place of each triangle's material in names; libraries: files of materials."""

    vertices: np.ndarray
    uvs: np.ndarray
    normals: np.ndarray
    corners: np.ndarray
    material: np.ndarray
    names: list[str]
    libraries: list[str]

    def mesh(self, chosen: slice | np.ndarray = slice(None)) -> Mesh:
        """Of the chosen triangles, with all vertices. uvs and normals are there if every corner has one."""
        v, vt, vn = (self.corners[chosen, :, k] for k in range(3))
        return Mesh(self.vertices, v, self.uvs[vt] if (vt >= 0).all() else None,
                    self.normals[vn] if (vn >= 0).all() else None)


def read_obj(data: bytes) -> Mesh | None:
    """None for a file without faces.  uvs and normals are there if every corner has one.

    Raises Bad for a face with a number out of range, other errors for what is not an OBJ.
    """
    corners = read_corners(data)
    return None if corners is None else corners.mesh()


def read_corners(data: bytes) -> Corners | None:
    """None for a file without faces.  Raises as read_obj does."""
    points: dict[str, list[list[float]]] = {"v": [], "vt": [], "vn": []}
    triangles: list[list[tuple[int, int, int]]] = []      # of each corner v, vt, vn from 1, 0: none
    origin: list[int] = []                                # the face of each triangle
    material: list[int] = []
    names, libraries, current, count = {"": 0}, [], 0, 0
    for line in data.decode("utf-8", errors="replace").replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if words[0] in points:
            width = WIDTHS[words[0]]
            if len(words) <= width:
                raise ValueError(f"line '{' '.join(words)[:40]}'")
            points[words[0]].append([float(word) for word in words[1 : width + 1]])
        elif words[0] == "f":
            counts = tuple(len(points[kind]) for kind in WIDTHS)
            corners = [_corner(word, counts) for word in words[1:]]
            if len(corners) < 3 or any(corner[0] == 0 for corner in corners):
                raise ValueError(f"face line '{' '.join(words)[:40]}'")
            if min(min(corner) for corner in corners) < 0:
                raise Bad(f"face {count} has a vertex before the first")
            triangles += [[corners[0], corners[k], corners[k + 1]] for k in range(1, len(corners) - 1)]
            origin += [count] * (len(corners) - 2)
            material += [current] * (len(corners) - 2)
            count += 1
        elif words[0] == "usemtl":
            current = names.setdefault(" ".join(words[1:]), len(names))
        elif words[0] == "mtllib":
            libraries.append(line.split("#", 1)[0].strip().partition(words[0])[2].strip())
    if not triangles:
        return None
    index = np.array(triangles) - 1
    columns = []
    for k, kind in enumerate(WIDTHS):
        _check(index[..., k], len(points[kind]), kind, origin)
        columns.append(np.array(points[kind], dtype=np.float64).reshape(-1, WIDTHS[kind]))
    vertices, uvs, normals = columns
    return Corners(vertices, uvs, normals, index, np.array(material), list(names), libraries)


def _corner(word: str, counts: tuple[int, ...]) -> tuple[int, int, int]:
    """Numbers from 1 of v, vt, vn; 0 where there is none, -1 for one before the first."""
    given = [int(part) if part else 0 for part in word.split("/")]
    v, vt, vn = (i if i >= 0 else max(size + 1 + i, 0) or -1
                 for i, size in zip([*given, 0, 0][:3], counts, strict=True))
    return v, vt, vn


def _check(index: np.ndarray, size: int, kind: str, origin: list[int]) -> None:
    wrong = np.argwhere(index >= size)
    if len(wrong):
        triangle, corner = (int(n) for n in wrong[0])
        what = {"v": "vertex", "vt": "texture vertex", "vn": "normal"}[kind]
        many = {"v": "vertices", "vt": "texture vertices", "vn": "normals"}[kind]
        raise Bad(f"face {origin[triangle]} has {what} {int(index[triangle, corner])}, but the mesh has "
                  f"{size} {many}, from 0 to {size - 1}")
