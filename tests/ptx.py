"""The CUDA kernels as PTX, and what the assembler says of them, on a machine without a GPU."""

from __future__ import annotations

import contextlib
import importlib.metadata
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints

import drivers
import numpy as np
import pytest

from nrender.aov import Channels
from nrender.backend.cuda_boundary_kernels import Band
from nrender.boundary.lights import EmitterTable
from nrender.boundary.plan import Plan
from nrender.boundary.primary import Edges
from nrender.device import clone
from nrender.geometry.edge_tree import EdgeTree
from nrender.tables import Tables

TARGET = (8, 0)
TABLE = Path(__file__).resolve().parent.parent / "benchmarks" / "results" / "ptx.json"

SINGLE, INTEGER, MANY = np.zeros(1, np.float32), np.zeros(1, np.int32), np.zeros(1)
GRADIENT, BAD = np.zeros((1, 1)), np.zeros(2, np.int64)
REALS = {
    "theta", "uvs", "texture_places", "light_chances", "light_nodes", "env_rows", "env_columns", "nodes", "corners",
    "few",
}  # fmt: skip
SCENE = Tables(
    **{
        name: 0 if kind is int else SINGLE if name in REALS else INTEGER
        for name, kind in get_type_hints(Tables).items()
    }
)
OUTLINES = Edges(INTEGER, SINGLE, INTEGER, np.float32(1.0))
EDGES = EdgeTree(INTEGER, INTEGER, *[SINGLE] * 5, INTEGER)
EMITTERS = EmitterTable(SINGLE, INTEGER)
CHANNELS = Channels(*range(len(Channels._fields)))
PLAN = Plan(True, INTEGER, np.float32(1.0), SINGLE, INTEGER), 1, np.float32(0.2)


def boundary(gradient: Any = GRADIENT) -> tuple[Any, ...]:
    """The arguments of a boundary's kernel from the picture's size on; one kernel has the tangent and the adjoint."""
    return 1, 1, 1, 1, 1, True, 0, 1, SINGLE, Band(0, 1, 0), SINGLE, gradient, MANY, SINGLE, INTEGER, BAD


def largest() -> Any:
    from nrender.backend.gpu import Largest

    return Largest(MANY, BAD)


def fixed() -> Any:
    from nrender.backend.gpu import Fixed

    return Fixed(BAD, MANY, 1.0)


KERNELS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "render": lambda: (SCENE, 1, 1, 0, 1, 0, 1, 1, 1, SINGLE, BAD),
    "render_tan": lambda: (SCENE, SINGLE, 1, 1, 0, 1, 0, 1, 1, 1, SINGLE, SINGLE, BAD),
    "render_adj": lambda: (SCENE, SINGLE, 1, 1, 0, 1, 0, 1, 1, 1, 1, True, GRADIENT, BAD),
    "outlines": lambda: (SCENE, OUTLINES, *boundary()),
    "grazing": lambda: (SCENE, EDGES, EMITTERS, *PLAN, *boundary()),
    "mirrored": lambda: (SCENE, EDGES, *PLAN, *boundary()),
    "aovs": lambda: (SCENE, CHANNELS, 1, 1, 0, 1, 0, 1, 1, 1, SINGLE, BAD),
    "aovs_tan": lambda: (SCENE, SINGLE, CHANNELS, 1, 1, 0, 1, 0, 1, 1, 1, SINGLE, SINGLE, BAD),
    "aovs_adj": lambda: (SCENE, SINGLE, CHANNELS, 1, 1, 0, 1, 1, 1, 1, True, GRADIENT, BAD),
    "aov_outlines": lambda: (SCENE, CHANNELS, OUTLINES, 1, 1, 1, 1, True, 0, 1, SINGLE, SINGLE, GRADIENT, MANY, BAD),
}
RAYS = np.zeros((1, 3), np.float32)
WALKS: dict[str, Callable[[], tuple[Any, ...]]] = {  # through the tree alone
    "closest_hits": lambda: (SCENE, RAYS, RAYS, SINGLE, INTEGER, RAYS),
    "occlusions": lambda: (SCENE, RAYS, RAYS, SINGLE, np.zeros(1, np.bool_)),
}
OTHERS: dict[str, Callable[[], tuple[Any, ...]]] = {  # that they compile is enough
    "outlines, largest": lambda: (SCENE, OUTLINES, *boundary(largest())),
    "outlines, fixed": lambda: (SCENE, OUTLINES, *boundary(fixed())),
    "add_parts": lambda: (SINGLE, 1, MANY),
    "take_mean": lambda: (MANY, 1, SINGLE),
    "centres": lambda: (SCENE, 1, 1, INTEGER),
    "refit": lambda: (INTEGER, SINGLE, INTEGER, SINGLE, SINGLE, 0, 1),
    "take_weights": lambda: (np.zeros((1, 1, 3)), SINGLE, BAD),
}


