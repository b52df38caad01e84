"""Ctrl-C and SIGTERM as a count: the first asks for an orderly end, the second for one at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupts:
    """`level`: 0, 1 (end soon) or 2 (at once)."""

    def __init__(self) -> None:
        self.level = 0

    def __call__(self) -> int:
        return self.level

    def more(self, *_: object) -> None:
        """One more; a handler of signals.  Nothing is raised, so nothing is ever half done."""
        self.level = min(self.level + 1, 2)


@contextmanager
def counted() -> Iterator[Interrupts]:
    """Within, signals are counted; in the main thread, that is: others get none."""
    found = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield found
        return
    before = {number: signal.signal(number, found.more) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
