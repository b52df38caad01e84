"""Primitives as triangle meshes.

v runs downward in glTF, so that v here is 1 - v there. Source: Khronos glTF 2.0.1 specification, section 3.7.2.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..models import Mesh
from ..place import Place
from .accessors import read_accessor
from .container import Container
from .item import Item, refer

TRIANGLES, STRIP, FAN = 4, 5, 6
NAMES = {0: "points", 1: "lines", 2: "a line loop", 3: "a line strip"}


class Notes(Protocol):
    """Takes a line for what is left out, or stands for something else."""

    def refuse(self, place: Place, of: str, message: str, key: str = "") -> None: ...

    def approximate(self, place: Place, of: str, message: str, key: str = "") -> None: ...


def read_primitive(file: Container, notes: Notes, primitive: Item, uv_set: int) -> Mesh | None:
    """The mesh, with the texture coordinates of set `uv_set`; None, and a line, for what isn't triangles."""
    mode = primitive.integer("mode", TRIANGLES, 0, 6)
    attributes = primitive.inner("attributes")
    if mode in NAMES or "POSITION" not in attributes:
        what = NAMES.get(mode, "a primitive without POSITION")
        notes.refuse(file.place, primitive.of, f"left out: {what}")
        return None
    if primitive.has_extension("KHR_draco_mesh_compression") and "bufferView" not in _accessor(file, attributes):
        notes.refuse(file.place, primitive.of, "left out: nrender can't unpack Draco's compression")
        return None
    vertices = _floats(file, attributes, "POSITION", (3,))
    faces = _faces(_indices(file, primitive, len(vertices)), mode)
    if not len(faces):
        notes.refuse(file.place, primitive.of, "left out: it has no triangles")
        return None
    if "targets" in primitive:
        notes.refuse(file.place, primitive.of, "without its morph targets", "targets")
    uvs = _of_vertices(file, attributes, f"TEXCOORD_{uv_set}", (2,), len(vertices))
    normals = _of_vertices(file, attributes, "NORMAL", (3,), len(vertices))
    colors = _of_vertices(file, attributes, "COLOR_0", (3, 4), len(vertices))
    if colors is not None and colors.shape[1] == 4 and (colors[:, 3] < 1).any():
        notes.approximate(file.place, primitive.of, "without the alpha of its vertices", "COLOR_0")
    return Mesh(
        vertices, faces,
        None if uvs is None else (uvs * (1, -1) + (0, 1))[faces],
        None if normals is None else normals[faces],
        None if colors is None else np.clip(colors[:, :3], 0.0, 1.0))


def _accessor(file: Container, attributes: Item) -> Item:
    return refer(file.root, attributes, "POSITION", "accessors")


def _floats(file: Container, attributes: Item, key: str, widths: tuple[int, ...]) -> np.ndarray:
    return np.asarray(read_accessor(file, attributes, key, widths), dtype=np.float64)


def _of_vertices(
    file: Container, attributes: Item, key: str, widths: tuple[int, ...], count: int
) -> np.ndarray | None:
    if key not in attributes:
        return None
    rows = _floats(file, attributes, key, widths)
    if len(rows) != count:
        raise attributes.error(key, f"expected {count} rows, as POSITION has, got {len(rows)}")
    return rows


def _indices(file: Container, primitive: Item, count: int) -> np.ndarray:
    if "indices" not in primitive:
        return np.arange(count)
    index = read_accessor(file, primitive, "indices", (1,))[:, 0]
    if index.dtype.kind == "f":
        raise primitive.error("indices", "expected an accessor of whole numbers")
    if (index < 0).any() or (index >= count).any():
        raise primitive.error("indices", f"out of range: expected numbers below {count}, got {int(index.max())}")
    return index


def _faces(index: np.ndarray, mode: int) -> np.ndarray:
    """(M, 3), counter-clockwise; strips and fans without the flat triangles that join their parts."""
    if mode == TRIANGLES:
        return index[: len(index) // 3 * 3].reshape(-1, 3)
    n = np.arange(max(len(index) - 2, 0))
    if mode == STRIP:
        corners = np.stack([n, n + 1 + n % 2, n + 2 - n % 2], axis=1)
    else:
        corners = np.stack([n + 1, n + 2, np.zeros_like(n)], axis=1)
    faces = index[corners]
    a, b, c = faces.T
    return np.asarray(faces[(a != b) & (b != c) & (c != a)])


def turned_over(mesh: Mesh) -> Mesh:
    """With its triangles and normals the other way round: for a node that mirrors. In glTF the front of its local
    triangles stays the front in the world; here it is where the world's triangles are counter-clockwise."""
    order = [0, 2, 1]
    return mesh._replace(
        faces=mesh.faces[:, order], uvs=None if mesh.uvs is None else mesh.uvs[:, order],
        normals=None if mesh.normals is None else -mesh.normals[:, order])
