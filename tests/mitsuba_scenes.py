"""Small scenes for comparisons with Mitsuba 3: together they have every material, texture and light.

None is symmetric, so that a mirrored or turned image would not pass. Smooth shapes have fine meshes, since only nrender
dims light near a triangle's horizon (mitsuba_twin.py); lamps are large and rough things not too smooth, so that errors
of the mean are normally distributed after a few hundred samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scene_library import camera, mesh, quad, scene
from textured_scenes import normal_image, smooth_image

import nrender as nr

Size = tuple[int, int]
SIZE = (28, 24)
WIDE = (32, 12)


def cornell(size: Size = SIZE) -> nr.Scene:
    """A small room with a lamp under its ceiling and a block."""
    place = {"translate": [0.3, -0.65, 0.1], "rotate": [0, 25, 0], "scale": [0.3, 0.35, 0.3]}
    shapes = {
        "floor": quad([-1, -1, 1], [1, -1, 1], [1, -1, -1], [-1, -1, -1], material="white"),
        "ceiling": quad([-1, 1, -1], [1, 1, -1], [1, 1, 1], [-1, 1, 1], material="white"),
        "back": quad([-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1], material="white"),
        "left": quad([-1, -1, 1], [-1, -1, -1], [-1, 1, -1], [-1, 1, 1], material="red"),
        "right": quad([1, -1, -1], [1, -1, 1], [1, 1, 1], [1, 1, -1], material="green"),
        "lamp": quad([-0.3, 0.98, -0.3], [0.3, 0.98, -0.3], [0.3, 0.98, 0.3], [-0.3, 0.98, 0.3], emission=[12, 9, 5]),
        "block": {"type": "cube", "material": "white", "transform": place},
    }
    materials = {"white": [0.73, 0.73, 0.73], "red": [0.63, 0.06, 0.05], "green": [0.14, 0.45, 0.09]}
    return scene(camera([0, 0.1, 3.6], [0, 0, 0], 42, size), shapes, 6, materials)


def lamp_under_sky(size: Size = SIZE) -> nr.Scene:
    shapes = {
        "floor": quad([-2, 0, 1], [1.5, 0, 1.5], [1, 0, -1], [-1, 0, -1.5], material="grey"),
        "lamp": quad([0.4, 0.8, -0.5], [0.9, 1.2, -0.5], [0.9, 1.2, 0.4], [0.4, 0.8, 0.4], emission=[8, 6, 4]),
        "ball": {
            "type": "sphere",
            "subdivisions": 2,
            "material": "blue",
            "transform": {"translate": [-0.6, 0.5, 0.3], "scale": 0.5},
        },
    }
    materials = {"grey": [0.6, 0.5, 0.4], "blue": [0.2, 0.3, 0.7]}
    return scene(camera([1.0, 1.5, 4.0], [0, 0.4, 0], 38, size, [0.1, 1, 0]), shapes, 4, materials, [0.2, 0.3, 0.5])


def make(
    view: dict[str, Any], shapes: dict[str, Any], materials: dict[str, Any], lights: dict[str, Any], depth: int
) -> nr.Scene:
    return nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": view},
            "integrator": {"type": "path", "max_depth": depth, "spp": 64},
            "materials": materials,
            "shapes": shapes,
            "lights": lights,
        }
    )


def sky(low: float = 0.1, high: float = 1.5) -> dict[str, Any]:
    """Of few, differing texels, so that what is between them shows."""
    image = smooth_image(8, 4, 3, low, high, seed=4)
    return {"type": "envmap", "image": image.tolist(), "scale": [1.0, 0.9, 1.1], "rotate": [10, 40, -20]}


def floor(material: str, half: float = 3.0) -> dict[str, Any]:
    place = {"rotate": [-90, 0, 0], "scale": half}
    return {"type": "rectangle", "material": material, "transform": place}


def row(materials: dict[str, Any], depth: int, subdivisions: int, size: Size) -> nr.Scene:
    """Three smooth balls side by side on a floor, under a sky and a lamp."""
    shapes: dict[str, Any] = {
        "floor": floor("ground"),
        "lamp": quad([-1.0, 2.2, 1.2], [-1.0, 2.8, -0.2], [1.6, 2.8, -0.2], [1.6, 2.2, 1.2], emission=[5, 4, 3]),
    }
    for k, name in enumerate(materials):
        place = {"translate": [1.1 * (k - 1), 0.52, 0.1 * k], "rotate": [20, 30, 0], "scale": 0.5}
        shapes[f"ball-{k}"] = {
            "type": "sphere",
            "subdivisions": subdivisions,
            "normals": "smooth",
            "material": name,
            "transform": place,
        }
    ground = {"type": "diffuse", "reflectance": [0.5, 0.45, 0.4]}
    view = camera([0.6, 1.6, 5.0], [0, 0.5, 0], 14, size, [0.02, 1, 0])
    return make(view, shapes, {"ground": ground, **materials}, {"sky": sky()}, depth)


def metal_and_plastic(size: Size = WIDE, subdivisions: int = 5) -> nr.Scene:
    metal = {"type": "conductor", "f0": [0.9, 0.6, 0.3], "roughness": 0.2}
    coated = {"type": "plastic", "reflectance": [0.2, 0.5, 0.3], "specular": 0.9, "roughness": 0.3}
    matt = {"type": "conductor", "f0": [0.3, 0.4, 0.8], "roughness": 0.7}
    return row({"metal": metal, "coated": coated, "matt": matt}, 4, subdivisions, size)


def glass(size: Size = WIDE, subdivisions: int = 5) -> nr.Scene:
    clear = {"type": "dielectric", "ior": 1.5, "roughness": 0.3}
    dense = {"type": "dielectric", "ior": 1.9, "roughness": 0.5}
    tinted = {"type": "principled", "base_color": [0.9, 0.6, 0.4], "roughness": 0.4, "transmission": 0.9}
    return row({"clear": clear, "dense": dense, "tinted": tinted}, 5, subdivisions, size)


def smooth_cap(size: Size = SIZE) -> nr.Scene:
    """A few triangles of a sphere from nearby: normals differ from those of the triangles by up to 5 degrees, and
    highlights show it; but the lamps are so near to the camera that the factor of the horizon is above 0.985."""
    paint = {"type": "plastic", "reflectance": [0.5, 0.3, 0.2], "roughness": 0.4}
    place = {"rotate": [20, 30, 10]}
    shapes = {
        "ball": {"type": "sphere", "subdivisions": 3, "normals": "smooth", "material": "paint", "transform": place},
        "lamp": quad([0, 0.1, 3], [0, 0.25, 3], [0.15, 0.25, 3], [0.15, 0.1, 3], emission=[400, 420, 450]),
    }
    lights = {"lamp": {"type": "point", "position": [-0.1, -0.05, 3.2], "intensity": [10, 11, 9]}}
    return make(camera([0, 0, 3.5], [0.02, 0.03, 0], 14, size, [0.1, 1, 0]), shapes, {"paint": paint}, lights, 2)


def principled(size: Size = WIDE, subdivisions: int = 5) -> nr.Scene:
    cloth = {"base_color": [0.3, 0.1, 0.5], "roughness": 0.8, "sheen": 1.0, "sheen_tint": 0.6, "specular": 0.2}
    car = {"base_color": [0.7, 0.1, 0.1], "metallic": 0.4, "clearcoat": 1.0, "clearcoat_gloss": 0.3}
    wax = {"base_color": [0.6, 0.7, 0.3], "specular": 0.9, "specular_tint": 0.7, "roughness": 0.3, "transmission": 0.3}
    models = {"cloth": cloth, "car": car, "wax": wax}
    return row({name: {"type": "principled", **keys} for name, keys in models.items()}, 5, subdivisions, size)


def textured_floor(size: Size = SIZE) -> nr.Scene:
    """A checkerboard and images of two wraps, under a spot, whose border is in view, and the sun."""
    board = {"a": [0.9, 0.7, 0.2], "b": [0.1, 0.3, 0.5], "scale": [5.0, 4.0], "offset": [0.3, 0.2]}
    image = {"image": smooth_image(5, 6).tolist(), "scale": [1.8, 1.5], "offset": [0.2, -0.3]}
    smooth = {"checkerboard": {"a": 0.2, "b": 0.7, "scale": [3.0, 5.0], "offset": [0.1, 0.4]}}
    materials = {
        "board": {"type": "diffuse", "reflectance": {"checkerboard": board}},
        "image": {"type": "diffuse", "reflectance": {**image, "wrap": "mirror"}},
        "clamped": {"type": "plastic", "reflectance": {**image, "wrap": "clamp"}, "roughness": 0.5},
        "rough": {"type": "principled", "base_color": image, "metallic": 0.7, "roughness": smooth},
    }
    shapes = {
        name: {"type": "rectangle", "material": name, "transform": {"translate": at, "rotate": turn}}
        for name, at, turn in (
            ("board", [-1.05, 0, 1.0], [-90, 0, 0]),
            ("image", [1.05, 0, 1.0], [-80, 0, 0]),
            ("clamped", [-1.05, 0.2, -1.1], [-75, 10, 0]),
            ("rough", [1.05, 0.3, -1.1], [-70, -10, 0]),
        )
    }
    place = {"position": [-0.5, 3.0, 2.0], "target": [0.2, 0, 0.1]}
    lights = {
        "spot": {"type": "spot", **place, "intensity": [9, 8, 7], "cutoff": 32, "beam_width": 15},
        "sun": {"type": "directional", "direction": [-0.4, -1.0, -0.3], "irradiance": [0.8, 1.0, 1.2]},
        "lamp": {"type": "point", "position": [1.5, 1.0, 0.8], "intensity": [0.6, 0.7, 0.5]},
        "glow": {"type": "constant", "radiance": [0.05, 0.1, 0.15]},
    }
    return make(camera([0.7, 3.6, 4.6], [0, 0, 0], 34, size, [0.1, 1, 0]), shapes, materials, lights, 3)


def cutout(size: Size = SIZE) -> nr.Scene:
    """Leaves with an image of opacity, a checkerboard of it and a constant one, that hide each other and shade a wall,
    also from a point. The veil is seen from its back, which is black."""
    leaf = {"image": smooth_image(6, 5, 1, 0.0, 1.0, seed=5).tolist(), "wrap": "clamp"}
    board = {"checkerboard": {"a": 1.0, "b": 0.2, "scale": [3.0, 2.0], "offset": [0.3, 0.1]}}
    materials = {
        "leaf": {"type": "diffuse", "reflectance": [0.3, 0.6, 0.2], "opacity": leaf},
        "net": {"type": "conductor", "f0": [0.8, 0.6, 0.5], "roughness": 0.5, "opacity": board},
        "veil": {"type": "plastic", "reflectance": [0.6, 0.3, 0.5], "opacity": 0.4, "two_sided": False},
        "wall": {"type": "diffuse", "reflectance": [0.7, 0.7, 0.6]},
    }
    shapes = {
        "wall": {"type": "rectangle", "material": "wall", "transform": {"translate": [0, 0, -1.5], "scale": 3.0}},
        "leaf": {
            "type": "rectangle",
            "material": "leaf",
            "transform": {"translate": [-0.5, 0.1, 0.2], "rotate": [-15, 20, 10], "scale": 0.8},
        },
        "net": {
            "type": "rectangle",
            "material": "net",
            "transform": {"translate": [0.6, -0.2, -0.4], "rotate": [10, -20, 5], "scale": 0.9},
        },
        "veil": {
            "type": "rectangle",
            "material": "veil",
            "transform": {"translate": [0.3, 0.5, 0.6], "rotate": [20, 150, 5], "scale": 0.5},
        },
        "lamp": quad([2.5, 1, 0], [1.5, 1, 2], [1.5, 2, 2], [2.5, 2, 0], emission=[4, 4, 5]),
    }
    lights = {
        "point": {"type": "point", "position": [0.4, 0.9, 3.0], "intensity": [7, 6, 5]},
        "sun": {"type": "directional", "direction": [0.5, -0.3, -1.0], "irradiance": [0.5, 0.6, 0.7]},
        "sky": sky(0.05, 0.3),
    }
    return make(camera([0.4, 0.5, 5.0], [0.1, 0, 0], 30, size, [0.05, 1, 0]), shapes, materials, lights, 4)


def normal_map(size: Size = SIZE) -> nr.Scene:
    """Two plates whose normals lean by up to 15 degrees, lit from within 20 degrees of the plates' own normals, where
    the factor of the horizon is 1 to 1e-3; one plate is seen from its back."""
    bumps = {"image": normal_image(8, 6).tolist(), "scale": 1.5}
    materials = {
        "matt": {"type": "diffuse", "reflectance": [0.8, 0.6, 0.4], "normal_map": bumps},
        "metal": {"type": "conductor", "f0": [0.9, 0.7, 0.5], "roughness": 0.5, "normal_map": bumps},
    }
    left = {"translate": [-1.05, 0, 0], "rotate": [0, 0, 25]}
    right = {"translate": [1.05, 0, 0], "rotate": [0, 180, 10]}
    shapes = {
        "matt": {"type": "rectangle", "material": "matt", "transform": left},
        "metal": {"type": "rectangle", "material": "metal", "transform": right},
        "lamp": quad([-0.7, -0.2, 6], [-0.5, 0.9, 6], [0.8, 1.1, 6], [0.6, -0.4, 6], emission=[20, 25, 15]),
    }
    return make(camera([0.5, 1.5, 5.0], [0, 0, 0], 32, size, [0.05, 1, 0]), shapes, materials, {}, 2)


def vertex_colours(size: Size = SIZE) -> nr.Scene:
    """Solids with the colours of their vertices: as a colour and, with normals as from a file, as numbers too; above
    them a picture that emits."""
    vertices = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
    faces = [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]]
    colors = np.random.default_rng(3).uniform(0.05, 0.95, (6, 3)).tolist()
    materials = {
        "paint": {"type": "diffuse", "reflectance": {"vertex": "colors"}},
        "mixed": {
            "type": "principled",
            "base_color": {"vertex": "colors"},
            "metallic": {"vertex": "colors"},
            "roughness": {"vertex": "colors"},
        },
        "white": {"type": "diffuse", "reflectance": [0.7, 0.7, 0.7], "two_sided": False},
    }
    solid = {"vertices": vertices, "faces": faces, "colors": colors}
    corners = np.array(vertices)[faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    turned = {"rotate": [20, 30, -5], "scale": 0.8}
    picture = {"image": smooth_image(6, 5, 3, 0.2, 3.0, seed=6).tolist(), "wrap": "clamp"}
    shapes = {
        "painted": mesh(**solid, material="paint", transform={"translate": [-1.0, 0, 0.3], **turned}),
        "mixed": mesh(
            **solid,
            material="mixed",
            normals="file",
            corner_normals=np.repeat(flat[:, None], 3, axis=1).tolist(),
            transform={"translate": [0.9, 0.2, 0], **turned},
        ),
        "wall": {"type": "rectangle", "material": "white", "transform": {"translate": [0, 0, -1.6], "scale": 3.0}},
        "picture": {
            "type": "rectangle",
            "emission": picture,
            "transform": {"translate": [0.1, 1.2, -1.2], "rotate": [25, -15, 5], "scale": [1.0, 0.4, 1.0]},
        },
    }
    lights = {"lamp": {"type": "point", "position": [0.5, 1.5, 5.0], "intensity": [40, 36, 30]}}
    return make(camera([0.5, 0.7, 5.5], [0.05, 0, 0], 36, size, [0.05, 1, 0]), shapes, materials, lights, 3)


def with_camera(of: nr.Scene, **keys: Any) -> nr.Scene:
    """The scene with other keys of its camera; None takes one away."""
    document = of.document
    camera = {**document["cameras"]["main"], **keys}
    document["cameras"]["main"] = {key: value for key, value in camera.items() if value is not None}
    return nr.Scene.from_dict(document)


def part_of_cornell() -> nr.Scene:
    """The axis off the middle, and a part of the picture."""
    return with_camera(cornell(), principal_point=[0.6, 0.35], fov_axis="diagonal", fov=55, crop=[3, 5, 22, 15])


def cornell_from_afar() -> nr.Scene:
    return with_camera(cornell(), type="orthographic", fov=None, height=1.8, origin=[0.7, 0.4, 3.6], fov_axis=None)


def cornell_out_of_focus() -> nr.Scene:
    """The block in front is sharp, the wall behind it is not."""
    lens = {"aperture_radius": 0.15, "focus_distance": 3.2}
    return with_camera(cornell(), type="thinlens", **lens)


def cornell_by_tents() -> nr.Scene:
    return with_camera(cornell(), filter="tent")


def cornell_by_gaussians() -> nr.Scene:
    return with_camera(cornell(), filter="gaussian")


SCENES = (
    cornell,
    lamp_under_sky,
    metal_and_plastic,
    glass,
    smooth_cap,
    principled,
    textured_floor,
    cutout,
    normal_map,
    vertex_colours,
    part_of_cornell,
    cornell_from_afar,
    cornell_out_of_focus,
    cornell_by_tents,
    cornell_by_gaussians,
)
