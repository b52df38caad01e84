"""Camera types.  A new one: its keys here, its `Camera` fields in models.py, its kernel."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .models import Camera
from .schema import Family, Model, Values, choice, integers, number, numbers

MAX_PIXELS = 2**28


def check_perspective(values: Values) -> Iterable[tuple[str, str]]:
    if "resolution" in values:
        width, height = (int(n) for n in values["resolution"])
        if width * height > MAX_PIXELS:
            yield "resolution", f"expected at most {MAX_PIXELS} pixels, got {width * height}"
    view = values["target"] - values["origin"]
    up = values["up"]
    distance, length = np.linalg.norm(view), np.linalg.norm(up)
    if distance == 0:
        yield "target", "expected a point other than the camera's origin, got the same"
    elif length == 0:
        yield "up", "expected a direction, got [0, 0, 0]"
    elif np.linalg.norm(np.cross(view / distance, up / length)) < 1e-6:
        yield "up", "expected a direction that isn't parallel to the view"


PERSPECTIVE = Model(
    "Pinhole camera; image x grows to the viewer's right.",
    {
        "origin": numbers("position", (3,), differentiable=True),
        "target": numbers("point it looks at", (3,), differentiable=True),
        "up": numbers("direction that is up in the image", (3,), default=(0, 1, 0),
                      differentiable=True),
        "fov": number("full opening angle, degrees", low=0, high=180, open_ends=True, default=45,
                      differentiable=True),
        "fov_axis": choice("the side of the image that `fov` spans: y is vertical", "x", "y",
                           default="y"),
        "resolution": integers("width and height in pixels", (2,), low=1, high=65536),
    },
    check_perspective,
)

CAMERAS = Family("cameras", {"perspective": PERSPECTIVE})


def make_camera(type_name: str, values: Values) -> Camera:
    width, height = (int(n) for n in values["resolution"])
    return Camera(values["origin"], values["target"], values["up"], float(values["fov"]),
                  values["fov_axis"], width, height, type_name)
