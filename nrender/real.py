"""`Real` and the primitives of the kernel language: what a body may use besides + - * / < and tuples.

A *lane* is one path. `Real` is a number of a lane, a *mask* its truth value, an *integer* an int32 (uint32 in
`rng.py`). The scalar widths are here, vectors of lanes are in `simd.py`, CUDA in `backend/gpu.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from .device import Primitive, Width, compile_cpu, compile_cpu_inner

PI = math.pi
INV_PI = 1.0 / math.pi
BIG = 1e30  # a distance that nothing reaches; finite, so that arithmetic with it stays finite
TINY = 1e-30  # what is smaller counts as 0: both ends of a segment can be one point in float32

FLOAT32 = Width("float32", np.float32, compile_cpu, compile_cpu_inner)
FLOAT64 = Width("float64", np.float64, compile_cpu, compile_cpu_inner)
SCALAR = (FLOAT32, FLOAT64)

_compiler: Any = njit
_inline = _compiler(nogil=True, _nrt=False, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _primitive(python, scalar=None):
    primitive = Primitive(python)
    for width in SCALAR:
        primitive.versions[width.name] = scalar or python
    return primitive


sqrt = _primitive(lambda x: float(np.sqrt(x)), math.sqrt)
sin = _primitive(math.sin)
cos = _primitive(math.cos)
exp = _primitive(math.exp)
log = _primitive(math.log)
arccosine = _primitive(math.acos)
arctangent2 = _primitive(math.atan2)
absolute = _primitive(abs)
floor = _primitive(math.floor, njit(lambda x: math.floor(x)))
product = _primitive(lambda a, b: a * b, _inline(lambda a, b: a * b))  # rounded, never part of a fused multiply-add
minimum = _primitive(min)
maximum = _primitive(max)


@Primitive
def select(mask, a, b):
    """`a` where the mask holds, else `b`. Both are computed: a lane must not divide by what the mask guards against."""
    return a if mask else b


@Primitive
def invert(mask):
    """The other lanes."""
    return not mask


@Primitive
def any_lane(mask):
    """True if the mask holds in some lane: guards an expensive block. With one lane it is a plain branch."""
    return bool(mask)


@Primitive
def count(mask):
    """How many lanes are in the mask: one number for all."""
    return int(mask)


@Primitive
def rank(mask):
    """How many lanes before this one are in the mask, for each lane."""
    return 0


@Primitive
def own():
    """In a function that is `apart`: on CUDA too it is not inlined, where compilers decide that for themselves."""


@Primitive
def gather(array, index):
    """array[index] for each lane; index must be in range in every lane, dead ones too."""
    return array[index]


@Primitive
def truncate(x):
    """The integer part of a non-negative Real, as an integer."""
    return int(x)


@Primitive
def real(x):
    """A Real from an integer or from another Real."""
    return float(x)


@Primitive
def uint32(x):
    """The low 32 bits, unsigned: after every product and sum of random bits."""
    return int(x) & 0xFFFFFFFF


@Primitive
def reverse_bits(x):
    """A uint32 with its bits in the other order."""
    return int(f"{x:032b}"[::-1], 2)


@Primitive
def accumulate(buffer, index, value, mask):
    """buffer[index] += value in the lanes of the mask. On the CPU the buffer belongs to one tile; on CUDA it is
    atomic."""
    if mask:
        buffer[index] += value


@Primitive
def accumulate3(buffer, index, values, mask):
    """`accumulate` for three numbers that follow each other."""
    for k in range(3):
        accumulate(buffer, index + k, values[k], mask)


@Primitive
def put(array, index, value, mask):
    """array[index] = value in the lanes of the mask."""
    if mask:
        array[index] = value


@select.define(*SCALAR)
@_inline
def _select(mask, a, b):
    return a if mask else b


@invert.define(*SCALAR)
@_inline
def _invert(mask):
    return not mask


@any_lane.define(*SCALAR)
@_inline
def _any_lane(mask):
    return mask


@count.define(*SCALAR)
@_inline
def _count(mask):
    return np.int64(mask)


@rank.define(*SCALAR)
@_inline
def _rank(mask):
    return np.int32(0)


@own.define(*SCALAR)
@_inline
def _own():
    return None


@gather.define(*SCALAR)
@_inline
def _gather(array, index):
    return array[np.uint64(index)]  # unsigned: no test for an index from the end


@truncate.define(*SCALAR)
@_inline
def _truncate(x):
    return np.int32(x)


real.versions = {"float32": np.float32, "float64": np.float64}


@uint32.define(*SCALAR)
@_inline
def _uint32(x):
    return np.uint32(x)


@reverse_bits.define(*SCALAR)
@intrinsic
def _reverse_bits(typing, x):
    return types.uint32(types.uint32), lambda context, builder, sig, args: builder.bitreverse(args[0])


@accumulate.define(*SCALAR)
@_inline
def _accumulate(buffer, index, value, mask):
    if mask:
        buffer[np.uint64(index)] += value


@accumulate3.define(*SCALAR)
@_inline
def _accumulate3(buffer, index, values, mask):
    if mask:
        buffer[np.uint64(index)] += values[0]
        buffer[np.uint64(index + 1)] += values[1]
        buffer[np.uint64(index + 2)] += values[2]


@put.define(*SCALAR)
@_inline
def _put(array, index, value, mask):
    if mask:
        array[np.uint64(index)] = value
