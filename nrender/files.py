"""The one place where files that users name are opened for reading.

A name may lead to anything: to a FIFO, which would wait for ever, to a device without an end, to a file that is larger
than all memory, to an archive of a few bytes that unpacks to as much.  All of these are an OSError here, whose
`strerror` is the line for the user, as it is of a file that isn't there.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import tokenize
import zipfile
import zlib
from typing import BinaryIO

import numpy as np

Name = str | os.PathLike[str]
LARGEST = 2**31
"""Bytes of a file that is read as a whole, and of what an archive unpacks to."""


def open_regular(path: Name) -> BinaryIO:
    """The file, open for reading.  OSError if it can't be opened, or is a folder, a FIFO or a device."""
    name = os.fspath(path)
    if "\0" in name:
        raise OSError(errno.EINVAL, "the name holds a NUL", name)
    mode = os.stat(name).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    if not stat.S_ISREG(mode):
        kind = "a FIFO" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise OSError(errno.EINVAL, f"expected a file, got {kind}", name)
    return open(name, "rb")


def read_regular(path: Name, most: int = LARGEST) -> bytes:
    """All of its bytes.  OSError as above, and for more than `most`."""
    with open_regular(path) as stream:
        if os.fstat(stream.fileno()).st_size > most:
            raise OSError(errno.EFBIG, f"expected at most {size_text(most)}", os.fspath(path))
        return stream.read()


def size_text(count: int) -> str:
    """`64 MiB`"""
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:g} {unit}"
        count /= 1024  # type: ignore[assignment]
    return f"{count:g} GiB"


def read_npz(path: Name, most: int = LARGEST) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name; nothing in it is unpickled.

    OSError as above; ValueError, with a reason, for what is no such file, or would unpack to more than `most` bytes.
    """
    try:
        with open_regular(path) as stream, np.load(stream, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile) or file.zip is None:
                raise ValueError("it holds a single array")
            unpacked = sum(entry.file_size for entry in file.zip.infolist())
            if unpacked > most:
                raise ValueError(f"it holds {size_text(unpacked)}, at most {size_text(most)} are read")
            arrays = {name: file[name] for name in file.files}
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from None
    # What the zip file's and the header's readers raise for damaged ones, or those that need a password.
    except (EOFError, KeyError, MemoryError, NotImplementedError, OverflowError, RuntimeError, SyntaxError, TypeError,
            AttributeError, struct.error, tokenize.TokenError, zlib.error) as error:
        raise ValueError(f"damaged ({error})" if str(error) else "damaged") from None
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # bytes of a file that isn't an array
            raise ValueError(f"'{name}' in it is no array")
    return arrays
