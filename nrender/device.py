"""One body, many widths.

A kernel function is written once, as plain Python for one lane, and decorated with `@device`. Called from Python it
runs as it stands, in float64: the slow and obvious reading. `instantiate(width)` gives it as machine code for a
`Width`: float32, float64, a vector of 8 float32, or CUDA. Instantiating clones the function with

- every float literal and every global float retyped, so that `0.5 * x` stays in the width's type;
- every `Primitive` among its globals (sqrt, select, gather, closest, ...) bound to the width's own version;
- every device function that it calls instantiated for the same width.

The clone keeps the original's file and line, so that tracebacks and Numba's on-disk cache work.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numba import njit

# No nnan or ninf: a NaN must stay visible. No afn: sqrt and division are exact, so a replayed path is the same path.
_FASTMATH = {"nsz", "arcp", "contract", "reassoc"}


@dataclass(frozen=True, eq=False)
class Width:
    """What `Real` stands for: the type of literals, the primitives' versions, the compiler; and the compiler of what
    only other instances call, if that is another. together: how many triangles a ray meets at once, 8 or 1. The tree is
    built for that, and for 1 it is compressed (geometry/compressed.py). refits: that of moved
    vertices is made by the device (geometry/refitted.py)."""

    name: str
    literal: type
    compile: Callable[..., Any]
    compile_inner: Callable[..., Any] | None = None
    together: int = 8
    refits: bool = False
    _instances: dict[Any, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Width({self.name})"


class Primitive:
    """A function that each width brings its own version of. Called from Python it runs `python`, in float64."""

    def __init__(self, python: Callable[..., Any]):
        self.__name__ = python.__name__
        self.python = python
        self.versions: dict[str, Any] = {}
        functools.update_wrapper(self, python)

    def __call__(self, *args: Any) -> Any:
        return self.python(*args)

    def define(self, *widths: Width) -> Callable[[Any], Any]:
        """Decorator: `function` (plain, jitted, or `@device`) is this primitive in these widths."""

        def add(function: Any) -> Any:
            for width in widths:
                self.versions[width.name] = function
            return function

        return add

    def instantiate(self, width: Width, inner: bool = False) -> Any:
        if width.name not in self.versions:
            raise NotImplementedError(f"{self.__name__} has no version for {width.name}")
        version = self.versions[width.name]
        return version.instantiate(width, inner) if isinstance(version, Device) else version


class Device:
    """A function body that can be instantiated for any width; see the module's text."""

    def __init__(self, body: types.FunctionType, strict: bool, apart: bool):
        self.body = body
        self.strict = strict
        self.apart = apart
        functools.update_wrapper(self, body)

    def __call__(self, *args: Any) -> Any:
        return self.body(*args)

    def instantiate(self, width: Width, inner: bool = False) -> Any:
        """inner: for other instances to call, not for Python."""
        key = (self, inner and width.compile_inner is not None)
        if key not in width._instances:
            compiler = width.compile_inner if inner and width.compile_inner else width.compile
            width._instances[key] = compiler(clone(self.body, width), self.strict, self.apart)
        return width._instances[key]


def device(body: Any = None, *, strict: bool = False, apart: bool = False) -> Any:
    """Mark a kernel function. `strict` keeps IEEE order and rounding, where a sign must agree between two call
    sites. `apart` does not inline it: for a whole walk, whose call costs nothing against it, and which would be
    compiled again in each place that it is called from."""
    if body is None:
        return functools.partial(device, strict=strict, apart=apart)
    return Device(body, strict, apart)


def clone(body: types.FunctionType, width: Width) -> types.FunctionType:
    """`body` with literals retyped and globals bound for `width`."""
    if body.__closure__:
        raise TypeError(f"{body.__qualname__}: a device function may not close over variables")
    words = body.__code__.co_names
    names = {name: bind(body.__globals__[name], width, words) for name in words if name in body.__globals__}
    scope = {**names, "__name__": body.__module__, "__builtins__": __builtins__}
    code = body.__code__.replace(co_consts=tuple(_retype(k, width) for k in body.__code__.co_consts))
    copy = types.FunctionType(code, scope, body.__name__, body.__defaults__)
    copy.__module__ = body.__module__
    copy.__qualname__ = f"{body.__qualname__}_{width.name}"
    return copy


def bind(value: Any, width: Width, words: tuple[str, ...] = ()) -> Any:
    """What a global of a kernel body means in `width`; of a module, those of its functions that the body names."""
    if isinstance(value, Device | Primitive):
        return value.instantiate(width, inner=True)
    if isinstance(value, types.ModuleType):
        module = types.ModuleType(value.__name__)
        for word in words:
            if isinstance(getattr(value, word, None), Device | Primitive):
                setattr(module, word, bind(getattr(value, word), width))
        return module
    return _retype(value, width)


def _retype(value: Any, width: Width) -> Any:
    if type(value) is float:
        return width.literal(value)
    if type(value) is tuple:
        return tuple(_retype(k, width) for k in value)
    return value


def compile_cpu(function: types.FunctionType, strict: bool, apart: bool = False, inner: bool = False) -> Any:
    """Numba for the CPU; without the GIL, so that Python threads can share the tiles of an image; without reference
    counts: a kernel makes no arrays, and counting those of the tables at each call would take most of its time; and
    inlined, since a call passes a scene's tables, a surface and a frame through memory: that is half of the time of a
    path, and inlining it costs no time to compile. Wrappers for calls from Python and C would: an inner function has
    none."""
    fast = False if strict else _FASTMATH
    compiler: Any = njit
    flags = {"no_cpython_wrapper": inner, "no_cfunc_wrapper": inner, "forceinline": not apart}
    return compiler(error_model="numpy", nogil=True, _nrt=False, fastmath=fast, **flags)(function)


def compile_cpu_inner(function: types.FunctionType, strict: bool, apart: bool = False) -> Any:
    return compile_cpu(function, strict, apart, inner=True)
