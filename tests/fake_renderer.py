"""A renderer of one bright blob, for tests of the driver: analytic, differentiable, noisy.

    image(y, x, c) = reflectance_c * exp(-((x - u)^2 + (y - v)^2) / 2s^2) * (1 + noise)

(u, v): the shape's translate; noise: normal, sigma / sqrt(spp), from the seed alone, so common
random numbers make it a smooth function of the parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nrender.scene import Scene

TRANSLATE = "shapes.square.transform.translate"
REFLECTANCE = "materials.white.reflectance"
WIDTH = 0.6


def blob_scene(size: int = 12, spp: int = 16, **optimize: Any) -> Scene:
    """A square of one material; `optimize` replaces keys of the section."""
    section = {
        "parameters": {
            TRANSLATE: {"init": [0.5, -0.3, 0], "bounds": [-2, 2], "mask": [1, 1, 0]},
            REFLECTANCE: {"init": [0.3, 0.3, 0.3]},
        },
        "iterations": 40,
        **optimize,
    }
    return Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0],
                                 "resolution": [size, size]}},
            "integrator": {"type": "path", "max_depth": 2, "spp": spp},
            "materials": {"white": {"type": "diffuse", "reflectance": [0.7, 0.6, 0.5]}},
            "shapes": {"square": {"type": "rectangle", "material": "white"}},
            "optimize": section,
        }
    )  # fmt: skip


def blob_document_with_mesh() -> dict[str, Any]:
    """Its document, with a mesh of 30 vertices, `shapes.mesh`, that the fake renderer doesn't show."""
    document = blob_scene().document
    document["shapes"]["mesh"] = {
        "type": "mesh",
        "vertices": np.random.default_rng(0).normal(size=(30, 3)),
        "faces": np.arange(30).reshape(10, 3),
        "material": "white",
    }
    return document


class FakeRenderer:
    """`render` and `render_vjp`; `calls` counts them; `before(n)` runs before the n-th."""

    def __init__(self, sigma: float = 0.0, before: Any = None) -> None:
        self.sigma, self.before = sigma, before
        self.calls = 0
        self.seeds: list[int] = []
        self.poison: Any = None  # (scene) -> bool: whether the gradient comes out as NaN

    def render(self, scene, spp=None, seed=0, device="auto", camera=None):
        self._called(seed)
        return self._image(scene, spp, seed, camera)[0].astype(np.float32)

    def render_vjp(self, scene, wrt, spp=None, seed=0, device="auto", camera=None):
        self._called(seed)
        image, partials = self._image(scene, spp, seed, camera)

        def pullback(weights):
            grads = _pull(scene, wrt, partials, weights)
            if self.poison and self.poison(scene):
                grads[wrt[0]][...] = np.nan
            return grads

        return image.astype(np.float32), pullback

    def render_tangents(self, scene, directions, spp=None, seed=0, device="auto", camera=None):
        self._called(seed)
        image, partials = self._image(scene, spp, seed, camera)

        return image.astype(np.float32), [_push(partials, direction, image) for direction in directions]

    def render_aovs(self, scene, names, spp=None, seed=0, device="auto", camera=None):
        """Any AOV is the blob in white, (H, W)."""
        return {name: self._aov(scene, spp, seed, camera)[0].astype(np.float32) for name in names}

    def render_aovs_vjp(self, scene, names, wrt, spp=None, seed=0, device="auto", camera=None):
        self._called(seed)
        image, partials = self._aov(scene, spp, seed, camera)

        def pullback(weights):
            return _pull(scene, wrt, partials, sum(weights[name] for name in names))

        return dict.fromkeys(names, image.astype(np.float32)), pullback

    def render_aovs_jvp(self, scene, names, directions, spp=None, seed=0, device="auto", camera=None):
        image, partials = self._aov(scene, spp, seed, camera)
        tangent = _push(partials, directions, image)
        return dict.fromkeys(names, image.astype(np.float32)), dict.fromkeys(names, tangent)

    def _aov(self, scene, spp, seed, camera):
        image, partials = self._image(scene.replace({REFLECTANCE: [1, 1, 1]}), spp, seed, camera)
        return image[..., 0], [(path, index, p[..., 0]) for path, index, p in partials if path == TRANSLATE]

    def _called(self, seed):
        self.calls += 1
        self.seeds.append(seed)
        if self.before:
            self.before(self.calls)

    def _image(self, scene, spp, seed, camera):
        view = scene.cameras[camera or next(iter(scene.cameras))]
        y, x = np.meshgrid(
            np.linspace(1, -1, view.height), np.linspace(-1, 1, view.width), indexing="ij"
        )
        u, v, _ = scene.parameters[TRANSLATE]
        colour = scene.parameters[REFLECTANCE]
        blob = np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * WIDTH**2))[..., None]
        blob = blob * np.ones(3)
        noise = np.random.default_rng(seed).normal(size=blob.shape) * self.sigma
        blob = blob * (1 + noise / np.sqrt(spp or scene.integrator.spp))
        partials = [
            (TRANSLATE, 0, blob * colour * ((x - u) / WIDTH**2)[..., None]),
            (TRANSLATE, 1, blob * colour * ((y - v) / WIDTH**2)[..., None]),
        ]
        partials += [(REFLECTANCE, c, blob * np.eye(3)[c]) for c in range(3)]
        return blob * colour, partials


def _pull(scene, wrt, partials, weights):
    """J^T weights."""
    grads = {path: np.zeros(scene.parameters[path].shape) for path in wrt}
    for path, index, partial in partials:
        if path in grads:
            grads[path][index] += np.sum(weights * partial)
    return grads


def _push(partials, direction, image):
    """J direction, of the image's shape."""
    moved = (direction[path][index] * partial for path, index, partial in partials if path in direction)
    return sum(moved, np.zeros_like(image))


def truth(scene: Scene) -> np.ndarray:
    """The image of the scene as it is, without `init` and without noise."""
    return FakeRenderer().render(scene)
