"""Scenes as dicts for the tests of images and of their derivatives."""

from __future__ import annotations

from typing import Any

from nrender import Scene

Vector = tuple[float, float, float] | list[float]


def camera(
    origin: Vector, target: Vector, fov: float = 40.0, size: int | tuple[int, int] = 16, up: Vector = (0, 1, 0)
) -> dict[str, Any]:
    """size: of a square image, or (width, height)."""
    width, height = (size, size) if isinstance(size, int) else size
    return {
        "type": "perspective",
        "origin": list(origin),
        "target": list(target),
        "up": list(up),
        "fov": fov,
        "resolution": [width, height],
    }


def scene(
    view: dict[str, Any],
    shapes: dict[str, Any],
    depth: int,
    materials: dict[str, Vector] | None = None,
    background: Vector | None = None,
) -> Scene:
    """One camera, diffuse materials by name, and a background of that radiance, if any."""
    document: dict[str, Any] = {
        "nrender": 1,
        "cameras": {"main": view},
        "integrator": {"type": "path", "max_depth": depth, "spp": 16},
        "materials": {
            name: {"type": "diffuse", "reflectance": list(value)} for name, value in (materials or {}).items()
        },
        "shapes": shapes,
    }
    if background is not None:
        document["lights"] = {"sky": {"type": "constant", "radiance": list(background)}}
    return Scene.from_dict(document)


def mesh(vertices: list[Vector], faces: list[list[int]], **keys: Any) -> dict[str, Any]:
    return {"type": "mesh", "vertices": vertices, "faces": faces, **keys}


def quad(a: Vector, b: Vector, c: Vector, d: Vector, **keys: Any) -> dict[str, Any]:
    """Two triangles; the front is the side from which abcd is counter-clockwise."""
    return mesh([a, b, c, d], [[0, 1, 2], [0, 2, 3]], **keys)


def furnace(shape: str, depth: int, reflectance: Vector, emission: Vector, size: int = 16) -> Scene:
    """The inside of a closed shape that emits and reflects: radiance emission * sum of reflectance^k, k < depth."""
    walls = {"type": shape, "material": "wall", "emission": list(emission), "two_sided": True}
    if shape == "sphere":
        walls["subdivisions"] = 2
    view = camera([0.1, 0.2, -0.3], [0.5, 0.4, 0.9], fov=80, size=size)
    return scene(view, {"walls": walls}, depth, {"wall": reflectance})
