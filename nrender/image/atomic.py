"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nrender.errors import WriteError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary name to write to, beside `path`; at the end it takes the place of `path`.

    On any exception the temporary file is removed and `path` stays as it was.  An OSError names `path`: the system
    names the temporary file, which would puzzle, or, where a disk is full, none.
    """
    final = Path(path)
    # The suffix is kept: some writers choose the format by it.
    temporary = final.with_name(f".nrender-{secrets.token_hex(6)}{final.suffix}")
    try:
        yield temporary
        os.replace(temporary, final)
    except OSError as error:
        if error.filename in (None, str(temporary)):
            error.filename = str(final)
        raise
    finally:
        with suppress(OSError):  # not there, most often
            temporary.unlink()


@contextmanager
def as_write_error(path: str | os.PathLike[str], kind: type[WriteError] = WriteError) -> Iterator[None]:
    """Turns an OSError within into `kind`, whose line names `path`."""
    try:
        yield
    except OSError as error:
        raise kind(f"{os.fspath(path)}: can't write: {error.strerror or error}") from error
