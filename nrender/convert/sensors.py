"""Cameras, with their films and samplers.

Mitsuba's camera looks along +z with +x to the left and +y up; its image is that of nrender's camera with the same
origin, target and up, or of `matrix` with the columns -x, y, -z. Sensors of one more type: an entry of SENSORS.
"""

from __future__ import annotations

import math

import numpy as np

from ..scene.place import stop
from .context import Context
from .pictures import Entry
from .plugins import Plugin
from .transforms import ORTHOGONAL, mirrors, tidy

WIDTH, HEIGHT, SAMPLES = 768, 576, 4
"""Defaults of Mitsuba's films and samplers."""
DIAGONAL = math.hypot(36, 24)
"""Of the film that a focal length is for, in mm."""
FILM_SKIPPED = ("file_format", "pixel_format", "component_format", "banner", "high_quality_edges", "compensate",
                "sample_border")
SKIPPED = ("near_clip", "far_clip", "shutter_open", "shutter_close", "focus_distance", "aperture_radius")
FILTERS = {
    "box": {"radius": (0.5, "a box of the radius")},
    "tent": {"radius": (1.0, "a tent of the radius")},
    "gaussian": {"stddev": (0.5, "a gaussian of the deviation")},
}
"""By type the keys of a filter, with the only values that nrender has, in pixels."""
ALIKE = 1e-6
"""Difference of two sides up to which they count as the same: files have six digits."""


def _film(context: Context, sensor: Plugin) -> Entry:
    """The keys `resolution`, `filter` and, of a part of the image, `crop`."""
    film = next(sensor.inner("film"), None)
    if film is None:
        return {"resolution": [WIDTH, HEIGHT], "filter": "gaussian"}
    film.skip(*FILM_SKIPPED)
    size = film.integer("width", WIDTH), film.integer("height", HEIGHT)
    if min(size) < 1 or max(size) > 65536:
        raise stop(film.place, str(film), f"expected a width and a height in [1, 65536], got {size[0]} x {size[1]}")
    x, y, width, height = crop = [film.integer(key, default) for key, default in (
        ("crop_offset_x", 0), ("crop_offset_y", 0), ("crop_width", size[0]), ("crop_height", size[1]))]
    if min(x, y, width - 1, height - 1) < 0 or x + width > size[0] or y + height > size[1]:
        raise stop(film.place, str(film), f"expected a part of {size[0]} x {size[1]} pixels, got {crop}", "crop_width")
    of_pixels = _filter(context, film)
    context.check_untaken(film)
    return {"resolution": list(size)} | of_pixels | ({"crop": crop} if crop != [0, 0, *size] else {})


def _filter(context: Context, film: Plugin) -> Entry:
    """The key `filter`, which nrender has as a box by default and Mitsuba as a gaussian."""
    rfilter = next(film.inner("rfilter"), None)
    if rfilter is None:
        return {"filter": "gaussian"}
    if rfilter.type not in FILTERS:
        rfilter.skip(*rfilter.values)
        context.approximate(rfilter, f"a gaussian as the filter of pixels instead of {rfilter.type}")
        return {"filter": "gaussian"}
    for key, (default, what) in FILTERS[rfilter.type].items():
        if abs(rfilter.number(key, default) - default) > ALIKE * default:
            context.approximate(rfilter, f"{what} {default:g}", key)
    context.check_untaken(rfilter)
    return {} if rfilter.type == "box" else {"filter": rfilter.type}


def _field_of_view(sensor: Plugin, width: int, height: int) -> tuple[float, str]:
    """(degrees, the axis that they span)."""
    focal = sensor.text("focal_length")
    axis = sensor.text("fov_axis", "x")
    if focal or "fov" not in sensor.values:
        try:
            length = float((focal or "50mm").lower().removesuffix("mm"))
        except ValueError:
            length = math.nan
        if not 0 < length < math.inf:
            raise stop(sensor.place, str(sensor), f"expected a length such as 50mm, got '{focal}'", "focal_length")
        angle, axis = math.degrees(2 * math.atan(DIAGONAL / (2 * length))), "diagonal"
    else:
        angle = sensor.number("fov", 45.0)
    sensor.skip("fov")
    if not 0 < angle < 180:
        raise stop(sensor.place, str(sensor), f"expected an angle in (0, 180), got {angle:g}", "fov")
    if axis == "diagonal":
        half = math.tan(math.radians(angle) / 2) * width / math.hypot(width, height)
        return math.degrees(2 * math.atan(half)), "x"
    short, long = ("x", "y") if width < height else ("y", "x")
    return angle, {"smaller": short, "larger": long, "y": "y"}.get(axis, "x")


