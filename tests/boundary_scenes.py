"""Scenes whose derivative is mostly in what light, or an indirect ray, just misses: shadows, and outlines in mirrors.

Each builder returns a maker of a scene of 24 x 24 pixels; boundary_cases.py says what moves in them. A floor that fills
the view, something above it, and one kind of light; or a room that is seen in part. What moves is made of few triangles
but where the text says otherwise, and doesn't pass through anything.
"""

from __future__ import annotations

import functools
from typing import Any

from scene_library import camera, mesh, quad
from textured_scenes import Make, make, smooth_image

SIZE = 24

MATERIALS: dict[str, dict[str, Any]] = {
    "floor": {"type": "diffuse", "reflectance": [0.6, 0.55, 0.5]},
    "black": {"type": "diffuse", "reflectance": [0, 0, 0]},
    "white": {"type": "diffuse", "reflectance": [0.8, 0.8, 0.8]},
    "red": {"type": "diffuse", "reflectance": [0.7, 0.2, 0.1]},
    "veil": {"type": "diffuse", "reflectance": [0.8, 0.6, 0.4], "opacity": 0.5},
    "glossy": {"type": "conductor", "f0": [0.9, 0.8, 0.7], "roughness": 0.3},
    "mirror": {"type": "conductor", "f0": [0.9, 0.8, 0.7], "roughness": 0.15},
    "frosted": {"type": "dielectric", "ior": 1.5, "roughness": 0.3},
    "matt-glass": {"type": "dielectric", "ior": 1.3, "roughness": 0.6},
    "clear": {"type": "dielectric", "ior": 1.5, "roughness": 0.0},
}


def above() -> dict[str, Any]:
    """A camera that sees 3 units of the floor around the origin."""
    return camera([0.3, 2.4, 3.2], [0.0, 0.1, 0.0], 40, SIZE, [0.05, 1, 0])


def ground(material: str = "floor") -> dict[str, Any]:
    place = {"translate": [0, 0, 0], "rotate": [-90, 0, 0], "scale": 8.0}
    return {"type": "rectangle", "material": material, "transform": place}


def triangle(material: str = "black", height: float = 0.9, **keys: Any) -> dict[str, Any]:
    corners = [[-0.45, 0.0, 0.35], [0.55, -0.1, 0.2], [0.05, 0.1, -0.5]]
    place = {"translate": [0.0, height, 0.1], "rotate": [5, 20, -5], "scale": 1.0}
    return mesh(corners, [[0, 1, 2]], material=material, transform=place, **keys)


def box(material: str = "white", height: float = 0.6) -> dict[str, Any]:
    place = {"translate": [0.1, height, 0.0], "rotate": [15, 30, 10], "scale": [0.35, 0.25, 0.3]}
    return {"type": "cube", "material": material, "transform": place}


def resting(material: str = "white") -> dict[str, Any]:
    """A block on the floor: turning and scaling it leave it there."""
    place = {"translate": [0.1, 0.3, 0.0], "rotate": [0, 30, 0], "scale": 0.3}
    return {"type": "cube", "material": material, "transform": place}


def ball(material: str, subdivisions: int, **keys: Any) -> dict[str, Any]:
    place = {"translate": [0.05, 0.75, 0.0], "rotate": [20, 10, 5], "scale": 0.4}
    return {"type": "sphere", "subdivisions": subdivisions, "material": material, "transform": place, **keys}


def lamp(emission: Any = (10.0, 9.0, 8.0), half: float = 0.35) -> dict[str, Any]:
    place = {"translate": [-0.3, 2.3, 0.3], "rotate": [80, 10, 0], "scale": half}
    return {"type": "rectangle", "emission": emission, "transform": place}


def stage(
    things: dict[str, Any],
    lights: dict[str, Any] | None = None,
    depth: int = 2,
    view: dict[str, Any] | None = None,
    floor: str = "floor",
) -> Make:
    """`things` on or above a floor, and the materials that they use."""
    shapes = {"floor": ground(floor), **things}
    used = {shape["material"] for shape in shapes.values() if "material" in shape}
    return make(view or above(), shapes, {name: MATERIALS[name] for name in used}, lights or {}, depth)


# Lamps with an area


@functools.cache
def triangle_shadow(material: str = "black", depth: int = 2) -> Make:
    return stage({"thing": triangle(material), "lamp": lamp()}, depth=depth)


