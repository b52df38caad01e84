"""Where something stands in a file of another program, and errors that say so."""

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
