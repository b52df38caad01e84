"""The CUDA width: float32, one thread a lane. Only this module imports numba-cuda (the extra `cuda`).

Here are the compiler and the primitives' versions; no launch yet. A kernel body is instantiated for `CUDA` and compiles
to PTX on a machine without a GPU. Local arrays are the thread's own memory, `accumulate` is atomic: the buffers may
be shared by all threads.
"""

from __future__ import annotations

import math
import types
from typing import Any

import numpy as np
from numba import cuda as numba_cuda

from .. import real as lane
from ..device import Width
from ..geometry import compressed_walk, traverse, words
from ..local import SIZE, group_integers, local_integers, local_reals
from . import gpu_local, gpu_words

cuda: Any = numba_cuda  # its stubs are not for type checkers


def compile_cuda(function: types.FunctionType, strict: bool, apart: bool = False) -> Any:
    """No fastmath for anything: it would make sqrt and division approximate, and a replayed path another path. `strict`
    is not kept yet: the assembler may fuse a product and a sum, which the intersection of triangles must not."""
    return cuda.jit(device=True)(function)


CUDA = Width("cuda", np.float32, compile_cuda, together=1)

for _primitive, _function in (
    (lane.sqrt, math.sqrt),
    (lane.sin, math.sin),
    (lane.cos, math.cos),
    (lane.exp, math.exp),
    (lane.log, math.log),
    (lane.arccosine, math.acos),
    (lane.arctangent2, math.atan2),
    (lane.absolute, abs),
    (lane.floor, math.floor),
    (lane.minimum, min),
    (lane.maximum, max),
    (lane.real, np.float32),
    (lane.truncate, np.int32),
    (lane.uint32, np.uint32),
    (group_integers, gpu_local.group_integers),
    (words.quad, gpu_words.quad),
    (words.as_real, gpu_words.as_real),
    (words.bit_count, gpu_words.bit_count),
    (traverse.closest, compressed_walk.closest),
    (traverse.occluded, compressed_walk.occluded),
):
    _primitive.define(CUDA)(_function)


@lane.select.define(CUDA)
@cuda.jit(device=True)
def _select(mask, a, b):
    return a if mask else b


@lane.invert.define(CUDA)
@cuda.jit(device=True)
def _invert(mask):
    return not mask


@lane.any_lane.define(CUDA)
@cuda.jit(device=True)
def _any_lane(mask):
    return mask


@lane.count.define(CUDA)
@cuda.jit(device=True)
def _count(mask):
    return np.int32(mask)


@lane.rank.define(CUDA)
@cuda.jit(device=True)
def _rank(mask):
    return np.int32(0)


@lane.gather.define(CUDA)
@cuda.jit(device=True)
def _gather(array, index):
    return array[np.uint64(index)]


@lane.reverse_bits.define(CUDA)
@cuda.jit(device=True)
def _reverse_bits(x):
    return cuda.brev(np.uint32(x))


@lane.accumulate.define(CUDA)
@cuda.jit(device=True)
def _accumulate(buffer, index, value, mask):
    if mask:
        cuda.atomic.add(buffer, np.uint64(index), value)


@lane.accumulate3.define(CUDA)
@cuda.jit(device=True)
def _accumulate3(buffer, index, values, mask):
    if mask:
        cuda.atomic.add(buffer, np.uint64(index), values[0])
        cuda.atomic.add(buffer, np.uint64(index + 1), values[1])
        cuda.atomic.add(buffer, np.uint64(index + 2), values[2])


@lane.put.define(CUDA)
@cuda.jit(device=True)
def _put(array, index, value, mask):
    if mask:
        array[np.uint64(index)] = value


@local_integers.define(CUDA)
@cuda.jit(device=True, inline="always")
def _local_integers():
    return cuda.local.array(SIZE, np.int32)


@local_reals.define(CUDA)
@cuda.jit(device=True, inline="always")
def _local_reals():
    return cuda.local.array(SIZE, np.float32)
