"""Reading the objects of a document by the tables of their types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import did_you_mean
from . import textures
from .models import Textured
from .report import Report
from .schema import REQUIRED, Derived, Family, Key
from .values import Bad, show


def read_object(report: Report, path: tuple[str, ...], family: Family,
                entry: Any) -> tuple[str, dict[str, Any]] | None:
    """The type and the values of an object, defaults filled in; None if anything is wrong."""
    if not isinstance(entry, Mapping):
        report.add(path, f"expected a map, got {show(entry)}")
        return None
    type_name = _read_type(report, path, family, entry)
    if type_name is None:
        return None
    before = report.found
    keys = family.keys(type_name)
    rest = {key: value for key, value in entry.items() if key != "type"}
    values = read_keys(report, path, keys, rest, ("type",))
    if report.found == before:
        for name, key in keys.items():
            if isinstance(key.default, Derived) and name not in entry:
                values[name] = key.read(key.default.of(values))
        for name, message in family.problems(type_name, values):
            report.add((*path, name) if name else path, message)
    return (type_name, values) if report.found == before else None


def _read_type(report: Report, path: tuple[str, ...], family: Family,
               entry: Mapping[str, Any]) -> str | None:
    supported = ", ".join(family.types)
    name = entry.get("type", family.default_type)
    if isinstance(name, str) and name in family.types:
        return name
    if "type" not in entry:
        report.add((*path, "type"), f"missing; expected one of {supported}")
    else:
        nearest = did_you_mean(name, family.types) if isinstance(name, str) else ""
        report.add((*path, "type"), f"expected one of {supported}, got {show(name)}{nearest}")
    return None


def read_keys(report: Report, path: tuple[str, ...], keys: Mapping[str, Key],
              entry: Mapping[str, Any], also_valid: tuple[str, ...] = (),
              defaults: bool = True) -> dict[str, Any]:
    """The values of the keys that are right, with the default of those that aren't given."""
    for given_key in entry:
        if given_key not in keys:
            report.unknown_key((*path, given_key), (*also_valid, *keys))
    values: dict[str, Any] = {}
    for name, key in keys.items():
        if name not in entry:
            if key.default is REQUIRED:
                report.add((*path, name), f"missing; expected {key.expected()}")
            elif defaults:
                values[name] = key.default_value()
            continue
        given = entry[name]
        try:
            if key.kind == "map":
                values[name] = _read_map(report, (*path, name), key, given)
            elif key.textured and isinstance(given, Mapping):
                values[name] = _read_texture(report, (*path, name), key, given)
            else:
                values[name] = key.read(given)
        except Bad as bad:
            report.add((*path, name, *bad.index), str(bad))
    return values


def _read_map(report: Report, path: tuple[str, ...], key: Key, given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise Bad(f"expected a map, got {show(given)}")
    return read_keys(report, path, key.keys, given, defaults=key.fill)


def _read_texture(report: Report, path: tuple[str, ...], key: Key,
                  given: Mapping[str, Any]) -> Textured | None:
    kind = textures.kind_of(key, given)
    before = report.found
    values = read_keys(report, path, textures.keys_of(kind, key), given)
    if report.found > before:
        return None
    return textures.make(kind, key, values, Path(report.document.base))
