"""Scenes with textures, smooth normals, normal and opacity maps and an environment, for checks of whole images.

As in scene_library, their derivative is complete with what the camera sees alone: they are open, nothing that moves
casts a shadow onto something or hides what indirect light sees. What that rests on is tested in
test_textured_scenes.py; CASES has the parameters of each scene for which it holds and that change the picture.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scene_library import camera, mesh

import nrender as nr
from nrender.scene.shapes import sphere
from nrender.scene.transform import rotation

Make = Callable[[], nr.Scene]

SIZE = 24
WHOLE = ["translate", "rotate", "scale"]


def smooth_image(
    width: int, height: int, channels: int = 3, low: float = 0.2, high: float = 0.9, seed: int = 0
) -> np.ndarray:
    """(H, W, C) from low to high: a few random waves that fit into the image, so that it continues over its border."""
    rng = np.random.default_rng(seed)
    y, x = np.meshgrid((np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij")
    image = np.zeros((height, width, channels))
    for k in range(channels):
        for right, down in ((1, 0), (0, 1), (1, 1), (1, -1), (2, 0)):
            image[:, :, k] += rng.normal() * np.cos(2 * np.pi * (right * x + down * y + rng.random()))
    image -= image.min(axis=(0, 1))
    return np.asarray(low + (high - low) * image / image.max(axis=(0, 1)))


def normal_image(width: int, height: int, most: float = 15.0, seed: int = 1) -> np.ndarray:
    """(H, W, 3) a normal map, (0.9 n + 1)/2, of vectors up to `most` degrees from +z."""
    x, y = np.moveaxis(smooth_image(width, height, 2, -1.0, 1.0, seed), -1, 0) * np.sin(np.radians(most)) / np.sqrt(2)
    return 0.45 * np.stack([x, y, np.sqrt(1 - x * x - y * y)], axis=-1) + 0.5  # a step stays within [0, 1]


def make(
    view: dict[str, Any],
    shapes: dict[str, Any],
    materials: dict[str, Any],
    lights: dict[str, Any],
    depth: int = 2,
) -> Make:
    document = {
        "nrender": 1,
        "cameras": {"main": view},
        "integrator": {"type": "path", "max_depth": depth, "spp": 16},
        "materials": materials,
        "shapes": shapes,
        "lights": lights,
    }
    return functools.partial(nr.Scene.from_dict, document)


# A plane that fills the view, seen and lit from its front, obliquely.

PLACE = {"translate": [0.1, -0.2, 0.0], "rotate": [-35, 25, 15], "scale": 5.0, "pivot": [0.1, 0.2, 0.0]}


def oblique() -> dict[str, Any]:
    return camera([0.4, 0.9, 5.0], [0.1, 0, 0], 30, SIZE, [0.05, 1, 0])


def two_lights() -> dict[str, Any]:
    return {
        "lamp": {"type": "point", "position": [1.4, 2.2, 2.5], "intensity": [9, 8, 7]},
        "sun": {"type": "directional", "direction": [-0.1, -0.8, -1.0], "irradiance": [0.8, 1.0, 1.2]},
    }


def plane(material: dict[str, Any]) -> Make:
    shapes = {"thing": {"type": "rectangle", "material": "paint", "transform": PLACE}}
    return make(oblique(), shapes, {"paint": material}, two_lights())


@functools.cache
def textured_quad(wrap: str = "repeat", model: str = "diffuse") -> Make:
    """An image of 8 x 6 texels for the colour. model: with `plastic` also one of the roughness, a number."""
    # A third of the quad is in view, so a bit more than one image, with its borders.
    where = {"wrap": wrap, "scale": [3.0, 2.8], "offset": [0.3, -0.4]}
    material: dict[str, Any] = {"type": model, "reflectance": {"image": smooth_image(8, 6).tolist(), **where}}
    if model == "plastic":
        material["specular"] = 0.8  # a step stays in its range
        material["roughness"] = {"image": smooth_image(4, 5, 1, 0.4, 0.8, seed=2).tolist(), **where}
    return plane(material)


@functools.cache
def minified_quad() -> Make:
    """Pixels that cover several texels, of one level or another."""
    image = smooth_image(32, 24, seed=4)
    where = {"filter": "mipmap", "scale": [9.0, 11.0], "offset": [0.3, -0.4]}
    return plane({"type": "diffuse", "reflectance": {"image": image.tolist(), **where}})


@functools.cache
def checkered_quad() -> Make:
    """A few large squares in view, none of whose lines is along an edge."""
    board = {"a": [0.9, 0.7, 0.2], "b": [0.1, 0.3, 0.5], "scale": [9.0, 7.0], "offset": [0.3, 0.2]}
    return plane({"type": "diffuse", "reflectance": {"checkerboard": board}})


@functools.cache
def normal_mapped_quad(model: str = "diffuse") -> Make:
    """Normals that lean by 15 degrees at most, so that all of it faces the camera and the lights."""
    material: dict[str, Any] = {"normal_map": {"image": normal_image(8, 6).tolist(), "scale": 4.0}}
    if model == "diffuse":
        material |= {"type": "diffuse", "reflectance": [0.8, 0.6, 0.4]}
    else:
        material |= {"type": "conductor", "f0": [0.9, 0.7, 0.5], "roughness": 0.6}
    return plane(material)


# Convex solids, lit from about the direction of the camera, which is at VIEW, and from farther away: all that is seen
# is lit, so there is no line at which faces turn away from the light before their smooth normals do.

VIEW = np.array([0.5, 0.7, 5.0])
TURN = [20.0, 10.0, -5.0]


def frontal_light(kind: str) -> dict[str, Any]:
    """One alone, lamp or sun: of two, one that is far away and one of parallel light, most samples go to the first."""
    if kind == "lamp":
        position = (2 * VIEW + [0.3, -0.2, 0.1]).tolist()
        return {"lamp": {"type": "point", "position": position, "intensity": [18, 16, 14]}}
    direction = (-VIEW - [-0.4, 0.3, 0]).tolist()
    return {"sun": {"type": "directional", "direction": direction, "irradiance": [1.0, 1.1, 1.2]}}


@functools.cache
def smooth_sphere(model: str = "diffuse", subdivisions: int = 1, light: str = "lamp") -> Make:
    """A coarse sphere with normals of its vertices. Near its outline, which is that of the triangles, smooth normals
    look away from the camera, or between it and the lights: a renderer that turns light off there, and doesn't bend the
    normals, has a line in its image that no boundary sample knows of."""
    vertices, faces, *_ = sphere.build({"subdivisions": subdivisions}, Path())
    return smooth_solid(vertices, faces, model, light)


@functools.cache
def smooth_cap(model: str = "diffuse", subdivisions: int = 1, light: str = "lamp") -> Make:
    """The part of the sphere that faces the camera, with a jagged border: all smooth normals face the camera and the
    lights, too, and do so whatever a renderer does where they don't."""
    vertices, faces, *_ = sphere.build({"subdivisions": subdivisions}, Path())
    towards = (VIEW / np.linalg.norm(VIEW)) @ rotation(np.array(TURN))[0]
    used, faces = np.unique(faces[(vertices[faces].mean(axis=1) @ towards) > 0.45], return_inverse=True)
    return smooth_solid(vertices[used], faces.reshape(-1, 3), model, light)


