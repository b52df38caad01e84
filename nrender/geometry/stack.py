"""A small array of integers for the traversal of a tree. On the CPU it is on the machine's stack: a heap array a ray would cost
as much as the ray."""
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..device import Primitive
from ..real import FLOAT32, FLOAT64

SIZE = 96                    # enough for the trees of build.py, whose depth is bounded
_KIND = types.Array(types.int32, 1, "C")


@Primitive
def stack():
    return [0] * SIZE


@stack.define(FLOAT32, FLOAT64)
@intrinsic
def _stack(typing):
    def generate(context, builder, sig, args):
        item, word = ir.IntType(32), ir.IntType(64)
        with builder.goto_entry_block():
            memory = builder.alloca(ir.ArrayType(item, SIZE))
        array = context.make_array(_KIND)(context, builder)
        context.populate_array(array, data=builder.bitcast(memory, item.as_pointer()), itemsize=word(4), meminfo=None,
                               shape=cgutils.pack_array(builder, [word(SIZE)]),
                               strides=cgutils.pack_array(builder, [word(4)]))
        return array._getvalue()
    return _KIND(), generate