@functools.cache
def box_shadow(material: str = "white", depth: int = 3) -> Make:
    return stage({"thing": box(material), "lamp": lamp()}, depth=depth)


@functools.cache
def textured_lamp_shadow() -> Make:
    picture = {"image": smooth_image(5, 4, 3, 0.5, 20.0, seed=6).tolist(), "wrap": "clamp"}
    return stage({"thing": triangle(), "lamp": lamp(picture, 0.5)})


def steep() -> dict[str, Any]:
    """From low above the floor: sees nothing of what is above it, nor at its left."""
    return camera([0.2, 1.2, 2.2], [0.0, 0.0, 0.1], 38, SIZE, [0.05, 1, 0])


def beside() -> dict[str, Any]:
    """A small lamp far to the left of the steep view."""
    place = {"translate": [-2.0, 2.0, 0.3], "rotate": [63, 63, 0], "scale": 0.2}
    return {"type": "rectangle", "emission": [60.0, 54.0, 48.0], "transform": place}


@functools.cache
def thin_shadow() -> Make:
    """A thin strip out of view."""
    strip = quad([-0.7, 0, 0.04], [0.7, 0, 0.04], [0.7, 0, -0.04], [-0.7, 0, -0.04], material="black")
    strip["transform"] = {"translate": [-0.95, 0.95, 0.2], "rotate": [10, 80, 8], "scale": 1.0}
    return stage({"thing": strip, "lamp": beside()}, view=steep())


@functools.cache
def hidden_shadow() -> Make:
    """A triangle out of view: of a camera that moves, nothing but its shadow passes."""
    thing = triangle()
    thing["transform"] |= {"translate": [-1.05, 1.05, 0.2], "scale": 0.5}
    return stage({"thing": thing, "lamp": beside()}, view=steep())


@functools.cache
def veil_shadow() -> Make:
    return stage({"thing": triangle("veil"), "lamp": lamp()}, depth=3)


@functools.cache
def sphere_shadow(subdivisions: int, **keys: Any) -> Make:
    return stage({"thing": ball("white", subdivisions, **keys), "lamp": lamp()}, depth=2)


# Light from far away, and from points


@functools.cache
def sky_shadow() -> Make:
    """A smooth sky with one bright spot."""
    image = smooth_image(16, 8, 3, 0.1, 0.6, seed=4)
    image[2, 13] = [40.0, 36.0, 30.0]
    sky = {"type": "envmap", "image": image.tolist(), "rotate": [5, 20, -10]}
    return stage({"thing": box("black")}, {"sky": sky})


@functools.cache
def occlusion(material: str) -> Make:
    return stage({"thing": resting(material)}, {"sky": {"type": "constant", "radiance": [1.0, 0.9, 1.1]}}, depth=3)


@functools.cache
def point_shadow() -> Make:
    bulb = {"type": "point", "position": [-0.7, 2.2, 0.6], "intensity": [9, 8, 7]}
    return stage({"thing": box("white")}, {"bulb": bulb})


@functools.cache
def spot_shadow() -> Make:
    aim = {"position": [-0.6, 2.2, 0.5], "target": [0.1, 0.0, -0.1], "cutoff": 35.0, "beam_width": 20.0}
    return stage({"thing": triangle("white")}, {"spot": {"type": "spot", "intensity": [12, 11, 10], **aim}})


@functools.cache
def sun_shadow(thing: str = "triangle") -> Make:
    things = {"triangle": triangle("white"), "box": resting()}
    sun = {"type": "directional", "direction": [0.5, -1.0, -0.3], "irradiance": [3, 2.8, 2.6]}
    return stage({"thing": things[thing]}, {"sun": sun})


# Light that arrives after a bounce


@functools.cache
def ceiling_light() -> Make:
    """A lamp shines up past a blocker to a ceiling; the camera sees the floor, which only the ceiling lights."""
    shapes = {
        "thing": triangle("black", 1.5),
        "lamp": {
            "type": "rectangle",
            "emission": [40.0, 36.0, 30.0],
            "transform": {"translate": [-0.1, 1.1, 0.0], "rotate": [-90, 0, 0], "scale": 0.15},
        },
        "ceiling": {
            "type": "rectangle",
            "material": "white",
            "transform": {"translate": [0, 2.2, 0], "rotate": [90, 0, 0], "scale": 1.6},
        },
    }
    return stage(shapes, depth=3, view=steep())


