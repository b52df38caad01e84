"""A map of a glTF file whose values are read by kind: what isn't as the format says ends in one line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...errors import SceneError
from ..place import Place, stop
from ..values import LARGEST, show


class Item:
    """value: the map; of: what it is for messages, `meshes 2`; at: the file, without a line."""

    def __init__(self, value: dict[str, Any], of: str, at: Place, index: int = 0) -> None:
        self.value, self.of, self.at, self.index = value, of, at, index

    def error(self, key: str, message: str) -> SceneError:
        return stop(self.at, self.of, message, key)

    def wrong(self, key: str, expected: str) -> SceneError:
        return self.error(key, f"expected {expected}, got {show(self.value.get(key))}")

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def text(self, key: str, default: str = "") -> str:
        found = self.value.get(key, default)
        if not isinstance(found, str):
            raise self.wrong(key, "a text")
        return found

    def flag(self, key: str) -> bool:
        found = self.value.get(key, False)
        if not isinstance(found, bool):
            raise self.wrong(key, "true or false")
        return found

    def integer(self, key: str, default: int | None = None, low: int = 0, high: int = 2**40) -> int:
        found = self.value.get(key, default)
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
            raise self.wrong(key, f"a whole number in [{low}, {high}]")
        return found

    def number(self, key: str, default: float, low: float = -LARGEST, high: float = LARGEST) -> float:
        found = self.value.get(key, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
            raise self.wrong(key, "a finite number" if low == -LARGEST else f"a number in [{low:g}, {high:g}]")
        return float(found)

    def numbers(self, key: str, size: int, default: Any = None) -> np.ndarray:
        """(size,)"""
        found = self.value.get(key, default)
        good = isinstance(found, list | tuple) and len(found) == size and all(
            isinstance(x, int | float) and not isinstance(x, bool) and abs(x) <= LARGEST and math.isfinite(x)
            for x in found)
        if not good:
            raise self.wrong(key, f"{size} finite numbers")
        return np.array(found, dtype=np.float64)

    def inner(self, key: str) -> Item:
        """The map of a key, an empty one if it isn't there."""
        found = self.value.get(key, {})
        if not isinstance(found, dict):
            raise self.wrong(key, "a map")
        return Item(found, f"{self.of}: {key}" if self.of else key, self.at)

    def entries(self, key: str) -> list[Any]:
        found = self.value.get(key, [])
        if not isinstance(found, list):
            raise self.wrong(key, "a list")
        return found

    def items(self, key: str) -> Iterator[Item]:
        """The maps in a list."""
        for n in range(len(self.entries(key))):
            yield self.item(key, n)

    def item(self, key: str, n: int) -> Item:
        found = self.entries(key)[n]
        of = f"{self.of}: {key} {n}" if self.of else f"{key} {n}"
        if not isinstance(found, dict):
            raise stop(self.at, of, f"expected a map, got {show(found)}")
        return Item(found, of, self.at, n)

    def indices(self, key: str, count: int) -> list[int]:
        """A list of numbers of things of which there are `count`."""
        found = self.entries(key)
        for n in found:
            if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n < count:
                raise self.error(key, f"expected numbers below {count}, got {show(n)}")
        return found

    def extension(self, name: str) -> Item:
        return self.inner("extensions").inner(name)

    def has_extension(self, name: str) -> bool:
        return name in self.inner("extensions")


def refer(root: Item, item: Item, key: str, kind: str) -> Item:
    """What a key names by its number in the list `kind` of the file, or of an extension of it."""
    n = item.integer(key)
    count = len(root.entries(kind))
    if n >= count:
        raise item.error(key, f"expected the number of one of {count} {kind}, got {n}")
    return root.item(kind, n)
