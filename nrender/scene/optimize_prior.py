"""The `prior` of a parameter: what is known of it beside the pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .models import Frozen
from .optimize_models import PriorSpec
from .paths import KeyPath
from .read import read_keys
from .report import Report
from .schema import Key, choice, number
from .values import Bad, read_array, show

WEIGHT = number("the prior is multiplied by this", low=0, open_ends=True)
_OF = choice("of the displacement from the start, or of the shape itself", "displacement", "shape",
             default="displacement")
PRIORS: dict[str, dict[str, Key]] = {
    "l2": {},  # and `to`, numbers of the parameter's shape
    "tv": {"epsilon": number("differences below this count as squares", low=0, open_ends=True, default=1e-3)},
    "laplacian": {"of": _OF},
    "bilaplacian": {"of": _OF},
    "edge_length": {"to": choice("the length at the start, or the mean length", "start", "mean",
                                 default="start")},
    "normal_consistency": {},
}
DOCS = {
    "l2": "mean square of the distance from `to` (without it, from the start)",
    "tv": "total variation of an image: few edges",
    "laplacian": "vertices near the mean of their neighbours",
    "bilaplacian": "the same, twice: smooth bending",
    "edge_length": "edges keep their length",
    "normal_consistency": "faces that meet have like normals",
}
"""What each is, for the reference."""


def read_priors(report: Report, path: KeyPath, given: Any) -> tuple[PriorSpec, ...]:
    """`{tv: 0.01, l2: {weight: 0.1, to: 0.5}}`: a number is the weight."""
    if given is None:
        return ()
    if not isinstance(given, Mapping):
        report.add(path, f"expected a map with {', '.join(PRIORS)}, got {show(given)}")
        return ()
    specs = []
    for kind, entry in given.items():
        if kind not in PRIORS:
            report.unknown_key((*path, kind), PRIORS)
            continue
        spec = _prior(report, (*path, kind), kind, entry if isinstance(entry, Mapping) else {"weight": entry})
        if spec is not None:
            specs.append(spec)
    return tuple(specs)


def _prior(report: Report, path: KeyPath, kind: str, entry: Mapping[str, Any]) -> PriorSpec | None:
    before = report.found
    free = ("to",) if kind == "l2" else ()
    rest = {key: value for key, value in entry.items() if key not in free}
    values = read_keys(report, tuple(map(str, path)), {"weight": WEIGHT, **PRIORS[kind]}, rest, free)
    if free and entry.get("to") is not None:
        try:
            values["to"] = read_array(entry["to"], tuple((None,) * n for n in range(4)))
        except Bad as bad:
            report.add((*path, "to", *bad.index), str(bad))
    if report.found > before:
        return None
    weight = float(values.pop("weight"))
    options = {key: value if isinstance(value, str) or np.ndim(value) else float(value)
               for key, value in values.items() if value is not None}
    return PriorSpec(kind, weight, Frozen(options))
