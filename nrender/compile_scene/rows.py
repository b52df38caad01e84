"""The rows of faces, materials and textures: integers, as tables.py says."""

from __future__ import annotations

import numpy as np

from ..bsdf import MODELS, size, transmits
from ..params import Layout
from ..params.values import BLACK
from ..scene import Scene
from ..scene.materials import is_two_sided
from ..scene.models import Material
from ..tables import (
    FACE,
    FACE_EMISSION,
    FACE_EMITTER,
    FACE_GLOW,
    FACE_MATERIAL,
    FACE_NORMALS,
    FACE_TWO_SIDED,
    FACE_VERTICES,
    ONE_SIDED,
    TEXTURE,
    TRANSMITS,
    TWO_SIDED,
)
from .mesh import Mesh


def face_rows(scene: Scene, place: Layout, mesh: Mesh, emitter: np.ndarray) -> np.ndarray:
    """(FACE F,) int32; emitter: (F,) which each face is, or -1."""
    numbers = {name: k for k, name in enumerate(place.values.materials)}
    words = [
        (
            numbers[shape.material],
            place.values.emission.get(name, -1),
            place.values.glow.get(name, -1),
            int(shape.two_sided),
            place.geometry.normals[name].start if name in place.geometry.normals else -1,
            int(shape.normals == "smooth"),
        )
        for name, shape in scene.shapes.items()
    ]

    def make() -> np.ndarray:
        out = np.empty((len(mesh.faces), FACE), np.int32)
        start = 0
        for name, word in zip(scene.shapes, words, strict=True):
            rows = out[start : start + len(scene.shapes[name].faces)]
            for column, number in zip((FACE_MATERIAL, FACE_EMISSION, FACE_GLOW, FACE_TWO_SIDED), word, strict=False):
                rows[:, column] = number
            rows[:, FACE_NORMALS : FACE_NORMALS + 3] = place.geometry.normal_offsets(name)
            start += len(rows)
        out[:, FACE_VERTICES : FACE_VERTICES + 3], out[:, FACE_EMITTER] = mesh.faces, emitter
        return out.reshape(-1)

    return mesh.again("faces", (words, emitter), make)


def face_uvs(scene: Scene) -> np.ndarray:
    """(F, 3, 2), zero where a shape has none; one face if none has."""
    shapes = scene.shapes.values()
    if all(shape.uvs is None for shape in shapes):
        return np.zeros((1, 3, 2))
    return np.concatenate([np.zeros((len(s.faces), 3, 2)) if s.uvs is None else s.uvs for s in shapes])


def material_rows(scene: Scene, place: Layout) -> np.ndarray:
    """(M, MATERIAL)."""
    names = list(MODELS)
    rows = []
    for name, at in place.values.materials.items():
        model = MODELS[BLACK if name is None else scene.materials[name].type]
        kind = names.index(BLACK if name is None else scene.materials[name].type)
        sides = TWO_SIDED if name is None else sides_of(scene.materials[name])
        rows.append([at.base, size(model), kind, sides, at.first, at.last, at.opacity, at.normal_map])
    return np.array(rows)


def sides_of(material: Material) -> int:
    if is_two_sided(material):
        return TWO_SIDED
    return TRANSMITS if transmits(MODELS[material.type]) else ONE_SIDED


def texture_rows(place: Layout) -> tuple[np.ndarray, np.ndarray]:
    """(T, TEXTURE) and scale and offset (T, 4); one row of zeros if there is none."""
    if not place.values.rows:
        return np.zeros((1, TEXTURE), np.int64), np.zeros((1, 4))
    return np.array(place.values.rows), np.array(place.values.places)
