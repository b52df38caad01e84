"""nrender: the group of all commands, and the one place where errors become an exit status.

0 done, 1 failed, 2 wrong use or bad input, 130 interrupted.  An error is one line a problem on
stderr; NRENDER_DEBUG=1 shows the traceback too.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Any

import click

from .batch import batch
from .check import check
from .compare import compare
from .console import error_line, show_log, show_warning
from .convert import convert
from .example import example
from .export import export
from .grad import grad
from .gradcheck import gradcheck
from .info import info
from .optimize import optimize
from .render import render

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130


class Commands(click.Group):
    """A click group whose errors are one line each."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """As click's, but for how errors are shown.  Ends the process if `standalone_mode`."""

        extra["windows_expand_args"] = windows_expand_args

        def call() -> Any:
            return super(Commands, self).main(args, "nrender", complete_var, False, **extra)

        if not standalone_mode:
            return call()
        with warnings.catch_warnings():
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = show_warning
            show_log()
            status = _status_of(call)
        sys.exit(status)


def _status_of(call: Any) -> int:
    """Run it; the exit status, with a line on stderr if that isn't 0."""
    try:
        result = call()
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except (click.Abort, KeyboardInterrupt):
        error_line("interrupted")
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return WRONG_USE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        _debug()
        error_line(f"{context.command_path if context else 'nrender'}: {error.format_message()}")
        return error.exit_code
    except BrokenPipeError:
        # Whoever read us has gone; Python would complain once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        return _status_of_error(error)


def _status_of_error(error: Exception) -> int:
    from nrender.errors import NrenderError

    _debug()
    if isinstance(error, NrenderError):
        click.echo(str(error), err=True)
        return getattr(error, "exit_status", WRONG_USE)
    if isinstance(error, OSError) and error.strerror:
        error_line(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
        return FAILED
    error_line(f"internal error: {type(error).__name__}: {error}")
    return FAILED


def _debug() -> None:
    if os.environ.get("NRENDER_DEBUG", "") not in ("", "0"):
        traceback.print_exc()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nrender", prog_name="nrender", message="%(prog)s %(version)s")
def cli() -> None:
    """Render scenes, and find what is in them from images.

    SCENE is a YAML file; `nrender example` writes one to start from.
    """


for _command in (render, optimize, batch, grad, gradcheck, compare, check, convert, export, info, example):
    cli.add_command(_command)


def main() -> None:
    """The entry point."""
    cli.main()
