"""A user's own function as a loss, checked at every call.

    (image) -> (loss, dloss/dimage)
    (image, target) -> (loss, dloss/dimage)
    (image, target, weight) -> (loss, dloss/dimage)

How many of them it takes is how many parameters it has without a default.  A function that doesn't
take the weights can't leave masked pixels out, so it is refused where weights differ.

`two` treats it as any other: the first order in the variance of the noise is taken off a smooth
function, and a function linear or quadratic in the image is unbiased.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from nrender.loss.base import Image, Loss, LossError, prepare

CLAIM = "unbiased for a quadratic function; bias of second order in the variance for a smooth one"
ARGUMENTS = ("image", "target", "weight")


def from_callable(function: Callable[..., Any]) -> Loss:
    """The loss that a Python function computes, with its gradient.

    function gets copies, float64: image and target (H, W, C), weight (H, W, 1).  It returns a
    finite number and a finite array (H, W, C).  LossError of one line otherwise, unless the image
    itself wasn't finite.  What the function raises goes through.
    """
    name = getattr(function, "__name__", type(function).__name__)
    count = _arguments(function, name)

    def of(image: Image, target: Image, weight: Image) -> tuple[float, Image]:
        image, target, share = prepare(image, target, weight)
        if count < len(ARGUMENTS) and np.ptp(weight) > 0:
            raise LossError(
                f"loss '{name}': expected a function of image, target and weight for pixels of "
                f"different weights, got one of {' and '.join(ARGUMENTS[:count])}"
            )
        finite = bool(np.isfinite(image).all())
        # The function may spoil what it gets: `prepare` has copied image and target.
        arguments = (image, target, np.array(weight, np.float64))[:count]
        value, gradient = _checked(function(*arguments), image.shape, finite, name)
        return value, np.where(share > 0, gradient, 0.0)

    return Loss(of, None, CLAIM)


def _arguments(function: Callable[..., Any], name: str) -> int:
    """How many arguments the function takes."""
    if not callable(function):
        raise LossError(f"loss: expected a function, got {name}")
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 2  # compiled code may not say
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return len(ARGUMENTS)
    needed = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    named = [p.name for p in needed if p.kind is p.KEYWORD_ONLY]
    if named or not 1 <= len(needed) <= len(ARGUMENTS):
        got = ", ".join(p.name for p in needed) or "none"
        raise LossError(
            f"loss '{name}': expected the parameters (image), (image, target) or "
            f"(image, target, weight), got {got}"
        )
    return len(needed)


def _checked(
    result: Any, shape: tuple[int, ...], finite: bool, name: str
) -> tuple[float, Image]:
    """What the function returned, a float and an array of this shape, finite if the image was."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        kind = type(result).__name__
        got = f"{kind} of {len(result)}" if isinstance(result, tuple | list) else kind
        raise LossError(f"loss '{name}': expected to return (loss, gradient), got a {got}")
    value, gradient = _array(result[0], "loss", name), _array(result[1], "gradient", name)
    if value.shape != ():
        raise LossError(f"loss '{name}': loss: expected one number, got an array of {value.shape}")
    if gradient.shape != shape:
        raise LossError(
            f"loss '{name}': gradient: expected {shape} as the image, got {gradient.shape}"
        )
    for part, array in (("loss", value), ("gradient", gradient)):
        if finite and not np.isfinite(array).all():
            bad = float(array[~np.isfinite(array)].flat[0])
            raise LossError(f"loss '{name}': {part}: expected finite numbers, got {bad}")
    return float(value), gradient


def _array(value: Any, part: str, name: str) -> Image:
    try:
        return np.array(value, np.float64)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise LossError(f"loss '{name}': {part}: expected numbers, got a {kind}") from None
