"""Work shared by threads, none of which holds the GIL for long: compiled code and NumPy's.

The threads stay: to start them for each of many small pictures took longer than the pictures.
"""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

FEW = 20_000  # rounds of a loop that are not worth a second thread
BLOCK = 1 << 14  # rows of arrays with which NumPy stays in a processor's caches

T = TypeVar("T")


def threads() -> int:
    """How many threads run: NRENDER_THREADS, else the CPUs that this process may use."""
    given = os.environ.get("NRENDER_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _pool(size: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(size, "nrender")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # which has none of its parent's threads


def share(run: Callable[[T], object], items: Iterable[T]) -> None:
    """run(item) for each item, on all threads, of which this is one: each takes the next item when it has done one. An
    error or an interrupt ends it; items that have begun go on to their end."""
    left, count = deque(items), threads()

    def work() -> None:
        try:
            while left:
                try:
                    item = left.popleft()
                except IndexError:  # another thread took the last
                    return
                run(item)
        except BaseException:
            left.clear()
            raise

    others = [_pool(count - 1).submit(work) for _ in range(min(count, len(left)) - 1)]
    try:
        work()
    finally:
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    for other in begun:
        other.result()


def in_parallel(function: Callable[..., Any], start: int, stop: int, *args: Any) -> None:
    """function(begin, end, *args) for parts of the range start .. stop. It may write only what belongs to its part."""
    count = min(threads(), max((stop - start) // FEW, 1))
    bounds = [start + (stop - start) * k // count for k in range(count + 1)]
    share(lambda part: function(*part, *args), zip(bounds, bounds[1:], strict=False))


def in_blocks(function: Callable[[slice], T], count: int) -> list[T]:
    """function(part) for parts of 0 .. count, in their order; they are the same on any number of threads."""
    parts = [slice(start, min(start + BLOCK, count)) for start in range(0, max(count, 1), BLOCK)]
    found: dict[int, T] = {}

    def run(k: int) -> None:
        found[k] = function(parts[k])

    share(run, range(len(parts)))
    return [found[k] for k in range(len(parts))]
