"""A scene of Mitsuba 3 (XML): all of its objects, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import SceneError
from ..scene.place import stop
from .context import Context
from .emitters import emitter
from .expand import read_tree
from .integrators import max_depth
from .plugins import Plugin, read_plugins
from .result import Converted, finish
from .sensors import SAMPLES, SENSORS, sensor
from .shapes import shape


def convert_xml(source: Path, output: Path, defines: Mapping[str, str], strict: bool) -> Converted:
    """Raises as `convert` does."""
    scene = read_plugins(read_tree(source, defines))
    context = Context(source.parent, output.parent)
    spp = _fill(context, scene)
    if context.notes.wrong:
        raise SceneError(context.notes.wrong)
    if not context.document["cameras"]:
        raise stop(scene.place, "scene", f"expected a sensor of type {', '.join(SENSORS)}, got none")
    masks = any("opacity" in entry for entry in context.document["materials"].values())
    depth = max_depth(context, next(scene.inner("integrator"), None), masks)
    return finish(context, source, output, strict, depth, spp)


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
