"""Attributes of a PLY mesh: `s t` (`u v`, `texture_u texture_v`), `nx ny nz`, `red green blue` of
vertices, and `texcoord` and `corner_normals`, lists of 6 and 9 numbers, of faces.

Whole numbers as colours are sRGB, as in pictures; others are linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...image import srgb_decode
from ..models import Mesh

UV_NAMES = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"), ("texture_s", "texture_t"))
NORMAL_NAMES = ("nx", "ny", "nz")
COLOR_NAMES = ("red", "green", "blue")


def with_attributes(mesh: Mesh, raw: Mapping[str, Any]) -> Mesh:
    """The mesh with what the elements of its file hold beside positions and vertex numbers."""
    uvs = _of_corners(raw, "texcoord", mesh, 2)
    normals = _of_corners(raw, "corner_normals", mesh, 3)
    for names in UV_NAMES:
        uvs = _of_vertices(raw, names, mesh) if uvs is None else uvs
    if normals is None:
        normals = _of_vertices(raw, NORMAL_NAMES, mesh)
    return mesh._replace(uvs=uvs, normals=normals, colors=_colors(raw))


def _columns(raw: Mapping[str, Any], names: tuple[str, ...]) -> np.ndarray | None:
    """(N, k) of a vertex's properties, in the file's type; None if one isn't there."""
    element = raw["vertex"]
    if not set(names) <= set(element["properties"]):
        return None
    return np.stack([np.asarray(element["data"][name]).reshape(-1) for name in names], axis=1)


def _of_vertices(raw: Mapping[str, Any], names: tuple[str, ...], mesh: Mesh) -> np.ndarray | None:
    columns = _columns(raw, names)
    if columns is None:
        return None
    # A face number out of range is reported later, with its face.
    return columns.astype(np.float64)[np.clip(mesh.faces, 0, len(columns) - 1)]


def _of_corners(raw: Mapping[str, Any], name: str, mesh: Mesh, size: int) -> np.ndarray | None:
    """(M, 3, size) of a list property; None if it isn't there or faces aren't all triangles."""
    element = raw["face"]
    if name not in element["properties"]:
        return None
    data = element["data"][name]
    lists = data["f1"] if getattr(data, "dtype", None) is not None and data.dtype.names else data
    try:
        return np.asarray(lists, dtype=np.float64).reshape(len(mesh.faces), 3, size)
    except ValueError:
        return None


def _colors(raw: Mapping[str, Any]) -> np.ndarray | None:
    columns = _columns(raw, COLOR_NAMES)
    if columns is None:
        return None
    kind = np.dtype(raw["vertex"]["properties"]["red"])
    if kind.kind in "iu":
        columns = srgb_decode(columns / np.iinfo(kind).max)
    return np.clip(columns.astype(np.float64), 0.0, 1.0)
