"""A kernel's machine code and its launch on CUDA."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..cache import on_disk
from ..device import Device, Width, clone
from ..errors import DeviceError
from . import gpu
from .gpu import cuda

BLOCK = 128  # threads
REGISTERS = 128  # of a thread: four blocks share a multiprocessor, and it pays for what spills (docs/performance.md)
BLOCKS = 1 << 16  # of a launch, at most; its threads take what is left in turns


@contextmanager
def one_line() -> Iterator[None]:
    """What the driver refuses is a DeviceError of one line. Its classes are named, since they can't be imported where
    there is no driver."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ in ("CudaAPIError", "CudaSupportError", "CUDAError", "LinkerError", "NvvmSupportError"):
            words = " ".join(str(error).split())
            raise DeviceError(f"device 'cuda': {words}") from error
        raise


class Bad:
    """Samples that were not finite, as in cpu.py."""

    def __init__(self) -> None:
        self.array = cuda.to_device(np.array([0, np.iinfo(np.int64).max]))

    def first(self) -> tuple[int, int, int] | None:
        """(how many, pixel, sample), those of the first pixel, or None."""
        count, place = self.array.copy_to_host()
        return (int(count), int(place) >> 32, int(place) & 0xFFFFFFFF) if count else None


@functools.cache
def compiled(kernel: Device, width: Width) -> Any:
    """The kernel's dispatcher, with its machine code on disk."""
    body = clone(kernel.body, width)
    if gpu.SIMULATED:
        return cuda.jit(body)
    dispatcher = cuda.jit(body, max_registers=REGISTERS)
    return on_disk(dispatcher, importlib.import_module("numba.cuda.core.config"), _compiler())


def _compiler() -> str:
    return f"cuda-{importlib.metadata.version('numba-cuda')}"


def machine_code() -> str | None:
    """As devices.Backend has it: the compiler and the compute capability."""
    if gpu.SIMULATED:
        return None
    major, minor = cuda.get_current_device().compute_capability
    return f"{_compiler()}-sm{major}{minor}-"


def launch(kernel: Device, width: Width, count: int, *arguments: Any) -> None:
    """Run the kernel with `count` threads, or so many that they do `count` things, and wait for its end."""
    blocks = min(max(-(-count // BLOCK), 1), BLOCKS)
    with one_line():
        if gpu.SIMULATED:  # a few threads, one after the other
            compiled(kernel, width)[min(count, 3), 1](*arguments)
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a small picture does not fill a GPU
            configured = compiled(kernel, width)[blocks, BLOCK]
        configured(*arguments)
        cuda.synchronize()
