"""Scenes in which one thing moves rigidly, for both renderers: what benchmarks/boundary.py compares.

Every shape is a mesh of world coordinates without texture coordinates and normals, whose coinciding vertices are one:
Mitsuba finds silhouettes by shared vertices.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from common import ROOT

import nrender as nr
from nrender.scene.transform import world_vertices


class Setup(NamedTuple):
    """A scene, the shape that moves, how ("translate" or "rotate", about `pivot`) and a step of finite differences."""

    scene: nr.Scene
    shape: str
    kind: str
    direction: np.ndarray
    step: float
    pivot: np.ndarray

    @property
    def path(self) -> str:
        return f"shapes.{self.shape}.transform.{self.kind}"

    def moved(self, h: float) -> nr.Scene:
        return self.scene.replace({self.path: h * self.direction})

    def vertices(self, h: float) -> np.ndarray:
        """(N, 3) of the moving shape in the world."""
        shape = self.moved(h).shapes[self.shape]
        return np.asarray(world_vertices(shape.vertices, shape.transform))

    def velocity(self) -> np.ndarray:
        """(N, 3) of its vertices at h = 0."""
        v = self.vertices(0.0)
        if self.kind == "translate":
            return np.broadcast_to(self.direction, v.shape)
        return np.cross(np.radians(self.direction), v - self.pivot)


def weld(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coinciding vertices become one."""
    unique, index = np.unique(vertices.round(9), axis=0, return_inverse=True)
    return unique, index.reshape(-1)[faces]


def bare(scene: nr.Scene, moving: str, size: int, depth: int, pivot: np.ndarray | None) -> tuple[nr.Scene, np.ndarray]:
    """The scene as plain meshes, and the pivot of the moving one: by default its middle."""
    document = scene.document
    document.pop("optimize", None)
    document["integrator"] = {"max_depth": depth}
    document["cameras"]["main"]["resolution"] = [size, size]
    shapes: dict[str, Any] = {}
    for name, shape in scene.shapes.items():
        vertices, faces = weld(world_vertices(shape.vertices, shape.transform), shape.faces)
        shapes[name] = {"type": "mesh", "vertices": vertices, "faces": faces, "normals": "flat"}
        if shape.material is not None:
            shapes[name]["material"] = shape.material
        if shape.emission is not None:
            shapes[name]["emission"] = shape.emission
    if pivot is None:
        pivot = (shapes[moving]["vertices"].min(0) + shapes[moving]["vertices"].max(0)) / 2
    shapes[moving]["transform"] = {"translate": [0, 0, 0], "rotate": [0, 0, 0], "pivot": pivot}
    document["shapes"] = shapes
    return nr.Scene.from_dict(document), pivot


def setup(
    scene: nr.Scene,
    moving: str,
    kind: str,
    direction: list[float],
    step: float,
    size: int,
    pivot: np.ndarray | None = None,
) -> Setup:
    plain, pivot = bare(scene, moving, size, scene.integrator.max_depth, pivot)
    return Setup(plain, moving, kind, np.array(direction), step, pivot)


def shadow() -> Setup:
    from boundary_scenes import triangle_shadow

    return setup(triangle_shadow()(), "thing", "translate", [1.0, 0.0, 0.0], 0.04, 64)


def indirect() -> Setup:
    from boundary_scenes import ceiling_light

    return setup(ceiling_light()(), "thing", "translate", [1.0, 0.0, 0.0], 0.04, 48)


def cornell() -> nr.Scene:
    return nr.load_scene(ROOT / "scenes" / "cornell.yaml")


def blacken(document: dict[str, Any], shape: str) -> None:
    document["materials"]["black"] = {"type": "diffuse", "reflectance": [0.0, 0.0, 0.0]}
    document["shapes"][shape]["material"] = "black"


def box(black: bool = False) -> Setup:
    """About a vertical line at its back: about its middle the derivative is next to nothing."""
    document = cornell().document
    if black:
        blacken(document, "large")
    scene = nr.Scene.from_dict(document, base=ROOT / "scenes")
    return setup(scene, "large", "rotate", [0.0, 1.0, 0.0], 1.5, 32, np.array([265.0, 0.0, 456.0]))


def ball(black: bool = False) -> Setup:
    """A sphere of 100,000 triangles hangs in the room."""
    document = cornell().document
    vertices, faces = globe(250, 201)
    document["shapes"]["ball"] = {
        "type": "mesh",
        "vertices": 80 * vertices + [180.0, 330.0, 200.0],
        "faces": faces,
        "material": "grey",
    }
    if black:
        blacken(document, "ball")
    scene = nr.Scene.from_dict(document, base=ROOT / "scenes")
    return setup(scene, "ball", "translate", [1.0, 0.0, 0.0], 8.0, 32)


def globe(around: int, along: int) -> tuple[np.ndarray, np.ndarray]:
    """A unit sphere of 2 around (along - 1) triangles, normals outward."""
    lon = 2 * np.pi * np.arange(around) / around
    lat = np.pi * np.arange(1, along) / along  # from the north pole, poles excluded
    ring = np.stack([np.cos(lon), 0 * lon, -np.sin(lon)], axis=-1)
    rings = np.sin(lat)[:, None, None] * ring + np.cos(lat)[:, None, None] * np.array([0.0, 1.0, 0.0])
    vertices = np.concatenate([rings.reshape(-1, 3), [[0, 1, 0], [0, -1, 0]]])
    k = np.arange((along - 2) * around).reshape(along - 2, around)
    a, b = k, np.roll(k, -1, axis=1)
    sides = [np.stack([a, a + around, b], -1), np.stack([b, a + around, b + around], -1)]
    top, bottom = np.arange(around), np.arange(around) + (along - 2) * around
    caps = [
        np.stack([top, np.roll(top, -1), np.full(around, len(vertices) - 2)], -1),
        np.stack([np.roll(bottom, -1), bottom, np.full(around, len(vertices) - 1)], -1),
    ]
    return vertices, np.concatenate([f.reshape(-1, 3) for f in (*sides, *caps)])


SETUPS: dict[str, Callable[[], Setup]] = {
    "shadow": shadow,
    "box": box,
    "black box": functools.partial(box, black=True),
    "ball": ball,
    "black ball": functools.partial(ball, black=True),
    "indirect": indirect,
}
ABOUT = {
    "shadow": "A black triangle moves under a square lamp above a floor, 64 x 64, depth 2.",
    "box": "The Cornell box, 32 x 32, depth 6: the large box turns about a vertical line at its back.",
    "black box": "The same with a black box.",
    "ball": "The Cornell box, 32 x 32, depth 6, with a grey sphere of 100,000 triangles that moves.",
    "black ball": "The same with a black sphere.",
    "indirect": "A black triangle moves between a lamp and the ceiling, which lights what is seen, 48 x 48, depth 3.",
}
