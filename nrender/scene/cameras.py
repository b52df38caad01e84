"""Camera types.  A new one: its keys here, its numbers and its rays in nrender/camera/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .models import Camera, Frozen, read_only
from .schema import Derived, Family, Key, Model, Values, choice, integers, number, numbers

MAX_PIXELS = 2**28
POSE: dict[str, Key] = {
    "origin": numbers("position; needed, or a `matrix`", (3,), default=None, differentiable=True),
    "target": numbers("point it looks at; needed, or a `matrix`", (3,), default=None, differentiable=True),
    "up": numbers("direction that is up in the image", (3,), default=(0, 1, 0), differentiable=True),
}
MATRIX: dict[str, Key] = {
    "matrix": numbers("camera to world, in the place of `origin`, `target`, `up`: its columns are right, up, "
                      "backward, origin", (3, 4), (4, 4), default=None, differentiable=True),
}
FILM: dict[str, Key] = {
    "resolution": integers("width and height in pixels, at most 2^28 pixels together", (2,), low=1, high=65536),
    "crop": integers("x, y, width, height in pixels: only this part of the image is rendered", (4,), low=0,
                     high=65536, default=None),
    "filter": choice("how much the places around a pixel count for it. box: its square; tent: a pyramid that ends one "
                     "pixel away; gaussian: standard deviation 0.5 pixels, cut at 2; point: only its centre, without "
                     "antialiasing; then outlines have no derivative", "box", "tent", "gaussian", "point",
                     default="box"),
}
UP = np.array([0.0, 1.0, 0.0])


def check_film(values: Values) -> Iterable[tuple[str, str]]:
    width, height = (int(n) for n in values["resolution"])
    name = "resolution"
    if values.get("crop") is not None:
        x, y, w, h = (int(n) for n in values["crop"])
        if min(w, h) < 1 or x + w > width or y + h > height:
            yield "crop", f"expected a part of the image of {width} x {height} pixels, got [{x}, {y}, {w}, {h}]"
        name, width, height = "crop", w, h
    if width * height > MAX_PIXELS:
        yield name, f"expected at most {MAX_PIXELS} pixels, got {width * height}"


def check_pose(values: Values) -> Iterable[tuple[str, str]]:
    origin, target, up, matrix = (values.get(key) for key in ("origin", "target", "up", "matrix"))
    if matrix is not None:
        given = [key for key, value in (("origin", origin), ("target", target)) if value is not None]
        if up is not None and not np.array_equal(up, UP):
            given.append("up")
        if given:
            yield given[0], "expected either matrix, or origin, target and up, got both"
        if abs(np.linalg.det(matrix[:3, :3])) < 1e-12:
            yield "matrix", "expected a matrix that has an inverse, got one without"
        elif len(matrix) == 4 and not np.array_equal(matrix[3], [0, 0, 0, 1]):
            yield "matrix", f"expected [0, 0, 0, 1] in the last row, got {matrix[3].tolist()}"
        return
    missing = [key for key, value in (("origin", origin), ("target", target)) if value is None]
    for key in missing:
        yield key, "missing; expected 3 numbers"
    if missing or origin is None or target is None or up is None:
        return
    view = target - origin
    distance, length = np.linalg.norm(view), np.linalg.norm(up)
    if distance == 0:
        yield "target", "expected a point other than the camera's origin, got the same"
    elif length == 0:
        yield "up", "expected a direction, got [0, 0, 0]"
    elif np.linalg.norm(np.cross(view / distance, up / length)) < 1e-6:
        yield "up", "expected a direction that isn't parallel to the view"


def check(values: Values) -> Iterable[tuple[str, str]]:
    yield from check_film(values)
    yield from check_pose(values)


def _model(doc: str, keys: Mapping[str, Key]) -> Model:
    return Model(doc, {**POSE, **keys, **FILM, **MATRIX}, check)


PINHOLE: dict[str, Key] = {
    "fov": number("full opening angle, degrees", low=0, high=180, open_ends=True, default=45,
                  differentiable=True),
    "fov_axis": choice("the side of the image that `fov` spans: y is vertical", "x", "y", "smaller", "larger",
                       "diagonal", default="y"),
    "principal_point": numbers("where the axis meets the image, in fractions of its width and height, from the "
                               "upper left corner", (2,), default=(0.5, 0.5), differentiable=True),
}

PERSPECTIVE = _model("Pinhole camera; image x grows to the viewer's right.", PINHOLE)

THINLENS = _model(
    "A pinhole camera with a lens: only what is at `focus_distance` is sharp.",
    {
        **PINHOLE,
        "aperture_radius": number("of the lens, in world units", low=0, differentiable=True),
        "focus_distance": number("distance along the axis of the plane in focus, in world units", low=0,
                                 open_ends=True, differentiable=True),
    },
)

ORTHOGRAPHIC = _model(
    "Parallel rays, along the direction from `origin` to `target`; what is behind the origin is not seen.",
    {"height": number("what the image spans from top to bottom, in world units", low=0, open_ends=True, default=2,
                      differentiable=True)},
)

FISHEYE = _model(
    "Equidistant fisheye: the distance from the middle of the image is in proportion to the angle from the axis. "
    "Beyond half of `fov` the image is black.",
    {"fov": number("full opening angle over the shorter side, degrees", low=0.001, high=360, default=180,
                   differentiable=True)},
)

PANORAMA = _model(
    "All around, equirectangular; the middle of the image looks at the target. A camera that looks along +z with +y up "
    "sees an environment map as it is in its file.",
    {},
)

OPENCV = _model(
    "OpenCV's pinhole camera with distortion: pixel (fx x + cx, fy y + cy), the first of which has its centre at "
    "(0, 0), y downwards. Where the distortion has no inverse the image is black.",
    {
        "fx": number("focal length in pixels", low=0, open_ends=True, differentiable=True),
        "fy": number("the same along y", low=0, open_ends=True, differentiable=True,
                     default=Derived("fx", lambda values: values["fx"])),
        "cx": number("where the axis meets the image, in pixels", differentiable=True,
                     default=Derived("the middle", lambda values: (values["resolution"][0] - 1) / 2)),
        "cy": number("the same along y", differentiable=True,
                     default=Derived("the middle", lambda values: (values["resolution"][1] - 1) / 2)),
        **{f"k{n}": number(f"radial distortion: {meaning}", default=0, differentiable=True)
           for n, meaning in enumerate(("of r^2", "of r^4", "of r^6", "of r^2 in the denominator",
                                        "of r^4 there", "of r^6 there"), 1)},
        "p1": number("tangential distortion", default=0, differentiable=True),
        "p2": number("the same along x", default=0, differentiable=True),
    },
)

CAMERAS = Family("cameras", {
    "perspective": PERSPECTIVE, "thinlens": THINLENS, "orthographic": ORTHOGRAPHIC, "fisheye": FISHEYE,
    "panorama": PANORAMA, "opencv": OPENCV,
})


def make_camera(type_name: str, values: Values) -> Camera:
    kept: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
    if "matrix" in kept:
        kept.pop("up", None)
        kept["matrix"] = read_only(kept["matrix"][:3])
    width, height = (int(n) for n in (kept["crop"][2:] if "crop" in kept else kept["resolution"]))
    return Camera(type_name, Frozen(kept), width, height)


def default_camera(cameras: Iterable[str]) -> str:
    """The name of the camera that is meant where none is named: "main", or the first."""
    names = list(cameras)
    return "main" if "main" in names else names[0]


def resized(camera: Camera, width: int, height: int) -> dict[str, Any]:
    """The keys that change for a picture of another size of the same view; of a crop to the next whole pixel."""
    if "crop" not in camera.values:
        changed: dict[str, Any] = {"resolution": [width, height]}
    else:
        x, y = (int(n) for n in camera.values["crop"][:2])
        whole_width, whole_height = (int(n) for n in camera.values["resolution"])
        sx, sy = width / camera.width, height / camera.height
        left, top = round(x * sx), round(y * sy)
        whole = [max(round(whole_width * sx), left + width), max(round(whole_height * sy), top + height)]
        changed = {"resolution": whole, "crop": [left, top, width, height]}
    changed |= {key: scale * float(camera.values[key]) + shift
                for key, (scale, shift) in pixel_scales(camera, changed["resolution"]).items()}
    return changed


def pixel_scales(camera: Camera, resolution: Sequence[int]) -> dict[str, tuple[float, float]]:
    """{key: (scale, shift)} of the numbers in pixels, which are scale x old + shift in a picture of this resolution."""
    if camera.type != "opencv":
        return {}
    found: dict[str, tuple[float, float]] = {}
    for k, (focal, centre) in enumerate((("fx", "cx"), ("fy", "cy"))):
        share = resolution[k] / int(camera.values["resolution"][k])
        found |= {focal: (share, 0.0), centre: (share, 0.5 * share - 0.5)}
    return found
