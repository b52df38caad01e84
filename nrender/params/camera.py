"""The camera's part of theta: origin, right, up, forward and what else there is of vectors, and the numbers of its lens
(camera/numbers.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..camera import TYPES
from ..scene import Scene
from ..scene.look_at import KEYS, pose, pose_adj, pose_tan
from ..scene.models import Camera


def frame(camera: Camera) -> np.ndarray:
    """(4, 3): origin, right, up, forward."""
    return (TYPES[camera.type][1](camera.values).frame @ pose(camera.values))[:4]


class View:
    def __init__(self, scene: Scene, name: str, start: int):
        self.camera, self.prefix, self.start = scene.cameras[name], f"cameras.{name}.", start
        self.kind, numbers = TYPES[self.camera.type]
        self.numbers = numbers(self.camera.values)
        self.vectors = 3 * len(self.numbers.frame)
        self.size = self.vectors + len(self.numbers.lens)

    def fill(self, out: np.ndarray) -> None:
        out[: self.vectors] = (self.numbers.frame @ pose(self.camera.values)).reshape(-1)
        out[self.vectors :] = self.numbers.lens

    def push(self, directions: Mapping[str, np.ndarray], out: np.ndarray) -> None:
        n = len(self.prefix)
        given = {path[n:]: np.asarray(d) for path, d in directions.items() if path.startswith(self.prefix)}
        place = pose(self.camera.values)
        moved = {key: d for key, d in given.items() if key in KEYS}
        out[: self.vectors] = (self.numbers.frame @ pose_tan(self.camera.values, moved)).reshape(-1)
        for key, d in given.items():
            for (by_frame, by_lens), step in zip(self.numbers.by_key.get(key, ()), d.reshape(-1), strict=False):
                out[: self.vectors] += step * (by_frame @ place).reshape(-1)
                out[self.vectors :] += step * by_lens

    def pull(self, gradient: np.ndarray, wrt: Sequence[str]) -> dict[str, np.ndarray]:
        if not any(path.startswith(self.prefix) for path in wrt):
            return {}
        values, place = self.camera.values, pose(self.camera.values)
        g_frame, g_lens = gradient[: self.vectors].reshape(-1, 3), gradient[self.vectors :]
        found = pose_adj(values, self.numbers.frame.T @ g_frame)
        for key, parts in self.numbers.by_key.items():
            g = np.array([np.sum(g_frame * (by_frame @ place)) + g_lens @ by_lens for by_frame, by_lens in parts])
            found[key] = g.reshape(values[key].shape)
        return {self.prefix + key: g for key, g in found.items()}
