"""glTF 2.0: one file, .glb, or .gltf with its numbers and images in base64."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from ..image import srgb_encode
from ..image.atomic import replacing
from ..scene import Scene, Shape
from ..scene.gltf.container import BIN, JSON, MAGIC
from ..scene.models import Textured
from . import gltf_nodes
from .images import coded_png
from .notes import Notes, mean
from .parts import Part, part_of
from .surfaces import Image, Surface, image_of, surface_of

WRAPS = {"repeat": 10497, "clamp": 33071, "mirror": 33648}
NEAREST, LINEAR = 9728, 9729
FLOAT, UINT = 5126, 5125
VERTICES, INDICES = 34962, 34963  # what a bufferView is for


class Builder:
    """The JSON and the bytes of a file while it grows."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.json: dict[str, Any] = {"asset": {"version": "2.0", "generator": "nrender"}, "scene": 0,
                                     "scenes": [{"nodes": []}]}
        self.data = bytearray()
        self._known: dict[tuple[str, str], int] = {}

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """The number of an entry in one of the lists; of equal ones there is one."""
        key = (kind, json.dumps(entry, sort_keys=True))
        if key not in self._known:
            self.json.setdefault(kind, []).append(entry)
            self._known[key] = len(self.json[kind]) - 1
        return self._known[key]

    def node(self, entry: dict[str, Any], matrix: np.ndarray) -> None:
        if not np.array_equal(matrix, np.eye(4)):
            entry["matrix"] = gltf_nodes.column_major(matrix)
        self.json.setdefault("nodes", []).append(entry)
        self.json["scenes"][0]["nodes"].append(len(self.json["nodes"]) - 1)

    def view(self, data: bytes, target: int | None = None) -> int:
        self.data += bytes(-len(self.data) % 4)
        entry = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(data)}
        self.data += data
        return self.add("bufferViews", entry | ({} if target is None else {"target": target}))

    def accessor(self, rows: np.ndarray, kind: str) -> int:
        whole = rows.dtype.kind in "iu"
        data = rows.astype("<u4" if whole else "<f4")
        entry: dict[str, Any] = {"bufferView": self.view(data.tobytes(), INDICES if whole else VERTICES),
                                 "componentType": UINT if whole else FLOAT, "count": len(data), "type": kind}
        if not whole and kind == "VEC3":
            entry |= {"min": data.min(axis=0).tolist(), "max": data.max(axis=0).tolist()}
        return self.add("accessors", entry)

    def extension(self, name: str) -> None:
        used = self.json.setdefault("extensionsUsed", [])
        if name not in used:
            used.append(name)

    def texture(self, name: str, image: Image) -> dict[str, Any]:
        """What a material has under a key."""
        size = NEAREST if image.nearest else LINEAR
        wrap = WRAPS[image.wrap]
        sampler = self.add("samplers", {"magFilter": size, "minFilter": size, "wrapS": wrap, "wrapT": wrap})
        data = coded_png(name, image.values, self.notes)
        entry: dict[str, Any]
        key = ("png", data.hex())
        if key not in self._known:
            entry = {"bufferView": self.view(data), "mimeType": "image/png", "name": name}
            self._known[key] = self.add("images", entry)
        entry = {"index": self.add("textures", {"sampler": sampler, "source": self._known[key]})}
        if (image.scale != 1).any() or image.offset.any():
            self.extension("KHR_texture_transform")
            offset = [image.offset[0], 1 - image.scale[1] - image.offset[1]]
            entry["extensions"] = {"KHR_texture_transform": {
                "scale": image.scale.tolist(), "offset": [float(x) for x in offset]}}
        return entry


def write_gltf(scene: Scene, path: Path, notes: Notes) -> None:
    """Raises OSError."""
    builder = Builder(notes)
    for name, shape in scene.shapes.items():
        _shape(builder, scene, name, shape)
    for name, camera in scene.cameras.items():
        made = gltf_nodes.camera(name, camera, notes)
        if made is not None:
            builder.node({"name": name, "camera": builder.add("cameras", made[0])}, made[1])
    for name, light in scene.lights.items():
        made = gltf_nodes.light(name, light, notes)
        if made is not None:
            _light(builder, name, *made)
    data = _glb(builder) if path.suffix.lower() == ".glb" else _text(builder)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _light(builder: Builder, name: str, entry: dict[str, Any], matrix: np.ndarray) -> None:
    builder.extension("KHR_lights_punctual")
    lights = builder.json.setdefault("extensions", {}).setdefault("KHR_lights_punctual", {"lights": []})["lights"]
    lights.append(entry)
    builder.node({"name": name, "extensions": {"KHR_lights_punctual": {"light": len(lights) - 1}}}, matrix)


