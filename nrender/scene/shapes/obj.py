"""Reading OBJ: positions, faces, and the texture coordinates and normals of face corners.

All objects and groups come as one mesh, and vertex i is the file's i-th `v`, since vertices are
parameters: none is torn apart along seams.  Polygons become fans.  Materials are not read.
"""

from __future__ import annotations

import numpy as np

from ..models import Mesh
from ..values import Bad

WIDTHS = {"v": 3, "vt": 2, "vn": 3}


def read_obj(data: bytes) -> Mesh | None:
    """None for a file without faces.  uvs and normals are there if every corner has one.

    Raises Bad for a face with a number out of range, other errors for what is not an OBJ.
    """
    points: dict[str, list[list[float]]] = {"v": [], "vt": [], "vn": []}
    triangles: list[list[tuple[int, int, int]]] = []      # of each corner v, vt, vn from 1, 0: none
    origin: list[int] = []                                # the face of each triangle
    count = 0
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
            count += 1
    if not triangles:
        return None
    index = np.array(triangles) - 1
    columns = []
    for k, kind in enumerate(WIDTHS):
        _check(index[..., k], len(points[kind]), kind, origin)
        columns.append(np.array(points[kind], dtype=np.float64).reshape(-1, WIDTHS[kind]))
    vertices, uvs, normals = columns
    return Mesh(
        vertices, index[..., 0],
        uvs[index[..., 1]] if (index[..., 1] >= 0).all() else None,
        normals[index[..., 2]] if (index[..., 2] >= 0).all() else None)


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
