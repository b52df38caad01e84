"""Words of 32 bits that stand for something else: what a compressed tree is read with. Versions for CUDA are in
`backend/gpu.py`."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ..device import Primitive
from ..real import FLOAT32, _inline


@Primitive
def quad(array, k):
    """The words 4 k .. 4 k + 3 of an array; on CUDA one load of 128 bits."""
    return int(array[4 * k]), int(array[4 * k + 1]), int(array[4 * k + 2]), int(array[4 * k + 3])


@Primitive
def as_real(word):
    """The number whose bits are those of an int32."""
    return float(np.uint32(word & 0xFFFFFFFF).view(np.float32))


@Primitive
def as_word(x):
    """The int32 with the bits of a number: the inverse of `as_real`."""
    return int(np.float32(x).view(np.int32))


@Primitive
def double(x):
    """A number in float64."""
    return float(x)


@Primitive
def bit_count(word):
    """How many bits of a non-negative int32 are set."""
    return int(word).bit_count()


@quad.define(FLOAT32)
@_inline
def _quad(array, k):
    i = np.uint64(k) << np.uint64(2)
    return array[i], array[i + np.uint64(1)], array[i + np.uint64(2)], array[i + np.uint64(3)]


@as_real.define(FLOAT32)
@intrinsic
def _as_real(typing, word):
    def generate(context, builder, sig, args):
        bits = context.cast(builder, args[0], sig.args[0], types.int32)
        return builder.bitcast(bits, ir.FloatType())

    return types.float32(word), generate


@as_word.define(FLOAT32)
@intrinsic
def _as_word(typing, x):
    def generate(context, builder, sig, args):
        return builder.bitcast(context.cast(builder, args[0], sig.args[0], types.float32), ir.IntType(32))

    return types.int32(x), generate


double.define(FLOAT32)(np.float64)


@bit_count.define(FLOAT32)
@intrinsic
def _bit_count(typing, word):
    def generate(context, builder, sig, args):
        return builder.ctpop(context.cast(builder, args[0], sig.args[0], types.int32))

    return types.int32(word), generate
