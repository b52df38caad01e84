"""What moves in the scenes of boundary_scenes.py: CASES, scene -> its maker and its motions.

A motion is a direction of one parameter, or of several at once. The directions are stated, not taken from a gradient:
what they are compared with must not depend on the derivative that is tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import boundary_scenes as scenes
import numpy as np
from textured_scenes import Make

CAMERA = "cameras.main"
THING, LAMP, FLOOR = (f"shapes.{name}.transform" for name in ("thing", "lamp", "floor"))

ALONG = [1.0, 0.4, -0.7]  # of translations: the picture changes along x, y and depth
FLAT = [1.0, 0.0, -0.7]  # what stands on the floor
TURN = [0.6, 1.0, -0.5]
UPRIGHT = [0.0, 1.0, 0.0]
SHRINK = -1.0


class Motion(NamedTuple):
    """directions: {path: array of the parameter's shape}, all at once. step: of finite differences, in their units.
    samples: a pixel of each image at test size, so that 12 differences have a standard error of about 3 %."""

    directions: dict[str, np.ndarray]
    step: float
    samples: int


class Case(NamedTuple):
    """spp: of the adjoint at test size."""

    make: Make
    motions: dict[str, Motion]
    spp: int = 128

    @property
    def paths(self) -> list[str]:
        """All that moves in one motion or another."""
        return list(dict.fromkeys(path for motion in self.motions.values() for path in motion.directions))


def move(directions: Mapping[str, Any], step: float = 0.04, samples: int = 64) -> Motion:
    return Motion({path: np.array(value, np.float64) for path, value in directions.items()}, step, samples)


def one(path: str, direction: Any, step: float = 0.04, samples: int = 64) -> dict[str, Motion]:
    """A motion of one parameter, under its path."""
    return {path: move({path: direction}, step, samples)}


def slide(thing: str = THING, direction: Any = ALONG, **keys: Any) -> dict[str, Motion]:
    return one(f"{thing}.translate", direction, **keys)


def turn(thing: str = THING, direction: Any = TURN, step: float = 3.0, **keys: Any) -> dict[str, Motion]:
    return one(f"{thing}.rotate", direction, step, **keys)


def grow(direction: Any = SHRINK, **keys: Any) -> dict[str, Motion]:
    return one(f"{THING}.scale", direction, **keys)


def dolly(direction: Any = (1.0, -0.5, 0.6), **keys: Any) -> dict[str, Motion]:
    return one(f"{CAMERA}.origin", direction, **keys)


def everything(extra: Mapping[str, Any] | None = None, floor: bool = True, **keys: Any) -> dict[str, Motion]:
    """The camera, the thing in all ways, the floor and what else, at once."""
    directions = {
        f"{CAMERA}.origin": [0.5, -0.6, 0.4],
        f"{CAMERA}.target": [-0.2, 0.1, 0.3],
        f"{THING}.translate": [0.8, -0.2, 0.5],
        f"{THING}.rotate": [20.0, -30.0, 10.0],
    }
    if floor:
        directions[f"{FLOOR}.translate"] = [0.3, 0.4, 0.0]
    return {"everything": move(directions | dict(extra or {}), **keys)}


LIFT = [0.3, 1.0, 0.2]
CORNERS = [[1.0, 0.2, -0.3], [-0.2, 0.4, 1.0], [0.5, -0.6, 0.8]]
LAMP_MOVES = {f"{LAMP}.translate": [-0.6, 0.2, 0.5], f"{LAMP}.rotate": [10.0, -5.0, 8.0]}

IN_THE_ROOM = {
    f"{CAMERA}.origin": [0.3, 0.2, 0.0],
    f"{THING}.translate": [-1.0, 0.0, 0.0],
    f"{THING}.rotate": [0.0, 20.0, 0.0],
    f"{LAMP}.translate": [0.5, 0.5, -1.0],
}

CASES = {
    "triangle under a lamp": Case(
        scenes.triangle_shadow(),
        slide()
        | turn(direction=[0.1, 0.3, -1.0], samples=128)
        | grow()
        | one("shapes.thing.vertices", CORNERS)
        | slide(LAMP)
        | slide(FLOOR, LIFT)
        | dolly(samples=128)
        | everything(LAMP_MOVES),
    ),
    "white triangle under a lamp": Case(
        scenes.triangle_shadow("white", 3),
        slide(direction=[-0.8, 1.0, 0.1], samples=192) | everything(LAMP_MOVES, samples=256),
    ),
    "white box under a lamp": Case(
        scenes.box_shadow(),
        slide(direction=[-0.7, 0.9, -0.8], samples=160)
        | turn(samples=192)
        | grow([-1.0, 0.5, -0.3])
        | slide(LAMP),
    ),
    "black box under a lamp": Case(scenes.box_shadow("black", 2), slide() | everything(LAMP_MOVES)),
    "picture that shines": Case(
        scenes.textured_lamp_shadow(), slide() | slide(LAMP) | turn(direction=[0.1, 0.3, -1.0], samples=128)
    ),
    "thin strip out of view": Case(
        scenes.thin_shadow(),
        slide(direction=[-0.2, -1.0, -0.2], samples=384) | turn(direction=[1.0, -0.3, -0.3], samples=96),
    ),
    "triangle out of view": Case(scenes.hidden_shadow(), dolly() | one(f"{CAMERA}.target", ALONG) | slide()),
    "translucent triangle": Case(
        scenes.veil_shadow(),
        slide(direction=[-0.7, 1.0, -0.5], samples=768) | turn(direction=[1.0, -0.3, 0.4], samples=384),
    ),
    "smooth ball": Case(scenes.sphere_shadow(2, normals="smooth"), slide(samples=192) | slide(LAMP)),
    "ball of 81,920 triangles": Case(scenes.sphere_shadow(6), slide(samples=192)),
    "box under a sky": Case(
        scenes.sky_shadow(),
        slide(direction=[0.3, -0.1, -1.0], samples=144)
        | one("lights.sky.rotate", [0.2, 1.0, 1.0], 3.0, samples=256)
        | dolly([0.1, 0.4, 1.0], samples=96)
        | everything(
            {"lights.sky.rotate": [10.0, 20.0, -10.0], f"{THING}.translate": [0.3, -0.1, -1.0]}, samples=96
        ),
        spp=256,
    ),
    "black block under a constant sky": Case(
        scenes.occlusion("black"),
        slide(direction=FLAT, samples=128)
        | turn(direction=UPRIGHT, step=5.0, samples=192)
        | dolly([0.1, 0.4, 1.0]),
    ),
    "white block under a constant sky": Case(
        scenes.occlusion("white"), slide(direction=[1.0, 0.0, -0.7], samples=1024)
    ),
    "box under a bulb": Case(
        scenes.point_shadow(),
        slide(samples=192) | one("lights.bulb.position", ALONG) | slide(FLOOR, LIFT) | dolly([-0.3, 0.2, 1.0]),
    ),
    "triangle in a spot": Case(
        scenes.spot_shadow(),
        slide(samples=128)
        | one("lights.spot.position", ALONG)
        | everything({"lights.spot.position": [0.4, -0.3, 0.5]}, samples=96),
    ),
    "triangle in the sun": Case(
        scenes.sun_shadow(),
        slide(direction=[0.0, 0.2, -1.0], samples=512)
        | one("lights.sun.direction", [0.5, 0.2, -0.7], 0.03)
        | everything({"lights.sun.direction": [0.2, 0.1, -0.3]}),
    ),
    "block in the sun": Case(
        scenes.sun_shadow("box"),
        slide(direction=[0.3, 0.0, -1.0], step=0.02, samples=256) | dolly([-0.5, 1.0, 0.5], step=0.02, samples=256),
    ),
    "lit ceiling": Case(
        scenes.ceiling_light(), slide() | slide(LAMP, samples=192) | everything(LAMP_MOVES, samples=192)
    ),
    "lit wall": Case(
        scenes.wall_light(),
        slide(samples=192)
        | turn(direction=[-1.0, -0.5, 0.7], samples=384)
        | slide("shapes.wall.transform", [1.0, 0.3, 0.0], samples=128),
    ),
    "closed room": Case(
        scenes.room(),
        slide(direction=[-1.0, 0.0, 0.2], samples=192)
        | slide(LAMP, [0.5, 1.0, -0.5], samples=128)
        | dolly([1.0, -0.5, 0.3])
        | {"everything": move(IN_THE_ROOM)},
    ),
    "glossy floor": Case(
        scenes.reflection("glossy"),
        slide(direction=[-0.2, 1.0, 0.2])
        | turn(direction=[-0.3, 0.5, 1.0])
        | dolly([-0.3, -1.0, 0.1], samples=192),
    ),
    "mirror": Case(
        scenes.reflection("mirror"),
        slide() | slide("shapes.screen.transform") | dolly([-0.3, -1.0, 0.1], step=0.02, samples=256),
    ),
    "behind frosted glass": Case(
        scenes.through_glass("frosted"),
        slide(direction=[0.4, -0.2, -1.0], samples=384) | slide(LAMP, [0.2, -1.0, 0.5]),
    ),
    "behind clear glass": Case(scenes.through_glass("clear", 1.6), slide(direction=[0.4, -0.2, -1.0])),
    "ball of rough glass": Case(
        scenes.glass_ball(),
        slide(direction=[0.3, 0.0, -1.0], step=0.08, samples=512) | slide(LAMP, [0.2, -1.0, 0.0], step=0.08),
    ),
}
