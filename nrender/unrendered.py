"""What a scene file may say and no kernel renders yet: refused in one line each, never silently left out.

A line goes when its kernel comes; the file goes with the last."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from .bsdf import MODELS
from .errors import Problem, SceneError, SceneWarning
from .scene import Scene
from .scene.models import Textured

LIGHTS = ("constant", "point", "spot", "directional")


def unrendered(scene: Scene) -> list[Problem]:
    """A problem for everything in the scene that this version can't render."""
    problems = []
    for section, name, key, what in _found(scene):
        file, line = scene.where(".".join(part for part in (section, name, key) if part))
        problems.append(Problem(file, line, f"{section} '{name}'", key, f"{what} can be read but not rendered yet"))
    return problems


def refuse_unrendered(scene: Scene) -> None:
    """SceneError if there is something of the kind."""
    problems = unrendered(scene)
    if problems:
        raise SceneError(problems)
    flat = [name for name, shape in scene.shapes.items() if shape.normals == "file" and name not in _warned]
    if flat:
        _warned.update(flat)
        message = f"shading is flat yet, the file's normals are not used: {', '.join(flat)}"
        warnings.warn(message, SceneWarning, stacklevel=5)


_warned: set[str] = set()


def _found(scene: Scene) -> Iterator[tuple[str, str, str, str]]:
    for name, material in scene.materials.items():
        if material.type not in MODELS:
            yield "materials", name, "type", f"a material of type {material.type}"
        for key, value in material.values.items():
            if key in ("normal_map", "opacity"):
                yield "materials", name, key, key.replace("_", " ")
            elif isinstance(value, Textured):
                yield "materials", name, key, f"a texture ({value.kind})"
    for name, light in scene.lights.items():
        if light.type not in LIGHTS:
            yield "lights", name, "type", f"a light of type {light.type}"
    for name, shape in scene.shapes.items():
        if isinstance(shape.emission, Textured):
            yield "shapes", name, "emission", f"a texture ({shape.emission.kind})"
        if shape.normals == "smooth":
            yield "shapes", name, "normals", "smooth normals"
