"""`--set PATH=VALUE` and `--wrt PATH`: paths of parameters, maybe with an index, and values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import numpy as np

Index = tuple[int, ...]
_SELECTION = re.compile(r"(?P<path>[^\[\]]+)(\[(?P<index>\d+(\s*,\s*\d+)*)\])?")


def read_selection(scene: Any, text: str, option: str) -> tuple[str, Index | None]:
    """`path` or `path[2]` or `path[3,1]`: the path and the index of one component, if given."""
    match = _SELECTION.fullmatch(text.strip())
    path = match["path"] if match else text
    if path not in scene.parameters:
        from nrender.errors import did_you_mean

        hint = did_you_mean(path, scene.parameters)
        raise click.UsageError(f"{option} {path}: no such parameter{hint}")
    if match is None or match["index"] is None:
        return path, None
    index = tuple(int(number) for number in match["index"].split(","))
    shape = scene.parameters[path].shape
    inside = len(index) == len(shape) and all(i < n for i, n in zip(index, shape, strict=True))
    if not inside:
        raise click.UsageError(f"{option} {text}: expected an index into the shape {list(shape)}")
    return path, index


def read_value(text: str, option: str) -> np.ndarray:
    """`0.5`, `0,0,30` or a YAML list, nested or not, as float64."""
    import numpy as np
    import yaml

    try:
        value = yaml.safe_load(text if text.lstrip().startswith("[") else f"[{text}]")
        array = np.array(_numbers(value), np.float64)
        if not array.size:
            raise ValueError("nothing")
    except (yaml.YAMLError, ValueError, TypeError):
        raise click.UsageError(f"{option}: expected numbers, got '{text}'") from None
    return array[0] if array.shape == (1,) else array


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, bool):
        raise ValueError("a truth value")
    return float(value)  # YAML 1.1 takes 1e-3 for a word


def apply_settings(scene: Any, settings: Iterable[str], to_fit: bool = False) -> Any:
    """The scene with the parameters of `--set` changed.

    to_fit: they are where an optimization starts, so they count instead of the file's `init`.
    """
    values: dict[str, np.ndarray] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting}: expected PATH=VALUE")
        path, index = read_selection(scene, name, "--set")
        value = read_value(text, f"--set {name}")
        present = values.get(path, _present(scene, path, to_fit))
        try:
            present[() if index is None else index] = value
        except ValueError:
            expected = "one number" if index is not None else _expected(present.shape)
            raise click.UsageError(f"--set {name}: expected {expected}, got {text}") from None
        values[path] = present
    if not values:
        return scene
    return _without_inits(scene.replace(values), values) if to_fit else scene.replace(values)


def _expected(shape: tuple[int, ...]) -> str:
    if not shape:
        return "one number"
    return f"{shape[0]} numbers, or one" if len(shape) == 1 else f"numbers of shape {list(shape)}"


def _present(scene: Any, path: str, to_fit: bool) -> np.ndarray:
    specs = scene.optimize.parameters if to_fit and scene.optimize else {}
    init = specs[path].init if path in specs else None
    return scene.parameters[path] if init is None else init.copy()


def _without_inits(scene: Any, paths: Iterable[str]) -> Any:
    if scene.optimize is None or not any(path in scene.optimize.parameters for path in paths):
        return scene
    section = dict(scene.document["optimize"])
    section["parameters"] = {
        path: {k: v for k, v in (keys or {}).items() if k != "init" or path not in paths}
        for path, keys in section["parameters"].items()
    }
    return scene.with_optimize(section)
