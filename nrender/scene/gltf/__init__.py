"""glTF 2.0: files and chunks (container), JSON with checks (item), typed rows (accessors), primitives (meshes), nodes
(tree); and all of a file as one mesh, in the world of the file: `read_gltf`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..models import Mesh, Transform
from ..place import Place
from ..transform import world_normals, world_vertices
from .container import Container
from .item import refer
from .meshes import read_primitive, turned_over
from .tree import placed_nodes


class _Silence:
    """What is no triangle is no part of a mesh: nothing to be said."""

    def refuse(self, place: Place, of: str, message: str, key: str = "") -> None:
        pass

    def approximate(self, place: Place, of: str, message: str, key: str = "") -> None:
        pass


def read_gltf(path: Path) -> Mesh | None:
    """All triangles of all nodes, with texture coordinates, normals and colours if every part has them; None if there
    are none. Raises SceneError for a file that can't be used."""
    file = Container(path)
    parts = []
    for node, matrix in placed_nodes(file):
        if "mesh" in node:
            for primitive in refer(file.root, node, "mesh", "meshes").items("primitives"):
                mesh = read_primitive(file, _Silence(), primitive, 0)
                if mesh is not None:
                    file.take(len(mesh.faces), primitive)
                    parts.append(_placed(mesh, matrix))
    return _joined(parts) if parts else None


def _placed(mesh: Mesh, matrix: np.ndarray) -> Mesh:
    mesh = turned_over(mesh) if np.linalg.det(matrix[:3, :3]) < 0 else mesh
    place = Transform(matrix=matrix[:3])
    normals = None if mesh.normals is None else world_normals(mesh.normals, place)
    return mesh._replace(vertices=world_vertices(mesh.vertices, place), normals=normals)


def _joined(parts: list[Mesh]) -> Mesh:
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=False)])

    def all_of(key: str) -> np.ndarray | None:
        arrays = [getattr(part, key) for part in parts]
        return None if any(array is None for array in arrays) else np.concatenate(arrays)

    vertices = np.concatenate([part.vertices for part in parts])
    return Mesh(vertices, faces, all_of("uvs"), all_of("normals"), all_of("colors"))
