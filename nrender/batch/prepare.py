"""From what a job says to scenes: the start of its fit, and the scene of its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nrender.errors import SceneError
from nrender.optimize.asked import AskedError, Setting, with_settings
from nrender.optimize.variables import free_variables
from nrender.scene.values import show


def sized(scene: Any, resolution: tuple[int, int] | None) -> Any:
    """The scene with cameras of this size, if one is given."""
    if resolution is None:
        return scene
    for camera in scene.cameras:
        scene = scene.with_resolution(camera, *resolution)
    return scene


def start(scene: Any, settings: Mapping[str, Any]) -> Any:
    """The scene that a fit starts from, as `nrender optimize --set` makes it.  AskedError, SceneError."""
    return with_settings(scene, _settings(settings), to_fit=True)


def truth(scene: Any, settings: Mapping[str, Any]) -> Any:
    """The scene that a target is rendered from, as `nrender render --set` makes it.  AskedError, SceneError."""
    return with_settings(scene, _settings(settings))


def distance_left(begin: Any, true: Any, fitted: Mapping[str, np.ndarray]) -> float:
    """Of the parameters {path: value} the distance from those of the scene `true`, over that of the fit's start; NaN
    where the start is true."""
    first = free_variables(begin)
    start = first.values(first.x0)
    squares = [
        [float(np.sum((np.asarray(values[path], np.float64) - true.parameters[path]) ** 2)) for path in fitted]
        for values in (fitted, start)
    ]
    now, before = map(sum, squares)
    return (now / before) ** 0.5 if before > 0.0 else float("nan")


def _settings(settings: Mapping[str, Any]) -> list[Setting]:
    return [Setting(name, np.array(value, np.float64), show(value)) for name, value in settings.items()]


def wrong_with(make: Any, scene: Any, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(name, message) of each setting with which `make`, one of the two above, fails; ('', …) for all together."""

    def message(some: Mapping[str, Any]) -> str:
        try:
            make(scene, some)
        except AskedError as error:
            return str(error)
        except SceneError as error:
            return error.problems[0].message
        return ""

    together = message(settings)
    if not together:
        return []
    alone = [(name, message({name: value}).removeprefix(f"{name}: ")) for name, value in settings.items()]
    return [(name, text) for name, text in alone if text] or [("", together)]
