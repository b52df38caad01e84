"""The exceptions of nrender, and the one-line form of everything that can be wrong with a scene.

Every error that a user can cause is an `NrenderError`; its text is one line a problem.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

LONGEST_LINE = 1000
"""Characters of a line of an error: more is no message, but what a file holds."""

LONGEST_NAME = 100
"""Characters of what may be a name with a slip in it: looking for the nearest takes the square of them."""

FROM_DICT = "<dict>"
"""The file name of a scene that was made from a Python dict: it has no lines."""


def printable(text: str, longest: int = LONGEST_LINE) -> str:
    """On one line, with what a terminal would obey, not show, as escapes; cut if it's long.  Names in files may hold
    anything."""
    if len(text) > longest:
        text = f"{text[: longest - 1]}…"
    return text if text.isprintable() else "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class NrenderError(Exception):
    """Base of all errors of nrender that a user can cause."""

    def __str__(self) -> str:
        return printable(super().__str__())


class Problem(NamedTuple):
    """One thing that is wrong, and where.  `str()` is the one line.

    file     the scene file as the user named it, or `<dict>`
    line     1-based; 0 where it isn't known
    object   e.g. "shapes 'square'" or "integrator"; empty at the top of the file
    key      the key in the object, e.g. "transform.rotate"; empty if the object as a whole is meant
    message  "expected …, got …", and the nearest valid name where there is one
    """

    file: str
    line: int
    object: str
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line > 0 else self.file
        # Each by itself, so that a long name doesn't push the message out of the line.
        parts = printable(place), *(printable(part, 2 * LONGEST_NAME) for part in (self.object, self.key))
        return ": ".join(part for part in (*parts, printable(self.message)) if part)


class SceneError(NrenderError):
    """A scene that can't be used.  `problems` lists everything found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = list(problems)
        super().__init__()

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))

    def __reduce__(self) -> tuple[type[SceneError], tuple[list[Problem]]]:
        # Exception's own pickling would call the constructor with the text.
        return type(self), (self.problems,)


class ImageError(NrenderError):
    """An image file or array that can't be used."""


class DeviceError(NrenderError):
    """A device that was asked for and isn't there, or that failed."""


class WriteError(NrenderError):
    """A file that can't be written, after the work: a full disk, say.

    `exit_status`: what a command ends with.
    """

    exit_status = 1


class SceneWarning(UserWarning):
    """Something in a scene that was repaired or ignored: degenerate triangles dropped, say."""


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the valid name nearest to `name`, or an empty string."""
    if len(str(name)) > LONGEST_NAME:
        return ""
    nearest = get_close_matches(str(name), [str(v) for v in valid], n=1, cutoff=0.6)
    return f"; did you mean '{nearest[0]}'?" if nearest else ""


def no_such_parameter(path: str, known: Iterable[str]) -> str:
    """What is said of a path that isn't among those of the scene's parameters."""
    return f"no such parameter{did_you_mean(path, known)}"


def warn(message: str, category: type[Warning]) -> None:
    """`warnings.warn`, as of the line from which this package was called, however deep in it the reason is. SciPy,
    which calls back, counts as a part of it.
    """
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in (__package__, "scipy"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
