"""A call with values, on the host: pictures, their pullback, their tangents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..render import render, render_jvp, render_pullback, render_vjp
from ..render_aovs import render_aovs, render_aovs_jvp, render_aovs_vjp
from ..scene import Scene
from .call import Call, kinds, shapes
from .seeds import Seeds

Weights = Sequence[Any]  # of each picture, or None where there are none
Pullback = Callable[[Weights], dict[str, np.ndarray]]


def replaced(call: Call, values: Sequence[Any]) -> Scene:
    """The scene with these values of the call's parameters. SceneError as of `Scene.replace`."""
    return call.scene.replace(dict(zip(call.paths, values, strict=True)))


def _options(call: Call) -> dict[str, Any]:
    return {"spp": call.spp, "device": call.device, "camera": call.camera, "precision": call.precision}


def pictures(call: Call, scene: Scene, seed: int, on_device: bool = False) -> tuple[Any, ...]:
    """on_device: the image stays on the GPU; AOVs come to the host."""
    if call.aovs is None:
        return (render(scene, seed=seed, on_device=on_device, **_options(call)),)
    return tuple(render_aovs(scene, call.aovs, seed=seed, **_options(call)).values())


def pullback(
    call: Call, scene: Scene, wrt: Sequence[str], seeds: Seeds, deterministic: bool = False, on_device: bool = False
) -> tuple[tuple[Any, ...], Pullback]:
    """(the pictures, what carries their weights back to the parameters `wrt`)."""
    if seeds.picture != seeds.derivative:
        made = pictures(call, scene, seeds.picture, on_device)
        return made, back_alone(call, scene, wrt, seeds.derivative, deterministic)
    options = {**_options(call), "seed": seeds.picture, "deterministic": deterministic}
    if call.aovs is not None:
        found, pull = render_aovs_vjp(scene, call.aovs, wrt, **options)
        return tuple(found.values()), lambda weights: pull(_named(call, weights))
    image, pull = render_vjp(scene, wrt, on_device=on_device, **options)
    return (image,), lambda weights: pull(weights[0])


def back_alone(call: Call, scene: Scene, wrt: Sequence[str], seed: int, deterministic: bool = False) -> Pullback:
    """The pullback without the pictures; what it takes is made when it is called."""
    options = {**_options(call), "seed": seed, "deterministic": deterministic}

    def pull(weights: Weights) -> dict[str, np.ndarray]:
        if call.aovs is None:
            return render_pullback(scene, wrt, **options)(weights[0])
        return render_aovs_vjp(scene, call.aovs, wrt, **options)[1](_named(call, weights))

    return pull


def _named(call: Call, weights: Weights) -> dict[str, Any]:
    """Those of the pictures that have a derivative."""
    found = zip(call.names, weights, kinds(call), strict=True)
    return {name: weight for name, weight, differentiable in found if differentiable and weight is not None}


def tangents(call: Call, scene: Scene, directions: Mapping[str, Any], seed: int) -> tuple[np.ndarray, ...]:
    """How the pictures change, float64; zeros for those that have no derivative."""
    if call.aovs is None:
        return (render_jvp(scene, directions, seed=seed, **_options(call))[1],)
    found = render_aovs_jvp(scene, call.aovs, directions, seed=seed, **_options(call))[1]
    return tuple(found.get(name, np.zeros(shape)) for name, shape in zip(call.names, shapes(call), strict=True))
