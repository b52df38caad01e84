"""Accessors: typed rows in buffers, with strides, as whole numbers that stand for [0, 1], or sparse.

Source: Khronos glTF 2.0.1 specification, sections 3.6.2 and 3.11.
"""

from __future__ import annotations

import numpy as np

from .container import Container
from .item import Item, refer

TYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
MOST_ZEROS = 2**20
"""Rows of an accessor without a buffer: nothing else bounds them."""


def read_accessor(file: Container, of: Item, key: str, widths: tuple[int, ...]) -> np.ndarray:
    """(N, width) float64, or int64 where it has whole numbers that stand for themselves.  `of` names it by `key`."""
    accessor = refer(file.root, of, key, "accessors")
    kind = accessor.text("type")
    if WIDTHS.get(kind) not in widths:
        names = [name for name, width in WIDTHS.items() if width in widths]
        raise accessor.error("type", f"expected {' or '.join(names)} for {of.of}: {key}, got '{kind[:20]}'")
    width, count = WIDTHS[kind], accessor.integer("count", low=1)
    type_ = _type(accessor)
    if "bufferView" in accessor:
        rows = _rows(file, accessor, type_, width, count).copy()
    elif count > MOST_ZEROS:
        raise accessor.error("count", f"expected at most {MOST_ZEROS} rows without a bufferView, got {count}")
    else:
        rows = np.zeros((count, width), type_)
    if "sparse" in accessor:
        _replace(file, accessor.inner("sparse"), rows)
    if type_.kind == "f":
        wrong = np.argwhere(~np.isfinite(rows))
        if len(wrong):
            raise accessor.error("", f"expected finite numbers, got {rows[tuple(wrong[0])]} in row {int(wrong[0][0])}")
        return rows.astype(np.float64)
    if accessor.flag("normalized"):
        return np.asarray(np.maximum(rows.astype(np.float64) / np.iinfo(type_).max, -1.0))
    return rows.astype(np.int64)


def _type(item: Item) -> np.dtype:
    code = item.integer("componentType")
    if code not in TYPES:
        raise item.error("componentType", f"expected one of {', '.join(map(str, TYPES))}, got {code}")
    return np.dtype(TYPES[code])


def _rows(file: Container, item: Item, type_: np.dtype, width: int, count: int) -> np.ndarray:
    """The rows in the buffer view that an accessor, or a part of a sparse one, names."""
    number = item.integer("bufferView")
    if number >= len(file.root.entries("bufferViews")):
        raise item.error("bufferView", f"expected the number of one of {len(file.root.entries('bufferViews'))} "
                                       f"bufferViews, got {number}")
    data, stride = file.view(number)
    size = type_.itemsize * width
    stride, start = stride or size, item.integer("byteOffset", 0)
    if stride < size:
        raise item.error("bufferView", f"expected a byteStride of at least {size}, got {stride}")
    end = start + stride * (count - 1) + size
    if end > len(data):
        raise item.error("count", f"out of range: {count} rows end at byte {end} of a bufferView of {len(data)}")
    return np.ndarray((count, width), type_, data, start, (stride, type_.itemsize))


def _replace(file: Container, sparse: Item, rows: np.ndarray) -> None:
    """Put the few rows of a sparse accessor in their places."""
    count = sparse.integer("count", low=1, high=len(rows))
    places, values = sparse.inner("indices"), sparse.inner("values")
    index = _rows(file, places, _type(places), 1, count)[:, 0].astype(np.int64)
    if (index < 0).any() or (index >= len(rows)).any():
        raise places.error("", f"out of range: expected numbers below {len(rows)}, got {int(index.max())}")
    rows[index] = _rows(file, values, rows.dtype, rows.shape[1], count)
