"""Numba for what is done once a scene, on the host: loops that fill arrays. NumPy makes the arrays: without reference
counts, a function compiles in half the time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from numba import njit

from .cache import on_disk

_compiler: Any = njit
_loop = _compiler(nogil=True, error_model="numpy", _nrt=False, no_cfunc_wrapper=True)
inner = _compiler(nogil=True, error_model="numpy", _nrt=False, no_cfunc_wrapper=True, no_cpython_wrapper=True)


def loop(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: a function to call from Python, compiled when first called, its machine code on disk. Other compiled
    functions may call those decorated `inner`."""
    dispatcher = _loop(function)

    @functools.cache
    def compiled():
        return on_disk(dispatcher)

    @functools.wraps(function)
    def call(*args):
        return compiled()(*args)

    return call
