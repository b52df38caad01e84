"""The teapot in a studio: views of it from all around, and sheets of six of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

import nrender as nr

from .surface import Surface

VERTICES, TEXTURE, ORIGIN = "shapes.teapot.vertices", "materials.glaze.reflectance.image", "cameras.main.origin"
SIX = ((20, 20), (80, 12), (140, 25), (200, 15), (260, 20), (320, 38))
MIDDLE, DISTANCE = (0.05, 0.47, 0.0), 3.3


def studio(surface: Surface, texture: np.ndarray, size: int) -> nr.Scene:
    """A camera of size x size pixels; texture: (H, W, 3). A soft sky, a lamp in front and one behind."""
    camera = {"type": "perspective", "origin": [MIDDLE[0], MIDDLE[1], DISTANCE], "target": MIDDLE, "fov": 34}
    return nr.Scene.from_dict({
        "nrender": 1,
        "cameras": {"main": {**camera, "resolution": [size, size]}},
        "integrator": {"max_depth": 2, "spp": 4},
        "materials": {"glaze": {"type": "diffuse", "reflectance": {"image": texture}}},
        "shapes": {
            "teapot": {"type": "mesh", "vertices": surface.vertices, "faces": surface.faces, "uvs": surface.uvs,
                       "normals": "smooth", "material": "glaze"},
            "lamp": {"type": "rectangle", "emission": [11.0, 10.5, 10.0],
                     "transform": {"rotate": [0, 150, 0], "translate": [-2.5, 3.5, 4.3], "scale": 1.2}},
            "back": {"type": "rectangle", "emission": [5.0, 5.5, 6.0],
                     "transform": {"rotate": [0, -30, 0], "translate": [2.5, 3.5, -4.3], "scale": 1.2}},
        },
        "lights": {"sky": {"type": "constant", "radiance": [0.55, 0.57, 0.6]}},
    })  # fmt: skip


def silhouette(surface: Surface, size: int) -> nr.Scene:
    """The same view of nothing but a white sky: 1 less its picture is where the teapot is. (So is the AOV `alpha`, but
    a picture needs no further kernels.)"""
    document = dict(studio(surface, np.zeros((1, 1, 3)), size).document)
    document["integrator"] = {"max_depth": 1, "spp": 4}
    document["shapes"] = {"teapot": document["shapes"]["teapot"]}
    document["lights"] = {"sky": {"type": "constant", "radiance": [1.0, 1.0, 1.0]}}
    return nr.Scene.from_dict(document)


def around(azimuth: float, elevation: float) -> np.ndarray:
    """(3,): where a camera stands that sees the teapot from there, in degrees; at 0, 0 the spout is to the right."""
    a, e = np.radians([azimuth, elevation])
    return np.array(MIDDLE) + DISTANCE * np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])


def random_view(rng: np.random.Generator) -> torch.Tensor:
    return torch.from_numpy(around(rng.uniform(0, 360), rng.uniform(5, 45)))


def unseen(count: int) -> list[torch.Tensor]:
    """Views for figures: drawn by themselves, whatever the seed of a run is."""
    rng = np.random.default_rng(987)
    return [random_view(rng) for _ in range(count)]


def six_views(scene: nr.Scene, size: int, spp: int) -> np.ndarray:
    """(2 size, 3 size, 3), once around the teapot."""
    scene = scene.with_resolution("main", size, size)
    images = [nr.render(scene.replace({ORIGIN: around(*angles)}), spp=spp, seed=7).clip(0, 1) for angles in SIX]
    return np.concatenate([np.concatenate(images[:3], axis=1), np.concatenate(images[3:], axis=1)])


def written(scene: nr.Scene, values: Mapping[str, torch.Tensor]) -> nr.Scene:
    """The scene with these values, as arrays."""
    return scene.replace({path: value.detach().numpy() for path, value in values.items()})
