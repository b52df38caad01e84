"""`--set PATH=VALUE` and `--wrt PATH`: paths of parameters, maybe with an index, and values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import numpy as np

Index = tuple[int, ...]


def read_selection(scene: Any, text: str, option: str) -> tuple[str, Index | None]:
    """`path` or `path[2]` or `path[3,1]`: the path and the index of one component, if given."""
    from nrender.optimize.asked import AskedError
    from nrender.optimize.asked import read_selection as read

    try:
        return read(scene, text)
    except AskedError as error:
        raise click.UsageError(f"{option} {error}") from None


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
    from nrender.optimize.asked import AskedError, Setting, with_settings

    found = []
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting}: expected PATH=VALUE")
        read_selection(scene, name, "--set")
        found.append(Setting(name, read_value(text, f"--set {name}"), text))
    try:
        return with_settings(scene, found, to_fit)
    except AskedError as error:
        raise click.UsageError(f"--set {error}") from None
