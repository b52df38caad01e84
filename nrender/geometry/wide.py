"""Vectors of eight in the registers of a CPU: a ray against eight boxes or triangles, a box as (low, -high).

Functions for compiled code only, on the types of `simd.py`, whose operators work here too. Arrays are passed as
pointers: an array is seven words, and a call that passes a few of them would cost as much as a box. An index is not
checked.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba import extending, types
from numba.core import cgutils

from ..simd import LANES, Vector, spread

intrinsic: Any = extending.intrinsic

EIGHT = 8
HAS_EIGHT = bool(binding.get_host_cpu_features().get("avx2"))  # else LLVM splits what is here into halves
FLOATS = Vector(types.float32, EIGHT)
_WORD = ir.IntType(32)
_LONG = ir.IntType(64)


def _vector(*kinds):
    return next((k for k in kinds if isinstance(k, Vector)), None)


# --- memory
@intrinsic
def address(typing, array):
    """Where a 1-D array begins."""

    def generate(context, builder, sig, args):
        return context.make_array(sig.args[0])(context, builder, args[0]).data

    return (types.CPointer(array.dtype)(array), generate) if isinstance(array, types.Array) else None


@intrinsic
def as_integers(typing, pointer):
    """A pointer to the same memory, for int32."""
    result = types.CPointer(types.int32)
    return result(pointer), lambda context, builder, sig, args: builder.bitcast(args[0], _WORD.as_pointer())


@intrinsic
def item(typing, pointer, index):
    """pointer[index]."""

    def generate(context, builder, sig, args):
        return builder.load(builder.gep(args[0], [context.cast(builder, args[1], sig.args[1], types.int64)]))

    return pointer.dtype(pointer, index), generate


@intrinsic
def set_item(typing, pointer, index, value):
    """pointer[index] = value."""

    def generate(context, builder, sig, args):
        value = context.cast(builder, args[2], sig.args[2], sig.args[0].dtype)
        builder.store(value, builder.gep(args[0], [context.cast(builder, args[1], sig.args[1], types.int64)]))
        return context.get_dummy_value()

    return types.void(pointer, index, value), generate


def _at(context, builder, pointer, index, kind, vector):
    place = builder.gep(pointer, [context.cast(builder, index, kind, types.int64)])
    return builder.bitcast(place, vector.as_pointer())


@intrinsic
def eight(typing, pointer, index):
    """The eight numbers from pointer[index] on."""
    result = Vector(pointer.dtype, EIGHT)

    def generate(context, builder, sig, args):
        place = _at(context, builder, args[0], args[1], sig.args[1], context.get_value_type(result))
        value = builder.load(place)
        value.align = 4
        return value

    return result(pointer, index), generate


@intrinsic
def lanes_at(typing, pointer, index):
    """The LANES numbers from pointer[index] on."""
    result = Vector(pointer.dtype, LANES)

    def generate(context, builder, sig, args):
        value = builder.load(_at(context, builder, args[0], args[1], sig.args[1], context.get_value_type(result)))
        value.align = 4
        return value

    return result(pointer, index), generate


@intrinsic
def set_vector(typing, pointer, index, vector):
    """Write a vector to pointer[index] and what follows."""

    def generate(context, builder, sig, args):
        builder.store(args[2], _at(context, builder, args[0], args[1], sig.args[1], args[2].type)).align = 4
        return context.get_dummy_value()

    return types.void(pointer, index, vector), generate


# --- arithmetic
@intrinsic
def fused(typing, a, b, c):
    """a b + c, rounded once; with one number at least as a vector."""
    result = _vector(a, b, c)

    def generate(context, builder, sig, args):
        values = [spread(context, builder, v, k, result) for v, k in zip(args, sig.args, strict=True)]
        kind = values[0].type
        name = f"llvm.fma.v{result.count}f32"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, (kind,) * 3), name)
        return builder.call(function, values)

    return result(a, b, c), generate


def _extremum(symbol):
    @intrinsic
    def extremum(typing, a, b):
        result = _vector(a, b)

        def generate(context, builder, sig, args):
            x, y = (spread(context, builder, v, k, result) for v, k in zip(args, sig.args, strict=True))
            return builder.select(builder.fcmp_ordered(symbol, x, y), x, y)

        return result(a, b), generate

    return extremum


least = _extremum("<")
most = _extremum(">")


@intrinsic
def where(typing, mask, a, b):
    """a in the places of the mask, else b; one of them a vector."""
    result = _vector(a, b)

    def generate(context, builder, sig, args):
        a, b = (spread(context, builder, v, k, result) for v, k in zip(args[1:], sig.args[1:], strict=True))
        return builder.select(args[0], a, b)

    return result(mask, a, b), generate


@intrinsic
def lowest(typing, vector):
    """The least of its numbers."""

    def generate(context, builder, sig, args):
        x, count = args[0], args[0].type.count
        while count > 1:
            count //= 2
            low, high = (
                builder.shuffle_vector(x, x, ir.Constant(ir.VectorType(_WORD, count), list(range(k, k + count))))
                for k in (0, count)
            )
            x = builder.select(builder.fcmp_ordered("<", low, high), low, high)
        return builder.extract_element(x, _WORD(0))

    return vector.element(vector), generate


# --- bits and places
@intrinsic
def bits(typing, mask):
    """The mask as the low bits of an int64."""

    def generate(context, builder, sig, args):
        return builder.zext(builder.bitcast(args[0], ir.IntType(args[0].type.count)), _LONG)

    return types.int64(mask), generate


@intrinsic
def first(typing, word):
    """The number of the lowest bit that is set; some bit must be."""

    def generate(context, builder, sig, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


@intrinsic
def pick(typing, vector, index):
    """One number of a vector."""

    def generate(context, builder, sig, args):
        return builder.extract_element(args[0], context.cast(builder, args[1], sig.args[1], types.int32))

    return vector.element(vector, index), generate


@intrinsic
def integers(typing, vector):
    """The integer parts, towards 0."""
    result = vector.of(types.int32)
    return result(vector), lambda context, builder, sig, args: builder.fptosi(args[0], context.get_value_type(result))


@intrinsic
def swapped(typing, vector):
    """The second half before the first."""

    def generate(context, builder, sig, args):
        count = args[0].type.count
        order = [(k + count // 2) % count for k in range(count)]
        return builder.shuffle_vector(args[0], args[0], ir.Constant(ir.VectorType(_WORD, count), order))

    return vector(vector), generate


@intrinsic
def pair(typing, number, link):
    """A non-negative float32 and an int32 in an int64, which sorts by the number."""

    def generate(context, builder, sig, args):
        high = builder.shl(builder.zext(builder.bitcast(args[0], _WORD), _LONG), _LONG(32))
        low = builder.zext(context.cast(builder, args[1], sig.args[1], types.int32), _LONG)
        return builder.or_(high, low)

    return types.int64(types.float32, link), generate


@intrinsic
def number_of(typing, pair):
    """The number of a `pair`."""

    def generate(context, builder, sig, args):
        return builder.bitcast(builder.trunc(builder.lshr(args[0], _LONG(32)), _WORD), ir.FloatType())

    return types.float32(types.int64), generate


@intrinsic
def link_of(typing, pair):
    """The link of a `pair`, as an int64."""

    def generate(context, builder, sig, args):
        return builder.sext(builder.trunc(args[0], _WORD), _LONG)

    return types.int64(types.int64), generate


@intrinsic
def mask_of(typing, word, like):
    """The mask whose bits are the low ones of an int64; as many as `like`, a vector, has numbers."""
    result = like.of(types.boolean)

    def generate(context, builder, sig, args):
        return builder.bitcast(builder.trunc(args[0], ir.IntType(result.count)), context.get_value_type(result))

    return result(types.int64, like), generate


@intrinsic
def count(typing, word):
    """How many bits are set."""
    return types.int64(types.int64), lambda context, builder, sig, args: builder.ctpop(args[0])
