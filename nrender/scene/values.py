"""Reading single values: numbers and arrays of them, and how a wrong value is shown.

A reader returns the value, or raises `Bad` with the one-line message and the index it is about.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

Shape = tuple[int | None, ...]
Index = tuple[int | str, ...]

LARGEST = 1e18
"""Kernels compute in float32, in which squares of larger numbers overflow."""


class Bad(ValueError):
    """A value that can't be used; `index` says which entry of it, by number or key (for the line in the file)."""

    def __init__(self, message: str, index: Index = ()) -> None:
        super().__init__(message)
        self.index = index


def show(value: Any) -> str:
    """A short description of a value for a message: never longer than a few words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        text = str(value) if abs(value) < 10**30 else "an integer of more than 30 digits"
        return text
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        text = " ".join(value.split()) if value.strip() else value
        return repr(text if len(text) <= 40 else text[:37] + "...")
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    return f"a {type(value).__name__}"


def count_of(shape: Shape, noun: str) -> str:
    """'a number', '3 numbers', 'rows of 3 numbers', '3 rows of 4 numbers', 'rows of rows of numbers'."""
    if shape == ():
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    if len(shape) == 1:
        return f"{shape[0] if shape[0] is not None else 'a list of'} {noun}{'s' * (shape[0] != 1)}"
    rows = "rows" if shape[0] is None else f"{shape[0]} rows"
    inner = f"{noun}s" if shape[1:] == (None,) else count_of(shape[1:], noun)
    return f"{rows} of {inner}"


def read_array(value: Any, shapes: tuple[Shape, ...], integers: bool = False) -> np.ndarray:
    """`value` as a new, read-only float64 (int64) array whose shape is one of `shapes`.

    None in a shape is any length.  Raises Bad if it isn't, or holds anything but finite numbers.
    """
    noun = "integer" if integers else "number"
    expected = "expected " + " or ".join(count_of(shape, noun) for shape in shapes)
    if isinstance(value, (str, Mapping)) or value is None:
        raise Bad(f"{expected}, got {show(value)}")
    for index, item in _leaves(value, integers):
        if not _is_number(item, integers):
            raise Bad(f"{expected}, got {show(item)}{at(index)}", index)
    _check_rows(value, expected, shapes)
    try:
        array = np.array(value, dtype=np.int64 if integers else np.float64)
    except (ValueError, TypeError, OverflowError):
        raise Bad(f"{expected}, got {show(value)}") from None
    if not any(_fits(array.shape, shape) for shape in shapes):
        raise Bad(f"{expected}, got {show(value)}")
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        index = tuple(int(i) for i in wrong[0])
        what = f"finite {noun}s" if index else f"a finite {noun}"
        raise Bad(f"expected {what}, got {float(array[index])}{at(index)}", index)
    wrong = np.argwhere(np.abs(array) > LARGEST)
    if len(wrong):
        index = tuple(int(i) for i in wrong[0])
        raise Bad(f"expected no number beyond {LARGEST:g}, got {array[index].item()}{at(index)}",
                  index)
    array.flags.writeable = False
    return array


def at(index: Index) -> str:
    """` at index 2`, ` at index [4, 1]`, or nothing for a value that isn't a list."""
    return "" if not index else f" at index {index[0] if len(index) == 1 else list(index)}"


def _leaves(value: Any, integers: bool,
            index: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The entries of nested lists that need a look one by one; arrays of numbers need none."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in ("iu" if integers else "fiu"):
            yield index, value
    elif isinstance(value, (list, tuple)):
        usual = int if integers else float
        for i, item in enumerate(value):
            if type(item) is not usual or integers and abs(item) >= 2**63:
                yield from _leaves(item, integers, (*index, i))
    else:
        yield index, value


def _is_number(item: Any, integers: bool) -> bool:
    if isinstance(item, bool):
        return False
    if isinstance(item, int):
        return abs(item) < 2**63 if integers else abs(item) < 10**300
    return isinstance(item, float) and not integers


def _check_rows(value: Any, expected: str, shapes: tuple[Shape, ...]) -> None:
    """Name the first row of the wrong length, where only tables are expected."""
    widths = {shape[1] for shape in shapes if len(shape) == 2}
    if len(widths) != 1 or any(len(shape) != 2 for shape in shapes):
        return
    if not isinstance(value, (list, tuple)):
        return
    (width,) = widths
    for i, row in enumerate(value):
        if not isinstance(row, (list, tuple, np.ndarray)):
            raise Bad(f"{expected}, got {show(row)}{at((i,))}", (i,))
        if len(row) != width:
            raise Bad(f"{expected}, got a row of {len(row)}{at((i,))}", (i,))


def _fits(actual: tuple[int, ...], shape: Shape) -> bool:
    return len(actual) == len(shape) and all(
        want is None or have == want for have, want in zip(actual, shape, strict=True))


def check_range(array: np.ndarray, low: float, high: float, open_ends: bool, noun: str) -> None:
    """Raises Bad for the first entry outside [low, high], or (low, high) with `open_ends`."""
    inside = (array > low) & (array < high) if open_ends else (array >= low) & (array <= high)
    if low == -math.inf and high == math.inf or bool(np.all(inside)):
        return
    index = tuple(int(i) for i in np.argwhere(~inside)[0])
    what = count_of((), noun) if array.ndim == 0 else f"{noun}s"
    raise Bad(f"expected {what} {range_text(low, high, open_ends)}, "
              f"got {array[index].item()}{at(index)}", index)


def range_text(low: float, high: float, open_ends: bool) -> str:
    """'in [0, 1]', '>= 0', '< 180': empty if everything is allowed."""
    def number(x: float) -> str:
        return str(int(x)) if float(x).is_integer() else repr(x)

    if low == -math.inf and high == math.inf:
        return ""
    if high == math.inf:
        return f"{'>' if open_ends else '>='} {number(low)}"
    if low == -math.inf:
        return f"{'<' if open_ends else '<='} {number(high)}"
    left, right = "()" if open_ends else "[]"
    return f"in {left}{number(low)}, {number(high)}{right}"