def smooth_solid(vertices: np.ndarray, faces: np.ndarray, model: str, light: str) -> Make:
    materials = {
        "diffuse": {"type": "diffuse", "reflectance": [0.8, 0.6, 0.4]},
        "conductor": {"type": "conductor", "f0": [0.9, 0.7, 0.5], "roughness": 0.5},
    }
    place = {"translate": [0.1, -0.05, 0.0], "rotate": TURN, "scale": 1.0, "pivot": [0.1, 0.2, -0.1]}
    thing = mesh(vertices.tolist(), faces.tolist(), material="paint", normals="smooth", transform=place)
    view = camera(VIEW.tolist(), [0.05, 0, 0], 32, SIZE, [0.05, 1, 0])
    return make(view, {"thing": thing}, {"paint": materials[model]}, frontal_light(light))


@functools.cache
def coloured_solid(light: str = "lamp") -> Make:
    """An octahedron with flat sides, of the colours of its vertices."""
    vertices = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
    faces = [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]]
    colors = np.random.default_rng(3).uniform(0.2, 0.9, (6, 3))
    place = {"translate": [0.1, -0.05, 0.0], "rotate": [20, 30, -5], "scale": 1.1, "pivot": [0.1, 0.2, -0.1]}
    thing = mesh(vertices, faces, material="paint", colors=colors.tolist(), transform=place)
    view = camera(VIEW.tolist(), [0.05, 0, 0], 32, SIZE, [0.05, 1, 0])
    materials = {"paint": {"type": "diffuse", "reflectance": {"vertex": "colors"}}}
    return make(view, {"thing": thing}, materials, frontal_light(light))


@functools.cache
def skylit_corner() -> Make:
    """scene_library's corner under an image of the sky, seen behind it. What moves the corner also moves its rim, which
    hides a part of the sky: complete for colours and the sky only."""
    vertices = [[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2], [2, 2, 0], [0, 2, 2], [2, 0, 2]]
    faces = [[0, 1, 4], [0, 4, 2], [0, 2, 5], [0, 5, 3], [0, 3, 6], [0, 6, 1]]
    place = {"translate": [-0.9, -0.8, -0.7], "rotate": [4, 6, -5], "scale": 0.9}
    thing = mesh(vertices, faces, material="paint", transform=place)
    sky = {
        "type": "envmap",
        "image": smooth_image(8, 4, 3, 0.2, 2.0, seed=4).tolist(),
        "scale": [1.0, 0.9, 1.1],
        "rotate": [10, 40, -20],
    }
    materials = {"paint": {"type": "diffuse", "reflectance": [0.8, 0.6, 0.4]}}
    view = camera([3.2, 2.2, 4.0], [-0.2, -0.1, 0], 40, SIZE, [0.05, 1, 0])
    return make(view, {"thing": thing}, materials, {"sky": sky}, depth=3)


