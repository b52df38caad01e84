"""The `loss` of a fit: a name, or a map with a type, its options and what all types share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .models import Frozen
from .optimize_models import LossSpec
from .paths import KeyPath
from .read import read_keys
from .report import Report
from .schema import Key, choice, integer, number
from .values import Bad, show

LOSSES: dict[str, dict[str, Key]] = {
    "l2": {},
    "l1": {},
    "huber": {"delta": number("where the square turns into a line", low=0, open_ends=True, default=0.1)},
    "relative_l2": {"epsilon": number("added to the square of the target", low=0, open_ends=True, default=0.01)},
    "log": {},
    "ssim": {"range": number("between black and white; without it the target's largest value", low=0,
                             open_ends=True, default=None)},
}
DOCS = {
    "l2": "mean squared difference",
    "l1": "mean absolute difference",
    "huber": "squared where it is small, absolute where it is large",
    "relative_l2": "squared difference over the target's square",
    "log": "squared difference of log(1 + value)",
    "ssim": "1 - SSIM: structure rather than brightness",
}
"""What each is, for the reference."""
TYPE = choice("what is made small", *LOSSES, default="l2")
SHARED: dict[str, Key] = {
    "levels": integer("the loss of the picture and of its halvings, so many in all: coarse to fine", low=1,
                      high=16, default=1),
    "weight": number("the loss is multiplied by this", low=0, default=1),
}
NAMES = ("weights", "aovs")
"""Keys that are read here: a file, or a map from camera to file; a map from AOV to another loss."""


def read_loss(report: Report, path: KeyPath, given: Any, inner: bool = False) -> LossSpec | None:
    """`l2`, or `{type: huber, delta: 0.1, levels: 3, weights: mask.exr, aovs: {depth: l1}}`."""
    if not isinstance(given, Mapping):
        if given not in LOSSES:
            try:
                TYPE.read(given)
            except Bad as bad:
                report.add(path, str(bad).replace("expected one of", "expected a map, or one of"))
            return None
        return LossSpec(given, Frozen(_defaults(given)))
    kind = given.get("type", "l2")
    before = report.found
    if not isinstance(kind, str) or kind not in LOSSES:
        try:
            TYPE.read(kind)
        except Bad as bad:
            report.add((*path, "type"), str(bad))
        return None
    rest = {key: value for key, value in given.items() if key not in ("type", *NAMES)}
    keys = {**LOSSES[kind], **SHARED}
    values = read_keys(report, tuple(map(str, path)), keys, rest, ("type", *(() if inner else NAMES)))
    if inner:
        for key in NAMES:
            if key in given:
                report.unknown_key((*path, key), ("type", *keys))
    weights = {} if inner else _weights(report, (*path, "weights"), given.get("weights"))
    aovs = {} if inner else _aovs(report, (*path, "aovs"), given.get("aovs"))
    if report.found > before:
        return None
    options = {key: None if values[key] is None else float(values[key]) for key in LOSSES[kind]}
    return LossSpec(kind, Frozen(options), int(values["levels"]), float(values["weight"]), Frozen(weights),
                    Frozen(aovs))


def _defaults(kind: str) -> dict[str, float | None]:
    return {key: None if k.default is None else float(k.default) for key, k in LOSSES[kind].items()}


def _weights(report: Report, path: KeyPath, given: Any) -> dict[str, Any]:
    """{camera: file}; one file alone is that of the camera "" that stands for any."""
    if given is None:
        return {}
    cameras = report.document.data.get("cameras", {})
    named = given if isinstance(given, Mapping) else {"": given}
    found = {}
    for camera, file in named.items():
        if camera and camera not in cameras:
            report.unknown_key((*path, camera), cameras)
        elif not isinstance(file, str) or not file:
            report.add(path if not camera else (*path, camera), f"expected a file name, got {show(file)}")
        else:
            found[camera] = report.document.base / file
    return found


def _aovs(report: Report, path: KeyPath, given: Any) -> dict[str, LossSpec]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        report.add(path, f"expected a map from the name of an AOV to a loss, got {show(given)}")
        return {}
    specs = {name: read_loss(report, (*path, name), loss, inner=True) for name, loss in given.items()}
    return {name: spec for name, spec in specs.items() if spec is not None}
