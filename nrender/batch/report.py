"""Problems of a file of jobs, named as its reader would: `jobs 'a': method`, `sweep: set`."""

from __future__ import annotations

from typing import Any

from nrender.batch.job import JobsError
from nrender.errors import Problem
from nrender.scene.document import Document
from nrender.scene.paths import KeyPath
from nrender.scene.report import Report


class JobsReport(Report):
    """As the report of a scene.  What is said of several jobs of one sweep is said once."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._said: set[Problem] = set()

    def problem(self, path: KeyPath, message: str) -> Problem:
        name, key = describe(self.document.data, path)
        return Problem(self.document.file, self.document.line(path), name, key, message)

    def take(self, problem: Problem) -> None:
        if problem in self._said:
            self.found += 1  # this job is wrong too
        else:
            self._said.add(problem)
            super().take(problem)

    def stop_if_wrong(self) -> None:
        if self.problems:
            ours = self.document.file
            raise JobsError(sorted(self.problems, key=lambda p: (p.file != ours, p.file, p.line)))


def describe(data: Any, path: KeyPath) -> tuple[str, str]:
    """The job or sweep, and the key in it, that a path speaks about."""
    if len(path) < 2 or path[0] not in ("jobs", "sweep"):
        return (str(path[0]), "") if path == ("sweep",) else ("", ".".join(map(str, path)))
    if path[0] == "sweep" and isinstance(path[1], str):
        return "sweep", _key(path[1:])
    try:
        name = data[path[0]][path[1]].get("name")
    except (LookupError, TypeError, AttributeError):
        name = None
    what = f"{path[0]} '{name}'" if isinstance(name, str) and name else f"{path[0]}[{path[1]}]"
    return what, _key(path[2:])


def _key(path: KeyPath) -> str:
    return ".".join(part for part in path if isinstance(part, str))
