"""Cameras and lights, where nodes place them.

Source: Khronos glTF 2.0.1 specification, section 3.10; KHR_lights_punctual.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...scene.gltf.container import Container
from ...scene.gltf.item import Item, refer
from ..context import Context
from ..transforms import tidy

HEIGHT = 512
"""Rows of a picture, for cameras that don't say."""


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
