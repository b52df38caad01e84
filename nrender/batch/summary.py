"""DIR/summary.csv: a row a job, in the order of the file."""

from __future__ import annotations

import csv
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nrender.errors import WriteError, warn
from nrender.image.atomic import as_write_error, replacing

COUNTS = ("iterations", "evaluations", "loss_initial", "loss_final", "error", "seconds")
FIRST = ("name", "status", *COUNTS, "seed", "method")
LAST = ("message",)
MAX_SCALARS = 64
SHARE = 0.1  # of the time, at most, goes into writing it

Row = Mapping[str, Any]  # FIRST and LAST, and "parameters": {name: value}


def scalars(rows: Sequence[Row]) -> list[str]:
    """The fitted numbers of all rows, each once, as they come; the first 64."""
    found = dict.fromkeys(name for row in rows for name in row.get("parameters") or {})
    return list(found)[:MAX_SCALARS]


class SummaryWarning(UserWarning):
    """A table that can't be written for now, while its jobs run."""


class Summary:
    """Writes the table, whole each time; so often that it costs little."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._next = 0.0
        self._warned = False

    def write_now_and_then(self, rows: Sequence[Row]) -> None:
        """Write it, unless the last time was too short ago for how long it takes.  A full disk is a warning, once."""
        if time.monotonic() < self._next:
            return
        try:
            self.write(rows)
        except WriteError as error:
            if not self._warned:
                warn(f"{error}; going on without", SummaryWarning)
            self._warned = True

    def write(self, rows: Sequence[Row]) -> None:
        """Write it.  WriteError if it can't be."""
        began = time.monotonic()
        names = scalars(rows)
        with (
            as_write_error(self.path),
            replacing(self.path) as temporary,
            open(temporary, "w", newline="", encoding="utf-8") as stream,
        ):
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([*FIRST, *names, *LAST])
            for row in rows:
                fitted = row.get("parameters") or {}
                cells = [row.get(key) for key in FIRST] + [fitted.get(name) for name in names]
                writer.writerow([*map(_cell, cells), *(_cell(row.get(key)) for key in LAST)])
        ended = time.monotonic()
        self._next = ended + (ended - began) / SHARE


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)  # reads back as the same number
    return "" if value is None else " ".join(str(value).split())
