"""nrender.jax.render: a picture of a scene as a function of its parameters."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from .. import bridge
from ..errors import NrenderError
from ..scene import Scene
from .host import Pictures, picture_types, scene_of
from .linear import tangent


def render(
    scene: Scene,
    params: Mapping[str, Any],
    *,
    spp: int | None = None,
    seed: Any = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
    aovs: Iterable[str] | None = None,
) -> Any:
    """The image (height, width, 3) of the scene with these parameters, linear RGB radiance, row 0 at the top: float32
    (float64 with precision="float64", which needs jax_enable_x64); with `aovs` a dict {name: array} of these instead,
    (height, width, channels), or (height, width) of one channel.

    params: {path: array of the parameter's shape}; the gradients have their types. spp, device, camera, precision: as
    of `nrender.render`. The scene and all but params and seed are fixed when it is traced; two scenes are the same only
    if they are one object.

    seed: a whole number; a pair, of the image and of its derivative; either may be traced; or a key of `jax.random`,
    which makes a pair. With one number the derivative is that of this very image: right for losses that are linear in
    it. With a pair of different ones it replays other paths than the image's: so for any loss the weights dLoss/dImage
    are independent of the paths that they weigh, as an unbiased gradient needs.

    `jvp`, `grad`, `jit`, `vmap` (one after the other) in any order; once: a second derivative is an NrenderError.
    NrenderError too for what `Scene.replace` refuses, except that values are known only when they are computed: under a
    transformation JAX then raises an error of its own that has the line in its text.
    """
    if precision == "float64" and not jax.config.jax_enable_x64:
        raise NrenderError("precision: 'float64' needs jax.config.update('jax_enable_x64', True)")
    values = {path: _floating(value) for path, value in params.items()}
    call = bridge.call_of(scene, values, spp, device, camera, precision, aovs)
    _check(call, list(values.values()))
    return call.one_or_all(_render(call, _seeds(seed), tuple(values.values())))


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def _render(call: bridge.Call, seeds: Any, values: tuple[Any, ...]) -> tuple[Any, ...]:
    found = jax.pure_callback(Pictures(call), picture_types(call), seeds, *values, vmap_method="sequential")
    return tuple(found)


@functools.partial(_render.defjvp, symbolic_zeros=True)
def _along(call: bridge.Call, primals: Any, tangents: Any) -> tuple[Any, Any]:
    (seeds, values), (_, directions) = primals, tangents
    pictures = _render(call, seeds, values)
    moved = {
        path: d for path, d in zip(call.paths, directions, strict=True) if not isinstance(d, SymbolicZero)
    }
    if not moved:
        return pictures, tuple(jnp.zeros_like(picture) for picture in pictures)
    return pictures, tuple(tangent(call, seeds, values, moved))


def _floating(value: Any) -> Any:
    array = jnp.asarray(value)
    return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(jnp.result_type(float))


def _seeds(seed: Any) -> Any:
    """(2,) uint32: of the picture, and of its derivative."""
    if not isinstance(seed, jax.Array):
        plain = not isinstance(seed, tuple | list) or not any(isinstance(one, jax.Array) for one in seed)
        seed = np.array(bridge.seeds_of(seed), np.uint32) if plain else jnp.stack([jnp.asarray(one) for one in seed])
    if jnp.issubdtype(seed.dtype, jax.dtypes.prng_key):
        return jax.random.bits(seed, (2,), "uint32")
    if not jnp.issubdtype(seed.dtype, jnp.integer) or seed.shape not in ((), (2,)):
        raise NrenderError(f"seed: expected a whole number, a pair of them or a key, got {seed.dtype} of {seed.shape}")
    return jnp.broadcast_to(jnp.asarray(seed).astype(jnp.uint32), (2,))


def _check(call: bridge.Call, values: list[Any]) -> None:
    """SceneError for what can be known before anything is computed."""
    known = call.scene.parameters
    if all(not isinstance(value, jax.core.Tracer) for value in values):
        scene_of(call, values)
        return
    wrong = [
        (path, np.zeros(value.shape))
        for path, value in zip(call.paths, values, strict=True)
        if path not in known or known[path].shape != value.shape
    ]
    if wrong:
        call.scene.replace(dict(wrong))
