"""DIR/NAME of a job: job.json, which says what was asked and how it ended, and the lock of whoever works there.

job.json    {"digest": …, "row": null or the row of the summary}; written by the job's own process where it can, so
            that what is finished is known whatever becomes of the batch
job.lock    held by the job's process until it ends, however that is
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from nrender.errors import NrenderError
from nrender.files import read_regular
from nrender.image.atomic import replacing

try:
    import fcntl
except ImportError:  # not there on Windows: nothing is locked
    fcntl = None  # type: ignore[assignment]

FINISHED = ("converged", "iterations")


class BusyError(NrenderError):
    """Another process works in the folder."""


def read(folder: Path) -> dict[str, Any]:
    """What job.json says; without a readable one, {}."""
    try:
        found = json.loads(read_regular(folder / "job.json"))
    except (OSError, ValueError, RecursionError):
        return {}
    row = found.get("row") if isinstance(found, dict) else found
    return found if row is None or isinstance(row, dict) and isinstance(row.get("status"), str) else {}


def write(folder: Path, digest: str, row: dict[str, Any] | None) -> None:
    """Replace job.json, whole."""
    with replacing(folder / "job.json") as temporary:
        temporary.write_text(json.dumps({"digest": digest, "row": row}), encoding="utf-8")


def last_row(folder: Path, digest: str) -> dict[str, Any] | None:
    """The row of a job that was asked the same and has ended; else None."""
    found = read(folder)
    return found.get("row") if found.get("digest") == digest else None


def finished_row(folder: Path, digest: str) -> dict[str, Any] | None:
    """The same of a job that is finished."""
    row = last_row(folder, digest)
    return row if row and row.get("status") in FINISHED else None


def begin(folder: Path, digest: str, renders: bool) -> bool:
    """Take over the folder.  True if there is a checkpoint of this very job to go on from.

    What another job left there to go on from is removed, and so are files that a killed process was writing.
    renders: the job makes its target, so what is there is none of it.
    """
    for left in folder.glob(".nrender-*"):
        left.unlink(missing_ok=True)
    same = read(folder).get("digest") == digest
    if not same:
        (folder / "checkpoint.npz").unlink(missing_ok=True)
        for target in folder.glob("target*.exr") if renders else ():
            target.unlink()
    write(folder, digest, None)
    return same and (folder / "checkpoint.npz").exists()


def lock(path: Path, patience: float, waiting: Callable[[], None] = lambda: None) -> IO[bytes]:
    """An open file that nobody else holds until it is closed, or the process ends.

    BusyError if it isn't free within `patience` seconds; `waiting` is called once if it isn't at once.
    """
    file = open(path, "ab")
    deadline = time.monotonic() + patience
    while fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline:
                file.close()
                raise BusyError(f"{path.parent}: another process works there") from None
            waiting()
            waiting = _nothing
            time.sleep(0.1)
        except OSError:  # a file system without locks
            break
    return file


def _nothing() -> None:
    pass
