"""What materials and emitters are, in theta: constants, and the numbers of textures; with the rows of the kernels'
tables that say where they are.

A material's numbers stand in the order of its model's PARAMS, so that a kernel copies them as they are. A texture has
its own place: what it replaces among them stays 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import pyramid, texture
from ..bsdf import MODELS, size
from ..scene import Scene
from ..scene.models import Checkerboard, Texture, VertexColors

BLACK = "diffuse"  # the model of an emitter that has no material, with all parameters 0
WRAPS = {"repeat": texture.REPEAT, "clamp": texture.CLAMP, "mirror": texture.MIRROR}


class Entry(NamedTuple):
    """A parameter and where it is in the block: `size` numbers, its own or, if it has a pyramid, all levels'."""

    path: str
    start: int
    value: np.ndarray
    size: int
    minified: bool = False

    def numbers(self, value: np.ndarray) -> np.ndarray:
        return pyramid.build(value) if self.minified else np.ravel(value)

    def numbers_adj(self, g: np.ndarray) -> np.ndarray:
        if self.minified:
            return pyramid.build_adj(g, *self.value.shape)
        return g.reshape(() if self.path.endswith(".opacity") else self.value.shape)


class Placed(NamedTuple):
    """Where a material is: offset in theta, its textures [first, last), those of opacity and normal map or -1."""

    base: int
    first: int
    last: int
    opacity: int
    normal_map: int


class Values:
    def __init__(self, scene: Scene, colors: int, start: int):
        """colors: offset in theta of the vertices' colours."""
        self.start, self.colors = start, colors
        self.size = 0
        self.entries: list[Entry] = []
        self.rows: list[tuple[int, ...]] = []  # as tables.TEXTURE says
        self.places: list[np.ndarray] = []
        self.materials = {name: self._material(scene, name) for name in [*scene.materials, None]}
        self.emission: dict[str, int] = {}
        self.glow: dict[str, int] = {}
        for name, shape in scene.shapes.items():
            if shape.emission is not None:
                path = f"shapes.{name}.emission"
                self.emission[name] = self._take(3)
                self.glow[name] = self._value(path, shape.emission, 3, 0, self.emission[name] - start)

    def _take(self, count: int) -> int:
        """Offset in theta of so many new numbers."""
        self.size += count
        return self.start + self.size - count

    def _material(self, scene: Scene, name: str | None) -> Placed:
        if name is None:
            base = self._take(size(MODELS[BLACK]))
            return Placed(base, 0, 0, -1, -1)
        material = scene.materials[name]
        model, path = MODELS[material.type], f"materials.{name}."
        base, first, place = self._take(size(model)), len(self.rows), 0
        for key, (count, _) in model.PARAMS.items():
            self._value(path + key, material.values[key], count, place, base - self.start + place)
            place += count
        last = len(self.rows)
        extra = {}
        for key, count in (("opacity", 1), ("normal_map", 3)):
            value = material.values.get(key)
            extra[key] = -1
            if isinstance(value, np.ndarray):  # an image of one texel
                value = Texture(value.reshape(1, 1, count), "clamp", np.ones(2), np.zeros(2), "bilinear")
                extra[key] = self._texture(path + key, value, count, 0, "")
            elif value is not None:
                extra[key] = self._value(path + key, value, count, 0, 0)
        return Placed(base, first, last, extra["opacity"], extra["normal_map"])

    def _value(self, path: str, value: Any, channels: int, place: int, at: int) -> int:
        """Number of the texture, or -1 for a constant, which is put `at` its place."""
        if isinstance(value, np.ndarray):
            self.entries.append(Entry(path, at, value, value.size))
            return -1
        return self._texture(path, value, channels, place, ".image")

    def _texture(self, path: str, value: Any, channels: int, place: int, suffix: str) -> int:
        scale, offset = np.ones(2), np.zeros(2)
        if isinstance(value, VertexColors):
            row = (texture.VERTEX, channels, place, self.colors, 1, 1, 0, 1)
        else:
            scale, offset = value.scale, value.offset
            if isinstance(value, Checkerboard):
                start = self._take(2 * channels)
                for k, key in enumerate(("a", "b")):
                    at = start - self.start + k * channels
                    self.entries.append(Entry(f"{path}.{key}", at, getattr(value, key), channels))
                row = (texture.CHECKER, channels, place, start, 1, 1, 0, 1)
            else:
                height, width, _ = value.image.shape
                sizes = pyramid.levels(width, height) if value.filter == "mipmap" else [(width, height)]
                count = channels * sum(w * h for w, h in sizes)
                start = self._take(count)
                minified = value.filter == "mipmap"
                self.entries.append(Entry(path + suffix, start - self.start, value.image, count, minified))
                row = (texture.IMAGE, channels, place, start, width, height, WRAPS[value.wrap], len(sizes))
        self.rows.append(row)
        self.places.append(np.concatenate([scale, offset]))
        return len(self.rows) - 1

    def fill(self, out: np.ndarray) -> None:
        self.push({entry.path: entry.value for entry in self.entries}, out)

    def push(self, directions: Mapping[str, np.ndarray], out: np.ndarray) -> None:
        for entry in self.entries:
            if entry.path in directions:
                out[entry.start : entry.start + entry.size] = entry.numbers(directions[entry.path])

    def pull(self, gradient: np.ndarray, wrt: Sequence[str]) -> dict[str, np.ndarray]:
        wanted = set(wrt)
        return {
            e.path: e.numbers_adj(gradient[e.start : e.start + e.size]) for e in self.entries if e.path in wanted
        }
