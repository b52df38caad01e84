"""Mitsuba's binary meshes: files of several, each a header and one stream of zlib; their offsets are at the end.

    u16 0x041C, u16 version; compressed: u32 flags, [version 4: name, 0], u64 vertices, u64 triangles, positions,
    [normals], [texture coordinates], [colours], triangles.   Little-endian.

What is read is bounded by what the counts say, and that by how far zlib can compress.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..files import open_regular
from ..scene.values import LARGEST

MAGIC = 0x041C
NORMALS, UVS, COLORS, FACE_NORMALS, DOUBLE = 0x1, 0x2, 0x8, 0x10, 0x2000
MOST = 1032
"""Bytes that zlib can make of one."""
LARGEST_MESH = 2**31
"""Bytes."""


class Serialized(NamedTuple):
    """vertices (N, 3), faces (M, 3); of vertices normals (N, 3), uvs (N, 2), colors (N, 3) or None; flat: without
    normals by its own word."""

    vertices: np.ndarray
    faces: np.ndarray
    normals: np.ndarray | None
    uvs: np.ndarray | None
    colors: np.ndarray | None
    flat: bool


def read_serialized(path: Path, index: int) -> Serialized:
    """Mesh number `index` of a file.  Raises ValueError with a line, OSError."""
    with open_regular(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        magic, version = struct.unpack("<HH", stream.read(4).ljust(4))
        if magic != MAGIC or version not in (3, 4):
            raise ValueError(f"not a serialized mesh of version 3 or 4: it begins with {magic:#06x}, {version}")
        width = 8 if version == 4 else 4
        stream.seek(max(size - 4, 0))
        count = struct.unpack("<I", stream.read(4))[0]
        if not 0 <= index < count:
            raise ValueError(f"expected a shape_index below {count}, the number of its meshes, got {index}")
        entry = size - 4 - width * (count - index)
        if entry < 4:
            raise ValueError(f"damaged: it can't hold {count} meshes")
        stream.seek(entry)
        start = int.from_bytes(stream.read(width), "little")
        if not 0 <= start < size:
            raise ValueError(f"damaged: mesh {index} would be beyond its end")
        stream.seek(start + 4)
        return _read(_Stream(stream.read(size - start - 4)), version)


class _Stream:
    """Numbers out of compressed bytes."""

    def __init__(self, data: bytes) -> None:
        self.inflate, self.rest, self.limit = zlib.decompressobj(), data, MOST * len(data)

    def bytes(self, count: int) -> bytes:
        if count > min(self.limit, LARGEST_MESH):
            raise ValueError("damaged: it can't hold as much as it says")
        parts = []
        while count:
            try:
                part = self.inflate.decompress(self.rest, count)
            except zlib.error as error:
                raise ValueError(f"damaged: {error}") from None
            self.rest = self.inflate.unconsumed_tail
            if not part:
                raise ValueError("damaged: it ends too early")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def array(self, rows: int, columns: int, kind: str) -> np.ndarray:
        data = self.bytes(rows * columns * np.dtype(kind).itemsize)
        return np.frombuffer(data, kind).reshape(rows, columns)


def _read(stream: _Stream, version: int) -> Serialized:
    (flags,) = struct.unpack("<I", stream.bytes(4))
    if version == 4:
        for _ in range(2**16):
            if stream.bytes(1) == b"\0":
                break
        else:
            raise ValueError("damaged: its name doesn't end")
    n, m = struct.unpack("<QQ", stream.bytes(16))
    real = "<f8" if flags & DOUBLE else "<f4"

    def of_vertices(columns: int) -> np.ndarray:
        found = stream.array(n, columns, real).astype(np.float64)
        if not (np.abs(found) <= LARGEST).all():
            raise ValueError(f"expected finite numbers up to {LARGEST:g}")
        return found

    vertices = of_vertices(3)
    normals, uvs, colors = (of_vertices(columns) if flags & flag else None
                            for flag, columns in ((NORMALS, 3), (UVS, 2), (COLORS, 3)))
    faces = stream.array(m, 3, "<u8" if n > 0xFFFFFFFF else "<u4").astype(np.int64)
    if not n or not m:
        raise ValueError("it has no triangles")
    if faces.max() >= n or faces.min() < 0:
        raise ValueError(f"damaged: a triangle has vertex {faces.max()} of {n}")
    return Serialized(vertices, faces, normals, uvs, colors, bool(flags & FACE_NORMALS))
