"""Small arrays of a lane: a stack for the traversal of a tree, a memory for the last vertices of a path. On the CPU
they are on the machine's stack: a heap array a ray would cost as much as the ray. Call the primitives in the very
function that uses the array: it lives as long as that function."""

import math

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .device import Primitive
from .real import FLOAT32, FLOAT64

SIZE = 96
PENDING = 144
GROUPS = 40


@Primitive
def local_integers():
    """SIZE integers, of any value."""
    return [0] * SIZE


@Primitive
def local_reals():
    """SIZE Reals, of any value."""
    return [0.0] * SIZE


@Primitive
def pending_integers():
    """PENDING integers, of any value: the nodes that a walk has still to visit."""
    return [0] * PENDING


@Primitive
def pending_reals():
    """PENDING Reals, of any value: where a ray enters them."""
    return [0.0] * PENDING


@Primitive
def group_integers():
    """GROUPS integers, of any value: two for each level of a tree above the one where a walk is."""
    return [0] * GROUPS


def on_stack(context, builder, kind, shape, align=64):
    """An array of the calling function's frame."""
    item, word = context.get_data_type(kind.dtype), ir.IntType(64)
    size = context.get_abi_sizeof(item)
    with builder.goto_entry_block():
        memory = builder.alloca(ir.ArrayType(item, math.prod(shape)))
        memory.align = align
    array = context.make_array(kind)(context, builder)
    steps = [size * math.prod(shape[k + 1 :]) for k in range(len(shape))]
    context.populate_array(
        array,
        data=builder.bitcast(memory, item.as_pointer()),
        itemsize=word(size),
        meminfo=None,
        shape=cgutils.pack_array(builder, [word(n) for n in shape]),
        strides=cgutils.pack_array(builder, [word(n) for n in steps]),
    )
    return array._getvalue()


def make(element, size=SIZE):
    """A function for kernels, which gives `size` numbers of a type of Numba's."""
    kind = types.Array(element, 1, "C")

    @intrinsic
    def local(typing):
        return kind(), lambda context, builder, sig, args: on_stack(context, builder, kind, (size,))

    return local


local_integers.define(FLOAT32, FLOAT64)(make(types.int32))
local_reals.define(FLOAT32)(make(types.float32))
local_reals.define(FLOAT64)(make(types.float64))
pending_integers.define(FLOAT32, FLOAT64)(make(types.int32, PENDING))
pending_reals.define(FLOAT32)(make(types.float32, PENDING))
pending_reals.define(FLOAT64)(make(types.float64, PENDING))
group_integers.define(FLOAT32, FLOAT64)(make(types.int32, GROUPS))
