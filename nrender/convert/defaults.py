"""What a file without a camera or a light gets, so that its picture shows something."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..scene.place import Place
from .context import Context
from .transforms import tidy

MAX_DEPTH, SPP, SIZE = 6, 64, 512
FROM = np.array([0.5, 0.35, 0.8])
"""Where from the default camera looks: from the front, right and above."""
FOV = 45.0


def camera(box: np.ndarray) -> dict[str, Any]:
    """One that has a box (2, 3), its least and its largest corner, in view."""
    middle, radius = box.mean(axis=0), float(np.linalg.norm(box[1] - box[0])) / 2
    distance = 1.02 * (radius or 1.0) / math.sin(math.radians(FOV / 2))
    origin = middle + distance * FROM / np.linalg.norm(FROM)
    return {"type": "perspective", "origin": tidy(origin, 6), "target": tidy(middle, 6), "fov": FOV,
            "resolution": [SIZE, SIZE]}


def complete(context: Context, place: Place, box: np.ndarray | None) -> None:
    """Add a camera and a light where there are none, with a line for each.  box: of all shapes, None without any."""
    if not context.document["cameras"]:
        box = np.array([[-1.0] * 3, [1.0] * 3]) if box is None else box
        context.add("cameras", "main", camera(box), place)
        context.notes.approximate(place, "cameras", "there is none: one that sees everything is added")
    shines = any("emission" in shape for shape in context.document["shapes"].values())
    if not shines and not context.document["lights"]:
        context.add("lights", "sky", {"type": "constant", "radiance": [1.0, 1.0, 1.0]}, place)
        context.notes.approximate(place, "lights", "there are none: light of radiance 1 from everywhere is added")


def joined(boxes: list[np.ndarray]) -> np.ndarray | None:
    """The box around boxes."""
    if not boxes:
        return None
    return np.stack([np.min([box[0] for box in boxes], axis=0), np.max([box[1] for box in boxes], axis=0)])


def box_of(points: np.ndarray) -> np.ndarray:
    return np.stack([points.min(axis=0), points.max(axis=0)])
