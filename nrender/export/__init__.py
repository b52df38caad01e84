"""Scenes of nrender as files of other programs: `export`.

parts, surfaces         triangles with attributes of vertices; materials as metallic-roughness
gltf, gltf_nodes        glTF 2.0; its cameras and lights
obj, ply                the other formats
notes                   what can't be said
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..errors import NrenderError, did_you_mean
from ..image.atomic import as_write_error
from ..scene import Scene
from .notes import Notes

SUFFIXES = (".glb", ".gltf", ".obj", ".ply")


def export(scene: Scene, path: str | os.PathLike[str]) -> list[str]:
    """Write a scene as .glb, .gltf, .obj (with .mtl and images beside it) or .ply, with its present values.

    Returns a line for each thing that the format can't say, or says otherwise. Files are there whole or not at all, and
    are overwritten. Raises NrenderError for another ending, or if a file can't be written.
    """
    path = Path(path)
    writer = _writer(path)
    notes = Notes()
    with as_write_error(path):
        writer(scene, path, notes)
    return notes.lines


def _writer(path: Path) -> Callable[[Scene, Path, Notes], None]:
    suffix = path.suffix.lower()
    if suffix in (".glb", ".gltf"):
        from .gltf import write_gltf

        return write_gltf
    if suffix == ".obj":
        from .obj import write_obj

        return write_obj
    if suffix == ".ply":
        from .ply import write

        return write
    raise NrenderError(f"{path}: expected a name ending in {', '.join(SUFFIXES)}, got '{path.suffix}'"
                       f"{did_you_mean(suffix, SUFFIXES)}")
