"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary name to write to, beside `path`; at the end it takes the place of `path`.

    On any exception the temporary file is removed and `path` stays as it was.
    """
    final = Path(path)
    # The suffix is kept: some writers choose the format by it.
    temporary = final.with_name(f".nrender-{secrets.token_hex(6)}{final.suffix}")
    try:
        yield temporary
        os.replace(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)
