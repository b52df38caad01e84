"""The numbers that a user gives the vertices of meshes, in theta: those that are asked for, one after the other for
each vertex, 0 of shapes that have none. See nrender/aov/own.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..aov_table import own_counts
from ..scene import Scene


class Channels:
    def __init__(self, scene: Scene, rows: Mapping[str, slice], start: int, asked: Sequence[str] = ()):
        """rows: of each shape's vertices; asked: names of channels."""
        counts = own_counts(scene.shapes)
        self.counts = {name: counts[name] for name in asked}
        self.scene, self.start = scene, start
        self.width = sum(self.counts.values())
        self.size = self.width * max(of.stop for of in rows.values()) if self.width else 0
        self.places: dict[str, tuple[slice, slice]] = {}
        first = 0
        for name, count in self.counts.items():
            for shape, of in rows.items():
                if name in scene.shapes[shape].channels:
                    self.places[f"shapes.{shape}.channels.{name}"] = of, slice(first, first + count)
            first += count

    def fill(self, out: np.ndarray) -> None:
        self.push({path: self._value(path) for path in self.places}, out)

    def push(self, directions: Mapping[str, np.ndarray], out: np.ndarray) -> None:
        for path, place in self.places.items():
            if path in directions:
                of, _ = place
                out.reshape(-1, self.width)[place] = np.reshape(directions[path], (of.stop - of.start, -1))

    def pull(self, gradient: np.ndarray, wrt: Sequence[str]) -> dict[str, np.ndarray]:
        return {
            path: gradient.reshape(-1, self.width)[self.places[path]].reshape(self._value(path).shape)
            for path in wrt
            if path in self.places
        }

    def _value(self, path: str) -> np.ndarray:
        _, shape, _, name = path.split(".", 3)
        return np.asarray(self.scene.shapes[shape].channels[name])
