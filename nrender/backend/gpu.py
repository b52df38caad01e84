"""The CUDA width: float32, one thread a lane. Only this module imports numba-cuda (the extra `cuda`).

Here are the compiler and the primitives' versions; cuda.py launches. A kernel body is instantiated for `CUDA` and
compiles to PTX on a machine without a GPU. Local arrays are the thread's own memory, `accumulate` is atomic: the
buffers may be shared by all threads.
"""

from __future__ import annotations

import importlib
import math
import types
from typing import Any, NamedTuple

import numpy as np
from numba import cuda as numba_cuda

from .. import local
from .. import real as lane
from ..device import Primitive, Width
from ..geometry import compressed_walk, traverse, words
from ..local import SIZE, group_integers, local_integers, local_reals
from . import cuda_kernels, gpu_local, gpu_words
from .gpu_local import SIMULATED

libdevice: Any = importlib.import_module("numba.cuda.libdevice")
cuda: Any = numba_cuda  # its stubs are not for type checkers


def compile_cuda(function: types.FunctionType, strict: bool, apart: bool = False) -> Any:
    """No fastmath for anything: it would make sqrt and division approximate, and a replayed path another path. `strict`
    is not known here: a product and a sum may be fused, but for `real.product`."""
    return _plain(function)


def _plain(function: Any) -> Any:
    """What asks nothing of the thread; the simulator takes most of its time to wrap such functions."""
    return function if SIMULATED else cuda.jit(device=True)(function)


CUDA = Width("cuda", np.float32, compile_cuda, together=1, refits=True)

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
    (words.as_word, gpu_words.as_word),
    (words.double, np.float64),
    (words.bit_count, gpu_words.bit_count),
    (traverse.closest, compressed_walk.closest),
    (traverse.occluded, compressed_walk.occluded),
):
    _primitive.define(CUDA)(_function)


@lane.product.define(CUDA)
@_plain
def _product(a, b):
    return a * b if SIMULATED else libdevice.fmul_rn(a, b)


@lane.select.define(CUDA)
@_plain
def _select(mask, a, b):
    return a if mask else b


@lane.invert.define(CUDA)
@_plain
def _invert(mask):
    return not mask


@lane.any_lane.define(CUDA)
@_plain
def _any_lane(mask):
    return mask


@lane.count.define(CUDA)
@_plain
def _count(mask):
    return np.int32(mask)


@lane.rank.define(CUDA)
@_plain
def _rank(mask):
    return np.int32(0)


lane.own.define(CUDA)(gpu_local.not_inlined)


@lane.gather.define(CUDA)
@_plain
def _gather(array, index):
    return array[np.uint64(index)]


@lane.reverse_bits.define(CUDA)
@cuda.jit(device=True)
def _reverse_bits(x):
    return np.uint32(cuda.brev(np.uint32(x)))  # a plain integer in the simulator


@lane.accumulate.define(CUDA)
@cuda.jit(device=True)
def _accumulate(buffer, index, value, mask):
    """Nothing is added where there is nothing: most numbers of a texture's places are 0, and all threads have them at
    the same place, for which each would wait."""
    if mask and value != 0.0:
        cuda.atomic.add(buffer, np.uint64(index), value)


@lane.accumulate3.define(CUDA)
@cuda.jit(device=True)
def _accumulate3(buffer, index, values, mask):
    _accumulate(buffer, index, values[0], mask)
    _accumulate(buffer, index + 1, values[1], mask)
    _accumulate(buffer, index + 2, values[2], mask)


@lane.put.define(CUDA)
@_plain
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


@cuda_kernels.thread.define(CUDA)
@cuda.jit(device=True)
def _thread():
    return cuda.grid(1)


@cuda_kernels.threads.define(CUDA)
@cuda.jit(device=True)
def _threads():
    return cuda.gridsize(1)


@cuda_kernels.any_thread.define(CUDA)
@_plain
def _any_thread(mask):
    return mask if SIMULATED else cuda.any_sync(0xFFFFFFFF, mask)  # the simulator's threads come one by one


@cuda_kernels.own_copy.define(CUDA)
@cuda.jit(device=True, inline="always")
def _own_copy(gradient):
    return gradient[cuda.grid(1) % len(gradient)]


@cuda_kernels.add_shared.define(CUDA)
@cuda.jit(device=True)
def _add_shared(array, index, value):
    cuda.atomic.add(array, np.uint64(index), value)


@cuda_kernels.count_bad.define(CUDA)
@cuda.jit(device=True)
def _count_bad(bad, pixel, sample):
    cuda.atomic.add(bad, 0, 1)
    cuda.atomic.min(bad, 1, np.int64(pixel) * 4294967296 + np.int64(sample))


# Two more widths, for sums that do not depend on the order of their terms. They are CUDA but for `accumulate`: the
# first finds the largest term and how many there are, the second adds integers.


class Largest(NamedTuple):
    """sizes (k,) float64, counts (k,) int64: of the terms of each k-th thread the largest and how many. k, so that
    threads seldom wait for each other."""

    sizes: Any
    counts: Any


class Fixed(NamedTuple):
    """sums (n,) int64, in units of 1 / inverse; lost (n,) float64: the sum of what is infinite or NaN."""

    sums: Any
    lost: Any
    inverse: float


LARGEST = Width("cuda-largest", np.float32, compile_cuda, together=1)
FIXED = Width("cuda-fixed", np.float32, compile_cuda, together=1)

for _module in (lane, local, words, traverse, cuda_kernels):
    for _value in vars(_module).values():
        if isinstance(_value, Primitive) and CUDA.name in _value.versions:
            _value.define(LARGEST, FIXED)(_value.versions[CUDA.name])


@cuda_kernels.own_copy.define(LARGEST, FIXED)
@cuda.jit(device=True, inline="always")
def _itself(gradient):
    return gradient


@lane.accumulate.define(LARGEST)
@cuda.jit(device=True)
def _largest(buffer, index, value, mask):
    if mask:
        k = cuda.grid(1) % len(buffer.sizes)
        size = np.float64(abs(value))
        cuda.atomic.add(buffer.counts, k, 1)
        if size > buffer.sizes[k] and size < 1e300:
            cuda.atomic.max(buffer.sizes, k, size)


@lane.accumulate3.define(LARGEST)
@cuda.jit(device=True)
def _largest3(buffer, index, values, mask):
    _largest(buffer, index, values[0], mask)
    _largest(buffer, index, values[1], mask)
    _largest(buffer, index, values[2], mask)


@lane.accumulate.define(FIXED)
@cuda.jit(device=True)
def _fixed(buffer, index, value, mask):
    if mask:
        scaled = np.float64(value) * buffer.inverse
        if abs(scaled) < 9e18:
            cuda.atomic.add(buffer.sums, np.uint64(index), np.int64(math.floor(scaled + 0.5)))
        else:
            cuda.atomic.add(buffer.lost, np.uint64(index), np.float64(value))


@lane.accumulate3.define(FIXED)
@cuda.jit(device=True)
def _fixed3(buffer, index, values, mask):
    _fixed(buffer, index, values[0], mask)
    _fixed(buffer, index + 1, values[1], mask)
    _fixed(buffer, index + 2, values[2], mask)
