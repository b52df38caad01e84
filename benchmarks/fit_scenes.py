"""The scenes of fit_problems.py that are made for it: a painted room, a picture on a wall, a blob."""

from __future__ import annotations

from typing import Any

import numpy as np
from boundary_setups import weld
from scene_library import camera, quad
from textured_scenes import smooth_image

import nrender as nr
from nrender.scene.shapes import sphere


def icosphere(divisions: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertices on the unit sphere, faces outward."""
    ball = sphere.icosahedron()
    for _ in range(divisions):
        ball = sphere.subdivide(*ball)
    return ball


def sheet(corners: list[list[float]], n: int, seed: int) -> dict[str, Any]:
    """A grid of n x n quads between the corners a, b, d, whose vertices have the colours of waves."""
    a, b, d = (np.array(c) for c in corners)
    s, t = np.meshgrid(np.linspace(0, 1, n + 1), np.linspace(0, 1, n + 1))
    vertices = a + s.reshape(-1, 1) * (b - a) + t.reshape(-1, 1) * (d - a)
    k = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).reshape(-1)
    faces = np.concatenate([np.stack([k, k + 1, k + n + 2], 1), np.stack([k, k + n + 2, k + n + 1], 1)])
    colors = smooth_image(n + 1, n + 1, 3, 0.1, 0.9, seed).reshape(-1, 3)
    return {"type": "mesh", "vertices": vertices, "faces": faces, "colors": colors, "material": "paint"}


def room(size: int) -> nr.Scene:
    """A painted floor and wall, a box and a ball, a lamp and a sky."""
    box = nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": camera([0, 0, 5], [0, 0, 0])},
            "materials": {"m": {"type": "diffuse", "reflectance": [0, 0, 0]}},
            "shapes": {"box": {"type": "cube", "material": "m"}},
        }
    ).shapes["box"]
    corners, sides = weld(box.vertices, box.faces)
    ball, faces = icosphere(2)
    document = {
        "nrender": 1,
        "cameras": {"main": camera([1.2, 1.5, 4.5], [0.1, 0.5, 0.0], 40, size)},
        "integrator": {"type": "path", "max_depth": 3, "spp": 16},
        "materials": {
            "paint": {"type": "diffuse", "reflectance": {"vertex": "colors"}},
            "white": {"type": "diffuse", "reflectance": [0.7, 0.7, 0.7]},
            "red": {"type": "diffuse", "reflectance": [0.8, 0.2, 0.1]},
        },
        "shapes": {
            "floor": sheet([[-3, 0, 3], [3, 0, 3], [-3, 0, -2]], 24, 1),
            "wall": sheet([[-3, 0, -2], [3, 0, -2], [-3, 4, -2]], 24, 2),
            "box": {"type": "mesh", "vertices": [-0.6, 0.5, -0.2] + 0.45 * corners, "faces": sides, "material": "red"},
            "ball": {"type": "mesh", "vertices": [0.8, 0.6, 0.3] + 0.5 * ball, "faces": faces, "material": "white"},
            "lamp": quad([-1, 3.5, 1], [-1, 3.5, 2], [0, 3.5, 2], [0, 3.5, 1], emission=[16, 15, 13]),
        },
        "lights": {"sky": {"type": "constant", "radiance": [0.2, 0.22, 0.28]}},
    }
    return nr.Scene.from_dict(document)


def picture(image: np.ndarray, size: int) -> nr.Scene:
    """The back wall of a white room has a reflectance image (H, W, 3)."""
    document = {
        "nrender": 1,
        "cameras": {"main": camera([0.2, 0.1, 3.4], [0, 0, -1], 38, size)},
        "integrator": {"type": "path", "max_depth": 4, "spp": 16},
        "materials": {
            "picture": {"type": "diffuse", "reflectance": {"image": image, "wrap": "clamp"}},
            "white": {"type": "diffuse", "reflectance": [0.75, 0.75, 0.75]},
        },
        "shapes": {
            "wall": {"type": "rectangle", "material": "picture", "transform": {"translate": [0, 0, -1]}},
            "floor": quad([-1, -1, 1], [1, -1, 1], [1, -1, -1], [-1, -1, -1], material="white"),
            "ceiling": quad([-1, 1, -1], [1, 1, -1], [1, 1, 1], [-1, 1, 1], material="white"),
            "left": quad([-1, -1, 1], [-1, -1, -1], [-1, 1, -1], [-1, 1, 1], material="white"),
            "right": quad([1, -1, -1], [1, -1, 1], [1, 1, 1], [1, 1, -1], material="white"),
            "lamp": quad(
                [-0.4, 0.98, -0.2], [0.4, 0.98, -0.2], [0.4, 0.98, 0.6], [-0.4, 0.98, 0.6], emission=[9, 8, 7]
            ),
        },
    }
    return nr.Scene.from_dict(document)


def radius(direction: np.ndarray) -> np.ndarray:
    """Of the blob, by unit vectors (N, 3)."""
    x, y, z = direction.T
    return 1.0 + 0.22 * np.sin(3 * x + 0.5) * np.cos(2 * y) + 0.18 * y * z + 0.12 * np.cos(4 * z - 1)


def blob(size: int) -> nr.Scene:
    """An icosphere, pulled out to `radius`, in 8 views from the corners of a cube."""
    ball, faces = icosphere(3)
    views = 3.6 / 3**0.5 * np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    document = {
        "nrender": 1,
        "cameras": {f"view{k}": camera(place.tolist(), [0, 0, 0], 40, size) for k, place in enumerate(views)},
        "integrator": {"type": "path", "max_depth": 2, "spp": 8},
        "materials": {"clay": {"type": "diffuse", "reflectance": [0.7, 0.65, 0.6]}},
        "shapes": {
            "blob": {"type": "mesh", "vertices": radius(ball)[:, None] * ball, "faces": faces, "material": "clay"},
        },
        "lights": {
            "sun": {"type": "directional", "direction": [-0.4, -1.0, -0.3], "irradiance": [2.0, 1.9, 1.7]},
            "sky": {"type": "constant", "radiance": [0.25, 0.28, 0.35]},
        },
    }
    return nr.Scene.from_dict(document)
