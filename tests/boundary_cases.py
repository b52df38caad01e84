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
TURN = [0.6, 1.0, -0.5]
SHRINK = -1.0


class Motion(NamedTuple):
    """directions: {path: array of the parameter's shape}, all at once. step: of finite differences, in their units.
    samples: a pixel of a finite difference at test size, so that its noise is about 2 %; the adjoint has a quarter."""

    directions: dict[str, np.ndarray]
    step: float
    samples: int


class Case(NamedTuple):
    make: Make
    motions: dict[str, Motion]

    @property
    def paths(self) -> list[str]:
        """All that moves in one motion or another."""
        return list(dict.fromkeys(path for motion in self.motions.values() for path in motion.directions))


def move(directions: Mapping[str, Any], step: float = 0.04, samples: int = 256) -> Motion:
    return Motion({path: np.array(value, np.float64) for path, value in directions.items()}, step, samples)


def one(path: str, direction: Any, step: float = 0.04, samples: int = 256) -> dict[str, Motion]:
    """A motion of one parameter, under its path."""
    return {path: move({path: direction}, step, samples)}


def slide(thing: str = THING, direction: Any = ALONG, **keys: Any) -> dict[str, Motion]:
    return one(f"{thing}.translate", direction, **keys)


def turn(thing: str = THING, direction: Any = TURN, step: float = 3.0, **keys: Any) -> dict[str, Motion]:
    return one(f"{thing}.rotate", direction, step, **keys)


def grow(direction: Any = SHRINK, **keys: Any) -> dict[str, Motion]:
    return one(f"{THING}.scale", direction, **keys)


def dolly(**keys: Any) -> dict[str, Motion]:
    return one(f"{CAMERA}.origin", [1.0, -0.5, 0.6], **keys)


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

CASES = {
    "triangle under a lamp": Case(
        scenes.triangle_shadow(),
        slide()
        | turn()
        | grow()
        | one("shapes.thing.vertices", CORNERS)
        | slide(LAMP)
        | slide(FLOOR, LIFT)
        | dolly()
        | everything(LAMP_MOVES),
    ),
    "white triangle under a lamp": Case(scenes.triangle_shadow("white", 3), slide() | everything(LAMP_MOVES)),
    "white box under a lamp": Case(scenes.box_shadow(), slide() | turn() | grow([-1.0, 0.5, -0.3]) | slide(LAMP)),
    "black box under a lamp": Case(scenes.box_shadow("black", 2), slide() | everything(LAMP_MOVES)),
    "picture that shines": Case(scenes.textured_lamp_shadow(), slide() | slide(LAMP) | turn(LAMP)),
    "thin strip out of view": Case(scenes.thin_shadow(), slide() | turn()),
    "triangle out of view": Case(scenes.hidden_shadow(), dolly() | one(f"{CAMERA}.target", ALONG) | slide()),
    "translucent triangle": Case(scenes.veil_shadow(), slide() | turn()),
    "smooth ball": Case(scenes.sphere_shadow(2, normals="smooth"), slide() | grow() | slide(LAMP)),
    "ball of 81,920 triangles": Case(scenes.sphere_shadow(6), slide()),
    "box under a sky": Case(
        scenes.sky_shadow(), slide() | one("lights.sky.rotate", TURN, 3.0) | dolly() | slide(FLOOR, LIFT)
    ),
    "block under a constant sky": Case(
        scenes.occlusion(), slide(direction=[1.0, 0.0, -0.7]) | turn(direction=[0.0, 1.0, 0.0], step=5.0) | dolly()
    ),
    "box under a bulb": Case(
        scenes.point_shadow(), slide() | one("lights.bulb.position", ALONG) | slide(FLOOR, LIFT) | dolly()
    ),
    "triangle in a spot": Case(
        scenes.spot_shadow(),
        slide() | one("lights.spot.position", ALONG) | everything({"lights.spot.position": [0.4, -0.3, 0.5]}),
    ),
    "triangle in the sun": Case(
        scenes.sun_shadow(), slide() | one("lights.sun.direction", [0.5, 0.2, -0.7], 0.03) | slide(FLOOR, LIFT)
    ),
    "block in the sun": Case(scenes.sun_shadow("box"), slide(direction=[1.0, 0.0, -0.7]) | dolly()),
    "lit ceiling": Case(scenes.ceiling_light(), slide() | slide(LAMP) | everything(LAMP_MOVES)),
    "lit wall": Case(scenes.wall_light(), slide() | turn() | one("lights.spot.position", [0.2, 0.5, 1.0])),
    "closed room": Case(
        scenes.room(),
        slide(direction=[1.0, 0.0, 0.5]) | turn(direction=[0.0, 1.0, 0.0]) | slide(LAMP, [1.0, -0.5, 0.7]) | dolly(),
    ),
    "glossy floor": Case(scenes.reflection("glossy"), slide() | turn() | dolly()),
    "mirror": Case(scenes.reflection("mirror"), slide() | slide("shapes.screen.transform") | dolly()),
    "behind frosted glass": Case(
        scenes.through_glass("frosted"), slide() | one("lights.sun.direction", [0.5, 0.2, 0.7])
    ),
    "behind clear glass": Case(scenes.through_glass("clear"), slide()),
    "ball of rough glass": Case(scenes.glass_ball(), slide() | slide(LAMP)),
}
