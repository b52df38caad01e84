"""Numba for what is done once a scene, on the host: loops that fill arrays. NumPy makes the arrays: without reference
counts, a function compiles in half the time. And NumPy, block by block, where there is nothing to compile."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from numba import njit

from .cache import on_disk

FEW = 20_000  # rounds of a loop that are not worth a second thread
BLOCK = 1 << 14  # rows of arrays with which NumPy stays in a processor's caches

T = TypeVar("T")
_compiler: Any = njit
_loop = _compiler(nogil=True, error_model="numpy", _nrt=False, no_cfunc_wrapper=True)
inner = _compiler(nogil=True, error_model="numpy", _nrt=False, no_cfunc_wrapper=True, no_cpython_wrapper=True)


def loop(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: a function to call from Python, compiled when first called, its machine code on disk. Other compiled
    functions may call those decorated `inner`."""
    dispatcher = _loop(function)

    @functools.cache
    def compiled():
        return on_disk(dispatcher)

    @functools.wraps(function)
    def call(*args):
        return compiled()(*args)

    return call


def threads() -> int:
    """How many threads run: NRENDER_THREADS, else the CPUs that this process may use."""
    given = os.environ.get("NRENDER_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_parallel(function: Callable[..., Any], start: int, stop: int, *args: Any) -> None:
    """function(begin, end, *args) for parts of the range start .. stop. It may write only what belongs to its part."""
    count = min(threads(), max((stop - start) // FEW, 1))
    if count == 1:
        function(start, stop, *args)
        return
    bounds = [start + (stop - start) * k // count for k in range(count + 1)]
    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(function, a, b, *args) for a, b in zip(bounds, bounds[1:], strict=False)]:
            future.result()


def in_blocks(function: Callable[[slice], T], count: int) -> list[T]:
    """function(part) for parts of 0 .. count, in their order; they are the same on any number of threads."""
    parts = [slice(start, min(start + BLOCK, count)) for start in range(0, max(count, 1), BLOCK)]
    if len(parts) == 1 or threads() == 1:
        return [function(part) for part in parts]
    with ThreadPoolExecutor(min(threads(), len(parts))) as pool:
        return list(pool.map(function, parts))
