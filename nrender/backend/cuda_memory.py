"""The memory of a GPU: what fits is known before anything is launched, and the tables of a scene stay there."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

import numpy as np

from ..errors import DeviceError
from ..geometry.refitted import Refitted
from .cuda_launch import one_line
from .cuda_refit import refitted
from .gpu import SIMULATED, cuda

Key = tuple[Any, ...]

KEPT = 8  # tuples of tables: of a few scenes, or of the cameras of one that is optimised
STACK = 4096  # bytes of its own memory that a thread has at most, tests/test_ptx.py has the kernels'
ONLY_CPU = {"few": np.zeros(1, np.float32), "few_faces": np.zeros(1, np.int32)}  # what only lanes of a CPU read

_kept: OrderedDict[Key, tuple[Any, Any]] = OrderedDict()
_lock = Lock()


def free_bytes() -> float:
    """What can still be asked for, without what the running threads need themselves."""
    context = cuda.current_context()
    if hasattr(context, "deallocations"):  # what is no longer used is given back late
        context.deallocations.clear()
    return context.get_memory_info().free - _of_threads(context.device)


def _of_threads(device: Any) -> int:
    """The driver reserves the stacks of as many threads as the GPU can hold."""
    if SIMULATED:
        return 0
    return device.MULTIPROCESSOR_COUNT * device.MAX_THREADS_PER_MULTIPROCESSOR * STACK


def bytes_of(tables: Any) -> int:
    """Of the arrays of a NamedTuple."""
    return sum(_wanted(tables, name).nbytes for name in _arrays(tables))


def _arrays(tables: Any, kind: Any = np.ndarray | Refitted) -> list[str]:
    return [name for name, value in tables._asdict().items() if isinstance(value, kind)]


def _wanted(tables: Any, name: str) -> Any:
    return ONLY_CPU.get(name, getattr(tables, name))


def _key(tables: Any) -> Key:
    """The same for tuples of the same arrays, which are not changed: those of a scene come in several tuples."""
    return tuple(
        None if name in ONLY_CPU else id(value) if isinstance(value, np.ndarray) else value
        for name, value in tables._asdict().items()
    )


def copied(tables: Any) -> Any:
    """The same NamedTuple with its arrays on the device. Those that other tables have there are not copied again: an
    optimizer's next scene has but a few new ones, and its tree is refitted from that of the last one."""
    with _lock:
        there, trees = {}, {}
        for host, device in _kept.values():
            for name in _arrays(host):
                value, found = getattr(host, name), getattr(device, name)
                there[id(value)] = found
                trees[id(value.tree.words if isinstance(value, Refitted) else value)] = found

    def on_device(name: str) -> Any:
        found = there.get(id(getattr(tables, name)))
        return cuda.to_device(_wanted(tables, name)) if found is None else found

    with one_line():
        made = {name: on_device(name) for name in _arrays(tables, np.ndarray)}
    for name in _arrays(tables, Refitted):
        tree = getattr(tables, name)
        made[name] = there.get(id(tree))
        if made[name] is None:
            with one_line():
                before = trees.get(id(tree.tree.words))
                before = cuda.to_device(tree.tree.words) if before is None else before
            made[name] = refitted(tree, before, made["theta"], made["faces"])
    return tables._replace(**made)


def kept(tables: Any) -> Any:
    """`copied`, but once as long as it is in use."""
    key = _key(tables)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key][1]
    made = copied(tables)
    with _lock:
        _kept[key] = tables, made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def rows_that_fit(tables: Any, fixed: int, row: int, height: int) -> int:
    """How many rows of a picture of `height` fit, of `row` bytes each, beside the tables and `fixed` bytes: what others
    need is given up first. DeviceError if not even one does."""
    rows = 0
    for forget in (False, True):
        if forget:
            forget_all_but(tables)
        there = _key(tables) in _kept
        rows = _whole((free_bytes() - fixed - (0 if there else bytes_of(tables))), row, height)
        if rows == height:
            return rows
    if rows < 1:
        need = bytes_of(tables) + fixed + row
        have = free_bytes() + (bytes_of(tables) if _key(tables) in _kept else 0)
        raise DeviceError(
            f"device 'cuda': the scene needs {_size(need)} and {_size(have)} are free; what has fewer triangles, "
            "texels or pixels fits, and device 'cpu' has the memory of the machine"
        )
    return rows


def _whole(free: float, row: int, height: int) -> int:
    return int(min(max(free / max(row, 1), 0.0), height))


def forget_all_but(tables: Any = None) -> None:
    """Give up what is kept."""
    with _lock:
        keep = None if tables is None else _key(tables)
        for key in [key for key in _kept if key != keep]:
            del _kept[key]


def _size(count: float) -> str:
    return f"{max(count, 0.0) / 1e6:.0f} MB" if count < 1e9 else f"{count / 1e9:.1f} GB"
