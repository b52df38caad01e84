"""What a user asks of a fit in words: values of parameters by path, maybe with an index, and images of cameras.

The same on the command line (`--set PATH=VALUE`, `CAMERA=FILE`) and in a file of jobs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nrender.aov_table import IMAGE
from nrender.errors import NrenderError, did_you_mean, no_such_parameter
from nrender.optimize.targets import fitted_aovs
from nrender.optimize.variables import without_inits
from nrender.scene.cameras import default_camera

Index = tuple[int, ...]
_SELECTION = re.compile(r"(?P<path>[^\[\]]+)(\[(?P<index>\d+(\s*,\s*\d+)*)\])?")


class AskedError(NrenderError):
    """Something asked for that the scene doesn't have."""


class Setting(NamedTuple):
    """A value for a parameter or one number of it; `shown`: as the user wrote it."""

    name: str
    value: np.ndarray
    shown: str


def read_selection(scene: Any, text: str) -> tuple[str, Index | None]:
    """`path` or `path[2]` or `path[3,1]`: the path and the index of one component, if given."""
    match = _SELECTION.fullmatch(text.strip())
    path = match["path"] if match else text
    if path not in scene.parameters:
        raise AskedError(f"{path}: {no_such_parameter(path, scene.parameters)}")
    if match is None or match["index"] is None:
        return path, None
    index = tuple(int(number) for number in match["index"].split(","))
    shape = scene.parameters[path].shape
    inside = len(index) == len(shape) and all(i < n for i, n in zip(index, shape, strict=True))
    if not inside:
        raise AskedError(f"{text}: expected an index into the shape {list(shape)}")
    return path, index


def with_settings(scene: Any, settings: Iterable[Setting], to_fit: bool = False) -> Any:
    """The scene with these parameters changed.

    to_fit: they are where an optimization starts, so they count instead of the file's `init`.
    AskedError for a name or a shape, SceneError for a value that can't be.
    """
    values: dict[str, np.ndarray] = {}
    for name, value, shown in settings:
        path, index = read_selection(scene, name)
        present = values.get(path, _present(scene, path, to_fit))
        try:
            present[() if index is None else index] = value
        except ValueError:
            expected = "one number" if index is not None else _expected(present.shape)
            raise AskedError(f"{name}: expected {expected}, got {shown}") from None
        values[path] = present
    if not values:
        return scene
    changed = scene.replace(values)
    return without_inits(changed, values) if to_fit else changed


def _expected(shape: tuple[int, ...]) -> str:
    if not shape:
        return "one number"
    return f"{shape[0]} numbers, or one" if len(shape) == 1 else f"numbers of shape {list(shape)}"


def _present(scene: Any, path: str, to_fit: bool) -> np.ndarray:
    specs = scene.optimize.parameters if to_fit and scene.optimize else {}
    init = specs[path].init if path in specs and specs[path].basis is None else None
    return scene.parameters[path] if init is None else init.copy()


def name_targets(scene: Any, targets: Sequence[str]) -> dict[str, str | dict[str, str]]:
    """What `optimize` takes as its target: {camera: file}, or {camera: {"image" or AOV: file}} where an AOV is named.

    Each is `FILE` (the default camera's, then the others' in their order), `CAMERA=FILE`, `AOV=FILE` (of the default
    camera) or `CAMERA.AOV=FILE`.  AskedError if there are too many, or a name is unknown.
    """
    found: dict[str, dict[str, str]] = {}
    first = default_camera(scene.cameras)
    free = [first, *(camera for camera in scene.cameras if camera != first)]
    for target in targets:
        camera, what, file = _read_target(scene, target)
        if not camera:
            if not free:
                raise AskedError(f"{target}: more targets than cameras ({len(scene.cameras)})")
            camera = free[0]
        if what in found.setdefault(camera, {}):
            has = f"camera '{camera}' has a target already" if what == IMAGE else f"'{camera}.{what}' has one already"
            raise AskedError(f"{target}: {has}")
        if what == IMAGE and camera in free:
            free.remove(camera)
        found[camera][what] = file
    return {camera: files[IMAGE] if list(files) == [IMAGE] else files for camera, files in found.items()}


def _read_target(scene: Any, target: str) -> tuple[str, str, str]:
    """(camera, or "" for the next one; "image" or an AOV; file)."""
    name, equals, file = target.partition("=")
    if not equals:
        return "", IMAGE, target
    if name in scene.cameras:
        return name, IMAGE, file
    if os.path.exists(target):  # its name has a "="
        return "", IMAGE, target
    aovs = [IMAGE, *fitted_aovs(scene)]
    camera, dot, what = name.partition(".")  # an AOV's name may have another one
    if name in aovs:
        return default_camera(scene.cameras), name, file
    if dot and camera in scene.cameras and what in aovs:
        return camera, what, file
    known = [*scene.cameras, *aovs, *(f"{one}.{aov}" for one in scene.cameras for aov in aovs)]
    raise AskedError(
        f"{target}: expected FILE, CAMERA=FILE, AOV=FILE or CAMERA.AOV=FILE, got the name '{name}'"
        f"{did_you_mean(name, known)}"
    )
