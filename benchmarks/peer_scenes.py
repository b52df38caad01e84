"""The scenes on which benchmarks/peers.py measures: what meshes, lights and materials cost, one thing at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from common import ROOT
from mitsuba_scenes import sky
from scene_library import camera, quad
from textured_scenes import smooth_image

import nrender as nr

Size = tuple[int, int]


def cornell(size: Size) -> nr.Scene:
    """36 triangles, diffuse, an area light; depth 6."""
    return nr.Scene.from_dict(_cornell(size), base=ROOT / "scenes")


def _cornell(size: Size) -> dict[str, Any]:
    document = nr.load_scene(ROOT / "scenes" / "cornell.yaml").document
    document["cameras"]["main"]["resolution"] = list(size)
    return document


def cornell_with_sphere(size: Size) -> nr.Scene:
    """The same with a ball of 81,920 triangles in the place of the blocks."""
    document = _cornell(size)
    del document["shapes"]["small"], document["shapes"]["large"]
    place = {"translate": [278, 150, 280], "scale": 150}
    document["shapes"]["ball"] = {"type": "sphere", "subdivisions": 6, "material": "grey", "transform": place}
    return nr.Scene.from_dict(document, base=ROOT / "scenes")


def heights(n: int) -> np.ndarray:
    """(n, n) of a rough landscape: noise whose spectrum falls as 1/f^2."""
    rng = np.random.default_rng(7)
    f = np.hypot(np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None, :])
    f[0, 0] = np.inf
    phases = np.exp(2j * np.pi * rng.random(f.shape))
    out = np.fft.irfft2(phases / f**2, s=(n, n))
    return 0.35 * (out - out.mean()) / np.abs(out).max()


def terrain_mesh(triangles: int) -> tuple[np.ndarray, np.ndarray]:
    """(vertices, faces) of about so many triangles over [-1, 1]^2."""
    n = max(round((triangles / 2) ** 0.5), 1) + 1
    grid = np.linspace(-1.0, 1.0, n)
    x, z = np.meshgrid(grid, grid)
    vertices = np.stack([x, heights(n), z], axis=-1).reshape(-1, 3)
    a = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).reshape(-1)
    faces = np.concatenate([np.stack([a, a + n, a + 1], 1), np.stack([a + 1, a + n, a + n + 1], 1)])
    return vertices, faces


def terrain(size: Size, triangles: int = 1_000_000) -> nr.Scene:
    """A million triangles under an environment map; depth 4."""
    vertices, faces = terrain_mesh(triangles)
    document = {
        "nrender": 1,
        "cameras": {"main": camera([0.0, 0.7, 1.6], [0.0, -0.1, 0.0], 45.0, size)},
        "integrator": {"type": "path", "max_depth": 4, "spp": 16},
        "materials": {"ground": {"type": "diffuse", "reflectance": [0.5, 0.45, 0.35]}},
        "shapes": {"terrain": {"type": "mesh", "vertices": vertices, "faces": faces, "material": "ground"}},
        "lights": {"sky": sky()},
    }
    return nr.Scene.from_dict(document)


def interior(size: Size) -> nr.Scene:
    """A room of plastic, metal and principled surfaces with images on them, two lamps; depth 8."""

    def textured(seed: int, low: float, high: float, scale: float) -> dict[str, Any]:
        return {"image": smooth_image(64, 64, 3, low, high, seed=seed).tolist(), "scale": [scale, scale]}

    def wall(place: dict[str, Any], material: str) -> dict[str, Any]:
        return {"type": "rectangle", "material": material, "transform": {**place, "scale": [2.0, 2.0, 1.0]}}

    shapes = {
        "floor": wall({"translate": [0, -2, 0], "rotate": [-90, 0, 0]}, "parquet"),
        "ceiling": wall({"translate": [0, 2, 0], "rotate": [90, 0, 0]}, "plaster"),
        "back": wall({"translate": [0, 0, -2]}, "paper"),
        "left": wall({"translate": [-2, 0, 0], "rotate": [0, 90, 0]}, "paint"),
        "right": wall({"translate": [2, 0, 0], "rotate": [0, -90, 0]}, "paint"),
        "lamp": _lamp(-1.2, -0.4, -0.4, 0.4, [14, 12, 9]),
        "other": _lamp(0.5, 1.1, 0.0, 0.6, [9, 12, 14]),
        "vase": _ball("metal", [-0.9, -1.3, -0.5], 0.7),
        "bowl": _ball("glaze", [0.9, -1.45, 0.1], 0.55),
        "stone": _ball("car", [0.1, -1.6, 0.9], 0.4),
    }
    car = {"base_color": [0.2, 0.3, 0.7], "metallic": 0.5, "roughness": 0.3, "clearcoat": 1.0}
    materials = {
        "parquet": {"type": "plastic", "reflectance": textured(1, 0.1, 0.7, 3.0), "roughness": 0.3},
        "plaster": {"type": "diffuse", "reflectance": [0.75, 0.74, 0.72]},
        "paper": {"type": "diffuse", "reflectance": textured(2, 0.2, 0.9, 5.0)},
        "paint": {"type": "plastic", "reflectance": [0.5, 0.25, 0.2], "roughness": 0.4},
        "metal": {"type": "conductor", "f0": [0.9, 0.7, 0.4], "roughness": 0.25},
        "glaze": {"type": "plastic", "reflectance": textured(3, 0.1, 0.8, 2.0), "roughness": 0.25},
        "car": {"type": "principled", **car},
    }
    document = {
        "nrender": 1,
        "cameras": {"main": camera([0.0, 0.0, 6.0], [0.0, -0.2, 0.0], 40.0, size)},
        "integrator": {"type": "path", "max_depth": 8, "spp": 16},
        "materials": materials,
        "shapes": shapes,
    }
    return nr.Scene.from_dict(document)


def _lamp(left: float, right: float, back: float, front: float, emission: list[float]) -> dict[str, Any]:
    y = 1.98
    corners = ([left, y, back], [right, y, back], [right, y, front], [left, y, front])
    return quad(*corners, emission=emission)


def _ball(material: str, place: list[float], radius: float) -> dict[str, Any]:
    transform = {"translate": place, "scale": radius}
    return {"type": "sphere", "subdivisions": 5, "normals": "smooth", "material": material, "transform": transform}


SCENES = {
    "Cornell box": cornell,
    "Cornell box, ball of 82k triangles": cornell_with_sphere,
    "terrain of 1M triangles, sky": terrain,
    "glossy, textured interior": interior,
}
