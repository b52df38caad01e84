"""Collecting the problems of a document, each with its line."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Problem, SceneError, did_you_mean
from .document import Document
from .paths import KeyPath, describe


class Report:
    """What is wrong (`problems`) and what is odd (`warnings`) in a document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems = list(document.problems)
        self.warnings: list[Problem] = []

    def problem(self, path: KeyPath, message: str) -> Problem:
        name, key = describe(path)
        return Problem(self.document.file, self.document.line(path), name, key, message)

    def add(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.problem(path, message))

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
