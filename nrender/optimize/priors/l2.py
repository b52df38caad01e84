"""l2, the parameter is near a value:  mean of (v - to)^2, in the parameter's own unit squared."""

from __future__ import annotations

from typing import Any

import numpy as np

from .prior import Kind, PriorError, number


class L2:
    """to: finite numbers that broadcast to the parameter's shape, or None for the start."""

    def __init__(
        self, path: str, start: np.ndarray, scene: Any, *, weight: float = 1.0, to: Any = None
    ) -> None:
        self.path, self.weight = path, number("prior l2: weight", weight)
        self._to = np.array(start, np.float64) if to is None else _broadcast(to, np.shape(start))
        self._scale = 1.0 / np.sqrt(max(self._to.size, 1))

    def residual(self, value: np.ndarray) -> np.ndarray:
        return ((value - self._to) * self._scale).reshape(-1)

    def jvp(self, value: np.ndarray, d_value: np.ndarray) -> np.ndarray:
        return np.reshape(d_value * self._scale, -1)

    def vjp(self, value: np.ndarray, w: np.ndarray) -> np.ndarray:
        return (w * self._scale).reshape(self._to.shape)


def _broadcast(to: Any, shape: tuple[int, ...]) -> np.ndarray:
    expected = f"expected finite numbers that broadcast to the parameter's shape {shape}"
    try:
        array = np.asarray(to, np.float64)
        full = np.array(np.broadcast_to(array, shape), order="C")
    except (TypeError, ValueError):
        raise PriorError(f"prior l2: to: {expected}, got {_shown(to)}") from None
    if not np.isfinite(full).all():
        raise PriorError(f"prior l2: to: {expected}, got {_shown(to)}")
    return full


def _shown(to: Any) -> str:
    try:
        shape = np.shape(to)
    except ValueError:
        return "lists of different lengths"
    return f"an array of shape {shape}" if shape else repr(to)


def applies(path: str, scene: Any) -> str:
    return ""


KIND = Kind(L2, applies)
