"""What `render` and its derivatives are of a scene with the integrator `aov`: its AOVs as one picture (height, width,
channels), one after the other in the integrator's order. Those that name something have no derivative: their weights
count nothing, and their tangents are 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .aov_table import picture_channels, table_of
from .errors import NrenderError
from .job import unit_directions
from .render_aovs import Pictures, render_aovs, render_aovs_jvp, render_aovs_vjp
from .scene import Scene


def picture(scene: Scene, **keys: Any) -> np.ndarray:
    """keys: spp, seed, device, camera, precision, of these functions all."""
    return _joined(scene, render_aovs(scene, scene.integrator.aovs, **keys))


def picture_vjp(
    scene: Scene, wrt: Iterable[str], deterministic: bool, **keys: Any
) -> tuple[np.ndarray, Callable[[Any], dict[str, np.ndarray]]]:
    names = scene.integrator.aovs
    pictures, pull = render_aovs_vjp(scene, names, wrt, deterministic=deterministic, **keys)
    image = _joined(scene, pictures)

    def pullback(weights: Any) -> dict[str, np.ndarray]:
        return pull({name: part.reshape(pictures[name].shape) for name, part in _parts(scene, weights, image).items()})

    return image, pullback


def picture_jvp(scene: Scene, directions: Mapping[str, Any], **keys: Any) -> tuple[np.ndarray, np.ndarray]:
    pictures, tangents = render_aovs_jvp(scene, scene.integrator.aovs, directions, **keys)
    still = {name: np.zeros(values.shape) for name, values in pictures.items() if name not in tangents}
    return _joined(scene, pictures), _joined(scene, {**tangents, **still})


def picture_tangents(
    scene: Scene, directions: Sequence[Mapping[str, Any]], **keys: Any
) -> tuple[np.ndarray, list[np.ndarray]]:
    found = [picture_jvp(scene, direction, **keys) for direction in directions]
    return (found[0][0], [tangent for _, tangent in found]) if found else (picture(scene, **keys), [])


def picture_jacobian(scene: Scene, wrt: Iterable[str], **keys: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    image, jacobian = picture(scene, **keys), {}
    for path in wrt:
        shape = scene.parameters[path].shape
        columns = [picture_jvp(scene, {path: unit}, **keys)[1] for unit in unit_directions(shape)]
        jacobian[path] = np.stack(columns, axis=-1).reshape(image.shape + shape)
    return image, jacobian


def _joined(scene: Scene, pictures: Pictures) -> np.ndarray:
    arrays = [np.atleast_3d(pictures[name]) for name in scene.integrator.aovs]
    return np.concatenate(arrays, axis=2)


def _parts(scene: Scene, weights: Any, image: np.ndarray) -> dict[str, np.ndarray]:
    """The weights of each AOV that has a derivative."""
    if hasattr(weights, "__cuda_array_interface__"):
        raise NrenderError("weights: are on a GPU; those of AOVs are taken from an array on the host")
    array = np.asarray(weights, np.float64)
    if array.shape != image.shape:
        names = ", ".join(picture_channels(scene))
        raise NrenderError(f"weights: expected shape {image.shape} ({names}), got {array.shape}")
    table, first, found = table_of(scene.shapes), 0, {}
    for name in scene.integrator.aovs:
        last = first + table[name].channels
        if table[name].differentiable:
            found[name] = array[..., first:last]
        first = last
    return found