def _pose(sensor: Plugin) -> Entry:
    """`origin`, `target` and `up`, or `matrix` where left is right."""
    matrix, looks = sensor.placement()
    forward, up = matrix[:3, 2], matrix[:3, 1]
    if not abs(np.linalg.det(matrix[:3, :3])) > 0:
        raise stop(sensor.place, str(sensor), "expected a matrix that can be inverted", "to_world")
    if mirrors(matrix):
        return _as_matrix(matrix)
    forward, up = forward / np.linalg.norm(forward), up / np.linalg.norm(up)
    origin = matrix[:3, 3]
    target, up = looks or (origin + forward, up)
    return {"origin": tidy(origin), "target": tidy(target), "up": tidy(up)}


def _as_matrix(matrix: np.ndarray) -> Entry:
    """nrender's columns are right, up, backward, origin."""
    return {"matrix": tidy(matrix[:3] * [-1.0, 1.0, -1.0, 1.0])}


def _perspective(context: Context, sensor: Plugin) -> Entry | None:
    film = _film(context, sensor)
    fov, axis = _field_of_view(sensor, *film["resolution"])
    entry: Entry = {"type": "perspective", **_pose(sensor), "fov": tidy(fov)}
    if axis == "x":
        entry["fov_axis"] = "x"
    offset = [sensor.number(f"principal_point_offset_{axis}", 0.0) for axis in "xy"]
    if any(offset):  # of the film from the axis, in fractions of its sides
        entry["principal_point"] = tidy([0.5 - x for x in offset])
    sensor.skip(*SKIPPED)
    return entry | film


def _scaled(pose: Entry, matrix: np.ndarray, alike: np.ndarray) -> tuple[Entry, float]:
    """(the pose, the scale of lengths of the camera): a matrix, which has its own scale, unless the columns `alike`
    have one length and all are at right angles."""
    size = np.linalg.norm(matrix[:3, :3], axis=0)
    turned = matrix[:3, :3] / size
    lengths = np.linalg.norm(alike, axis=0)
    if "matrix" not in pose and np.ptp(lengths) <= ALIKE * lengths[0] and \
            np.abs(turned.T @ turned - np.eye(3)).max() <= ORTHOGONAL:
        return pose, float(lengths[0])
    return _as_matrix(matrix), 1.0


def _orthographic(context: Context, sensor: Plugin) -> Entry | None:
    """Mitsuba's image is 2 wide, in units of the matrix."""
    film = _film(context, sensor)
    width, height = film["resolution"]
    matrix, _ = sensor.placement()
    pose = _pose(sensor)
    pose, scale = _scaled(pose, matrix, matrix[:3, :2])
    sensor.skip(*SKIPPED)
    return {"type": "orthographic", **pose, "height": tidy(2.0 * scale * height / width)} | film


def _thin_lens(context: Context, sensor: Plugin) -> Entry | None:
    """Mitsuba's lens is in units of the matrix."""
    radius, focus = sensor.number("aperture_radius", 0.0), sensor.number("focus_distance", 0.0)
    entry = _perspective(context, sensor)
    if entry is None or radius == 0.0:
        return entry
    for key, value in (("aperture_radius", radius), ("focus_distance", focus)):
        if not 0.0 < value < math.inf:
            raise stop(sensor.place, str(sensor), f"expected a number > 0, got {value:g}", key)
    matrix, _ = sensor.placement()
    pose, scale = _scaled(_pose(sensor), matrix, matrix[:3, :3])
    rest = {key: value for key, value in entry.items() if key not in ("type", "origin", "target", "up", "matrix")}
    lens = {"aperture_radius": tidy(scale * radius), "focus_distance": tidy(scale * focus)}
    return {"type": "thinlens", **pose, **lens, **rest}


SENSORS = {"orthographic": _orthographic, "perspective": _perspective, "thinlens": _thin_lens}


def sensor(context: Context, plugin: Plugin) -> int | None:
    """Put a camera into the document; its samples a pixel, None if there is no camera like it."""
    maker = SENSORS.get(plugin.type)
    if maker is None:
        context.refuse(plugin, f"left out: nrender has no camera like '{plugin.type}'")
        return None
    entry = maker(context, plugin)
    if entry is None:
        return None
    context.check_untaken(plugin)
    context.add("cameras", plugin.id or ("camera" if context.document["cameras"] else "main"), entry, plugin.place)
    sampler = next(plugin.inner("sampler"), None)
    return min(max(sampler.integer("sample_count", SAMPLES), 1), 2**31 - 1) if sampler else SAMPLES
