"""The camera's part of theta: origin, right, up, forward (scene/look_at.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..scene import Scene
from ..scene.look_at import frame, frame_adj, frame_tan

KEYS = ("origin", "target", "up", "fov")


class View:
    size = 12

    def __init__(self, scene: Scene, name: str, start: int):
        self.camera, self.prefix, self.start = scene.cameras[name], f"cameras.{name}.", start

    def fill(self, out: np.ndarray) -> None:
        out[:] = np.concatenate(frame(self.camera))

    def push(self, directions: Mapping[str, np.ndarray], out: np.ndarray) -> None:
        moved = [directions.get(self.prefix + key) for key in KEYS]
        if any(d is not None for d in moved):
            origin, target, up = (np.zeros(3) if d is None else d for d in moved[:3])
            fov = 0.0 if moved[3] is None else float(moved[3])
            out[:] = np.concatenate(frame_tan(self.camera, origin, target, up, fov))

    def pull(self, gradient: np.ndarray, wrt: Sequence[str]) -> dict[str, np.ndarray]:
        if not any(path.startswith(self.prefix) for path in wrt):
            return {}
        g = frame_adj(self.camera, *gradient.reshape(4, 3))
        return {self.prefix + key: getattr(g, key) for key in KEYS}
