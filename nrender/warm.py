"""Kernels compiled before they are used, several at once.

Numba compiles one kernel after the other, for half a minute each, and processes that start together would all compile
the same ones. So whoever needs kernels that are not on disk shares the work: each kernel has a lock, which is free
again when its process ends, however that ends, and a mark that says that it is on disk. A process takes what no other
one holds, starts others for the rest if there are CPUs for them, and waits for what is held.

What a GPU's kernels are compiled to goes to disk as the CPU's does, so the same is done for them.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .backend.devices import pick, resolve
from .cache import cache_dir
from .sharing import threads
from .warm_kernels import KERNELS, device_of

try:
    import fcntl
except ImportError:  # not there on Windows: each process compiles what it needs
    fcntl = None  # type: ignore[assignment]

_log = logging.getLogger("nrender")

ALONE = "NRENDER_COMPILES_ALONE"  # set in the processes that are started here
_ready: set[tuple[str, str]] = set()


def ensure(names: Sequence[str], device: str = "cpu") -> None:
    """All these kernels, for those who render on a device, are on disk, or in this process if there is no place for
    them on disk."""
    for where in dict.fromkeys(["cpu", device]):
        _ensure([name for name in names if device_of(name, device) == where], where)


def _ensure(names: Sequence[str], device: str) -> None:
    wanted = {(device, name) for name in names}
    if _ready.issuperset(wanted):
        return
    kind = pick(device, "float32").machine_code()
    if kind is not None and cache_dir() is not None and fcntl is not None:
        missing = [name for name in KERNELS if name in names and not _mark(kind, name).exists()]
        if missing:
            _log.info("compiling, once: about a minute")
        others = _start(device, missing)
        try:
            for wait in (False, True):
                for name in missing:
                    _make(device, kind, name, wait)
            for other in others:
                other.wait()
        finally:
            for other in others:  # none is left, but after an interrupt
                other.kill()
                other.wait()
    _ready.update(wanted)


def warm() -> float:
    """Compile all kernels, those of the GPU too if there is one; seconds that it took: none if they are there."""
    start = time.perf_counter()
    for device in dict.fromkeys(["cpu", resolve("auto")]):
        ensure(list(KERNELS), device)
    return time.perf_counter() - start


def _mark(kind: str, name: str) -> Path:
    """The file that says that this kernel is on disk, as machine code of this kind."""
    folder = cache_dir()
    assert folder is not None
    return folder / f"{kind}{name}.compiled"


def _make(device: str, kind: str, name: str, wait: bool) -> None:
    """Compile a kernel unless another process does; if so and `wait`, see that it has done it."""
    mark = _mark(kind, name)
    if mark.exists():
        return
    with _lock(mark, wait) as held:
        if held and not mark.exists():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                KERNELS[name](pick(device, "float32"))
            mark.touch()


@contextmanager
def _lock(mark: Path, wait: bool) -> Iterator[bool]:
    with open(mark.with_suffix(".lock"), "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        except OSError:  # a file system without locks
            pass
        yield True


def _start(device: str, names: Sequence[str]) -> list[subprocess.Popen[bytes]]:
    """Processes that compile these kernels too, as many as there are CPUs beside this one's and kernels to share."""
    python = sys.executable or ""
    if os.environ.get(ALONE) or "python" not in os.path.basename(python).lower():
        return []
    count = min(threads(), len(names)) - 1
    path = os.pathsep.join(part for part in sys.path if part)
    environment = {**os.environ, ALONE: "1", "PYTHONPATH": path}
    command = [python, "-c", "import sys; from nrender.warm import ensure; ensure(sys.argv[2:], sys.argv[1])"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return [
        subprocess.Popen([*command, device, *names], env=environment, **quiet)  # type: ignore[call-overload]
        for _ in range(count)
    ]
