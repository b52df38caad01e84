"""What a fit aims at: an array, a file, or a map from camera to either, or to a map from what is seen to either.

    image                                          of camera "main", or the first
    {"main": image, "side": "side.exr"}
    {"main": {"image": image, "depth": "depth.exr"}}

Of a scene with the integrator `aov` an image has all its AOVs, and each that has a derivative is a target of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from nrender.aov_table import IMAGE, picture_channels, table_of
from nrender.errors import ImageError, did_you_mean
from nrender.image import check_finite, read_image
from nrender.loss import LOSSES, Loss, pyramid
from nrender.optimize.objective import Term
from nrender.scene.cameras import default_camera

Image = np.ndarray | str | PathLike[str]
Target = Image | Mapping[str, Image]
Targets = dict[str, dict[str, np.ndarray]]


def read_targets(scene: Any, target: Target | Mapping[str, Target]) -> Targets:
    """{camera: {what: (H, W, C) float64}}; a target without a camera is the default camera's.

    ImageError if a camera or AOV doesn't exist, or the resolution differs.
    """
    if not isinstance(target, Mapping):
        target = {default_camera(scene.cameras): target}
    if not target:
        raise ImageError("target: expected at least one image, got an empty map")
    found: Targets = {}
    for camera, images in target.items():
        if camera not in scene.cameras:
            hint = did_you_mean(camera, scene.cameras)
            raise ImageError(f"target: expected the name of a camera, got '{camera}'{hint}")
        named = images if isinstance(images, Mapping) else {IMAGE: images}
        found[camera] = {}
        for what, image in named.items():
            whole = what == IMAGE and scene.integrator.aovs
            found[camera] |= _read_aovs(scene, camera, image) if whole else {what: _read(scene, camera, what, image)}
    return found


def channels_of(scene: Any, what: str) -> int:
    """Of the picture of a camera, or one of its AOVs.  ImageError for another name."""
    if what == IMAGE:
        return 3
    fitted = fitted_aovs(scene)
    if what not in fitted:
        hint = did_you_mean(what, [IMAGE, *fitted])
        raise ImageError(f"target: expected image or an AOV ({', '.join(fitted)}), got '{what}'{hint}")
    return fitted[what]


def fitted_aovs(scene: Any) -> dict[str, int]:
    """{name: channels} of the AOVs that a fit can aim at."""
    return {name: aov.channels for name, aov in table_of(scene.shapes).items() if aov.differentiable}


def _read_aovs(scene: Any, camera: str, image: Image) -> dict[str, np.ndarray]:
    """The AOVs of the integrator in an image: in a file by name, in an array (H, W, C) in their order."""
    known, fitted, names = table_of(scene.shapes), fitted_aovs(scene), scene.integrator.aovs
    wanted = [name for name in names if name in fitted]
    if not wanted:
        raise ImageError(f"target: expected an integrator with an AOV to fit, got {', '.join(names)}")
    if isinstance(image, str | PathLike):
        alone = len(names) == 1
        arrays = {name: _read_file(str(image), name, fitted[name], alone) for name in wanted}
        for array in arrays.values():
            _check_size(scene, camera, array, array.shape[2], str(image))
        return {name: np.asarray(array, np.float64) for name, array in arrays.items()}
    array, total = np.asarray(image, np.float64), len(picture_channels(scene))
    array = array[..., None] if array.ndim == 2 and total == 1 else array
    _check_size(scene, camera, array, total, f"target of camera '{camera}'")
    last = np.cumsum([known[name].channels for name in names]).tolist()
    ends = dict(zip(names, last, strict=True))
    return {name: array[..., ends[name] - fitted[name] : ends[name]] for name in wanted}


def _read(scene: Any, camera: str, what: str, image: Image) -> np.ndarray:
    channels = channels_of(scene, what)
    name = f"target of camera '{camera}'" + ("" if what == IMAGE else f", {what}")
    if isinstance(image, str | PathLike):
        name, image = str(image), _read_file(str(image), what, channels)
    array = np.asarray(image, np.float64)
    array = array[..., None] if array.ndim == 2 and channels == 1 else array
    _check_size(scene, camera, array, channels, name)
    return array


def _read_file(path: str, what: str, channels: int, alone: bool = True) -> np.ndarray:
    """Of the file's channels those named `depth.Z`, if there are any; else, where it is `alone`, the file's picture, of
    which a number takes the first channel."""
    if what == IMAGE:
        return read_image(path, finite=False)
    array, names = read_image(path, channels=True, finite=False)
    layer = [k for k, name in enumerate(names) if name.rpartition(".")[0] == what]
    if len(layer) == channels:
        return array[..., layer]
    if alone and (channels == 1 or len(names) == channels):
        return array[..., :channels]
    raise ImageError(f"{path}: expected {channels} channels of '{what}', got {', '.join(names)}")


def _check_size(scene: Any, camera: str, array: np.ndarray, channels: int, name: str) -> None:
    view = scene.cameras[camera]
    if array.ndim != 3 or array.shape[2] != channels:
        raise ImageError(f"{name}: expected an array ({view.height}, {view.width}, {channels}), got {array.shape}")
    if array.shape[:2] != (view.height, view.width):
        got = f"{array.shape[1]}x{array.shape[0]}"
        raise ImageError(f"{name}: expected {view.width}x{view.height}, got {got}")


def read_weights(scene: Any, targets: Targets, weights: Any) -> dict[str, np.ndarray]:
    """{camera: (H, W, 1) >= 0}, 1 where nothing is said.

    weights: None; (H, W), (H, W, C) or a file, for all cameras; or a map from camera, or "" for the others, to
    either.  Channels are averaged.  A target need not be finite where its weight is 0.
    """
    named = weights if isinstance(weights, Mapping) else {} if weights is None else {"": weights}
    for camera in named:
        if camera and camera not in targets:
            raise ImageError(f"weights: expected the name of a camera that has a target, got '{camera}'"
                             f"{did_you_mean(camera, targets)}")
    found = {}
    for camera in targets:
        view = scene.cameras[camera]
        given = named.get(camera, named.get(""))
        found[camera] = np.ones((view.height, view.width, 1)) if given is None else _weights(scene, camera, given)
    return found


def _weights(scene: Any, camera: str, given: Any) -> np.ndarray:
    name = f"weights of camera '{camera}'"
    if isinstance(given, str | PathLike):
        name, given = str(given), read_image(given)
    array = np.asarray(given, np.float64)
    if array.ndim == 3:
        array = array.mean(axis=2)
    array = array[..., None]
    _check_size(scene, camera, array, 1, name)
    check_finite(array, name)
    if array.min() < 0 or not array.any():
        raise ImageError(f"{name}: expected numbers from 0, not all of them 0, got "
                         + (f"{array.min():g}" if array.any() else "only zeros"))
    return array


def make_terms(scene: Any, targets: Targets, weights: Mapping[str, np.ndarray], loss: Any) -> list[Term]:
    """loss: a LossSpec of the scene, or a Loss, for all.  ImageError for a target that isn't finite where it counts."""
    for what in () if isinstance(loss, Loss) else loss.aovs:
        channels_of(scene, what)
    terms = []
    for camera, images in targets.items():
        for what, target in images.items():
            weight = weights[camera]
            counts = np.where(weight > 0, target, 0.0)
            check_finite(counts, f"target of camera '{camera}'" + ("" if what == IMAGE else f", {what}"))
            made, factor = _loss(loss, what)
            terms.append(Term(camera, what, np.asarray(counts), weight, made, factor))
    return terms


def _loss(loss: Any, what: str) -> tuple[Loss, float]:
    if isinstance(loss, Loss):
        return loss, 1.0
    spec = loss.aovs.get(what, loss)
    options = {key: value for key, value in spec.options.items() if value is not None}
    made = LOSSES[spec.type](**options)
    return (pyramid(made, spec.levels) if spec.levels > 1 else made), spec.weight
