"""Cameras, with their films and samplers.

Mitsuba's camera looks along +z with +x to the left and +y up; its image is that of nrender's camera with the same
origin, target and up. Sensors of one more type: an entry of SENSORS.
"""

from __future__ import annotations

import math

import numpy as np

from .context import Context
from .notes import stop
from .plugins import Plugin
from .textures import Entry
from .transforms import mirrors, tidy

WIDTH, HEIGHT, SAMPLES = 768, 576, 4
"""Defaults of Mitsuba's films and samplers."""
DIAGONAL = math.hypot(36, 24)
"""Of the film that a focal length is for, in mm."""
FILM_SKIPPED = ("file_format", "pixel_format", "component_format", "banner", "high_quality_edges", "compensate",
                "sample_border")


def _resolution(context: Context, sensor: Plugin) -> tuple[int, int]:
    film = next(sensor.inner("film"), None)
    if film is None:
        return WIDTH, HEIGHT
    film.skip(*FILM_SKIPPED)
    size = film.integer("width", WIDTH), film.integer("height", HEIGHT)
    if min(size) < 1 or max(size) > 65536:
        raise stop(film.place, str(film), f"expected a width and a height in [1, 65536], got {size[0]} x {size[1]}")
    crop = tuple(film.integer(key, default) for key, default in (
        ("crop_offset_x", 0), ("crop_offset_y", 0), ("crop_width", size[0]), ("crop_height", size[1])))
    if crop != (0, 0, *size):
        context.refuse(film, "the whole picture instead of a part of it", "crop_width")
    rfilter = next(film.inner("rfilter"), None)
    if rfilter is not None:
        rfilter.skip(*rfilter.values)
    if rfilter is None or rfilter.type != "box":
        name = rfilter.type if rfilter else "gaussian, by default"
        context.approximate(rfilter or film, f"a box as the filter of pixels instead of {name}")
    context.check_untaken(film)
    return size


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


def _perspective(context: Context, sensor: Plugin) -> Entry | None:
    width, height = _resolution(context, sensor)
    fov, axis = _field_of_view(sensor, width, height)
    matrix, looks = sensor.placement()
    if mirrors(matrix):
        context.approximate(sensor, "not mirrored, left for right", "to_world")
    if sensor.number("principal_point_offset_x", 0.0) or sensor.number("principal_point_offset_y", 0.0):
        context.approximate(sensor, "the middle of the picture instead", "principal_point_offset_x")
    origin, forward, up = matrix[:3, 3], matrix[:3, 2], matrix[:3, 1]
    if not np.linalg.norm(np.cross(forward, up)) > 0:
        raise stop(sensor.place, str(sensor), "expected a matrix that can be inverted", "to_world")
    forward, up = forward / np.linalg.norm(forward), up / np.linalg.norm(up)
    target, up = looks or (origin + forward, up)
    entry: Entry = {"type": "perspective", "origin": tidy(origin), "target": tidy(target), "up": tidy(up)}
    entry["fov"] = tidy(fov)
    if axis == "x":
        entry["fov_axis"] = "x"
    entry["resolution"] = [width, height]
    sensor.skip("near_clip", "far_clip", "shutter_open", "shutter_close", "focus_distance")
    return entry


def _thin_lens(context: Context, sensor: Plugin) -> Entry | None:
    if sensor.number("aperture_radius", 0.0) > 0:
        context.approximate(sensor, "a pinhole: all is in focus", "aperture_radius")
    return _perspective(context, sensor)


SENSORS = {"perspective": _perspective, "thinlens": _thin_lens}


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
