"""Which device runs: the CPU, or a GPU by CUDA where there is one.

numba-cuda is imported only if a GPU is there and is wanted: whether there is one, the driver itself says.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np

from ..device import Width
from ..errors import DeviceError
from ..real import FLOAT32
from . import aovs, cpu, strata

EXTRA = "pip install 'nrender[cuda]'"
DEVICES = ("auto", "cpu", "cuda")


class Backend(NamedTuple):
    """What render.py calls.

    width: of its float32, for which tables are made
    render(width, tables, size, spp, seed, there) -> (image, bad); there: on the device, if that is not the CPU
    render_tan(width, tables, d_theta, size, spp, seed) -> (image, tangent, bad)
    render_adj(width, tables, weights, size, spp, seed, moving, deterministic) -> (gradient, bad)
    boundary_tan(work, d_theta) -> (tangent, _, all bad); boundary_adj(work, weights, deterministic) -> (gradient, all
    bad); pilot: as boundary_tan, and says what each stratum found
    weights(array, shape): an array of finite numbers as the adjoints take it
    aovs: the module with the functions of aovs.py
    machine_code(): for what the kernels are compiled, a word for the names of files; None where nothing is compiled
    """

    name: str
    width: Width
    render: Callable[..., Any]
    render_tan: Callable[..., Any]
    render_adj: Callable[..., Any]
    boundary_tan: Callable[..., Any]
    boundary_adj: Callable[..., Any]
    pilot: Callable[..., Any]
    weights: Callable[[Any, tuple[int, ...]], Any]
    aovs: Any
    machine_code: Callable[[], str | None]


def pick(device: str, precision: str) -> Backend:
    """The backend for a `device=`; "auto" is CUDA where it can be used. DeviceError says what is missing."""
    if device not in DEVICES:
        raise DeviceError(f"device: expected 'auto', 'cpu' or 'cuda', got {device!r}")
    if resolve(device, precision) == "cpu":
        return _cpu()
    if precision != "float32":
        raise DeviceError(f"device 'cuda': renders in float32 only; precision {precision!r} is there on device 'cpu'")
    problem = cuda_problem()
    if problem:
        raise DeviceError(f"device 'cuda': {problem}")
    return _cuda()


def resolve(device: str, precision: str = "float32") -> str:
    """What "auto" stands for; a simulated GPU is only taken when it is named."""
    if device != "auto":
        return device
    usable = precision == "float32" and not _simulated() and not cuda_problem()
    return "cuda" if usable else "cpu"


def devices() -> list[str]:
    """What can be used here, a GPU with its name."""
    return ["cpu"] if cuda_problem() else ["cpu", f"cuda: {_cuda_name()}"]


@functools.cache
def cuda_problem() -> str:
    """What is missing for device "cuda"; empty if nothing is."""
    if importlib.util.find_spec("numba_cuda") is None:
        return f"numba-cuda is not installed: {EXTRA}"
    if _simulated():
        return ""
    missing = _driver_problem()
    if missing:
        return missing
    try:
        importlib.import_module("numba.cuda.cudaimpl")
    except Exception as error:  # of whatever kind: as with a NumPy that it does not know
        return f"numba-cuda can't be used ({' '.join(str(error).split())}): {EXTRA}"
    try:
        importlib.import_module("numba.cuda.cudadrv.nvvm").NVVM()
    except Exception as error:  # of whatever kind: the library or a part of it is missing
        return f"no NVVM library, which compiles kernels ({' '.join(str(error).split())}): {EXTRA}"
    return ""


def _simulated() -> bool:
    settings: Any = numba.config
    return bool(settings.ENABLE_CUDASIM)


def _driver_problem() -> str:
    try:
        driver = _driver()
    except OSError:
        return "no NVIDIA driver is installed"
    status, count = driver.cuInit(0), ctypes.c_int()
    if status == 0:
        status = driver.cuDeviceGetCount(ctypes.byref(count))
    if status not in (0, 100):  # 100: no device
        return f"the NVIDIA driver can't be used (CUDA error {status})"
    return "" if count.value else "the NVIDIA driver finds no GPU"


def _driver() -> Any:
    return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")


def _cuda_name() -> str:
    from .cuda import name

    return name()


@functools.cache
def _cpu() -> Backend:
    return Backend(
        "cpu",
        FLOAT32,
        lambda width, *rest: cpu.render(cpu.fast(width), *rest[:4]),
        lambda width, *rest: cpu.render_tan(cpu.fast(width), *rest),
        lambda width, *rest: cpu.render_adj(cpu.fast(width), *rest[:-1]),  # always deterministic
        strata.boundary_tan,
        lambda work, weights, deterministic: strata.boundary_adj(work, weights),
        strata.boundary_tan,
        lambda weights, shape: weights,
        aovs,
        lambda: "",  # the folder's name says for which CPU
    )


@functools.cache
def _cuda() -> Backend:
    from . import cuda, cuda_aovs, cuda_launch, cuda_strata, cuda_weights, gpu

    def pilot(work: strata.Work, probe: np.ndarray) -> Any:
        return cuda_strata.boundary_tan(work, probe, record=True)

    return Backend(
        "cuda",
        gpu.CUDA,
        cuda.render,
        cuda.render_tan,
        cuda.render_adj,
        cuda_strata.boundary_tan,
        cuda_strata.boundary_adj,
        pilot,
        cuda_weights.Weights,
        cuda_aovs,
        cuda_launch.machine_code,
    )
