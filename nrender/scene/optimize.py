"""The `optimize` section: which parameters are fitted, by what loss, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .check import Parts
from .models import Frozen
from .optimize_loss import LOSSES, read_loss
from .optimize_models import OptimizeSpec, ParameterSpec
from .optimize_parameter import read_parameter
from .parameters import Slot, known_path
from .paths import KeyPath
from .read import read_keys
from .report import Report
from .schema import Key, choice, integer, number
from .values import show

METHODS = {
    "l-bfgs-b": "quasi-Newton; the same random numbers at every step",
    "trust-constr": "the same in a trust region, for hard bounds",
    "least-squares": "Gauss-Newton by derivative images: fewest steps for few numbers",
    "adam": "for noisy gradients, fresh random numbers at every step",
    "sgd": "the same by plain steps with momentum",
}
STOCHASTIC = ("adam", "sgd")
KEYS: dict[str, Key] = {
    "loss": choice("what is made small; or a map, below", *LOSSES, default="l2"),
    "method": choice("how; below", *METHODS, default="l-bfgs-b"),
    "iterations": integer("at most so many", low=1, high=10**9, default=100),
    "step": number("rate of adam and sgd; without it the method's own", low=0, open_ends=True, default=None),
    "max_spp": integer("where noise stalls the other methods, they raise the samples a pixel up to this, and "
                       "`least-squares` averages so many; without it 4 times `spp`",
                       low=1, high=2**31 - 1, default=None),
}


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
    rest = {key: value for key, value in entry.items() if key not in ("parameters", "loss")}
    values = read_keys(report, ("optimize",), KEYS, rest, ("parameters",))
    loss = read_loss(report, (*path, "loss"), entry.get("loss", "l2"))
    method = values.get("method")
    if values.get("step") is not None and method not in STOCHASTIC:
        report.add((*path, "step"), f"expected method {' or '.join(STOCHASTIC)} for a step, got {method}")
    specs = _parameters(report, path, entry.get("parameters"), parts, slots)
    if report.problems or loss is None or specs is None:
        return None
    step = values["step"]
    return OptimizeSpec(Frozen(specs), loss, values["method"], values["iterations"],
                        None if step is None else float(step), values["max_spp"])


def _parameters(report: Report, path: KeyPath, fitted: Any, parts: Parts,
                slots: Mapping[str, Slot]) -> dict[str, ParameterSpec] | None:
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
        spec = read_parameter(report, (*path, "parameters", name), given, parts, slots[name])
        if spec is not None:
            specs[name] = spec
    for name, spec in specs.items():
        if spec.tie is not None:
            wrong = _wrong_tie(name, spec.tie, specs, slots)
            if wrong:
                report.add((*path, "parameters", name, "tie"), wrong)
    return specs


def _wrong_tie(name: str, other: str, specs: Mapping[str, ParameterSpec],
               slots: Mapping[str, Slot]) -> str | None:
    wrong = known_path(other, slots)
    if wrong:
        return wrong
    if other not in specs or specs[other].tie is not None or other == name:
        return f"expected another fitted parameter that isn't tied itself, got '{other}'"
    if slots[other].shape != slots[name].shape:
        return f"expected a parameter of shape {slots[name].shape}, got '{other}' of shape {slots[other].shape}"
    return None


def with_files(section: Any, change: Callable[[str], str]) -> Any:
    """The section of a document, anew, with another name for each file that it names."""
    if not isinstance(section, Mapping):
        return section
    result = dict(section)
    fitted = section.get("parameters")
    if isinstance(fitted, Mapping):
        result["parameters"] = {
            path: {**given, "basis": change(given["basis"])}
            if isinstance(given, Mapping) and isinstance(given.get("basis"), str) else given
            for path, given in fitted.items()}
    loss = section.get("loss")
    if isinstance(loss, Mapping) and "weights" in loss:
        weights = loss["weights"]
        named = ({camera: change(file) for camera, file in weights.items()} if isinstance(weights, Mapping)
                 else change(weights))
        result["loss"] = {**loss, "weights": named}
    return result
