"""One fitted parameter: where it starts, within what, in which coordinates, and what else is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .basis import read_basis
from .check import Parts
from .optimize_models import Basis, ParameterSpec
from .optimize_prior import read_priors
from .parameters import Slot, read_slot, read_value
from .paths import KeyPath
from .report import Report
from .schema import Key, choice, number, text
from .values import Bad, at, check_range, read_array, show

TRANSFORMS = ("none", "log", "sigmoid", "rotation", "large_steps")
ARRAYS = ("init", "bounds", "mask")
KEYS: dict[str, Key] = {
    "transform": choice("the coordinates in which steps are taken; below", *TRANSFORMS, default="none"),
    "smoothness": number("of `large_steps`: how far a vertex takes its neighbours with it", low=0, open_ends=True,
                         default=None),
    "step": number("one step of a method, in the parameter's own unit; without it a usual one", low=0,
                   open_ends=True, default=None),
    "tie": text("the path of another fitted parameter that this one equals at all times", "name", default=None),
    "basis": text("an .npz file: the parameter is a mean and a sum of directions; init, bounds, mask and step are the "
                  "coefficients'", "file", default=None),
}
OPEN_MARGIN = 1e-3
"""How far inside a range that excludes its ends (degrees of `fov`) the bounds stay."""
DEFAULT_SMOOTHNESS = 19.0
"""What Nicolet, Jacobson and Jakob 2021 use most."""


def read_parameter(report: Report, path: KeyPath, given: Any, parts: Parts, slot: Slot) -> ParameterSpec | None:
    """The spec, or None if anything is wrong; problems go to the report."""
    given = {} if given is None else given
    keys = (*ARRAYS, *KEYS, "prior")
    if not isinstance(given, Mapping):
        report.add(path, f"expected a map with {', '.join(keys)}, got {show(given)}")
        return None
    before = report.found
    for key in given:
        if key not in keys:
            report.unknown_key((*path, key), keys)
    words = _words(report, path, given)
    start = read_slot(parts, slot)
    basis = _basis(report, path, given.get("basis"), parts, slot)
    arrays = _arrays(report, path, given, slot, basis)
    priors = read_priors(report, (*path, "prior"), given.get("prior"))
    if report.found > before:
        return None
    smoothness = words["smoothness"]
    if words["transform"] == "large_steps" and smoothness is None:
        smoothness = DEFAULT_SMOOTHNESS
    spec = ParameterSpec(arrays["init"], arrays["bounds"], arrays["mask"], words["transform"], smoothness,
                         words["step"], words["tie"], basis, priors)
    for key, message in _conflicts(spec, given, slot):
        report.add((*path, key), message)
    if basis is None:
        _check_start(report, path, spec, start)
    return spec if report.found == before else None


def _words(report: Report, path: KeyPath, given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, key in KEYS.items():
        found[name] = key.default_value()
        if name == "basis" or given.get(name) is None:
            continue
        try:
            value = key.read(given[name])
            found[name] = float(value) if key.kind == "number" else value
        except Bad as bad:
            report.add((*path, name), str(bad))
    return found


def _basis(report: Report, path: KeyPath, given: Any, parts: Parts, slot: Slot) -> Basis | None:
    if given is None:
        return None
    try:
        return read_basis(given, report.document.base, slot.shape, np.asarray(read_slot(parts, slot)))
    except Bad as bad:
        report.add((*path, "basis", *bad.index), str(bad))
        return None


def _arrays(report: Report, path: KeyPath, given: Mapping[str, Any], slot: Slot,
            basis: Basis | None) -> dict[str, Any]:
    if basis is not None:  # what follows is said of the coefficients, which have no range of their own
        slot = slot._replace(shape=basis.scale.shape, key=number("a coefficient"))
    made: dict[str, Any] = {}
    for key, read in (("init", _init), ("bounds", _bounds), ("mask", _mask)):
        try:
            made[key] = read(given.get(key), slot)
        except Bad as bad:
            report.add((*path, key, *bad.index), str(bad))
    return made


def _conflicts(spec: ParameterSpec, given: Mapping[str, Any], slot: Slot) -> list[tuple[str, str]]:
    """(key, message) of what doesn't go together though each key is right."""
    found = []
    others = [key for key in given if key != "tie" and given[key] is not None]
    if spec.tie is not None and others:
        found.append((others[0], "expected nothing beside `tie`: the other parameter says it"))
    if given.get("smoothness") is not None and spec.transform != "large_steps":
        found.append(("smoothness", f"expected transform large_steps for a smoothness, got {spec.transform}"))
    if spec.transform == "none":
        return found
    if spec.basis is not None:
        found.append(("transform", f"expected none with a basis, got {spec.transform}"))
    if spec.transform == "rotation" and slot.leaf.split(".")[-1] != "rotate":
        found.append(("transform", f"expected rotation for a rotate only, got it for '{slot.leaf}'"))
    if spec.transform == "large_steps" and slot.leaf != "vertices":
        found.append(("transform", f"expected large_steps for vertices only, got it for '{slot.leaf}'"))
    if spec.transform in ("rotation", "large_steps") and given.get("bounds") is not None:
        found.append(("bounds", f"expected none with transform {spec.transform}"))
    if spec.transform == "large_steps" and given.get("mask") is not None:
        found.append(("mask", "expected none with transform large_steps"))
    low, high = spec.bounds
    if spec.transform == "sigmoid" and not np.isfinite(np.where(spec.mask, high - low, 0.0)).all():
        found.append(("bounds", "expected finite bounds with transform sigmoid"))
    return found


def _check_start(report: Report, path: KeyPath, spec: ParameterSpec, value: Any) -> None:
    start = np.asarray(value if spec.init is None else spec.init)
    (low, high), mask = spec.bounds, spec.mask
    inside, words = (start >= low) & (start <= high), "within the bounds"
    if spec.transform == "sigmoid":
        inside, words = (start > low) & (start < high), "between the bounds, not at one of them,"
    elif spec.transform == "log":
        inside, words = inside & (start > 0), "above 0 and within the bounds"
    outside = mask & ~inside
    if outside.any():
        index = tuple(int(i) for i in np.argwhere(outside)[0])
        what = "init" if spec.init is not None else "the scene's value"
        report.add((*path, "init"), f"expected {what} {words} [{low[index]:g}, {high[index]:g}], "
                   f"got {float(start[index])!r}{at(index)}")


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
        return np.array(np.broadcast_to(array, slot.shape), order="C")
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


def scaled(keys: Mapping[str, Any] | None, scale: float, shift: float) -> dict[str, Any]:
    """What a section says of a parameter whose values are now scale x old + shift; scale > 0."""
    changed = dict(keys or {})
    if changed.get("init") is not None:
        changed["init"] = scale * float(changed["init"]) + shift
    if changed.get("bounds") is not None:
        changed["bounds"] = [None if end is None else scale * float(end) + shift for end in changed["bounds"]]
    if changed.get("step") is not None:
        changed["step"] = scale * float(changed["step"])
    return changed
