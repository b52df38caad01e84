"""What goes to stdout and stderr: one JSON object, errors and warnings of one line."""

from __future__ import annotations

import json
import logging
import math
import sys
from typing import Any

import click


def one_line(text: object) -> str:
    """The text with all white space, line ends above all, as single spaces, and nothing that a terminal would obey."""
    from nrender.errors import printable

    return printable(" ".join(str(text).split()))


def error_line(text: object) -> None:
    """A line on stderr."""
    click.echo(one_line(text), err=True)


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: str | None = None,
) -> None:
    """For `warnings.showwarning`: no file name and no source line of ours."""
    error_line(f"warning: {message}")


def plain(value: Any) -> Any:
    """NumPy values as Python's, exactly; what isn't finite, which JSON can't say, as None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on stdout.  Floats are written so that they read back as the same bits."""
    click.echo(json.dumps(plain(value), allow_nan=False))


class _Line(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error_line(record.getMessage())


def show_log() -> None:
    """What nrender has to say while it works, to whoever sits at the terminal."""
    log = logging.getLogger("nrender")
    if sys.stderr.isatty() and not log.handlers:
        log.addHandler(_Line())
        log.setLevel(logging.INFO)
