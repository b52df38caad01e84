"""A sweep: the cross product of what it lists, each an entry as `jobs` has them.

Whatever option is a list, and each list in `set`, is an axis.  The random ranges of `set` are one axis together, of
points in the box that they span.  `zip` makes axes of one length advance as one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from nrender.batch import names
from nrender.batch.options import COMMON, OPTIONS, RANGE
from nrender.batch.points import points
from nrender.batch.report import JobsReport
from nrender.errors import did_you_mean
from nrender.scene.paths import KeyPath
from nrender.scene.read import read_keys
from nrender.scene.values import Bad, read_array, show

MAX_JOBS = 10_000
MAX_DIMENSIONS = 1000
"""Numbers of a job that are drawn: each job has its own of them."""
SPACINGS = ("uniform", "log_uniform")
Shape = Callable[[str], "tuple[int, ...] | None"]


class Axis(NamedTuple):
    """keys: what it varies; choices: {key: value} of each step; labels: how a name says each."""

    keys: tuple[str, ...]
    choices: list[dict[str, Any]]
    labels: list[str]


def expand(report: JobsReport, where: KeyPath, entry: Mapping[str, Any], shape: Shape) -> list[dict[str, Any]]:
    """The entries of all jobs of a sweep; none if something is wrong, which the report then says.

    shape(path): that of a parameter of the sweep's scene, maybe with an index; None if it isn't known.
    """
    before = report.found
    given = entry.get("set", {})
    settings = given if isinstance(given, Mapping) else {}
    if not isinstance(given, Mapping):
        report.add((*where, "set"), f"expected a map of parameters, got {show(given)}")
    varied = _varied(entry, settings)
    axes = [*_lists(report, where, entry, settings, varied, shape), *_ranges(report, where, settings, shape)]
    axes.sort(key=lambda axis: varied.index(axis.keys[0]))
    axes = _zipped(report, where, entry.get("zip", []), axes)
    count = math.prod(len(axis.choices) for axis in axes)
    if count > MAX_JOBS:
        report.add(where, f"expected at most {MAX_JOBS} jobs, got {count}")
    if report.found > before:
        return []
    scene = entry.get("scene")
    stem = scene.replace("\\", "/").split("/")[-1].rpartition(".")[0] if isinstance(scene, str) else ""
    prefix = entry.get("name", names.safe(stem))
    fixed = {key: value for key, value in entry.items() if key not in ("name", "zip", "set", *varied)}
    still = {path: value for path, value in settings.items() if path not in varied}
    return list(_product(prefix, fixed, still, axes))


def _varied(entry: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """The options and paths that vary, in the order of the file: the first one the slowest."""
    found: list[str] = []
    for key, value in entry.items():
        if key == "set":
            found += [path for path, given in settings.items() if isinstance(given, list | Mapping)]
        elif key in OPTIONS and isinstance(value, list):
            found.append(key)
    return found


def _product(
    prefix: str, fixed: dict[str, Any], still: dict[str, Any], axes: list[Axis]
) -> Iterator[dict[str, Any]]:
    for steps in itertools.product(*(range(len(axis.choices)) for axis in axes)):
        job, settings = dict(fixed), dict(still)
        for axis, step in zip(axes, steps, strict=True):
            for key, value in axis.choices[step].items():
                (job if key in OPTIONS else settings)[key] = value
        parts = [axis.labels[step] for axis, step in zip(axes, steps, strict=True)]
        yield {"name": names.joined([prefix, *parts]), **job, "set": settings}


def _lists(
    report: JobsReport,
    where: KeyPath,
    entry: Mapping[str, Any],
    settings: Mapping[str, Any],
    varied: list[str],
    shape: Shape,
) -> Iterator[Axis]:
    for key in varied:
        place = (*where, key) if key in OPTIONS else (*where, "set", key)
        values = entry[key] if key in OPTIONS else settings[key]
        if not isinstance(values, list):
            continue
        texts = [names.of_value(value) for value in values]
        if not values:
            report.add(place, "expected a list of values, got an empty one")
        elif len(set(texts)) < len(texts):
            twice = next(v for v, text in zip(values, texts, strict=True) if texts.count(text) > 1)
            report.add(place, f"{show(twice)} is given twice")
        elif key not in OPTIONS and _is_one_value(values, shape(key)):
            report.add(place, f"expected a list of values of {len(values)} numbers, got one; write [[…]]")
        else:
            label = "" if key == "method" else names.label_of(key, varied)
            yield Axis((key,), [{key: value} for value in values], [label + text for text in texts])


def _is_one_value(values: list[Any], shape: tuple[int, ...] | None) -> bool:
    """Whether a list of numbers looks like a single vector: it would be as many greys."""
    return bool(shape) and len(values) == shape[-1] and not any(isinstance(v, list) for v in values)  # type: ignore[index]


def _ranges(report: JobsReport, where: KeyPath, settings: Mapping[str, Any], shape: Shape) -> Iterator[Axis]:
    """One axis of all random ranges, or none."""
    found: dict[str, tuple[np.ndarray, np.ndarray, bool]] = {}
    how: dict[str, Any] = {}
    for path, given in settings.items():
        if not isinstance(given, Mapping):
            continue
        place = (*where, "set", path)
        before = report.found
        spacing = [key for key in SPACINGS if key in given]
        rest = {key: value for key, value in given.items() if key not in SPACINGS}
        asked = read_keys(report, place, RANGE, rest, SPACINGS)  # type: ignore[arg-type]
        if len(spacing) != 1:
            report.add(place, f"expected one of {' and '.join(SPACINGS)}, got {len(spacing) or 'neither'}")
        if report.found > before:
            continue
        if how and asked != how:
            report.add(place, "expected the count and seed of the other ranges: all are drawn together")
            continue
        how = asked
        try:
            low, high = _ends(given[spacing[0]], shape(path) or (), spacing[0] == "log_uniform")
            found[path] = low, high, spacing[0] == "log_uniform"
        except Bad as bad:
            report.add((*place, spacing[0]), str(bad))
    dimensions = sum(low.size for low, _, _ in found.values())
    if dimensions > MAX_DIMENSIONS:
        report.add((*where, "set"), f"expected random ranges of at most {MAX_DIMENSIONS} numbers, got {dimensions}")
    elif found:
        yield _drawn(found, how["count"], how["seed"])


def _ends(value: Any, shape: tuple[int, ...], log: bool) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(value, list) or len(value) != 2:
        raise Bad(f"expected [lower, upper], got {show(value)}")
    shapes = tuple((None,) * n for n in range(len(shape) + 1))
    try:
        low, high = (np.broadcast_to(read_array(end, shapes), shape) for end in value)
    except ValueError as error:
        raise error if isinstance(error, Bad) else Bad(f"expected ends that broadcast to {list(shape)}") from None
    if np.any(low > high):
        raise Bad("expected lower <= upper, got the opposite")
    if log and np.any(low <= 0):
        raise Bad("expected ends above 0")
    return low, high


def _drawn(ranges: dict[str, tuple[np.ndarray, np.ndarray, bool]], count: int, seed: int) -> Axis:
    drawn = points(count, max(sum(low.size for low, _, _ in ranges.values()), 1), seed)
    choices: list[dict[str, Any]] = [{} for _ in range(count)]
    used = 0
    for path, (low, high, log) in ranges.items():
        part = drawn[:, used : used + low.size].reshape(count, *low.shape)
        used += low.size
        values = np.exp(np.log(low) + part * np.log(high / low)) if log else low + part * (high - low)
        for choice, value in zip(choices, np.clip(values, low, high), strict=True):
            choice[path] = value.tolist()
    return Axis(tuple(ranges), choices, [f"random{i:04d}" for i in range(count)])


def _zipped(report: JobsReport, where: KeyPath, given: Any, axes: list[Axis]) -> list[Axis]:
    """The axes with those that `zip` names, [a, b] or [[a, b], [c, d]], put together."""
    groups = given if isinstance(given, list) and given and isinstance(given[0], list) else [given] if given else []
    place = (*where, "zip")
    for group in groups:
        if not isinstance(group, list) or not all(isinstance(key, str) for key in group):
            report.add(place, f"expected a list of keys, got {show(group)}")
            continue
        known = [key for axis in axes for key in axis.keys]
        for key in group:
            if key not in known:
                report.add(place, f"{show(key)} is nothing that varies{did_you_mean(key, known)}")
        chosen = [axis for axis in axes if set(axis.keys) & set(group)]
        lengths = sorted({len(axis.choices) for axis in chosen})
        if len(lengths) > 1:
            report.add(place, f"expected lists of one length, got {' and '.join(map(str, lengths))}")
        elif chosen:
            axes = [axis for axis in axes if axis not in chosen[1:]]
            axes[axes.index(chosen[0])] = _together(chosen)
    return axes


def _together(axes: list[Axis]) -> Axis:
    keys = tuple(key for axis in axes for key in axis.keys)
    steps = range(len(axes[0].choices))
    choices = [{k: v for axis in axes for k, v in axis.choices[i].items()} for i in steps]
    return Axis(keys, choices, ["-".join(axis.labels[i] for axis in axes) for i in steps])


SWEEP_KEYS = ("name", "zip", *COMMON, *OPTIONS)
