"""The colours of vertices in theta: as many as there are vertices, where a texture reads them or they are asked for,
else none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..scene import Scene
from ..scene.models import VertexColors, textures_of


class Colors:
    def __init__(self, scene: Scene, rows: Mapping[str, slice], start: int, asked: bool = False):
        textures = [texture for shape in scene.shapes.values() for texture in textures_of(shape, scene.materials)]
        used = any(isinstance(texture, VertexColors) for texture in textures)
        self.rows = {f"shapes.{name}.colors": rows[name] for name, s in scene.shapes.items() if s.colors is not None}
        self.scene, self.start = scene, start
        self.size = 3 * max(r.stop for r in rows.values()) if used or (asked and self.rows) else 0

    def fill(self, out: np.ndarray) -> None:
        self.push({path: np.asarray(self.scene.shapes[path.split(".")[1]].colors) for path in self.rows}, out)

    def push(self, directions: Mapping[str, np.ndarray], out: np.ndarray) -> None:
        if self.size:
            for path, rows in self.rows.items():
                if path in directions:
                    out.reshape(-1, 3)[rows] = directions[path]

    def pull(self, gradient: np.ndarray, wrt: Sequence[str]) -> dict[str, np.ndarray]:
        if not self.size:
            return {}
        return {path: gradient.reshape(-1, 3)[self.rows[path]] for path in wrt if path in self.rows}
