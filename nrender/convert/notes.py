"""What a converted scene doesn't have as its source has it: approximated, left out, or wrong."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import Problem, SceneError

LONGEST = 300
"""Characters of a message; what a file says is cut to it."""


class Place(NamedTuple):
    """Where something stands in the source: the file as it was named, and a line from 1."""

    file: str
    line: int


def one_line(text: object) -> str:
    """Printable, without line ends, and not longer than a message may be."""
    words = "".join(c if c.isprintable() else " " for c in str(text)).split()
    line = " ".join(words)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def problem(place: Place, of: str, key: str, message: str) -> Problem:
    return Problem(one_line(place.file), place.line, one_line(of), one_line(key), one_line(message))


def stop(place: Place, of: str, message: str, key: str = "") -> SceneError:
    """The error for what makes it impossible to go on; the caller raises it."""
    return SceneError([problem(place, of, key, message)])


class Notes:
    """Lists of problems, each of which is there once.

    approximated  something else stands for it
    refused       left out
    wrong         makes the whole useless: a file that isn't there
    """

    def __init__(self) -> None:
        self.approximated: list[Problem] = []
        self.refused: list[Problem] = []
        self.wrong: list[Problem] = []

    def approximate(self, place: Place, of: str, message: str, key: str = "") -> None:
        _add(self.approximated, problem(place, of, key, message))

    def refuse(self, place: Place, of: str, message: str, key: str = "") -> None:
        _add(self.refused, problem(place, of, key, message))

    def error(self, place: Place, of: str, message: str, key: str = "") -> None:
        _add(self.wrong, problem(place, of, key, message))


def _add(to: list[Problem], new: Problem) -> None:
    if new not in to:
        to.append(new)
