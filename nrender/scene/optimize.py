"""The `optimize` section: which parameters are fitted, from where, within what, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .check import Parts
from .models import Frozen, OptimizeSpec, ParameterSpec
from .parameters import Slot, known_path, read_slot, read_value
from .paths import KeyPath
from .read import read_keys
from .report import Report
from .schema import Key, choice, integer, number
from .values import Bad, at, check_range, read_array, show

KEYS: dict[str, Key] = {
    "loss": choice("what is made small: l2 is the mean squared difference", "l2", default="l2"),
    "method": choice("l-bfgs-b, or adam for noisy gradients", "l-bfgs-b", "adam",
                     default="l-bfgs-b"),
    "iterations": integer("at most so many", low=1, high=10**9, default=100),
    "step": number("adam's rate; without it the method's own", low=0, open_ends=True,
                   default=None),
}
PARAMETER_KEYS = ("init", "bounds", "mask")
OPEN_MARGIN = 1e-3
"""How far inside a range that excludes its ends (degrees of `fov`) the bounds stay."""


def check_optimize(report: Report, parts: Parts, slots: Mapping[str, Slot]) -> OptimizeSpec | None:
    """The section of the document, or None if there is none; problems go to the report."""
    data = report.document.data
    if "optimize" not in data:
        return None
    path: KeyPath = ("optimize",)
    entry = data["optimize"]
    if not isinstance(entry, Mapping):
        report.add(path, f"expected a map, got {show(entry)}")
        return None
    rest = {key: value for key, value in entry.items() if key != "parameters"}
    values = read_keys(report, ("optimize",), KEYS, rest, ("parameters",))
    if values.get("step") is not None and values.get("method") == "l-bfgs-b":
        report.add((*path, "step"), "expected method adam for a step, got l-bfgs-b")
    fitted = entry.get("parameters")
    if not isinstance(fitted, Mapping) or not fitted:
        report.add((*path, "parameters"), "expected a map of parameters to fit, got "
                   + ("an empty one" if isinstance(fitted, Mapping) else show(fitted)))
        return None
    specs = {}
    for name, given in fitted.items():
        wrong = known_path(name, slots)
        if wrong:
            report.add((*path, "parameters", name), wrong)
            continue
        spec = _parameter(report, (*path, "parameters", name), given, parts, slots[name])
        if spec is not None:
            specs[name] = spec
    if report.problems:
        return None
    step = values["step"]
    return OptimizeSpec(Frozen(specs), values["loss"], values["method"], values["iterations"],
                        None if step is None else float(step))


def _parameter(report: Report, path: KeyPath, given: Any, parts: Parts,
               slot: Slot) -> ParameterSpec | None:
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        report.add(path, f"expected a map with {', '.join(PARAMETER_KEYS)}, got {show(given)}")
        return None
    for key in given:
        if key not in PARAMETER_KEYS:
            report.unknown_key((*path, key), PARAMETER_KEYS)
    made: dict[str, Any] = {}
    for key, read in (("init", _init), ("bounds", _bounds), ("mask", _mask)):
        try:
            made[key] = read(given.get(key), slot)
        except Bad as bad:
            report.add((*path, key, *bad.index), str(bad))
    if len(made) < 3:
        return None
    spec = ParameterSpec(made["init"], made["bounds"], made["mask"])
    start = read_slot(parts, slot) if spec.init is None else spec.init
    (low, high), mask = spec.bounds, spec.mask
    outside = mask & ((start < low) | (start > high))
    if outside.any():
        index = tuple(int(i) for i in np.argwhere(outside)[0])
        what = "init" if spec.init is not None else "the scene's value"
        number = float(np.asarray(start)[index])
        report.add((*path, "init"), f"expected {what} within the bounds "
                   f"[{low[index]:g}, {high[index]:g}], got {number!r}{at(index)}")
        return None
    return spec


def _init(value: Any, slot: Slot) -> np.ndarray | None:
    if value is None:
        return None
    init = read_value(slot, _broadcast(value, slot))
    init.flags.writeable = False
    return init


def _broadcast(value: Any, slot: Slot) -> np.ndarray:
    """Finite numbers in any lists, as an array of the parameter's shape."""
    shapes: tuple[tuple[int | None, ...], ...] = tuple((None,) * n for n in range(
        len(slot.shape) + 1))
    try:
        array = read_array(value, shapes)
        return np.array(np.broadcast_to(array, slot.shape))
    except ValueError as error:
        if isinstance(error, Bad) and (error.index or "finite" in str(error)):
            raise
        raise Bad(f"expected numbers that broadcast to the parameter's shape "
                  f"{_text(slot.shape)}, got {show(value)}") from None


def _text(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(str(n) for n in shape) + ")"


def _bounds(value: Any, slot: Slot) -> tuple[np.ndarray, np.ndarray]:
    """(lower, upper), each of the parameter's shape; an end that is null is the key's own range."""
    key = slot.key
    margin = OPEN_MARGIN if key.open_ends else 0.0
    if value is None:
        value = [None, None]
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list) or len(value) != 2:
        raise Bad(f"expected [lower, upper], got {show(value)}")
    ends = []
    for i, (end, own) in enumerate(zip(value, (key.low + margin, key.high - margin),
                                       strict=True)):
        if end is None:
            ends.append(np.full(slot.shape, own))
            continue
        try:
            array = _broadcast(end, slot)
            check_range(array, key.low, key.high, False, "number")
        except Bad as bad:
            raise Bad(str(bad), (i, *bad.index)) from None
        ends.append(np.asarray(np.clip(array, key.low + margin, key.high - margin)))
    low, high = ends
    if (low > high).any():
        raise Bad("expected lower <= upper, got "
                  + ("the opposite" if low.ndim else f"[{low:g}, {high:g}]"))
    for end in ends:
        end.flags.writeable = False
    return low, high


def _mask(value: Any, slot: Slot) -> np.ndarray:
    """bool of the parameter's shape; True is fitted."""
    if value is None:
        mask = np.ones(slot.shape, dtype=bool)
    else:
        array = _broadcast(_numbers(value), slot)
        if not np.isin(array, (0, 1)).all():
            bad = float(array[~np.isin(array, (0, 1))].flat[0])
            raise Bad(f"expected 0 or 1, got {bad!r}")
        mask = array.astype(bool)
        if not mask.any():
            raise Bad("expected at least one 1, got none")
    mask.flags.writeable = False
    return mask


def _numbers(value: Any) -> Any:
    """true and false as 1 and 0, in any lists."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, np.ndarray) and value.dtype == bool:
        return value.astype(np.int64)
    return [_numbers(item) for item in value] if isinstance(value, list) else value
