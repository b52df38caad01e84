"""Scenes and meshes of other programs as scenes of nrender (YAML): `convert`.

Mitsuba 3 (XML), by mitsuba:
    elements, expand, plugins     XML to a tree, to one tree, to plugins with values
    transforms, spectra, textures values; metals, media: numbers by name
    bsdfs, layers, shapes, meshes, serialized, emitters, sensors, integrators    one family each
gltf/                             glTF 2.0
wavefront, mtl                    OBJ with its materials
mesh_file                         PLY and STL
context, notes, result, write     what they share; what was lost; files
defaults, pictures                a camera and a light where there is none; images that the source holds
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..errors import NrenderError, did_you_mean
from .result import Converted

SUFFIXES = (".xml", ".gltf", ".glb", ".obj", ".ply", ".stl")
__all__ = ["SUFFIXES", "Converted", "convert"]


def convert(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    defines: Mapping[str, str] | None = None,
    strict: bool = False,
) -> Converted:
    """Read a file of another program and write it as SCENE.yaml, with meshes and images beside it.

    source: its kind is known by its ending, one of SUFFIXES; what it names is found relative to it. output: ends in
    .yaml or .yml; if it's there, it is overwritten. defines: values for `$name` in XML. strict: write nothing unless
    all could be converted as it is. Raises SceneError with a line for each thing that makes the source useless,
    NrenderError for another ending or if it can't be written.
    """
    source, output = Path(source), Path(output)
    suffix = source.suffix.lower()
    if suffix and suffix not in SUFFIXES:
        raise NrenderError(f"{source}: expected a file in one of {', '.join(SUFFIXES)}, got '{source.suffix}'"
                           f"{did_you_mean(suffix, SUFFIXES)}")
    if suffix in (".xml", ""):
        from .mitsuba import convert_xml

        return convert_xml(source, output, defines or {}, strict)
    if defines:
        raise NrenderError(f"{source}: expected no values for $NAME: only XML has them")
    if suffix in (".gltf", ".glb"):
        from .gltf import convert_gltf

        return convert_gltf(source, output, strict)
    if suffix == ".obj":
        from .wavefront import convert_obj

        return convert_obj(source, output, strict)
    from .mesh_file import convert_mesh

    return convert_mesh(source, output, strict)
