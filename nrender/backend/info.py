"""What this machine gives nrender to work with."""

from __future__ import annotations

import platform
from typing import Any

import numba

from ..cache import cache_dir
from ..sharing import threads
from .devices import devices


def info() -> dict[str, Any]:
    """python, numba: versions; threads: how many run; simd: the CPU's name and its widest vectors; devices: what
    `device=` can use here; cache_dir: where compiled kernels are, or None."""
    folder = cache_dir()
    return {
        "python": platform.python_version(),
        "numba": numba.__version__,
        "threads": threads(),
        "simd": _simd(),
        "devices": devices(),
        "cache_dir": None if folder is None else str(folder),
    }


def _simd() -> str:
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    for name in ("avx512f", "avx2", "avx", "neon", "sse4.2"):
        if features.get(name):
            return f"{name} ({binding.get_host_cpu_name()})"
    return str(binding.get_host_cpu_name())
