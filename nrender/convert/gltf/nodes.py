"""The nodes of a scene: where its meshes, cameras and lights are.

Source: Khronos glTF 2.0.1 specification, sections 3.5 and 3.10; KHR_lights_punctual.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..context import Context
from ..transforms import tidy
from .container import Container
from .item import Item, refer

MOST_NODES = 100_000
HEIGHT = 512
"""Rows of a picture, for cameras that don't say."""


def placed_nodes(file: Container) -> Iterator[tuple[Item, np.ndarray]]:
    """Every node of the scene with its matrix (4, 4), local to world.  Raises SceneError for a circle."""
    root = file.root
    nodes = root.entries("nodes")
    if root.entries("scenes"):
        scene = refer(root, root, "scene", "scenes") if "scene" in root else root.item("scenes", 0)
        tops = scene.indices("nodes", len(nodes))
    else:
        inner = {child for node in root.items("nodes") for child in node.indices("children", len(nodes))}
        tops = [n for n in range(len(nodes)) if n not in inner]
    waiting = [(n, np.eye(4)) for n in reversed(tops)]
    seen: set[int] = set()
    while waiting:
        number, above = waiting.pop()
        node = root.item("nodes", number)
        if number in seen or len(seen) >= MOST_NODES:
            raise node.error("children", "expected a tree, got a node that is in it twice")
        seen.add(number)
        matrix = above @ local_matrix(node)
        yield node, matrix
        waiting += [(child, matrix) for child in reversed(node.indices("children", len(nodes)))]


def local_matrix(node: Item) -> np.ndarray:
    """(4, 4) of a node: its `matrix`, by columns, or translation, rotation and scale."""
    if "matrix" in node:
        matrix = node.numbers("matrix", 16).reshape(4, 4).T
        if np.abs(matrix[3] - (0, 0, 0, 1)).max() > 1e-6:
            raise node.error("matrix", f"expected 0, 0, 0, 1 in the last row, got {matrix[3].tolist()}")
        matrix[3] = (0, 0, 0, 1)
        return np.asarray(matrix)
    x, y, z, w = node.numbers("rotation", 4, (0, 0, 0, 1))
    length = math.sqrt(x * x + y * y + z * z + w * w)
    if length == 0:
        raise node.error("rotation", "expected a quaternion, got [0, 0, 0, 0]")
    x, y, z, w = x / length, y / length, z / length, w / length
    turn = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])
    matrix = np.eye(4)
    matrix[:3, :3] = turn * node.numbers("scale", 3, (1, 1, 1))
    matrix[:3, 3] = node.numbers("translation", 3, (0, 0, 0))
    return matrix


def camera(file: Container, context: Context, node: Item, matrix: np.ndarray) -> None:
    """Put the camera of a node into the document: it looks along -z, with +y up."""
    given = refer(file.root, node, "camera", "cameras")
    kind = given.text("type")
    if kind not in ("perspective", "orthographic"):
        raise given.wrong("type", "'perspective' or 'orthographic'")
    lens = given.inner(kind)
    origin, up, forward = matrix[:3, 3], matrix[:3, 1], -matrix[:3, 2]
    if not np.linalg.norm(np.cross(forward, up)) > 0:
        raise node.error("camera", "expected a node whose matrix has an inverse")
    up, forward = up / np.linalg.norm(up), forward / np.linalg.norm(forward)
    entry: dict[str, Any] = {"type": kind, "origin": tidy(origin), "target": tidy(origin + forward), "up": tidy(up)}
    if kind == "perspective":
        angle = math.degrees(lens.number("yfov", math.nan, 1e-6, math.pi - 1e-6))
        aspect = lens.number("aspectRatio", 1.0, 1e-4, 1e4)
        entry["fov"] = tidy(angle)
    else:
        x, y = (abs(lens.number(key, 1.0)) or 1.0 for key in ("xmag", "ymag"))
        aspect = min(max(x / y, 1e-4), 1e4)
        entry["height"] = tidy(2 * y)
    entry["resolution"] = _resolution(given, aspect)
    wanted = given.text("name") or node.text("name") or ("camera" if context.document["cameras"] else "main")
    context.add("cameras", wanted, entry, file.place)


def _resolution(given: Item, aspect: float) -> list[int]:
    """As nrender wrote it, or of HEIGHT rows."""
    extras = given.value.get("extras")
    size = extras.get("resolution") if isinstance(extras, dict) else None
    if isinstance(size, list) and len(size) == 2 and all(type(n) is int and 1 <= n <= 65536 for n in size):
        if abs(size[0] / size[1] - aspect) <= 1e-3 * aspect and size[0] * size[1] <= 2**28:
            return size
    return [min(max(round(HEIGHT * aspect), 1), 65536), HEIGHT]


def light(file: Container, context: Context, node: Item, matrix: np.ndarray) -> None:
    """Put the light of a node into the document; it shines along -z.  Candela and lux are taken as they are."""
    lights = file.root.extension("KHR_lights_punctual")
    given = refer(lights, node.extension("KHR_lights_punctual"), "light", "lights")
    strength = tidy(given.number("intensity", 1.0, 0.0) * np.maximum(given.numbers("color", 3, (1, 1, 1)), 0))
    position, axis = matrix[:3, 3], -matrix[:3, 2]
    axis = axis / (np.linalg.norm(axis) or 1.0)
    if "range" in given:
        context.notes.approximate(file.place, given.of, "without an end", "range")
    kind = given.text("type")
    if kind == "point":
        entry: dict[str, Any] = {"type": "point", "position": tidy(position), "intensity": strength}
    elif kind == "directional":
        entry = {"type": "directional", "direction": tidy(axis), "irradiance": strength}
    elif kind == "spot":
        cone = given.inner("spot")
        outer = math.degrees(cone.number("outerConeAngle", math.pi / 4, 1e-6, math.pi / 2))
        inner = min(math.degrees(cone.number("innerConeAngle", 0.0, 0.0, math.pi / 2)), outer * (1 - 1e-3))
        context.notes.approximate(file.place, given.of, "falls from the inner to the outer cone in proportion to the "
                                                        "angle", "spot")
        entry = {"type": "spot", "position": tidy(position), "target": tidy(position + axis), "intensity": strength,
                 "cutoff": tidy(outer), "beam_width": tidy(inner)}
    else:
        raise given.wrong("type", "'point', 'spot' or 'directional'")
    context.add("lights", given.text("name") or node.text("name") or kind, entry, file.place)
