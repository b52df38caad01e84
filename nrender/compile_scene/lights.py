"""Everything that next-event estimation can choose, with its probability: a few emitters by power alone, many by a tree
(light/tree.py), which is then one of the few, next to the lights that are infinitely far away."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..light import DIRECTIONAL, ENVMAP, FACE, KINDS, TREE
from ..light.env_distribution import distribution
from ..light.tree import build
from ..params import Layout
from ..scene import Scene
from ..scene.models import Checkerboard, Light, Shape, Texture
from ..tables import LIGHT, LIGHT_ALIAS, LIGHT_AT, LIGHT_KIND, alias_table

MANY = 64  # more emitters than this get a tree
INFINITE = (DIRECTIONAL, ENVMAP)
DARK = 0.1  # of the mean: power of a light without size that is dark, since only this finds its derivative


class EmitterTables(NamedTuple):
    """of_face: (F,) number of the emitter that a face is, or -1; power: of each row; few: how many can be chosen at
    once, 0 if there is none; the rest as in tables.Tables."""

    of_face: np.ndarray
    power: np.ndarray
    rows: np.ndarray
    chances: np.ndarray
    few: int
    tree_count: int
    nodes: np.ndarray
    links: np.ndarray
    envmap: int
    env_emitter: int
    env_size: tuple[int, int]
    env_rows: np.ndarray
    env_columns: np.ndarray


class Emitters(NamedTuple):
    """kind, at: as in a row of the table; power: (n,), comparable among kinds; low, high, axis: (n, 3) bounds of places
    and the normal; spread: (n,) cosine of the half-angle of the normals."""

    kind: np.ndarray
    at: np.ndarray
    power: np.ndarray
    low: np.ndarray
    high: np.ndarray
    axis: np.ndarray
    spread: np.ndarray


def emitter_tables(scene: Scene, place: Layout, vertices: np.ndarray, mesh_faces: np.ndarray) -> EmitterTables:
    """vertices (n, 3), mesh_faces (F, 3) of all shapes."""
    found = _emitters(scene, place, vertices, mesh_faces)
    finite = ~np.isin(found.kind, INFINITE)
    tree_count = int(finite.sum()) if finite.sum() > MANY and found.power[finite].sum() > 0.0 else 0
    nodes, links = np.zeros(1), np.zeros(2)
    order = np.arange(len(found.kind))
    kind, at, weights = found.kind, found.at, found.power
    if tree_count:
        order = np.concatenate([np.flatnonzero(~finite), np.flatnonzero(finite)])
        few = 1 + len(order) - tree_count
        nodes, links = build(*(x[finite] for x in (found.low, found.high, found.axis, found.spread, found.power)))
        kind, at = np.concatenate([[TREE], kind[order]]), np.concatenate([[0], at[order]])
        weights = np.concatenate([[found.power[finite].sum()], found.power[~finite]])
        power = np.concatenate([[0.0], found.power[order]])
    else:
        few, power = len(order), found.power
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order)) + (1 if tree_count else 0)
    of_face = np.full(len(mesh_faces), -1, np.int32)
    faces = found.kind == FACE
    of_face[found.at[faces]] = number[faces]
    rows = np.zeros((max(len(kind), 1), LIGHT), np.int64)
    chances = np.zeros((len(rows), 2))
    if few:
        rows[: len(kind), LIGHT_KIND], rows[: len(kind), LIGHT_AT] = kind, at
        if not weights.sum() > 0.0:
            weights = power = weights + 1
        chances[:few, 0], chances[:few, 1], rows[:few, LIGHT_ALIAS] = alias_table(weights)
    sky = next((name for name, light in scene.lights.items() if light.type == "envmap"), None)
    env_rows, env_columns, env_size = np.zeros(2), np.zeros(2), (1, 1)
    if sky is not None:
        image = scene.lights[sky].values["image"] * scene.lights[sky].values["scale"]
        env_rows, env_columns = distribution(image)
        env_size = (image.shape[1], image.shape[0])
    envmap = place.lights.offsets[sky] if sky is not None else -1
    env_emitter = int(number[np.flatnonzero(found.kind == ENVMAP)[0]]) if sky is not None else -1
    tables = (of_face, power, rows, chances, few, tree_count, nodes, links)
    return EmitterTables(*tables, envmap, env_emitter, env_size, env_rows, env_columns)


def _emitters(scene: Scene, place: Layout, vertices: np.ndarray, mesh_faces: np.ndarray) -> Emitters:
    """All emitting faces, then the lights. Powers are over pi / 2."""
    faces, power, spread = [], [], []
    for name, of in place.geometry.faces.items():
        shape = scene.shapes[name]
        if shape.emission is not None:
            sides = 2 if shape.two_sided else 1
            faces.append(np.arange(of.start, of.stop))
            power.append(np.full(len(shape.faces), brightness(shape) * sides))
            spread.append(np.full(len(shape.faces), 1.0 if sides == 1 else -1.0))
    face = np.concatenate([np.zeros(0, np.int64), *faces])
    corners = vertices[mesh_faces[face]]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    twice_area = np.linalg.norm(cross, axis=1)
    weight = np.concatenate([np.zeros(0), *power]) * twice_area
    if len(face) and not weight.sum() > 0.0:  # what doesn't shine yet may do so after a step: by area
        weight = twice_area
    names = list(place.lights.offsets)
    lights = [scene.lights[name] for name in names]
    size = np.ptp(vertices, axis=0) if lights else np.zeros(3)
    powers = np.array([_light_power(light, size) for light in lights])
    mean = np.concatenate([weight, powers]).mean() if len(weight) + len(powers) else 0.0
    powers[[power == 0.0 and light.type != "envmap" for power, light in zip(powers, lights, strict=True)]] = DARK * mean
    point = np.array([light.values.get("position", np.zeros(3)) for light in lights]).reshape(-1, 3)
    up = np.tile([0.0, 0.0, 1.0], (len(lights), 1))
    normal = cross / np.maximum(twice_area, 1e-300)[:, None]
    return Emitters(
        np.concatenate([np.full(len(face), FACE), [KINDS[light.type] for light in lights]]).astype(np.int64),
        np.concatenate([face, [place.lights.offsets[name] for name in names]]).astype(np.int64),
        np.concatenate([weight, powers]),
        np.concatenate([corners.min(1), point]),
        np.concatenate([corners.max(1), point]),
        np.concatenate([normal, up]),
        np.concatenate([np.zeros(0), *spread, np.full(len(lights), -1.0)]),
    )


def brightness(shape: Shape) -> float:
    """Sum of the emitted radiance over colours: of an image its mean, whatever part of it a face shows."""
    emission = shape.emission
    if isinstance(emission, Texture):
        return float(emission.image.sum(2).mean())
    if isinstance(emission, Checkerboard):
        return float(0.5 * (emission.a + emission.b).sum())
    return float(emission.sum())


def _light_power(light: Light, size: np.ndarray) -> float:
    """size: of the scene, (3,)."""
    if light.type == "directional":
        return float(light.values["irradiance"].sum() * (size @ size) / 2.0)
    if light.type == "envmap":
        image = light.values["image"]
        rows = np.sin((np.arange(len(image)) + 0.5) * np.pi / len(image))
        mean = np.average(image.mean(1), axis=0, weights=rows) * light.values["scale"]
        return float(np.pi * mean.sum() * (size @ size) / 2.0)
    share = 2.0
    if light.type == "spot":
        share = 1.0 - np.cos(np.radians(0.5 * float(light.values["cutoff"] + light.values["beam_width"])))
    return float(light.values["intensity"].sum() * 4.0 * share)
