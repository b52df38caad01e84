"""Scenes as dicts for the tests of images and of their derivatives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nrender import Scene
from nrender.scene.models import Transform
from nrender.scene.shapes import cube, sphere
from nrender.scene.transform import world_vertices

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


# Scenes whose derivative is complete with primary silhouettes alone: nothing that moves casts a shadow, or hides what
# indirect light sees. `form` of the moving shape's transform: "scale" (a number), "axes" (three), "matrix".


def _transform(form: str, translate: Vector, rotate: Vector, scale: float, pivot: Vector) -> dict[str, Any]:
    if form == "matrix":
        place = Transform(translate=np.array(translate), rotate=np.array(rotate), scale=np.array(scale))
        basis = world_vertices(np.concatenate([np.zeros((1, 3)), np.eye(3)]), place)
        return {"matrix": np.column_stack([(basis[1:] - basis[0]).T, basis[0]]).tolist()}
    factors = [scale, 0.95 * scale, 1.1 * scale] if form == "axes" else scale
    return {"translate": list(translate), "rotate": list(rotate), "scale": factors, "pivot": list(pivot)}


def emitters(form: str = "scale", size: int = 24) -> Scene:
    """Emission alone, shapes that hide each other from the camera, and a background: all is in the silhouettes."""
    shapes = {
        "thing": mesh(
            [[-1, -0.6, 0.2], [0.9, -0.8, -0.1], [0.1, 0.9, 0.0], [0.0, 0.0, 0.9]],
            [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]],
            material="paint",
            emission=[1.0, 0.6, 0.3],
            transform=_transform(form, [0.3, 0.1, 0.2], [10, 25, -15], 0.8, [0.2, -0.1, 0.1]),
        ),
        "plate": {
            "type": "rectangle",
            "emission": [0.3, 0.5, 1.2],
            "two_sided": True,
            "transform": {"translate": [-0.5, 0.2, -1.0], "rotate": [5, 20, 30], "scale": 1.1},
        },
        "disk": {
            "type": "disk",
            "segments": 12,
            "emission": [0.9, 1.0, 0.2],
            "transform": {"translate": [-0.6, -0.7, 1.2], "scale": 0.4},
        },
    }
    return scene(
        camera([0.5, 0.7, 6], [0.1, 0, 0], 32, size, [0.05, 1, 0]), shapes, 1, {"paint": [0.5] * 3}, [0.2, 0.3, 0.1]
    )


def solid(form: str = "scale", size: int = 24) -> Scene:
    """A tessellated sphere that emits and reflects, in constant light."""
    vertices, faces, *_ = sphere.build({"subdivisions": 0}, Path())
    shapes = {
        "thing": mesh(
            vertices.tolist(),
            faces.tolist(),
            material="paint",
            emission=[0.4, 0.3, 0.2],
            transform=_transform(form, [0.2, -0.1, 0.3], [15, -20, 35], 1.2, [0.1, 0.3, -0.2]),
        )
    }
    view = camera([0.5, 0.7, 6], [0.1, 0, 0], 32, size, [0.05, 1, 0])
    return scene(view, shapes, 3, {"paint": [0.8, 0.5, 0.3]}, [1.0, 0.8, 1.2])


def faceted(form: str = "scale", size: int = 24) -> Scene:
    """A cube whose sides a lamp in view lights unequally; light goes to and fro between the two."""
    vertices, faces, *_ = cube.build({}, Path())
    shapes = {
        "thing": mesh(
            vertices.tolist(),
            faces.tolist(),
            material="paint",
            transform=_transform(form, [0.3, -0.3, 0.0], [20, 35, 10], 0.7, [0.1, 0.3, -0.2]),
        ),
        "lamp": {
            "type": "rectangle",
            "material": "white",
            "emission": [4.0, 3.0, 2.0],
            "two_sided": True,
            "transform": {"translate": [-0.9, 1.5, 1.5], "rotate": [60, -20, 5], "scale": 0.5},
        },
    }
    view = camera([0.5, 0.7, 6], [0.1, 0.2, 0], 34, size, [0.05, 1, 0])
    return scene(view, shapes, 4, {"paint": [0.8, 0.5, 0.3], "white": [0.5, 0.5, 0.5]})


def corner(form: str = "scale", size: int = 24, background: Vector | None = None) -> Scene:
    """Three planes that meet, and a lamp beyond every line between two of their points: light is reflected from side
    to side, also close to the edges. With a background its derivative is complete for what doesn't move only: the
    rim of the corner hides a part of it."""
    vertices = [[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2], [2, 2, 0], [0, 2, 2], [2, 0, 2]]
    faces = [[0, 1, 4], [0, 4, 2], [0, 2, 5], [0, 5, 3], [0, 3, 6], [0, 6, 1]]
    shapes = {
        "thing": mesh(
            vertices,
            faces,
            material="paint",
            transform=_transform(form, [-0.9, -0.8, -0.7], [4, 6, -5], 0.9, [0.4, 0.2, 0.3]),
        ),
        "lamp": {
            "type": "rectangle",
            "material": "white",
            "emission": [4.0, 3.0, 2.0],
            "transform": {"translate": [0.9, 1.0, 1.1], "rotate": [135, 0, 0], "scale": [0.4, 0.3, 1.0]},
        },
    }
    view = camera([3.2, 2.2, 4.0], [-0.2, -0.1, 0], 34, size, [0.05, 1, 0])
    return scene(view, shapes, 4, {"paint": [0.8, 0.6, 0.4], "white": [0.5, 0.5, 0.5]}, background)
