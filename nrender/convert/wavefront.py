"""OBJ with its materials: a scene with a shape for each material."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ..files import read_regular
from ..scene.geometry import has_area
from ..scene.gltf.container import inside
from ..scene.models import Mesh
from ..scene.place import Place, one_line, stop
from ..scene.shapes.obj import Corners, read_corners
from ..scene.values import LARGEST, Bad
from .context import Context
from .defaults import MAX_DEPTH, SPP, box_of, complete, joined
from .mesh_file import GREY
from .mtl import Lines, Mtl, read_mtl
from .result import Converted, finish
from .textures import has_texture


def convert_obj(source: Path, output: Path, strict: bool) -> Converted:
    """Raises SceneError if the file can't be used, NrenderError if nothing can be written."""
    place = Place(str(source), 0)
    context = Context(source.parent, output.parent)
    corners = _read(source, place)
    context.sources.add(source.resolve())
    materials = _materials(context, corners, place)
    boxes = []
    for number, name in enumerate(corners.names):
        chosen = np.flatnonzero(corners.material == number)
        if not len(chosen):
            continue
        mesh = _compact(corners.mesh(chosen))
        if not has_area(mesh.vertices, mesh.faces).any():
            context.notes.refuse(place, f"shapes '{one_line(name)}'", "left out: it has no area")
            continue
        boxes.append(box_of(mesh.vertices))
        _add(context, place, name or source.stem, mesh, name, materials.get(name))
    complete(context, place, joined(boxes))
    return finish(context, source, output, strict, MAX_DEPTH, SPP)


def _read(source: Path, place: Place) -> Corners:
    try:
        data = read_regular(source)
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            corners = read_corners(data)
    except OSError as error:
        raise stop(place, "", f"cannot read: {error.strerror}") from None
    except Bad as bad:
        raise stop(place, "", str(bad)) from None
    except Exception as error:  # whatever it meets in a damaged file
        raise stop(place, "", f"not a proper OBJ file ({one_line(error)[:100]})") from None
    if corners is None:
        raise stop(place, "", "holds no triangles")
    for array in corners[:3]:
        if not (np.abs(array) <= LARGEST).all():
            raise stop(place, "", f"expected finite numbers up to {LARGEST:g}")
    return corners


def _materials(context: Context, corners: Corners, place: Place) -> dict[str, Lines]:
    """Of all libraries that are in the folder of the source."""
    found: dict[str, Lines] = {}
    for library in corners.libraries:
        # One name, perhaps with spaces in it, or several.
        whole = inside(context.folder, library)
        names = [library] if whole is not None and os.path.isfile(whole) else library.split()
        for name in names:
            path = inside(context.folder, name.replace("\\", "/"))
            try:
                data = b"" if path is None else read_regular(path)
            except OSError as error:
                context.notes.refuse(place, f"mtllib '{one_line(name)}'", f"left out: {error.strerror}")
                continue
            if path is None:
                context.notes.refuse(place, f"mtllib '{one_line(name)}'", "left out: not in the folder of the source")
                continue
            context.sources.add(path.resolve())
            found = {**read_mtl(data, str(path)), **found}
    return found


def _compact(mesh: Mesh) -> Mesh:
    """With those vertices alone that its triangles have."""
    kept, inverse = np.unique(mesh.faces, return_inverse=True)
    return mesh._replace(vertices=mesh.vertices[kept], faces=inverse.reshape(-1, 3))


def _add(context: Context, place: Place, wanted: str, mesh: Mesh, name: str, lines: Lines | None) -> None:
    entry: dict[str, Any] = {"type": "mesh", "vertices": mesh.vertices, "faces": mesh.faces}
    entry |= {} if mesh.normals is None else {"corner_normals": mesh.normals}
    if name and lines is None:
        context.notes.approximate(place, f"material '{one_line(name)}'", "not in an MTL file: grey")
    made = None if lines is None else Mtl(context, name, lines, place)
    surface, emission = (dict(GREY), None) if made is None else (made.entry, made.emission)
    uvs = mesh.uvs
    if uvs is None and (has_texture(surface, "file") or has_texture(emission, "file")):
        context.notes.approximate(place, f"shapes '{one_line(wanted)}'", "without texture coordinates: (0, 0)")
        uvs = np.zeros((len(mesh.faces), 3, 2))
    entry |= {} if uvs is None else {"uvs": uvs}
    entry["material"] = context.add("materials", name or "default", surface, place)
    context.add("shapes", wanted, entry if emission is None else {**entry, "emission": emission}, place)
