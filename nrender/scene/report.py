"""Collecting the problems of a document, each with its line."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Problem, SceneError, did_you_mean
from .document import MAX_PROBLEMS, Document
from .paths import KeyPath, describe


class Report:
    """What is wrong (`problems`) and what is odd (`warnings`) in a document.

    `found` counts what was wrong, so that who reads a part of it knows whether that part is right.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems = list(document.problems)
        self.warnings: list[Problem] = []
        self.found = 0

    def problem(self, path: KeyPath, message: str) -> Problem:
        name, key = describe(path)
        return Problem(self.document.file, self.document.line(path), name, key, message)

    def add(self, path: KeyPath, message: str) -> None:
        self.take(self.problem(path, message))

    def take(self, problem: Problem) -> None:
        """Add a problem, maybe one of another file.  SceneError where there are too many to go on."""
        self.found += 1
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            self.problems.append(problem._replace(object="", key="", message="and more: only the first are listed"))
            self.stop_if_wrong()

    def warn(self, path: KeyPath, message: str) -> None:
        self.warnings.append(self.problem(path, message))

    def unknown_key(self, path: KeyPath, valid: Iterable[str]) -> None:
        """`valid`: what may stand there; without a near one, the message lists them all."""
        valid = list(valid)
        nearest = did_you_mean(str(path[-1]), valid)
        self.add(path, "unknown key" + (nearest or f"; expected one of {', '.join(valid)}"))

    def stop_if_wrong(self) -> None:
        if self.problems:
            raise SceneError(sorted(self.problems, key=lambda problem: problem.line))
