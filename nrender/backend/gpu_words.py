"""CUDA's versions of `geometry/words.py`; in Numba's simulator, where kernels run as Python, versions in Python."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import cuda as numba_cuda
from numba.cuda import extending
from numba.cuda import types as cuda_types

from ..geometry import words
from .gpu_local import SIMULATED

cuda: Any = numba_cuda  # its stubs are not for type checkers
types: Any = cuda_types
_WORD = ir.IntType(32)


@cuda.jit(device=True)
def bit_count(word):
    return cuda.popc(np.uint32(word))


if SIMULATED:
    quad = words.quad.python
    as_word = words.as_word.python

    def as_real(word):
        return np.float32(words.as_real.python(word))

else:
    intrinsic: Any = extending.intrinsic

    @intrinsic
    def as_real(typing, word):
        def generate(context, builder, sig, args):
            return builder.bitcast(context.cast(builder, args[0], sig.args[0], types.int32), ir.FloatType())

        return types.float32(word), generate

    @intrinsic
    def as_word(typing, x):
        def generate(context, builder, sig, args):
            return builder.bitcast(context.cast(builder, args[0], sig.args[0], types.float32), _WORD)

        return types.int32(x), generate

    @intrinsic
    def quad(typing, array, k):
        """One load, through the cache for what no kernel writes. Arrays begin at multiples of 256 bytes."""
        result = types.UniTuple(types.int32, 4)

        def generate(context, builder, sig, args):
            data = context.make_array(sig.args[0])(context, builder, args[0]).data
            quads = builder.bitcast(data, ir.VectorType(_WORD, 4).as_pointer())
            value = builder.load(builder.gep(quads, [context.cast(builder, args[1], sig.args[1], types.uint64)]))
            value.align = 16
            value.set_metadata("invariant.load", builder.module.add_metadata([]))
            items = [builder.extract_element(value, _WORD(i)) for i in range(4)]
            return context.make_tuple(builder, result, items)

        return result(array, k), generate
