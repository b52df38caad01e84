"""Kernels compiled before they are used, several at once.

Numba compiles one kernel after the other, for half a minute each, and processes that start together would all compile
the same ones. So whoever needs kernels that are not on disk shares the work: each kernel has a lock, which is free
again when its process ends, however that ends, and a mark that says that it is on disk. A process takes what no other
one holds, starts others for the rest if there are CPUs for them, and waits for what is held.

A kernel's types are the same for every scene, so it is compiled by a small scene of this file.
"""

from __future__ import annotations

import functools
import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from .aov import AOVS, channels_of
from .backend import aovs, cpu
from .backend.devices import Backend, pick, resolve
from .backend.strata import Work, boundary_tan, crossing_shapes
from .boundary.plan import EDGES, MIRRORED, PRIMARY, Boundary, Share, strata_of
from .cache import cache_dir
from .compile_scene import boundary_of, compile_scene
from .device import Width
from .host import threads
from .real import FLOAT32
from .scene import Scene
from .tables import Tables

try:
    import fcntl
except ImportError:  # not there on Windows: each process compiles what it needs
    fcntl = None  # type: ignore[assignment]

_log = logging.getLogger("nrender")

ALONE = "NRENDER_COMPILES_ALONE"  # set in the processes that are started here
SIZE = (8, 8)
SCENE: dict[str, Any] = {  # a glossy floor too: edges that are seen in it have a kernel of their own
    "nrender": 1,
    "cameras": {"main": {"type": "perspective", "origin": [0, 2, 3], "target": [0, 0, 0], "resolution": list(SIZE)}},
    "integrator": {"type": "path", "max_depth": 3, "spp": 1},
    "materials": {
        "matt": {"type": "diffuse", "reflectance": [0.5] * 3},
        "glossy": {"type": "conductor", "roughness": 0.1},
    },
    "shapes": {
        "floor": {"type": "rectangle", "material": "glossy", "transform": {"rotate": [-90, 0, 0], "scale": 2}},
        "thing": {"type": "cube", "material": "matt", "transform": {"translate": [0, 0.6, 0], "scale": 0.3}},
        "lamp": {"type": "rectangle", "emission": [1] * 3, "transform": {"rotate": [90, 0, 0], "translate": [0, 2, 0]}},
    },
}


class _Sample(NamedTuple):
    tables: Tables
    boundary: Boundary
    d_theta: np.ndarray


@functools.cache
def _sample(width: Width) -> _Sample:
    scene = Scene.from_dict(SCENE)
    place, values, mesh, tables, power = compile_scene(scene, "main", width)
    boundary = boundary_of(scene, values, place, mesh, tables, power, SIZE, width)
    return _Sample(tables, boundary, np.zeros(len(tables.theta), np.float32))


def _render() -> None:
    cpu.render(cpu.fast(FLOAT32), _sample(FLOAT32).tables, SIZE, 1, 0)


def _render_tan() -> None:
    cpu.render_tan(cpu.fast(FLOAT32), _sample(FLOAT32).tables, _sample(FLOAT32).d_theta, SIZE, 1, 0)


def _render_adj() -> None:
    cpu.render_adj(cpu.fast(FLOAT32), _sample(FLOAT32).tables, np.ones((*SIZE, 3)), SIZE, 1, 0, True)


def _work(width: Width) -> Work:
    """A few samples of each stratum."""
    tables, boundary, _ = _sample(width)
    even = np.ones(1 + int(boundary.cluster.max()))
    shares = [Share(stratum, 16, even) for stratum in strata_of(boundary, tables)]
    return Work(width, tables, boundary, SIZE, 0, shares)


def _boundary(strategy: str) -> None:
    work = _work(FLOAT32)
    shares = [share for share in work.shares if share.stratum.strategy == strategy]
    boundary_tan(work._replace(shares=shares), _sample(FLOAT32).d_theta)


def _crossings() -> None:
    tables, boundary, _ = _sample(FLOAT32)
    shapes: np.ndarray = np.zeros(len(tables.theta), np.int64)
    crossing_shapes(FLOAT32, tables, boundary.edges.ends, shapes, shapes)


def _aov_view(width: Width) -> aovs.View:
    """A picture of all that has a derivative."""
    wanted = channels_of([name for name, aov in AOVS.items() if aov.differentiable], -1)
    return aovs.View(width, _sample(width).tables, wanted, SIZE, 1, 0)


def _outlines(width: Width) -> aovs.Outlines:
    visible = _sample(width).boundary.visible
    assert visible is not None
    return aovs.Outlines(visible, 16)