def _shape(builder: Builder, scene: Scene, name: str, shape: Shape) -> None:
    part = part_of(shape)
    material = scene.materials[shape.material] if shape.material else None
    surface = surface_of(shape.material or "", material, builder.notes)
    if shape.emission is not None:
        if material is not None and surface.two_sided != shape.two_sided:
            builder.notes.add("shape", name, "its material, too, has as many sides as it emits from", "two_sided")
        surface = surface._replace(two_sided=shape.two_sided)
    primitive: dict[str, Any] = {
        "attributes": _attributes(builder, name, part, surface),
        "indices": builder.accessor(part.faces.reshape(-1, 1), "SCALAR"),
        "material": builder.add("materials", _material(builder, shape.material or name, surface, shape.emission))}
    builder.node({"name": name, "mesh": builder.add("meshes", {"name": name, "primitives": [primitive]})}, part.matrix)


def _attributes(builder: Builder, name: str, part: Part, surface: Surface) -> dict[str, int]:
    found = {"POSITION": builder.accessor(part.vertices, "VEC3")}
    if part.normals is not None:
        found["NORMAL"] = builder.accessor(part.normals, "VEC3")
    if part.uvs is not None:
        found["TEXCOORD_0"] = builder.accessor(part.uvs * (1, -1) + (0, 1), "VEC2")
    if part.colors is not None and surface.vertex_colors:
        found["COLOR_0"] = builder.accessor(part.colors, "VEC3")
    elif part.colors is not None:
        builder.notes.add("shape", name, "left out: glTF would multiply them into the material", "colors")
    return found


def _material(builder: Builder, name: str, surface: Surface, emission: Any) -> dict[str, Any]:
    pbr: dict[str, Any] = {"baseColorFactor": [*surface.base.tolist(), surface.alpha],
                           "metallicFactor": surface.metallic, "roughnessFactor": surface.roughness}
    if surface.base_image is not None:
        pbr["baseColorTexture"] = builder.texture(f"{name}-base", surface.base_image)
    if surface.rough_image is not None:
        pbr["metallicRoughnessTexture"] = builder.texture(f"{name}-metallic-roughness", surface.rough_image)
    entry: dict[str, Any] = {"name": name, "pbrMetallicRoughness": pbr, "doubleSided": surface.two_sided}
    if surface.normal_image is not None:
        entry["normalTexture"] = builder.texture(f"{name}-normals", surface.normal_image)
    if surface.mode != "OPAQUE":
        entry["alphaMode"] = surface.mode
    extensions = _extensions(surface)
    if emission is not None:
        strength = _emission(builder, name, emission, entry)
        extensions |= {"KHR_materials_emissive_strength": {"emissiveStrength": strength}} if strength != 1 else {}
    for extension in extensions:
        builder.extension(extension)
    return entry | {"extensions": extensions} if extensions else entry


def _extensions(surface: Surface) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    if surface.ior != 1.5:
        found["KHR_materials_ior"] = {"ior": surface.ior}
    if surface.specular != 1:
        found["KHR_materials_specular"] = {"specularFactor": surface.specular}
    if surface.transmission:
        found["KHR_materials_transmission"] = {"transmissionFactor": surface.transmission}
        found["KHR_materials_volume"] = {"thicknessFactor": 1.0}
    if surface.clearcoat:
        found["KHR_materials_clearcoat"] = {
            "clearcoatFactor": surface.clearcoat, "clearcoatRoughnessFactor": 1 - surface.gloss}
    return found


def _emission(builder: Builder, name: str, emission: Any, entry: dict[str, Any]) -> float:
    """Put a radiance into a material: a colour up to 1, or an image, times the strength that is returned."""
    if not isinstance(emission, Textured):
        peak = float(max(np.max(emission), 1.0))
        entry["emissiveFactor"] = (np.asarray(emission) / peak).tolist()
        return peak
    image = image_of(emission, encoded=False)
    if image is None:
        entry["emissiveFactor"] = mean(emission).tolist()
        return 1.0
    peak = float(max(image.values.max(), 1.0))
    entry["emissiveFactor"] = [1.0, 1.0, 1.0]
    entry["emissiveTexture"] = builder.texture(f"{name}-emission", image._replace(
        values=srgb_encode(image.values / peak)))
    return peak


def _glb(builder: Builder) -> bytes:
    data = bytes(builder.data) + bytes(-len(builder.data) % 4)
    text = json.dumps({**builder.json, "buffers": [{"byteLength": len(data)}]} if data else builder.json).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), JSON) + text
    if data:
        chunks += struct.pack("<II", len(data), BIN) + data
    return struct.pack("<III", MAGIC, 2, 12 + len(chunks)) + chunks


def _text(builder: Builder) -> bytes:
    document = dict(builder.json)
    if builder.data:
        uri = "data:application/octet-stream;base64," + base64.b64encode(builder.data).decode()
        document["buffers"] = [{"byteLength": len(builder.data), "uri": uri}]
    return json.dumps(document, indent=1).encode()
