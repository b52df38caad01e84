"""The folder that `optimize` writes to.  Every file is written beside its place and renamed."""

from __future__ import annotations

import csv
import tempfile
import time
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from nrender.errors import WriteError, warn
from nrender.image import write_image
from nrender.image.atomic import as_write_error, replacing
from nrender.optimize import checkpoint
from nrender.optimize.report import Extras, View, report
from nrender.optimize.result import OptimizeWarning
from nrender.optimize.run import COLUMNS, Run

if TYPE_CHECKING:
    from nrender.optimize.pictures import Final
    from nrender.optimize.scipy_result import OptimizeResult

INTERVAL = 2.0  # seconds between checkpoints, at least
SHARE = 0.1  # of the time, at most, goes into checkpoints


class OutputError(WriteError):
    """A file in an output folder that can't be written."""


class FolderError(OutputError):
    """An output folder that can't be made or written to; found before the work."""

    exit_status = 2


def make_folder(path: Path) -> None:
    """Make the folder, and try to write there.  FolderError if either fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise FolderError(f"{path}: can't write there: {error.strerror or error}") from error


class Folder:
    """DIR of `optimize -o DIR`.  Made, and tried, before anything is rendered."""

    def __init__(self, path: str | PathLike[str], identity: dict[str, str]) -> None:
        self.path = Path(path)
        self.identity = identity
        self._next = time.monotonic() + INTERVAL
        self._warned = False
        make_folder(self.path)

    def clear(self) -> None:
        """Remove what a killed run was still writing."""
        for left in self.path.glob(".nrender-*"):
            left.unlink(missing_ok=True)

    def of_start(self, number: int) -> Folder:
        """The folder of one of many starts, within this one."""
        return Folder(self.path / "starts" / f"{number:03d}", {**self.identity, "start": str(number)})

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.npz"

    def save_now_and_then(self, run: Run) -> None:
        """A checkpoint, if the last one is long enough ago.  A full disk is a warning, once."""
        now = time.monotonic()
        if now < self._next:
            return
        try:
            checkpoint.save(self.checkpoint, run, self.identity)
        except OSError as error:
            if not self._warned:
                reason = error.strerror or error
                message = f"{self.checkpoint}: can't write: {reason}; going on without"
                warn(message, OptimizeWarning)
            self._warned = True
        after = time.monotonic()
        self._next = after + max(INTERVAL, (after - now) / SHARE)

    def save(self, run: Run) -> None:
        """A checkpoint now.  OutputError if it can't be written."""
        with as_write_error(self.checkpoint, OutputError):
            checkpoint.save(self.checkpoint, run, self.identity)

    def write_numbers(self, result: OptimizeResult, run: Run) -> None:
        """result.yaml and history.csv: what matters most, so it comes before the pictures."""
        result.scene.dump(self.path / "result.yaml")
        target = self.path / "history.csv"
        with (
            as_write_error(target, OutputError),
            replacing(target) as temporary,
            open(temporary, "w", newline="", encoding="utf-8") as stream,
        ):
            writer = csv.DictWriter(stream, [*COLUMNS, *run.columns], lineterminator="\n")
            writer.writeheader()
            writer.writerows(result.history)

    def write_pictures(self, finals: list[Final]) -> None:
        """final.exr and final.png of the first camera, final-2 of the second …"""
        for number, final in enumerate(finals, start=1):
            # By number, not by name: no path is made from what a scene file says.
            stem = "final" if number == 1 else f"final-{number}"
            write_image(self.path / f"{stem}.exr", final.image, final.channels)
            write_image(self.path / f"{stem}.png", final.screen)

    def write_report(
        self, result: OptimizeResult, run: Run, views: list[View], settings: dict[str, object], extras: Extras
    ) -> None:
        """report.html"""
        target = self.path / "report.html"
        with as_write_error(target, OutputError), replacing(target) as temporary:
            temporary.write_text(report(result, run.variables, views, settings, extras), encoding="utf-8")
