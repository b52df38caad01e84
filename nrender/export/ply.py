"""PLY: all shapes as one mesh, in the world; numbers in float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..image.atomic import replacing
from ..scene import Scene
from ..scene.dump import write_ply
from .notes import Notes
from .parts import in_world, part_of


def write(scene: Scene, path: Path, notes: Notes) -> None:
    """Raises OSError."""
    parts = [in_world(part_of(shape)) for shape in scene.shapes.values()]
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    vertices = np.concatenate([np.zeros((0, 3)), *(part.vertices for part in parts)])
    faces = np.concatenate([np.zeros((0, 3), np.int64),
                            *(part.faces + start for part, start in zip(parts, starts, strict=False))])

    def joined(key: str, of_corners: bool) -> np.ndarray | None:
        given = [getattr(part, key) for part in parts]
        if not given or any(array is None for array in given):
            if any(array is not None for array in given):
                notes.add("file", path.name, "left out: not all shapes have them", key)
            return None
        array = np.concatenate(given)
        return array[faces] if of_corners else array

    uvs, normals, colors = joined("uvs", True), joined("normals", True), joined("colors", False)
    for section in ("materials", "cameras", "lights"):
        if getattr(scene, section):
            notes.add("file", path.name, "left out: PLY has none", section)
    for name, shape in scene.shapes.items():
        if shape.emission is not None:
            notes.add("shape", name, "left out: PLY has none", "emission")
    with replacing(path) as temporary, open(temporary, "wb") as out:
        write_ply(out, vertices, faces, "nrender", uvs, normals, colors)
