"""The lights' part of theta: the numbers of each (scene/light_numbers.py), an environment map's texels after them, and
the radiance of all constant lights, added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..light import NUMBERS
from ..scene import Scene
from ..scene.light_numbers import light_numbers, light_numbers_adj, light_numbers_tan
from ..scene.models import Light


class Lights:
    def __init__(self, scene: Scene, start: int):
        self.lights, self.start = scene.lights, start
        self.offsets: dict[str, int] = {}  # in theta
        end = start
        for name, light in scene.lights.items():
            if light.type in NUMBERS:
                self.offsets[name] = end
                end += _count(light) + _image(light).size
        self.constant = [name for name, light in scene.lights.items() if light.type == "constant"]
        self.background = end if self.constant else -1
        self.size = end + 3 * bool(self.constant) - start

    def fill(self, out: np.ndarray) -> None:
        for name in self.offsets:
            light = self.lights[name]
            self._write(name, light_numbers(light), _image(light), out)
        for name in self.constant:
            out[self.background - self.start :] += self.lights[name].values["radiance"]

    def push(self, directions: Mapping[str, np.ndarray], out: np.ndarray) -> None:
        moves: dict[str, dict[str, np.ndarray]] = {}
        for path, direction in directions.items():
            section, name, key = path.split(".", 2)
            if section == "lights":
                moves.setdefault(name, {})[key] = direction
        for name, move in moves.items():
            if name in self.offsets:
                light = self.lights[name]
                d_image = move.pop("image", np.zeros(_image(light).shape))
                self._write(name, light_numbers_tan(light, move), d_image, out)
            else:
                out[self.background - self.start :] += move["radiance"]

    def pull(self, gradient: np.ndarray, wrt: Sequence[str]) -> dict[str, np.ndarray]:
        out = {}
        for name in {path.split(".", 2)[1] for path in wrt if path.startswith("lights.")}:
            prefix = f"lights.{name}."
            if name in self.constant:
                out[prefix + "radiance"] = gradient[self.background - self.start :]
                continue
            light, at, numbers = self.lights[name], self.offsets[name] - self.start, {}
            for key, count in NUMBERS[light.type].items():
                numbers[key] = gradient[at : at + count].reshape(() if count == 1 else (count,))
                at += count
            image = _image(light)
            if image.size:
                out[prefix + "image"] = gradient[at : at + image.size].reshape(image.shape)
            out.update({prefix + key: g for key, g in light_numbers_adj(light, numbers).items()})
        return {path: out[path] for path in wrt if path in out}

    def _write(self, name: str, numbers: Mapping[str, np.ndarray], image: np.ndarray, out: np.ndarray) -> None:
        at = self.offsets[name] - self.start
        for key, count in NUMBERS[self.lights[name].type].items():
            out[at : at + count] = np.ravel(numbers[key])
            at += count
        out[at : at + image.size] = np.ravel(image)


def _count(light: Light) -> int:
    return sum(NUMBERS[light.type].values())


def _image(light: Light) -> np.ndarray:
    """(H, W, 3), or empty."""
    return np.asarray(light.values["image"]) if light.type == "envmap" else np.zeros(0)
