"""How an optimization goes, on stderr: a bar on a terminal, else a plain line now and then."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

import click

PLAIN_INTERVAL = 10.0


class ProgressLine:
    """A context; call it with each `nrender.optimize.Progress`."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._first: Any = None
        self._next = 0.0

    def __enter__(self) -> ProgressLine:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            self._bar = Progress(
                BarColumn(bar_width=24),
                TextColumn("{task.description}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("compiling, first evaluation", total=None)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, t: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, progress: Any) -> None:
        """Show it."""
        if self._first is None or progress.start != self._first.start:
            self._first = progress  # of several starts each has its own pace
        text = describe(progress, self._first)
        if self._bar:
            self._bar.update(
                self._task,
                completed=progress.iteration,
                total=progress.iterations,
                description=text,
            )
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_INTERVAL
            click.echo(text, err=True)


def describe(progress: Any, first: Any) -> str:
    """`start 2/8  iteration 12/100  loss 1.234e-03  2.1 it/s  0:42 left`; the rate once it is known, the start of
    several, the time that is left of it."""
    start = f"start {progress.start}/{progress.starts}  " if progress.starts > 1 else ""
    text = f"{start}iteration {progress.iteration}/{progress.iterations}  loss {progress.loss:.3e}"
    done, seconds = progress.iteration - first.iteration, progress.seconds - first.seconds
    if done <= 0 or seconds <= 0:
        return text
    rate = done / seconds
    left = round((progress.iterations - progress.iteration) / rate)
    return f"{text}  {rate:.3g} it/s  {left // 60}:{left % 60:02d} left"
