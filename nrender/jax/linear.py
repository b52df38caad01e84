"""The derivative of a picture as two linear operations of JAX, each the transpose of the other.

    tangent    (seeds, *values, *directions) -> J directions, pictures
    gradient   (seeds, *values, *weights) -> J^T weights, of the parameters' shapes

So one function has forward and reverse mode: JAX takes the first for `jvp`, and transposes it for `grad`. Each is a
call back to the host; a batch of them goes one after the other. (docs.jax.dev, "JAX Internals: primitives".)
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from .. import bridge
from ..errors import NrenderError
from .host import Gradients, Tangents, picture_types

TWICE = "nrender.jax: the gradient has no derivative: a picture can be differentiated once"

tangent_p = Primitive("nrender_tangent")
gradient_p = Primitive("nrender_gradient")


def tangent(call: bridge.Call, seeds: Any, values: Any, directions: dict[str, Any]) -> list[Any]:
    return tangent_p.bind(seeds, *values, *directions.values(), call=call, moved=tuple(directions))


def gradient(
    call: bridge.Call, seeds: Any, values: Any, weights: dict[str, Any], wrt: tuple[str, ...]
) -> list[Any]:
    return gradient_p.bind(seeds, *values, *weights.values(), call=call, wrt=wrt, given=tuple(weights))


def _tangent(*arrays: Any, call: bridge.Call, moved: tuple[str, ...]) -> list[Any]:
    return jax.pure_callback(Tangents(call, moved), picture_types(call), *arrays)


def _gradient(*arrays: Any, call: bridge.Call, wrt: tuple[str, ...], given: tuple[str, ...]) -> list[Any]:
    of = dict(zip(call.paths, arrays[1:], strict=False))
    types = [jax.ShapeDtypeStruct(of[path].shape, of[path].dtype) for path in wrt]
    return jax.pure_callback(Gradients(call, wrt, given), types, *arrays)


def _shapes_of(function: Callable[..., Any]) -> Callable[..., Any]:
    def shapes(*arrays: Any, **static: Any) -> list[Any]:
        types = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]
        found = jax.eval_shape(functools.partial(function, **static), *types)
        return [ShapedArray(one.shape, one.dtype) for one in found]

    return shapes


def _tangent_transposed(cotangents: Any, seeds: Any, *arrays: Any, call: bridge.Call, moved: tuple[str, ...]) -> Any:
    values, directions = arrays[: len(call.paths)], arrays[len(call.paths) :]
    wrt = tuple(path for path, d in zip(moved, directions, strict=True) if ad.is_undefined_primal(d))
    weights = {
        name: weight
        for name, weight, smooth in zip(call.names, cotangents, bridge.kinds(call), strict=True)
        if smooth and not isinstance(weight, ad.Zero)
    }
    found = dict(zip(wrt, gradient(call, seeds, values, weights, wrt), strict=True)) if weights else {}
    zeros = {path: ad.Zero(d.aval) for path, d in zip(moved, directions, strict=True) if path in wrt}
    return [None] * (1 + len(values)) + [{**zeros, **found}.get(path) for path in moved]


def _gradient_transposed(
    cotangents: Any, seeds: Any, *arrays: Any, call: bridge.Call, wrt: tuple[str, ...], given: tuple[str, ...]
) -> Any:
    values, weights = arrays[: len(call.paths)], arrays[len(call.paths) :]
    moved = {path: d for path, d in zip(wrt, cotangents, strict=True) if not isinstance(d, ad.Zero)}
    found = dict(zip(call.names, tangent(call, seeds, values, moved), strict=True))
    out = [found[name] if ad.is_undefined_primal(w) else None for name, w in zip(given, weights, strict=True)]
    return [None] * (1 + len(values)) + out


def _along(primitive: Primitive) -> Callable[..., Any]:
    """The derivative along what it is linear in; along the parameters there is none."""

    def rule(primals: Any, tangents: Any, **static: Any) -> Any:
        fixed = 1 + len(static["call"].paths)
        if not all(isinstance(one, ad.Zero) for one in tangents[1:fixed]):
            raise NrenderError(TWICE)
        moved = [ad.instantiate_zeros(one) for one in tangents[fixed:]]
        return primitive.bind(*primals, **static), primitive.bind(*primals[:fixed], *moved, **static)

    return rule


def _one_by_one(primitive: Primitive) -> Callable[..., Any]:
    def rule(arrays: Any, axes: Any, **static: Any) -> Any:
        many = [jnp.moveaxis(a, axis, 0) for a, axis in zip(arrays, axes, strict=True) if axis is not None]

        def one(parts: Any) -> Any:
            part = iter(parts)
            return primitive.bind(
                *(a if axis is None else next(part) for a, axis in zip(arrays, axes, strict=True)), **static
            )

        found = jax.lax.map(one, many)
        return found, [0] * len(found)

    return rule


for _primitive, _function, _transposed in (
    (tangent_p, _tangent, _tangent_transposed),
    (gradient_p, _gradient, _gradient_transposed),
):
    _primitive.multiple_results = True
    _primitive.def_impl(_function)
    _primitive.def_abstract_eval(_shapes_of(_function))
    mlir.register_lowering(_primitive, mlir.lower_fun(_function, multiple_results=True))
    ad.primitive_transposes[_primitive] = _transposed
    ad.primitive_jvps[_primitive] = _along(_primitive)
    batching.primitive_batchers[_primitive] = _one_by_one(_primitive)
