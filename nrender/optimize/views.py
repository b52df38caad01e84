"""What cameras see, pictures and AOVs, with derivatives, by name: {"image": (H, W, 3), "depth": (H, W, 1), ...}."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nrender.aov_table import IMAGE

Gradients = dict[str, np.ndarray]
Images = dict[str, np.ndarray]
Pullback = Callable[[Images], Gradients]


class Views:
    """renderer: what has `render`, `render_vjp` and `render_tangents`, with AOVs also `render_aovs…`; wanted:
    {camera: names of what is wanted of it}."""

    def __init__(self, renderer: Any, device: str, wanted: Mapping[str, list[str]]) -> None:
        self.renderer, self.device, self.wanted = renderer, device, wanted

    def images(self, scene: Any, camera: str, spp: int, seed: int) -> Images:
        found: Images = {}
        keys = self._keys(camera, spp, seed)
        if IMAGE in self.wanted[camera]:
            found[IMAGE] = _image(self.renderer.render(scene, **keys))
        names = self._aovs(camera)
        if names:
            found |= _images(self._maker("render_aovs")(scene, names, **keys))
        return found

    def vjp(self, scene: Any, camera: str, wrt: list[str], spp: int, seed: int) -> tuple[Images, Pullback]:
        """(images, pullback): {what: weights} to {path: gradient}."""
        found: Images = {}
        pulls: list[tuple[list[str], Callable[[Images], Gradients]]] = []
        keys = self._keys(camera, spp, seed)
        if IMAGE in self.wanted[camera]:
            image, pull = self.renderer.render_vjp(scene, wrt=wrt, **keys)
            found[IMAGE] = _image(image)
            pulls.append(([IMAGE], lambda weights: pull(weights[IMAGE])))
        names = self._aovs(camera)
        if names:
            aovs, pull_aovs = self._maker("render_aovs_vjp")(scene, names, wrt, **keys)
            found |= _images(aovs)
            shapes = {name: np.shape(aov) for name, aov in aovs.items()}
            pulls.append((names, lambda w: pull_aovs({n: w[n].reshape(shapes[n]) for n in names})))

        def pullback(weights: Images) -> Gradients:
            total: Gradients = {}
            for wanted, back in pulls:
                part = back({name: weights[name] for name in wanted})
                total = {path: total[path] + g if path in total else g for path, g in part.items()}
            return total

        return found, pullback

    def jvp(
        self, scene: Any, camera: str, directions: Sequence[Gradients], spp: int, seed: int
    ) -> tuple[Images, list[Images]]:
        """(images, the tangent images of each direction)."""
        found: Images = {}
        tangents: list[Images] = [{} for _ in directions]
        keys = self._keys(camera, spp, seed)
        if IMAGE in self.wanted[camera]:
            image, changes = self.renderer.render_tangents(scene, directions, **keys)
            found[IMAGE] = _image(image)
            for tangent, change in zip(tangents, changes, strict=True):
                tangent[IMAGE] = _image(change)
        names = self._aovs(camera)
        if names:
            for tangent, direction in zip(tangents, directions, strict=True):
                aovs, change = self._maker("render_aovs_jvp")(scene, names, direction, **keys)
                found |= _images(aovs)
                tangent |= _images(change)
        return found, tangents

    def _aovs(self, camera: str) -> list[str]:
        return [name for name in self.wanted[camera] if name != IMAGE]

    def _keys(self, camera: str, spp: int, seed: int) -> dict[str, Any]:
        return {"spp": spp, "seed": seed, "device": self.device, "camera": camera}

    def _maker(self, name: str) -> Callable[..., Any]:
        """Of AOVs, which a renderer of colour alone need not have."""
        if hasattr(self.renderer, name):
            return getattr(self.renderer, name)
        return getattr(importlib.import_module("nrender.render_aovs"), name)


def _image(array: Any) -> np.ndarray:
    """(H, W, C) float64."""
    image = np.asarray(array, np.float64)
    return image if image.ndim == 3 else image[..., None]


def _images(arrays: Mapping[str, Any]) -> Images:
    return {name: _image(array) for name, array in arrays.items()}