@functools.cache
def cutout() -> Make:
    """A quad with an image of opacity in front of a lamp that fills the view. Its shadow falls onto the lamp, which is
    black, and the lamp shines onto its back, which isn't seen."""
    shapes = {
        "thing": {
            "type": "rectangle",
            "material": "paint",
            "transform": {"translate": [0.1, 0.0, 0.2], "rotate": [-15, 20, 10], "scale": 0.9, "pivot": [0.1, 0.2, 0]},
        },
        "wall": {
            "type": "rectangle",
            "emission": [0.9, 0.6, 0.3],
            "transform": {"translate": [0, 0, -2], "scale": 3.2},
        },
    }
    opacity = {"image": smooth_image(6, 5, 1, 0.1, 0.9, seed=5).tolist(), "wrap": "clamp"}
    materials = {"paint": {"type": "diffuse", "reflectance": [0.3, 0.5, 0.8], "opacity": opacity}}
    # A few segments more than the path has: whether passing counts as one doesn't matter.
    return make(oblique(), shapes, materials, two_lights(), depth=4)


@functools.cache
def textured_lamp() -> Make:
    """A black lamp in view, whose radiance is an image, stands above a floor that fills the rest and lights it from one
    side; the floor sees all of it from everywhere in front of it, and behind it is dark."""
    shapes = {
        "floor": {
            "type": "rectangle",
            "material": "white",
            "transform": {"translate": [0, -1, 0], "rotate": [-90, 0, 0], "scale": 30.0},
        },
        "lamp": {
            "type": "rectangle",
            "emission": {"image": smooth_image(6, 5, 3, 0.5, 4.0, seed=6).tolist(), "wrap": "clamp"},
            "transform": {"translate": [0.1, 0.1, -0.5], "rotate": [25, -15, 5], "scale": 0.7, "pivot": [0.1, 0.2, 0]},
        },
    }
    materials = {"white": {"type": "diffuse", "reflectance": [0.8, 0.7, 0.6]}}
    view = camera([0.5, 2.6, 4.0], [0.1, -0.4, 0], 34, SIZE, [0.05, 1, 0])
    return make(view, shapes, materials, {})


class Case(NamedTuple):
    make: Make
    paths: list[str]


def _case(made: Make, *paths: str, moved: str = "thing") -> Case:
    """With the camera, the transform of `moved`, and all lights."""
    paths += tuple(f"cameras.main.{key}" for key in ("origin", "target", "up", "fov"))
    paths += tuple(f"shapes.{moved}.transform.{key}" for key in (*WHOLE, "pivot"))
    paths += tuple(path for path in made().parameters if path.startswith("lights."))
    return Case(made, list(paths))


def _cases() -> dict[str, Case]:
    paint = "materials.paint"
    out = {f"textured quad, {wrap}": _case(textured_quad(wrap), f"{paint}.reflectance.image")
           for wrap in ("repeat", "clamp", "mirror")}
    out["textured quad, plastic"] = _case(
        textured_quad(model="plastic"), f"{paint}.reflectance.image", f"{paint}.roughness.image", f"{paint}.specular"
    )
    out["minified quad"] = _case(minified_quad(), f"{paint}.reflectance.image")
    out["checkered quad"] = _case(checkered_quad(), f"{paint}.reflectance.a", f"{paint}.reflectance.b")
    for model, subdivisions, light in (
        ("diffuse", 1, "lamp"), ("diffuse", 2, "sun"), ("conductor", 1, "sun"), ("conductor", 2, "lamp")
    ):
        values = [f"{paint}.{key}" for key in (("reflectance",) if model == "diffuse" else ("f0", "roughness"))]
        if subdivisions == 1:  # a step of the vertices would dent the finer one
            values.append("shapes.thing.vertices")
        text = f"{model}, {subdivisions}, {light}"
        out[f"smooth sphere, {text}"] = _case(smooth_sphere(model, subdivisions, light), *values)
        out[f"smooth cap, {text}"] = _case(smooth_cap(model, subdivisions, light), *values)
    for model, key in (("diffuse", "reflectance"), ("conductor", "roughness")):
        out[f"normal-mapped quad, {model}"] = _case(
            normal_mapped_quad(model), f"{paint}.normal_map.image", f"{paint}.{key}"
        )
    sky = ("lights.sky.image", "lights.sky.scale", "lights.sky.rotate", f"{paint}.reflectance")
    out["skylit corner"] = Case(skylit_corner(), list(sky))
    out["cutout"] = _case(cutout(), f"{paint}.opacity.image", f"{paint}.reflectance", "shapes.wall.emission")
    for light in ("lamp", "sun"):
        out[f"coloured solid, {light}"] = _case(coloured_solid(light), "shapes.thing.colors", "shapes.thing.vertices")
    out["textured lamp"] = _case(
        textured_lamp(),
        "shapes.lamp.emission.image",
        "materials.white.reflectance",
        "shapes.floor.transform.translate",
        moved="lamp",
    )
    return out


CASES = _cases()