BOUNDARY = ("outlines", "grazing", "mirrored")  # of a module of their own
AOVS = ("aovs", "aovs_tan", "aovs_adj", "aov_outlines", "centres")  # of another


@contextlib.contextmanager
def compiler() -> Iterator[Callable[..., str]]:
    """PTX of a kernel by name, and by compute capability. Numba asks the driver for the current device, and NVRTC for
    the known targets: neither is needed for this. ImportError: there is no NVVM library."""
    from numba import cuda
    from numba.cuda import cuda_paths, dispatcher, types
    from numba.cuda.cudadrv import nvrtc, nvvm
    from numba.cuda.typing.typeof import typeof

    from nrender.backend import gpu

    widths = {"": gpu.CUDA, "largest": gpu.LARGEST, "fixed": gpu.FIXED}
    target = TARGET
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatcher, "get_current_device", lambda: SimpleNamespace(compute_capability=target))
        patch.setattr(nvrtc, "find_closest_arch", lambda cc: cc)
        patch.setattr(cuda_paths, "_get_nvrtc_path", lambda: None)
        patch.delattr(cuda_paths.get_cuda_paths, "_cached_result", raising=False)
        try:
            nvvm.NVVM()
        except Exception as reason:  # of whatever kind: the library or a part of it is missing
            raise ImportError(f"no NVVM library: {reason}".splitlines()[0]) from reason
        done: dict[tuple[str, tuple[int, int]], str] = {}

        def of(name: str, capability: tuple[int, int] = TARGET) -> str:
            nonlocal target
            if (name, capability) not in done:
                target = capability
                kernel, _, variant = name.partition(", ")
                arguments = types.void(*(typeof(a) for a in {**KERNELS, **WALKS, **OTHERS}[name]()))
                body = clone(function_of(kernel).body, widths[variant])
                done[name, capability] = cuda.compile_ptx(body, arguments, cc=capability)[0]
            return done[name, capability]

        yield of
        cuda_paths.get_cuda_paths.__dict__.pop("_cached_result", None)


def function_of(kernel: str) -> Any:
    """The body by its name."""
    from nrender.backend import cuda_aov_kernels, cuda_boundary_kernels, cuda_kernels

    modules = dict.fromkeys(WALKS, drivers) | dict.fromkeys(AOVS, cuda_aov_kernels)
    modules |= dict.fromkeys(BOUNDARY, cuda_boundary_kernels)
    return getattr(modules.get(kernel, cuda_kernels), kernel)


def most_registers() -> int:
    """What a thread may have at most."""
    from nrender.backend.cuda_launch import REGISTERS

    return REGISTERS


def assembled(name: str, ptx: str, capability: tuple[int, int] = TARGET) -> dict[str, int]:
    """What a thread of this kernel takes: registers, bytes of its own memory and of spilled registers; lines of PTX. A
    walk through the tree alone may have all the registers that it wants."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "kernel.ptx"
        source.write_text(ptx)
        architecture = f"-arch=sm_{capability[0]}{capability[1]}"
        most = [] if name in WALKS else ["-maxrregcount", str(most_registers())]
        command = ["ptxas", architecture, *most, "-v", str(source), "-o", "kernel.cubin"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    found = re.search(
        r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads.*?Used (\d+) registers",
        done.stderr,
        re.DOTALL,
    )
    assert found, done.stderr
    stack, stores, loads, registers = map(int, found.groups())
    lines = ptx.count("\n")
    return {"registers": registers, "stack": stack, "spill stores": stores, "spill loads": loads, "lines": lines}


def versions() -> dict[str, str]:
    """Of all that makes the numbers."""
    words = subprocess.run(["ptxas", "--version"], capture_output=True, text=True, check=True).stdout.split()
    names = ("numba", "numba-cuda")
    return {name: importlib.metadata.version(name) for name in names} | {"ptxas": words[-1]}


def has_assembler() -> bool:
    return shutil.which("ptxas") is not None
