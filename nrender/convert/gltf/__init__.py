"""glTF 2.0 as a scene: `convert_gltf`.

Files, accessors and meshes are read by scene/gltf/, for a mesh of a scene too; textures, materials and nodes are here,
one family each.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...scene.geometry import has_area
from ...scene.gltf.container import KNOWN, Container
from ...scene.gltf.item import Item, refer
from ...scene.gltf.meshes import read_primitive, turned_over
from ...scene.gltf.tree import placed_nodes
from ...scene.models import Mesh
from ..context import Context
from ..defaults import MAX_DEPTH, SPP, box_of, complete, joined
from ..result import Converted, finish
from ..textures import has_texture
from ..transforms import mirrors
from .materials import Materials, Surface
from .nodes import camera, light

MOST_SHAPES = 20_000
LATER = {"animations": "left out: the scene stands as it is without them", "skins": "left out: as it was modelled"}


def convert_gltf(source: Path, output: Path, strict: bool) -> Converted:
    """Raises SceneError with a line for what is wrong, NrenderError if a file can't be read or written."""
    file = Container(source)
    context = Context(source.parent, output.parent)
    reader = _Reader(file, context)
    for node, matrix in placed_nodes(file):
        reader.node(node, matrix)
    _left_out(file, context)
    context.sources |= file.files
    complete(context, file.place, joined(reader.boxes))
    return finish(context, source, output, strict, MAX_DEPTH, SPP)


def _left_out(file: Container, context: Context) -> None:
    for key, message in LATER.items():
        if file.root.entries(key):
            context.notes.refuse(file.place, key, message)
    for name in file.root.entries("extensionsUsed"):
        if name not in KNOWN and not str(name).startswith("KHR_materials_"):
            context.notes.refuse(file.place, "extensionsUsed", f"'{name}': nrender has nothing like it")


class _Reader:
    """Puts what nodes bear into the document.  boxes: of the shapes, in the world."""

    def __init__(self, file: Container, context: Context) -> None:
        self.file, self.context = file, context
        self.materials = Materials(file, context)
        self.boxes: list[np.ndarray] = []
        self._names: dict[tuple[int, bool], str] = {}
        self._meshes: dict[tuple[int, int, int], Mesh | None] = {}

    def node(self, node: Item, matrix: np.ndarray) -> None:
        if "camera" in node:
            camera(self.file, self.context, node, matrix)
        if node.has_extension("KHR_lights_punctual"):
            light(self.file, self.context, node, matrix)
        if "mesh" in node:
            mesh = refer(self.file.root, node, "mesh", "meshes")
            for primitive in mesh.items("primitives"):
                wanted = node.text("name") or mesh.text("name") or f"mesh-{mesh.index}"
                self._shape(mesh, primitive, wanted, matrix)

    def _shape(self, of: Item, primitive: Item, wanted: str, matrix: np.ndarray) -> None:
        colored = "COLOR_0" in primitive.inner("attributes")
        material = Item({}, "materials", self.file.place, -1)
        if "material" in primitive:
            material = refer(self.file.root, primitive, "material", "materials")
        surface = self.materials.surface(material, colored)
        key = (of.index, int(primitive.index), surface.uv_set)
        if key not in self._meshes:
            self._meshes[key] = read_primitive(self.file, self.context.notes, primitive, surface.uv_set)
        mesh = self._meshes[key]
        if mesh is None:
            return
        self.file.take(len(mesh.faces), primitive)
        if len(self.boxes) >= MOST_SHAPES:
            raise primitive.error("", f"expected at most {MOST_SHAPES} shapes")
        points = mesh.vertices @ matrix[:3, :3].T + matrix[:3, 3]
        if not (has_area(mesh.vertices, mesh.faces) & has_area(points, mesh.faces)).any():
            self.context.notes.refuse(self.file.place, primitive.of, "left out: it has no area")
            return
        self.boxes.append(box_of(points[np.unique(mesh.faces)]))
        self._add(wanted, mesh, surface, self._name(material, surface, colored), matrix, colored)

    def _name(self, material: Item, surface: Surface, colored: bool) -> str:
        key = (material.index, colored)
        if key not in self._names:
            wanted = material.text("name") or ("default" if material.index < 0 else f"material-{material.index}")
            self._names[key] = self.context.add("materials", wanted, surface.entry, self.file.place)
        return self._names[key]

    def _add(self, wanted: str, mesh: Mesh, surface: Surface, material: str, matrix: np.ndarray, colored: bool) -> None:
        mesh = turned_over(mesh) if mirrors(matrix) else mesh
        entry: dict[str, Any] = {"type": "mesh", "vertices": mesh.vertices, "faces": mesh.faces}
        uvs = mesh.uvs
        if uvs is None and (has_texture(surface.entry, "image") or has_texture(surface.emission, "image")):
            self.context.notes.approximate(self.file.place, f"shapes '{wanted}'", "without texture coordinates: (0, 0)")
            uvs = np.zeros((len(mesh.faces), 3, 2))
        entry |= {} if uvs is None else {"uvs": uvs}
        entry |= {} if mesh.normals is None else {"corner_normals": mesh.normals}
        if colored and mesh.colors is not None:
            entry["colors"] = mesh.colors * surface.tint
        entry["material"] = material
        if surface.emission is not None:
            entry["emission"] = surface.emission
            entry |= {"two_sided": True} if surface.two_sided else {}
        if not np.array_equal(matrix, np.eye(4)):
            entry["transform"] = {"matrix": matrix[:3].tolist()}
        self.context.add("shapes", wanted, entry, self.file.place)
