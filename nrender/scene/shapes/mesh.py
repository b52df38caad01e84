"""A triangle mesh: inline arrays, or a file.

The vertices keep the file's numbers, since they are parameters: of an OBJ only positions and faces
are read (its vertices would otherwise be torn apart along seams of texture and normals), and the
loose triangles of an STL are joined where corners are equal.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..schema import Model, Values, integers, numbers, text
from ..values import LARGEST, Bad

FORMATS = (".obj", ".ply", ".stl")
PLANNED = (".gltf", ".glb")


def check(values: Values) -> Iterable[tuple[str, str]]:
    given = [key for key in ("vertices", "faces", "file") if values.get(key) is not None]
    if given not in (["vertices", "faces"], ["file"]):
        got = " and ".join(given) if given else "none of them"
        yield "", f"expected either vertices and faces, or file; got {got}"


def build(values: Values, base: Path) -> tuple[np.ndarray, np.ndarray]:
    if values.get("file") is None:
        return values["vertices"], values["faces"]
    return read_mesh(base / values["file"], values["file"])


def read_mesh(path: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """All triangles of a mesh file in its own order: (N, 3) float64 and (M, 3) int64.

    `name` is the file for messages.  Raises Bad for a file that can't be used.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        later = "; glTF is not supported yet" if suffix in PLANNED else ""
        raise Bad(f"expected a file in one of {', '.join(FORMATS)}, got '{name}'{later}")
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Bad(f"cannot read '{name}': {reason}") from None
    try:
        with warnings.catch_warnings():
            # NumPy only warns when it stops reading in the middle of malformed numbers.
            warnings.simplefilter("error", DeprecationWarning)
            meshes = list(_parse(data, suffix))
    except Bad as bad:
        raise Bad(f"cannot read '{name}': {bad}") from None
    except Exception as error:   # whatever a parser meets in a damaged file
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise Bad(f"cannot read '{name}': not a proper {suffix[1:].upper()} file "
                  f"({reason})") from None
    if not meshes:
        raise Bad(f"'{name}' holds no triangles")
    starts = np.cumsum([0] + [len(vertices) for vertices, _ in meshes])
    vertices = np.concatenate([vertices for vertices, _ in meshes])
    faces = np.concatenate(
        [faces + start for (_, faces), start in zip(meshes, starts, strict=False)])
    if suffix == ".stl":
        vertices, faces = join_equal(vertices, faces)
    wrong = np.argwhere(~(np.abs(vertices) <= LARGEST))     # NaN, too
    if len(wrong):
        i, j = (int(n) for n in wrong[0])
        raise Bad(f"expected finite numbers up to {LARGEST:g}, got {float(vertices[i, j])} at "
                  f"vertex {i} of '{name}'")
    return vertices, faces


def _parse(data: bytes, suffix: str) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    import trimesh

    if suffix == ".obj":
        data = only_geometry(data)
    loaded = trimesh.load_scene(
        io.BytesIO(data), file_type=suffix[1:], process=False, maintain_order=True,
        skip_materials=True, fix_texture=False)
    for geometry in loaded.geometry.values():
        part: Any = geometry
        if len(getattr(part, "faces", ())):
            yield (np.array(part.vertices, dtype=np.float64),
                   np.array(part.faces, dtype=np.int64))


def only_geometry(data: bytes) -> bytes:
    """The `v` and `f` lines of an OBJ, faces with position indices only and none of them relative.

    So all its objects and groups come as one mesh, and vertex i is the file's i-th `v`.
    """
    lines: list[str] = []
    count = faces = 0
    highest, highest_face = 0, 0
    for line in data.decode("utf-8", errors="replace").replace("\\\n", " ").splitlines():
        words = line.split("#", 1)[0].split()
        if not words or words[0] not in ("v", "f"):
            continue
        if words[0] == "v":
            count += 1
            lines.append(" ".join(words[:4]))
        else:
            corners = [int(word.split("/", 1)[0]) for word in words[1:]]
            if len(corners) < 3 or 0 in corners:
                raise ValueError(f"face line '{' '.join(words)[:40]}'")
            corners = [i if i > 0 else count + 1 + i for i in corners]
            if min(corners) < 1:
                raise Bad(f"face {faces} has a vertex before the first")
            if max(corners) > highest:
                highest, highest_face = max(corners), faces
            faces += 1
            lines.append("f " + " ".join(map(str, corners)))
    if highest > count:
        raise Bad(f"face {highest_face} has vertex {highest - 1}, but the mesh has {count} "
                  f"vertices, from 0 to {count - 1}")
    return ("\n".join(lines) + "\n").encode()


def join_equal(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One vertex for all with exactly the same position, in the order of their first use."""
    _, first, inverse = np.unique(vertices + 0.0, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return vertices[first[order]], number[inverse.reshape(-1)][faces]


MODEL = Model(
    "Triangle mesh: `vertices` and `faces`, or `file`.",
    {
        "vertices": numbers("positions, local", (None, 3), default=None, differentiable=True),
        "faces": integers("vertex numbers from 0, counter-clockwise seen from the front",
                          (None, 3), default=None),
        "file": text("OBJ, PLY or STL; relative to the scene file", "file", default=None),
    },
    check,
    build,
)
