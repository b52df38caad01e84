"""PLY and STL: a scene with the one mesh, a grey material, a camera that sees it, and light."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..scene.place import Place, stop
from ..scene.shapes.mesh import read_mesh
from ..scene.values import Bad
from .context import Context
from .defaults import MAX_DEPTH, SPP, box_of, complete
from .result import Converted, finish

GREY: dict[str, Any] = {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]}


def convert_mesh(source: Path, output: Path, strict: bool) -> Converted:
    """The scene names the file.  Raises SceneError if it can't be used, NrenderError if nothing can be written."""
    place = Place(str(source), 0)
    context = Context(source.parent, output.parent)
    try:
        mesh = read_mesh(source, source.name)
    except Bad as bad:
        raise stop(place, "", str(bad)) from None
    context.sources.add(source.resolve())
    material = dict(GREY)
    if mesh.colors is not None:
        material["reflectance"] = {"vertex": "colors"}
    name = context.add("materials", "default", material, place)
    context.add("shapes", source.stem, {"type": "mesh", "file": context.relative(source), "material": name}, place)
    complete(context, place, box_of(mesh.vertices[mesh.faces.ravel()]) if _in_range(mesh) else None)
    return finish(context, source, output, strict, MAX_DEPTH, SPP)


def _in_range(mesh: Any) -> bool:
    """A face number out of range is reported when the document is checked."""
    return bool(mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices))
