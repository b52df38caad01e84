"""Scenes of Mitsuba 3 (XML) as scenes of nrender (YAML): `convert`.

elements, expand, plugins     XML to a tree, to one tree, to plugins with values
transforms, spectra, textures values; metals, media: numbers by name
bsdfs, layers, shapes, meshes, serialized, emitters, sensors, integrators    one family each
context, notes, write         what they share; what was lost; files
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ..errors import Problem, SceneError
from .context import Context
from .emitters import emitter
from .expand import read_tree
from .integrators import max_depth
from .notes import stop
from .plugins import Plugin, read_plugins
from .sensors import SAMPLES, SENSORS, sensor
from .shapes import shape
from .write import check, write


class Converted(NamedTuple):
    """output: the scene file, None if none was written; meshes: names of the PLY files beside it.

    approximated, refused: what isn't as in the source, and what isn't there, with the lines of the source."""

    output: Path | None
    meshes: list[str]
    approximated: list[Problem]
    refused: list[Problem]


def convert(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    defines: Mapping[str, str] | None = None,
    strict: bool = False,
) -> Converted:
    """Read a Mitsuba scene and write it as SCENE.yaml, with meshes as NAME.ply beside it.

    source: an XML file; what it names is found relative to it. output: ends in .yaml or .yml; if it's there, it is
    overwritten. defines: values for `$name`. strict: write nothing unless all could be converted as it is.
    Raises SceneError with a line for each thing that makes the source useless, NrenderError if it can't be written.
    """
    source, output = Path(source), Path(output)
    scene = read_plugins(read_tree(source, defines or {}))
    context = Context(source.parent, output.parent)
    spp = _fill(context, scene)
    notes = context.notes
    if notes.wrong:
        raise SceneError(notes.wrong)
    if not context.document["cameras"]:
        raise stop(scene.place, "scene", f"expected a sensor of type {', '.join(SENSORS)}, got none")
    masks = any("opacity" in entry for entry in context.document["materials"].values())
    depth = max_depth(context, next(scene.inner("integrator"), None), masks)
    sections = {key: section for key, section in context.document.items() if section}
    document = {"nrender": 1, "cameras": sections.pop("cameras"),
                "integrator": {"type": "path", "max_depth": min(depth, 2**31 - 1), "spp": spp},
                "materials": sections.pop("materials", {}), "shapes": sections.pop("shapes", {}), **sections}
    check(context, document, str(source))
    if strict and (notes.approximated or notes.refused):
        return Converted(None, [], notes.approximated, notes.refused)
    meshes = write(context, document, output, str(source))
    return Converted(output, meshes, notes.approximated, notes.refused)


def _fill(context: Context, scene: Plugin) -> int:
    """Convert all objects of the scene; the samples a pixel of its first camera."""
    samples: list[int] = []
    for _, plugin in scene.nested:
        if plugin.kind == "sensor":
            found = sensor(context, plugin)
            samples += [] if found is None else [found]
        elif plugin.kind == "emitter":
            emitter(context, plugin)
        elif plugin.kind == "shape" and plugin.type != "shapegroup":
            shape(context, plugin)
        elif plugin.kind in ("medium", "volume"):
            context.refuse(plugin, "left out: nrender has no media")
    return samples[0] if samples else SAMPLES
