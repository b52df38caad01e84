"""The primitives of the width `FLOAT32XN`: several paths at once, in the vectors of simd.py.

A mask may also be one truth value for all lanes. Those that read and write arrays are in lanes_memory.py, sin and its
like in lanes_math.py.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import held
from . import real as lane
from .real import FLOAT32
from .simd import FLOAT32XN, FLOATS, INDEX, INTS, LANES, MASK, UINTS, Vector, spread

_BITS = ir.IntType(LANES)


def _vector_of(kind):
    """The vector type that a number of this type becomes."""
    if isinstance(kind, Vector):
        return kind
    if isinstance(kind, types.Boolean):
        return MASK
    return FLOATS if isinstance(types.unliteral(kind), types.Float) else INTS


held.hold.define(FLOAT32XN)(held.hold.versions[FLOAT32.name])


lane.own.define(FLOAT32XN)(lane.own.versions[FLOAT32.name])


# --- masks
@lane.select.define(FLOAT32XN)
@intrinsic
def _select(typing, mask, a, b):
    one = not any(isinstance(k, Vector) for k in (mask, a, b))
    result = types.unliteral(a) if one else _vector_of(a if isinstance(a, Vector) else b)

    def generate(context, builder, sig, args):
        values, kinds = args[1:], sig.args[1:]
        if one:
            a, b = (context.cast(builder, v, k, result) for v, k in zip(values, kinds, strict=True))
        else:
            a, b = (spread(context, builder, v, k, result) for v, k in zip(values, kinds, strict=True))
        return builder.select(args[0], a, b)

    return result(mask, a, b), generate


@lane.invert.define(FLOAT32XN)
@intrinsic
def _invert(typing, mask):
    return mask(mask), lambda context, builder, sig, args: builder.not_(args[0])


def bits(builder, mask):
    return builder.bitcast(mask, _BITS)


@lane.any_lane.define(FLOAT32XN)
@intrinsic
def _any_lane(typing, mask):
    def generate(context, builder, sig, args):
        if not isinstance(sig.args[0], Vector):
            return args[0]
        return builder.icmp_unsigned("!=", bits(builder, args[0]), _BITS(0))

    return types.boolean(mask), generate


@lane.count.define(FLOAT32XN)
@intrinsic
def _count(typing, mask):
    def generate(context, builder, sig, args):
        return builder.zext(builder.ctpop(bits(builder, args[0])), ir.IntType(64))

    return types.int64(mask), generate


@lane.rank.define(FLOAT32XN)
@intrinsic
def _rank(typing, mask):
    def generate(context, builder, sig, args):
        one = builder.zext(args[0], context.get_value_type(INTS))
        total, zero = one, ir.Constant(one.type, [0] * LANES)
        step = 1
        while step < LANES:
            moved = [LANES] * step + list(range(LANES - step))
            moved = ir.Constant(ir.VectorType(INDEX, LANES), moved)
            total = builder.add(total, builder.shuffle_vector(total, zero, moved))
            step *= 2
        return builder.sub(total, one)

    return INTS(mask), generate


# --- conversions
@lane.truncate.define(FLOAT32XN)
@intrinsic
def _truncate(typing, x):
    def generate(context, builder, sig, args):
        value = spread(context, builder, args[0], sig.args[0], FLOATS)
        return builder.fptosi(value, context.get_value_type(INTS))

    return INTS(types.unliteral(x)), generate


@lane.real.define(FLOAT32XN)
@intrinsic
def _real(typing, x):
    def generate(context, builder, sig, args):
        kind = sig.args[0]
        if not isinstance(kind, Vector):
            return spread(context, builder, args[0], kind, FLOATS)
        if kind == FLOATS:
            return args[0]
        convert = builder.sitofp if kind.element.signed else builder.uitofp
        return convert(args[0], context.get_value_type(FLOATS))

    return FLOATS(types.unliteral(x)), generate


@lane.uint32.define(FLOAT32XN)
@intrinsic
def _uint32(typing, x):
    def generate(context, builder, sig, args):
        return spread(context, builder, args[0], sig.args[0], UINTS)  # int32 and uint32 are the same bits

    return UINTS(types.unliteral(x)), generate


@lane.reverse_bits.define(FLOAT32XN)
@intrinsic
def _reverse_bits(typing, x):
    def generate(context, builder, sig, args):
        kind = ir.FunctionType(args[0].type, (args[0].type,))
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.bitreverse.v{LANES}i32")
        return builder.call(function, args)

    return UINTS(x), generate


# --- arithmetic
def _unary(primitive, name):
    @primitive.define(FLOAT32XN)
    @intrinsic
    def unary(typing, x):
        def generate(context, builder, sig, args):
            value = spread(context, builder, args[0], sig.args[0], FLOATS)
            kind = ir.FunctionType(value.type, (value.type,))
            function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32")
            return builder.call(function, [value])

        return FLOATS(types.unliteral(x)), generate


for _primitive, _name in ((lane.sqrt, "sqrt"), (lane.absolute, "fabs"), (lane.floor, "floor")):
    _unary(_primitive, _name)


def _extremum(primitive, symbol):
    @primitive.define(FLOAT32XN)
    @intrinsic
    def extremum(typing, a, b):
        result = next((k for k in (a, b) if isinstance(k, Vector)), None) or _vector_of(a)

        def generate(context, builder, sig, args):
            x, y = (spread(context, builder, v, k, result) for v, k in zip(args, sig.args, strict=True))
            compare = builder.fcmp_ordered if result == FLOATS else builder.icmp_signed
            return builder.select(compare(symbol, x, y), x, y)

        return result(types.unliteral(a), types.unliteral(b)), generate


_extremum(lane.minimum, "<")
_extremum(lane.maximum, ">")
