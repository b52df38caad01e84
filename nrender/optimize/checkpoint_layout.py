"""What the arrays of a checkpoint must be like: kinds of numbers and shapes, checked before anything takes them.

A name in a shape stands for a length: of the run where it is `size` or `columns`, else any, the same wherever it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Layout = Mapping[str, tuple[str, tuple[int | str, ...]]]

LARGEST = 1e100
"""Of numbers that methods may square; a point that was rejected may have a loss that isn't finite."""
WHOLE, REAL, TEXT, BYTE = "iu", "f", "U", "u"


def _points(name: str) -> dict[str, tuple[str, tuple[int | str, ...]]]:
    return {f"{name}_x": (REAL, (name, "size")), f"{name}_gradient": (REAL, (name, "size")),
            f"{name}_numbers": (REAL, (name, 3))}


LAYOUT: Layout = {
    "seconds": (REAL, ()),
    "table": (REAL, ("rows", "columns")),
    "evaluations": (WHOLE, ()),
    "rejected": (TEXT, ("rejected",)),
    "rejected_in_a_row": (WHOLE, ()),
    **_points("log"),
    **_points("best"),
    "curvature_x": (REAL, ("curvatures", "size")),
    "curvature_matrix": (REAL, ("curvatures", "size", "size")),
    "frames_iteration": (WHOLE, ("kept",)),
    "frames_kept": (BYTE, ("kept", "kept height", "kept width", 3)),
    "frames_x": (REAL, ("recent", "size")),
    "frames_recent": (BYTE, ("recent", "recent height", "recent width", 3)),
}


def check(arrays: Mapping[str, np.ndarray], layout: Layout, **lengths: int) -> None:
    """ValueError for the first array that isn't there or isn't like its entry; lengths: those that are known."""
    for name, (kinds, shape) in layout.items():
        if name not in arrays:
            raise ValueError(f"'{name}' is missing")
        array = arrays[name]
        fits = array.dtype.kind in kinds and array.ndim == len(shape) and all(
            have == (want if isinstance(want, int) else lengths.setdefault(want, have))
            for have, want in zip(array.shape, shape, strict=True))
        if not fits:
            expected = tuple(lengths.get(want, want) if isinstance(want, str) else want for want in shape)
            raise ValueError(f"{name}: expected shape {expected}, got {array.shape} of {array.dtype}")
        if array.dtype.kind == "f" and (np.isfinite(array) & (np.abs(array) > LARGEST)).any():
            raise ValueError(f"{name}: expected no number beyond {LARGEST:g}")


def check_state(state: Mapping[str, np.ndarray], fresh: Mapping[str, np.ndarray]) -> None:
    """ValueError unless a method's state has the arrays of one at the beginning: finite, of their kinds, and of their
    shapes but for the length of lists of rows, which grow."""
    unlike = sorted(set(state) ^ set(fresh))
    if unlike:
        raise ValueError(f"'{unlike[0]}' is {'missing' if unlike[0] in fresh else 'not of this method'}")
    rows = {name for name, array in fresh.items() if array.ndim == 2}
    check(state, {name: ("iu" if array.dtype.kind in "iu" else "f", (f"rows of {name}" if name in rows else len(array),
                         *array.shape[1:]) if array.ndim else ()) for name, array in fresh.items()})
    for name, array in state.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name}: expected finite numbers")
        if array.dtype.kind in "iu" and array.size and not -1 <= array.min() <= array.max() < 2**31:
            raise ValueError(f"{name}: expected whole numbers from -1 to {2**31 - 1}")
