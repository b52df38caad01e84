"""Compiled kernels on disk. Numba does not notice a change in a function that a kernel calls, so the folder's name
has a hash of all source that a kernel can come from, of the versions of Numba and Python, and of the CPU."""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import os
import pickle
import platform
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba

from .device import Device, Width
from .errors import warn

WITHOUT_KERNELS = {
    "batch", "bridge", "compare", "convert", "export", "gradcheck", "jax", "loss", "notebook", "optimize", "scene",
    "torch",
}  # fmt: skip
"""Folders of the package that hold none, and that no kernel imports (tests/test_layers.py): a change there leaves the
compiled ones as they are."""


class CacheWarning(UserWarning):
    """Compiled kernels that can't be kept."""


@functools.cache
def cache_dir() -> Path | None:
    """The folder, made if need be; NRENDER_CACHE_DIR or, where that can't be written, with a warning, the user's cache
    folder; a temporary one where neither can be."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] not in WITHOUT_KERNELS:
            digest.update(name.as_posix().encode() + path.read_bytes())
    llvm = __import__("llvmlite.binding").binding
    for word in (
        numba.__version__,
        sys.version,
        platform.machine(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    ):
        digest.update(word.encode())
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    roots = [
        os.environ.get("NRENDER_CACHE_DIR"),
        os.path.join(home, "nrender"),
        os.path.join(tempfile.gettempdir(), f"nrender-{os.getuid() if hasattr(os, 'getuid') else 'user'}"),
    ]
    for root in filter(None, roots):
        folder = Path(root) / digest.hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError as error:
            if root == roots[0]:
                warn(f"NRENDER_CACHE_DIR: {root}: can't write: {error.strerror or error}", CacheWarning)
    return None


def on_disk(dispatcher: Any, config: Any = None, part: str = "") -> Any:
    """Let a Numba dispatcher load its machine code from disk, or put it there. config: Numba's own, or that of another
    compiler, whose version is in the name of its `part` of the folder."""
    folder = cache_dir()
    settings: Any = config or numba.config
    if folder is not None:
        given, settings.CACHE_DIR = settings.CACHE_DIR, str(folder / part)  # read once, by enable_caching
        try:
            dispatcher.enable_caching()
        finally:
            settings.CACHE_DIR = given
        cache = dispatcher._cache
        cache._cache_file.__class__ = checked(cache._cache_file.__class__)
        cache.__class__ = forgiving(cache.__class__)
        _forget_the_place(cache, folder / part)
    return dispatcher


def _forget_the_place(cache: Any, folder: Path) -> None:
    """Numba tells the files of a function by its source's path and time. The folder's name says more than that, of what
    is in this package: so every installation of the same version has the same files."""
    package, source = Path(__file__).resolve().parent, Path(cache._py_func.__code__.co_filename).resolve()
    if source.is_relative_to(package):
        place = str(folder / ".".join((package.name, *source.relative_to(package).parts[:-1])))
        files = cache._cache_file
        cache._cache_path = cache._impl.locator._cache_path = files._cache_path = place
        files._index_path = os.path.join(place, files._index_name)
        files._source_stamp = 0


@functools.cache
def checked(files: Any) -> Any:
    """Numba's class for the files of a function, but those that are broken count as absent: otherwise a half-written
    one is a traceback for ever, and a flipped bit is run. A digest stands behind the pickle, where it isn't read."""

    class Checked(files):
        def _dump(self, obj: Any) -> bytes:
            data: bytes = super()._dump(obj)
            return data + hashlib.blake2b(data).digest()

        def _load_index(self) -> Any:
            try:
                with open(self._index_path, "rb") as file:
                    version = pickle.load(file)
                    whole = version != self._version or _whole(file.read())
            except FileNotFoundError:
                return {}
            except Exception:  # whatever pickle makes of any bytes
                whole = False
            return super()._load_index() if whole else {}

        def _load_data(self, name: str) -> Any:
            if not _whole(Path(self._data_path(name)).read_bytes()):
                raise OSError(f"{name} is broken")  # which Numba takes as a miss
            return super()._load_data(name)

    return Checked


@functools.cache
def forgiving(caches: Any) -> Any:
    """Numba's class for what is kept of a function, but where that can't be written, on a full disk say, the function
    runs all the same: Numba's own ends with the OSError."""

    class Forgiving(caches):
        def save_overload(self, *args: Any) -> None:
            try:
                super().save_overload(*args)
            except OSError as error:
                _say_unkept(error.strerror or str(error))

    return Forgiving


@functools.cache
def _say_unkept(reason: str) -> None:
    """Once in a process."""
    warn(f"{cache_dir()}: can't write: {reason}; kernels will be compiled anew", CacheWarning)


def _whole(data: bytes) -> bool:
    size = hashlib.blake2b().digest_size
    return data[-size:] == hashlib.blake2b(data[:-size]).digest()


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Without Python's search for garbage, which takes a third of the time that it takes to compile a kernel."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


@functools.cache
def compiled(kernel: Device, width: Width) -> Any:
    """The kernel's dispatcher for `width`, with its machine code on disk."""
    return on_disk(kernel.instantiate(width))
