"""Tiny glTF files, made by hand."""

import base64
import io
import json
import struct

import numpy as np
from PIL import Image

QUAD = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], dtype="<f4")
STRIP = np.array([0, 1, 2, 3], dtype="<u2")


def png(values):
    out = io.BytesIO()
    Image.fromarray(np.asarray(values, np.uint8)).save(out, format="PNG")
    return out.getvalue()


class Tiny:
    """A file with one mesh; `json` may be changed before it's written."""

    def __init__(self, **primitive):
        self.data = b""
        self.json = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
                     "meshes": [{"primitives": [{"attributes": {}, **primitive}]}], "bufferViews": [], "accessors": []}

    def view(self, data, **keys):
        self.data += bytes(-len(self.data) % 4)
        self.json["bufferViews"].append({"buffer": 0, "byteOffset": len(self.data), "byteLength": len(data), **keys})
        self.data += data
        return len(self.json["bufferViews"]) - 1

    def accessor(self, rows, kind, **keys):
        code = {"f": 5126, "u1": 5121, "u2": 5123, "u4": 5125}[rows.dtype.kind if rows.dtype.kind == "f" else
                                                              f"u{rows.dtype.itemsize}"]
        view = self.view(rows.tobytes())
        self.json["accessors"].append({"bufferView": view, "componentType": code, "count": len(rows), "type": kind,
                                       **keys})
        return len(self.json["accessors"]) - 1

    @property
    def primitive(self):
        return self.json["meshes"][0]["primitives"][0]

    def give(self, name, rows, kind="VEC3", **keys):
        self.primitive["attributes"][name] = self.accessor(rows, kind, **keys)
        return self

    def material(self, **keys):
        self.json["materials"] = [{"name": "paint", **keys}]
        self.primitive["material"] = 0
        return self

    def image(self, values):
        """A texture of an image in a buffer view; its number."""
        self.json.setdefault("images", []).append({"bufferView": self.view(png(values)), "mimeType": "image/png"})
        self.json.setdefault("textures", []).append({"source": len(self.json["images"]) - 1})
        return len(self.json["textures"]) - 1

    def text(self):
        uri = "data:application/octet-stream;base64," + base64.b64encode(self.data).decode()
        return json.dumps({"buffers": [{"byteLength": len(self.data), "uri": uri}], **self.json}, indent=1)

    def glb(self):
        data = self.data + bytes(-len(self.data) % 4)
        text = json.dumps({"buffers": [{"byteLength": len(data)}], **self.json}).encode()
        text += b" " * (-len(text) % 4)
        body = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
        return struct.pack("<III", 0x46546C67, 2, 12 + len(body)) + body


def quad(**primitive):
    """A square as a strip without indices, with uvs whose v runs downward."""
    uvs = np.array([[0, 1], [1, 1], [0, 0], [1, 0]], dtype="<f4")
    return Tiny(mode=5, **primitive).give("POSITION", QUAD).give("TEXCOORD_0", uvs, "VEC2")


def as_gltf(document, data):
    uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    return json.dumps({**document, "buffers": [{"byteLength": len(data), "uri": uri}]}, indent=1).encode()


def as_glb(document, data):
    text = json.dumps({**document, "buffers": [{"byteLength": len(data)}]}).encode()
    text, data = text + b" " * (-len(text) % 4), data + bytes(-len(data) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks
