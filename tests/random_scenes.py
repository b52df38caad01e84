"""Scenes drawn at random: documents whose geometry is in world coordinates, so that a test can move the world."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import trimesh
from scene_library import camera, mesh, quad

SIZE = 12
Document = dict[str, Any]


def colour(rng: np.random.Generator, low: float = 0.05, high: float = 0.95) -> list[float]:
    return rng.uniform(low, high, 3).tolist()


def material(rng: np.random.Generator, kind: str, least: float) -> Document:
    """Of a kind, with a roughness of at least `least`."""
    rough = {"roughness": float(rng.uniform(least, 1))}
    numbers = ("metallic", "specular", "specular_tint", "sheen", "sheen_tint", "clearcoat", "clearcoat_gloss")
    return {
        "diffuse": lambda: {"reflectance": colour(rng)},
        "conductor": lambda: {"f0": colour(rng), **rough},
        "plastic": lambda: {"reflectance": colour(rng), "specular": float(rng.uniform()), **rough},
        "dielectric": lambda: {"ior": float(rng.uniform(1.1, 2)), **rough},
        "principled": lambda: {"base_color": colour(rng), **rough, **{key: float(rng.uniform()) for key in numbers}},
    }[kind]() | {"type": kind}


def ring(rng: np.random.Generator) -> np.ndarray:
    """Three to five places where what has a radius of 0.7 touches neither the floor nor another."""
    angles = 2 * np.pi * (np.arange(5) / 5 + rng.random())
    places = np.stack([1.6 * np.cos(angles), rng.uniform(-0.25, 0.5, 5), 1.6 * np.sin(angles)], axis=1)
    return places[: rng.integers(3, 6)]


def random_document(seed: int, least: float = 0.0, glass: bool = True, depth: int = 5) -> Document:
    """Three to five solids of random materials above a floor, under a lamp, at times with a sky or a point light."""
    rng = np.random.default_rng(seed)
    kinds = ["diffuse", "conductor", "plastic", "principled"] + ["dielectric"] * glass
    materials, shapes = {"floor": material(rng, "diffuse", least)}, {}
    shapes["floor"] = quad([-4, -1, -4], [-4, -1, 4], [4, -1, 4], [4, -1, -4], material="floor")
    for k, place in enumerate(ring(rng)):
        solid = trimesh.creation.box(rng.uniform(0.4, 1.2, 3)) if rng.random() < 0.5 else trimesh.creation.icosphere(1)
        solid.apply_transform(trimesh.transformations.random_rotation_matrix(rng.random(3)))
        solid.apply_scale(0.7 / np.linalg.norm(solid.vertices, axis=1).max())
        solid.apply_translation(place)
        materials[f"m{k}"] = material(rng, str(rng.choice(kinds)), least)
        corners, faces, normals = np.array(solid.vertices), np.array(solid.faces), str(rng.choice(["flat", "smooth"]))
        shapes[f"s{k}"] = mesh(corners, faces, material=f"m{k}", normals=normals)
    x, z, side = *rng.uniform(-2, 2, 2), rng.uniform(0.3, 1.0)
    lamp = [[x - side, 3, z - side], [x + side, 3, z - side], [x + side, 3, z + side], [x - side, 3, z + side]]
    shapes["lamp"] = quad(*lamp, emission=colour(rng, 5, 20), two_sided=True)
    lights: Document = {}
    if rng.random() < 0.5:
        lights["sky"] = {"type": "constant", "radiance": colour(rng, 0.1, 1)}
    if rng.random() < 0.5:
        place = rng.uniform([-2, 1, -2], [2, 2.5, 2])
        lights["bulb"] = {"type": "point", "position": place, "intensity": colour(rng, 1, 9)}
    eye = rng.normal(size=3) * [1, 0, 1]
    eye = 6 * eye / np.linalg.norm(eye) + [0, rng.uniform(0, 2), 0]
    integrator = {"type": "path", "max_depth": depth, "spp": 16}
    cameras = {"main": camera(eye, (0, 0, 0), size=SIZE)}
    return {"nrender": 1, "cameras": cameras, "integrator": integrator, "materials": materials, "shapes": shapes,
            "lights": lights}  # fmt: skip


def moved(document: Document, turn: np.ndarray, shift: np.ndarray, scale: float = 1.0) -> Document:
    """The whole world at scale * turn p + shift: what the camera sees stays."""
    new = copy.deepcopy(document)
    view = new["cameras"]["main"]
    for key in ("origin", "target"):
        view[key] = scale * (turn @ view[key]) + shift
    view["up"] = turn @ view["up"]
    for shape in new["shapes"].values():
        shape["vertices"] = scale * np.asarray(shape["vertices"]) @ turn.T + shift
    for light in new["lights"].values():
        if light["type"] == "point":
            light["position"] = scale * (turn @ light["position"]) + shift
            light["intensity"] = [scale**2 * value for value in light["intensity"]]
    return new


def velocity(document: Document, spin: np.ndarray, drift: np.ndarray) -> dict[str, np.ndarray]:
    """The direction of all parameters in which the world turns about its origin by `spin` and drifts."""
    def at(points: np.ndarray) -> np.ndarray:
        return np.cross(spin, points) + drift

    view = document["cameras"]["main"]
    found = {f"cameras.main.{key}": at(view[key]) for key in ("origin", "target")}
    found["cameras.main.up"] = np.cross(spin, view["up"])
    found |= {f"shapes.{name}.vertices": at(shape["vertices"]) for name, shape in document["shapes"].items()}
    return found | {f"lights.{name}.position": at(light["position"]) for name, light in document["lights"].items()
                    if light["type"] == "point"}  # fmt: skip
