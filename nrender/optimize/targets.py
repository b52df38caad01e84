"""Target images: an array, a file, or a map from camera to either; checked against the scene."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from nrender.errors import ImageError, did_you_mean
from nrender.image import check_finite, check_target, read_image

Target = np.ndarray | str | PathLike[str]


def default_camera(scene: Any) -> str:
    """The camera that the renderer takes when none is named: "main", or the first."""
    return "main" if "main" in scene.cameras else next(iter(scene.cameras))


def read_targets(scene: Any, target: Target | Mapping[str, Target]) -> dict[str, np.ndarray]:
    """{camera: (H, W, 3) float64}; a target without a camera is the default camera's.

    ImageError if a camera doesn't exist, the resolution differs, or a pixel isn't finite.
    """
    if not isinstance(target, Mapping):
        target = {default_camera(scene): target}
    if not target:
        raise ImageError("target: expected at least one image, got an empty map")
    return {camera: _read(scene, camera, image) for camera, image in target.items()}


def _read(scene: Any, camera: str, target: Target) -> np.ndarray:
    if camera not in scene.cameras:
        hint = did_you_mean(camera, scene.cameras)
        raise ImageError(f"target: expected the name of a camera, got '{camera}'{hint}")
    name = f"target of camera '{camera}'"
    if isinstance(target, str | PathLike):
        name, target = str(target), read_image(target)
    image = np.asarray(target, np.float64)
    view = scene.cameras[camera]
    check_target(image, view.width, view.height, name)
    check_finite(image, name)
    return image