def _aovs() -> None:
    aovs.aovs(_aov_view(FLOAT32))


def _aovs_tan() -> None:
    aovs.aovs_tan(_aov_view(FLOAT32), _sample(FLOAT32).d_theta)


def _aovs_adj() -> None:
    view = _aov_view(FLOAT32)
    aovs.aovs_adj(view, np.ones((*SIZE, view.channels.number)), True)


def _aov_outlines() -> None:
    aovs.outlines_tan(_aov_view(FLOAT32), _outlines(FLOAT32), _sample(FLOAT32).d_theta)


def _centres() -> None:
    aovs.centres(FLOAT32, _sample(FLOAT32).tables, SIZE)


KERNELS: dict[str, Callable[[], None]] = {  # the slowest first
    "render": _render,
    "render_adj": _render_adj,
    "grazing": functools.partial(_boundary, EDGES),
    "mirrored": functools.partial(_boundary, MIRRORED),
    "outlines": functools.partial(_boundary, PRIMARY),
    "render_tan": _render_tan,
    "crossings": _crossings,
    "aovs_adj": _aovs_adj,
    "aovs_tan": _aovs_tan,
    "aov_outlines": _aov_outlines,
    "aovs": _aovs,
    "centres": _centres,
}
OF_MOTION = ("grazing", "outlines", "crossings")

_ready: set[str] = set()


def ensure(names: Sequence[str]) -> None:
    """All these kernels are on disk, or in this process if there is no place for them on disk."""
    if _ready.issuperset(names):
        return
    if cache_dir() is not None and fcntl is not None:
        missing = [name for name in KERNELS if name in names and not _mark(name).exists()]
        if missing:
            _log.info("compiling, once: about a minute")
        others = _start(missing)
        try:
            for wait in (False, True):
                for name in missing:
                    _make(name, wait)
            for other in others:
                other.wait()
        finally:
            for other in others:  # none is left, but after an interrupt
                other.kill()
                other.wait()
    _ready.update(names)


def warm() -> float:
    """Compile all kernels, those of the GPU too if there is one; seconds that it took: none if they are there."""
    start = time.perf_counter()
    ensure(list(KERNELS))
    if resolve("auto") == "cuda":
        on_gpu(pick("cuda", "float32"))
    return time.perf_counter() - start


def on_gpu(backend: Backend) -> None:
    """Launch each of its kernels once."""
    tables, _, d_theta = _sample(backend.width)
    backend.render(backend.width, tables, SIZE, 1, 0, True)
    backend.render_tan(backend.width, tables, d_theta, SIZE, 1, 0)
    weights = backend.weights(np.ones((*SIZE, 3)), (*SIZE, 3))
    backend.render_adj(backend.width, tables, weights, SIZE, 1, 0, True, False)
    backend.boundary_tan(_work(backend.width), d_theta)
    view, outlines = _aov_view(backend.width), _outlines(backend.width)
    backend.aovs.aovs(view)
    backend.aovs.aovs_tan(view, d_theta)
    backend.aovs.aovs_adj(view, np.ones((*SIZE, view.channels.number)), True)
    backend.aovs.outlines_tan(view, outlines, d_theta)
    backend.aovs.centres(backend.width, tables, SIZE)


def _mark(name: str) -> Any:
    folder = cache_dir()
    assert folder is not None
    return folder / f"{name}.compiled"


def _make(name: str, wait: bool) -> None:
    """Compile a kernel unless another process does; if so and `wait`, see that it has done it."""
    if _mark(name).exists():
        return
    with _lock(name, wait) as held:
        if held and not _mark(name).exists():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                KERNELS[name]()
            _mark(name).touch()


@contextmanager
def _lock(name: str, wait: bool) -> Iterator[bool]:
    with open(_mark(name).with_suffix(".lock"), "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        except OSError:  # a file system without locks
            pass
        yield True


def _start(names: Sequence[str]) -> list[subprocess.Popen[bytes]]:
    """Processes that compile these kernels too, as many as there are CPUs beside this one's and kernels to share."""
    python = sys.executable or ""
    if os.environ.get(ALONE) or "python" not in os.path.basename(python).lower():
        return []
    count = min(threads(), len(names)) - 1
    path = os.pathsep.join(part for part in sys.path if part)
    environment = {**os.environ, ALONE: "1", "PYTHONPATH": path}
    command = [python, "-c", "import sys; from nrender.warm import ensure; ensure(sys.argv[1:])"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return [
        subprocess.Popen([*command, *names], env=environment, **quiet)  # type: ignore[call-overload]
        for _ in range(count)
    ]
