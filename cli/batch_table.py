"""How a batch goes, on stderr: a table that changes on a terminal, else a line for each job that ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import click

from .console import one_line
from .progress import PLAIN_INTERVAL

MAX_LINES = 16  # of jobs that run, in the table
MAX_ROWS = 100  # of all jobs, at the end
FINISHED = ("converged", "iterations")
PLANS = {"resume": "goes on from its checkpoint", "anew": "is asked otherwise than before: begun anew"}


class Table:
    """A context; call it with what `nrender.batch.run` tells."""

    def __init__(self, count: int) -> None:
        self.count, self.done, self.failed, self.skipped = count, 0, 0, 0
        self.running: dict[str, dict[str, Any]] = {}
        self._live: Any = None
        self._next = time.monotonic() + PLAIN_INTERVAL

    def __enter__(self) -> Table:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(self._table(), console=Console(stderr=True), transient=True, refresh_per_second=5)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, name: str, line: dict[str, Any]) -> None:
        """Show it."""
        if "plan" in line:
            self.skipped += line["plan"] == "skip"
            self._say(name, PLANS.get(line["plan"], ""))
        elif "begin" in line:
            self.running[name] = {"since": time.monotonic(), "where": line["begin"]}
        elif "note" in line:
            self._say(name, line["note"])
        elif "row" in line:
            self.running.pop(name, None)
            self.done += 1
            self.failed += line["row"]["status"] not in FINISHED
            self._say(name, f"{describe(line['row'])} ({self.done + self.skipped} of {self.count})")
        else:
            self.running.setdefault(name, {"since": time.monotonic()}).update(line)
        if self._live:
            self._live.update(self._table())
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_INTERVAL
            for job, state in list(self.running.items())[:MAX_LINES]:
                self._say(job, progress(state))

    def _say(self, name: str, text: str) -> None:
        if not text:
            return
        line = one_line(f"{name}: {text}")
        if self._live:
            self._live.console.print(line, markup=False, highlight=False)
        else:
            click.echo(line, err=True)

    def _table(self) -> Any:
        from rich.table import Table as Grid

        left = self.count - self.done - self.skipped - len(self.running)
        counts = f"{self.done - self.failed} finished, {self.failed} failed, {self.skipped} skipped, {left} waiting"
        grid = Grid(title=counts, title_justify="left", show_edge=False)
        for column in ("job", "progress", "seconds"):
            grid.add_column(column)
        for name, state in list(self.running.items())[:MAX_LINES]:
            grid.add_row(name, progress(state), f"{time.monotonic() - state['since']:.0f}")
        return grid


def progress(state: dict[str, Any]) -> str:
    """`iteration 12/100  loss 1.234e-03`."""
    if "iteration" not in state:
        return "begins"
    loss = "not finite" if state["loss"] is None else f"{state['loss']:.3e}"
    return f"iteration {state['iteration']}/{state['iterations']}  loss {loss}"


def describe(row: dict[str, Any]) -> str:
    """`converged: 12 iterations, loss 1.2e-02 -> 3.4e-06, 5.6 s`; why, if it isn't finished."""
    if row["status"] not in FINISHED:
        return f"{row['status']}: {row['message']}"
    losses = " -> ".join("not finite" if row[k] is None else f"{row[k]:.4e}" for k in ("loss_initial", "loss_final"))
    error = "" if row.get("error") is None else f"{100 * row['error']:.2g} % of the way left, "
    return f"{row['status']}: {row['iterations']} iterations, loss {losses}, {error}{row['seconds']:.1f} s"


def listed(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The end of all jobs as a table, of so many as a screen has room for."""
    if not rows or len(rows) > MAX_ROWS:
        return []
    head = ("job", "status", "loss at start", "at end", "way left", "seconds")
    cells = [
        (
            row["name"],
            row["status"],
            _number(row["loss_initial"], ".2e"),
            _number(row["loss_final"], ".2e"),
            _number(row["error"], ".2%"),
            _number(row["seconds"], ".1f"),
        )
        for row in rows
    ]
    widths = [max(len(row[k]) for row in [head, *cells]) for k in range(len(head))]
    return ["  ".join(_padded(cell, w, k) for k, (cell, w) in enumerate(zip(row, widths, strict=True))).rstrip()
            for row in [head, *cells]]  # fmt: skip


def _padded(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column < 2 else cell.rjust(width)


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
