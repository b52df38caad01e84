"""A linear basis of a parameter: value = mean + sum of coefficient times direction.

A body model or blend shapes come as an .npz file, or a map of arrays from Python:

    basis   (K, *shape), or (K, N) with as many numbers: the directions
    mean    the parameter's shape; without it, the scene's value
    scale   (K,), > 0: a usual size of each coefficient (a standard deviation); without it, 1
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..files import read_npz
from .models import read_only
from .optimize_models import Basis
from .values import Bad, show

KEYS = ("basis", "mean", "scale")


def read_basis(given: Any, base: Path, shape: tuple[int, ...], value: np.ndarray) -> Basis:
    """The basis of a parameter of this shape whose value in the scene is `value`.  Raises Bad."""
    arrays = given if isinstance(given, Mapping) else _load(given, base)
    unknown = [key for key in arrays if key not in KEYS]
    if unknown:
        raise Bad(f"expected arrays named {', '.join(KEYS)}, got {show(unknown[0])}")
    if "basis" not in arrays:
        raise Bad("expected an array named 'basis', got none")
    directions = _numbers(arrays["basis"], "basis")
    count = len(directions) if directions.ndim else 0
    size = int(np.prod(shape))
    if not count or directions.size != count * size:
        raise Bad(f"basis: expected directions of shape {shape}, so ({', '.join(['K', *map(str, shape)])}), "
                  f"got {directions.shape}")
    mean = _numbers(arrays["mean"], "mean") if "mean" in arrays else value
    if mean.size != size:
        raise Bad(f"mean: expected the parameter's shape {shape}, got {mean.shape}")
    scale = _numbers(arrays["scale"], "scale") if "scale" in arrays else np.ones(count)
    if scale.shape != (count,) or not np.all(scale > 0):
        raise Bad(f"scale: expected {count} numbers > 0, got {show(scale)}")
    return Basis(read_only(directions.reshape(count, *shape)), read_only(mean.reshape(shape)), read_only(scale))


def _load(given: Any, base: Path) -> dict[str, Any]:
    if not isinstance(given, str) or not given:
        raise Bad(f"expected the name of an .npz file, got {show(given)}")
    path = base / given
    try:
        return read_npz(path)
    except FileNotFoundError:
        raise Bad(f"no such file: {path}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise Bad(f"{path}: can't be read as .npz: {reason}") from None


def _numbers(value: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):  # lists of different lengths
        raise Bad(f"{name}: expected numbers, got {show(value)}") from None
    if array.dtype.kind not in "biuf":
        raise Bad(f"{name}: expected numbers, got {show(array)}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise Bad(f"{name}: expected finite numbers, got NaN or infinity")
    return array
