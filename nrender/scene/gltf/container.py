"""The JSON and the buffers of a glTF 2.0 file: .gltf with data URIs or files beside it, or .glb.

Nothing is opened but files in the folder of the source, and below it; nothing is fetched.
Source: Khronos glTF 2.0.1 specification, sections 3.6 (buffers) and 4 (GLB).
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ...errors import NrenderError, did_you_mean
from ...files import read_regular
from ..place import Place, one_line, stop
from .item import Item, refer

MAGIC, JSON, BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
MOST_TRIANGLES = 2**23
"""Of all nodes, beyond one for each byte of the buffers."""
KNOWN = (
    "KHR_lights_punctual", "KHR_materials_clearcoat", "KHR_materials_emissive_strength", "KHR_materials_ior",
    "KHR_materials_specular", "KHR_materials_transmission", "KHR_materials_unlit", "KHR_materials_volume",
    "KHR_mesh_quantization", "KHR_texture_transform")
"""Extensions of which something is made."""


class Container:
    """root: the JSON; place: the file; folder: where its URIs start from; files: those that were opened."""

    def __init__(self, source: Path) -> None:
        self.place = Place(str(source), 0)
        self.folder = source.parent
        data = _read(source, str(source))
        self.files: set[Path] = {source.resolve()}
        self._bin: bytes | None = None
        if data[:4] == b"glTF" or source.suffix.lower() == ".glb":
            data, self._bin = _chunks(data, self.place)
        self.root = Item(_json(data, self.place), "", self.place)
        self._buffers: dict[int, bytes] = {}
        self.triangles = 0
        self._check()

    def _check(self) -> None:
        version = self.root.inner("asset").text("version")
        if version.split(".")[0] != "2":
            raise stop(self.place, "asset", f"expected version 2.0, got '{one_line(version)}'", "version")
        for name in self.root.entries("extensionsRequired"):
            if name not in KNOWN:
                raise stop(self.place, "", f"the file needs '{one_line(name)}', which nrender doesn't have"
                                           f"{did_you_mean(str(name), KNOWN)}", "extensionsRequired")

    def view(self, number: int) -> tuple[bytes, int]:
        """(bytes of a buffer view, its stride or 0)."""
        views = self.root.entries("bufferViews")
        if number >= len(views):
            raise stop(self.place, "bufferViews", f"expected a number below {len(views)}, got {number}")
        view = self.root.item("bufferViews", number)
        data = self._buffer(refer(self.root, view, "buffer", "buffers"))
        start, length = view.integer("byteOffset", 0), view.integer("byteLength", low=1)
        if start + length > len(data):
            raise view.error("byteLength", f"expected an end within {len(data)} bytes, got {start + length}")
        return data[start : start + length], view.integer("byteStride", 0, 0, 252)

    def take(self, triangles: int, of: Item) -> None:
        """Count them.  SceneError for more than a file of this size can have: nodes may name a mesh again and again,
        and accessors without a buffer are as long as they say."""
        self.triangles += triangles
        most = MOST_TRIANGLES + sum(map(len, self._buffers.values()))
        if self.triangles > most:
            raise of.error("", f"expected at most {most} triangles in all nodes, got more")

    def _buffer(self, buffer: Item) -> bytes:
        if buffer.index not in self._buffers:
            if "uri" in buffer:
                data = self.resource(buffer)
            elif buffer.index == 0 and self._bin is not None:
                data = self._bin
            else:
                raise buffer.error("uri", "missing; expected the name of a file")
            length = buffer.integer("byteLength", low=1)
            if len(data) < length:
                raise buffer.error("byteLength", f"expected at least {length} bytes, got {len(data)}")
            self._buffers[buffer.index] = data[:length]
        return self._buffers[buffer.index]

    def resource(self, item: Item) -> bytes:
        """What the URI of a buffer or an image stands for."""
        uri = item.text("uri")
        if uri.startswith("data:"):
            head, comma, body = uri.partition(",")
            if not comma or not head.endswith(";base64"):
                raise item.error("uri", f"expected data in base64, got '{one_line(uri[:40])}'")
            try:
                return base64.b64decode(body, validate=True)
            except (binascii.Error, ValueError):
                raise item.error("uri", "expected data in base64, got other characters") from None
        path = inside(self.folder, unquote(uri))
        if path is None:
            raise item.error("uri", f"expected a file in the folder of the source, got '{one_line(uri[:80])}'")
        try:
            data = _read(path, one_line(uri))
        except NrenderError as error:
            raise item.error("uri", str(error)) from None
        self.files.add(path.resolve())
        return data


def inside(folder: Path, name: str) -> Path | None:
    """The path of a file that stays in a folder; None for one that leaves it, links followed, or has a scheme."""
    if not name or "\0" in name or "://" in name:
        return None
    try:
        path = folder / name
        return path if path.resolve().is_relative_to(folder.resolve()) else None
    except (OSError, ValueError, RuntimeError):
        return None


def _read(path: Path, name: str) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        raise NrenderError(f"{name}: cannot read: {error.strerror or error}") from None


def _chunks(data: bytes, place: Place) -> tuple[bytes, bytes | None]:
    """(JSON, binary chunk) of a GLB."""
    if len(data) < 20:
        raise stop(place, "", f"expected a GLB, got {len(data)} bytes")
    magic, version, length = struct.unpack_from("<III", data)
    if magic != MAGIC:
        raise stop(place, "", "expected a GLB, got a file that doesn't begin with 'glTF'")
    if version != 2:
        raise stop(place, "", f"expected a GLB of version 2, got {version}")
    if length > len(data):
        raise stop(place, "", f"the file ends too soon: expected {length} bytes, got {len(data)}")
    chunks: dict[int, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        if at + 8 + size > length:
            raise stop(place, "", f"a chunk at byte {at} has {size} bytes, of which {length - at - 8} are there")
        chunks.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size
    if JSON not in chunks:
        raise stop(place, "", "expected a GLB with a chunk of JSON")
    return chunks[JSON], chunks.get(BIN)


def _json(data: bytes, place: Place) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        message = f"not proper JSON: {error.msg} (column {error.colno})"
        raise stop(Place(place.file, error.lineno), "", message) from None
    except (ValueError, RecursionError) as error:
        raise stop(place, "", f"not proper JSON: {one_line(error)}") from None
    if not isinstance(value, dict):
        raise stop(place, "", "expected a map")
    return value