@functools.cache
def wall_light() -> Make:
    """A spot lights a wall beside the view; a blocker stands between it and the floor that the camera sees."""
    shapes = {
        "wall": {
            "type": "rectangle",
            "material": "white",
            "transform": {"translate": [-1.7, 0.75, 0.0], "rotate": [0, 90, 0], "scale": [0.9, 0.7, 1.0]},
        },
        "thing": {
            "type": "rectangle",
            "material": "black",
            "transform": {"translate": [-1.2, 0.4, 0.15], "rotate": [0, 80, 5], "scale": [0.4, 0.25, 1.0]},
        },
    }
    aim = {"position": [0.9, 1.2, 0.0], "target": [-1.7, 0.9, 0.0], "cutoff": 14.0, "beam_width": 8.0}
    return stage(shapes, {"spot": {"type": "spot", "intensity": [60, 55, 50], **aim}}, depth=3, view=steep())


@functools.cache
def room() -> Make:
    """A closed room with a block near a wall, and a lamp below its ceiling."""
    shapes = {
        "floor": quad([-1, -1, 1], [1, -1, 1], [1, -1, -1], [-1, -1, -1], material="floor"),
        "ceiling": quad([-1, 1, -1], [1, 1, -1], [1, 1, 1], [-1, 1, 1], material="white"),
        "back": quad([-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1], material="white"),
        "left": quad([-1, -1, 1], [-1, -1, -1], [-1, 1, -1], [-1, 1, 1], material="red"),
        "right": quad([1, -1, -1], [1, -1, 1], [1, 1, 1], [1, 1, -1], material="floor"),
        "front": quad([1, -1, 1], [-1, -1, 1], [-1, 1, 1], [1, 1, 1], material="white"),
        "lamp": {
            "type": "rectangle",
            "emission": [14.0, 12.0, 9.0],
            "transform": {"translate": [0.1, 0.8, 0.0], "rotate": [90, 0, 0], "scale": 0.3},
        },
        "thing": {
            "type": "cube",
            "material": "white",
            "transform": {"translate": [-0.45, -0.6, -0.3], "rotate": [0, 25, 0], "scale": [0.3, 0.4, 0.3]},
        },
    }
    return stage(shapes, depth=5, view=camera([0.4, 0.1, 0.85], [-0.15, -0.25, -0.6], 75, SIZE))


# Outlines in reflections and through glass


def screen() -> dict[str, Any]:
    """A picture frame without a hole, that emits to the front and stands behind what the camera sees."""
    place = {"translate": [0.1, 0.75, -1.5], "rotate": [8, -15, 10], "scale": [0.6, 0.4, 1.0]}
    return {"type": "rectangle", "emission": [3.0, 2.5, 2.0], "material": "white", "transform": place}


@functools.cache
def reflection(floor: str) -> Make:
    """A floor of metal shows a black triangle before a lit screen, and the screen before a dim sky."""
    sky = {"sky": {"type": "constant", "radiance": [0.2, 0.3, 0.4]}}
    thing = mesh([[-0.4, -0.3, 0], [0.4, -0.25, 0], [0.05, 0.4, 0]], [[0, 1, 2]], material="black")
    thing["transform"] = {"translate": [0.0, 0.7, -0.9], "rotate": [5, 10, 15], "scale": 1.0}
    view = camera([0.2, 1.1, 2.2], [0.0, 0.0, -0.1], 32, SIZE, [0.05, 1, 0])
    return stage({"thing": thing, "screen": screen()}, sky, depth=2, view=view, floor=floor)


@functools.cache
def through_glass(pane: str, height: float = 0.5) -> Make:
    """A shadow on the floor behind a pane that covers the view; from 1.6 up what throws it is not in view."""
    glass = {
        "type": "cube",
        "material": pane,
        "transform": {"translate": [0.15, 1.2, 1.6], "rotate": [-25, 0, 0], "scale": [1.4, 1.2, 0.05]},
    }
    return stage({"thing": triangle("black", height), "glass": glass, "lamp": lamp((4.0, 3.6, 3.2), 0.9)}, depth=4)


@functools.cache
def glass_ball() -> Make:
    """Light through a rough ball of glass."""
    return stage({"thing": ball("matt-glass", 1), "lamp": lamp((4.0, 3.6, 3.2), 0.9)}, depth=5)
