"""Vector types for Numba on the CPU, as LLVM vectors: 8 lanes of float32, int32, uint32, and masks.

Numba does not vectorise a shading loop by itself. With these types the same kernel body works on 8 lanes: the
operators are lowered to vector instructions, and a number beside a vector is broadcast. LLVM splits the vectors where
a CPU has narrower registers. `FLOAT32X8` is the width; its primitives stand at the end.
"""

from __future__ import annotations

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

from . import real as lane
from .device import Width, compile_cpu, compile_cpu_inner

LANES = 8
FLOAT32X8 = Width("float32x8", np.float32, compile_cpu, compile_cpu_inner)


class Vector(types.Type):
    """8 numbers of one element type; element boolean: a mask."""

    def __init__(self, element):
        self.element = element
        super().__init__(name=f"{element}x{LANES}")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        bit = kind.element is types.boolean
        element = ir.IntType(1) if bit else manager.lookup(kind.element).get_value_type()
        super().__init__(manager, kind, ir.VectorType(element, LANES))


FLOATS, INTS, UINTS, MASK = (Vector(t) for t in (types.float32, types.int32, types.uint32, types.boolean))
_INDEX = ir.IntType(32)


def _broadcast(builder, value):
    one = builder.insert_element(ir.Constant(ir.VectorType(value.type, LANES), ir.Undefined), value, _INDEX(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES))


def _lanes(context, builder, value, kind, target):
    """`value` as an LLVM vector of the type `target`."""
    if isinstance(kind, Vector):
        return value
    return _broadcast(builder, context.cast(builder, value, kind, target.element))


# --- operators
def _operator(op, lowering, gives_mask=False):
    """Lower `op` on two vectors, or on a vector and a number; lowering(builder, element, x, y)."""

    @infer_global(op)
    class Typing(AbstractTemplate):
        def generic(self, args, keywords):
            vectors = [a for a in args if isinstance(a, Vector)]
            if len(args) != 2 or not vectors:
                return None
            if any(a != vectors[0] and not isinstance(a, types.Number) for a in args):
                return None
            return signature(MASK if gives_mask else vectors[0], *(types.unliteral(a) for a in args))

    def lower(context, builder, sig, args):
        target = next(a for a in sig.args if isinstance(a, Vector))
        x, y = (_lanes(context, builder, value, kind, target) for value, kind in zip(args, sig.args, strict=True))
        return lowering(builder, target.element, x, y)

    for left, right in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(op, left, right)(lower)


def _arithmetic(floats, integers):
    return lambda b, element, x, y: getattr(b, floats if element is types.float32 else integers)(x, y)


def _comparison(symbol):
    def lowering(builder, element, x, y):
        if element is types.float32:
            return (builder.fcmp_unordered if symbol == "!=" else builder.fcmp_ordered)(symbol, x, y)
        return (builder.icmp_signed if element.signed else builder.icmp_unsigned)(symbol, x, y)

    return lowering


_operator(operator.add, _arithmetic("fadd", "add"))
_operator(operator.sub, _arithmetic("fsub", "sub"))
_operator(operator.mul, _arithmetic("fmul", "mul"))
_operator(operator.truediv, lambda b, element, x, y: b.fdiv(x, y))
_operator(operator.and_, lambda b, element, x, y: b.and_(x, y))
_operator(operator.or_, lambda b, element, x, y: b.or_(x, y))
_operator(operator.xor, lambda b, element, x, y: b.xor(x, y))
_operator(operator.rshift, lambda b, element, x, y: (b.ashr if element.signed else b.lshr)(x, y))
for _op, _symbol in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _operator(_op, _comparison(_symbol), gives_mask=True)


@infer_global(operator.neg)
class _NegTyping(AbstractTemplate):
    def generic(self, args, keywords):
        return signature(args[0], args[0]) if args[0] in (FLOATS, INTS) else None


@lower_builtin(operator.neg, Vector)
def _lower_neg(context, builder, sig, args):
    return builder.fneg(args[0]) if sig.args[0] == FLOATS else builder.neg(args[0])


# --- memory
def _pointer(context, builder, kind, array, index, index_kind):
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [context.cast(builder, index, index_kind, types.intp)])


@intrinsic
def load(typing, array, index):
    """Eight consecutive elements of a 1-D array."""
    result = Vector(array.dtype)

    def generate(context, builder, sig, args):
        pointer = _pointer(context, builder, sig.args[0], args[0], args[1], sig.args[1])
        value = builder.load(builder.bitcast(pointer, context.get_value_type(result).as_pointer()))
        value.align = 4
        return value

    return result(array, index), generate


@intrinsic
def store(typing, array, index, vector):
    """Write a vector to eight consecutive elements of a 1-D array."""

    def generate(context, builder, sig, args):
        pointer = _pointer(context, builder, sig.args[0], args[0], args[1], sig.args[1])
        builder.store(args[2], builder.bitcast(pointer, args[2].type.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(array, index, vector), generate


@lane.gather.define(FLOAT32X8)
@intrinsic
def _gather(typing, array, index):
    result = Vector(array.dtype)

    def generate(context, builder, sig, args):
        if not isinstance(sig.args[1], Vector):
            pointer = _pointer(context, builder, sig.args[0], args[0], args[1], sig.args[1])
            return _broadcast(builder, builder.load(pointer))
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        out = ir.Constant(context.get_value_type(result), ir.Undefined)
        wide = builder.sext(args[1], ir.VectorType(ir.IntType(64), LANES))
        for k in range(LANES):
            element = builder.load(builder.gep(data, [builder.extract_element(wide, _INDEX(k))]))
            out = builder.insert_element(out, element, _INDEX(k))
        return out

    return result(array, index), generate


# --- the primitives of this width
@lane.select.define(FLOAT32X8)
@intrinsic
def _select(typing, mask, a, b):
    result = a if isinstance(a, Vector) else b if isinstance(b, Vector) else Vector(types.unliteral(a))

    def generate(context, builder, sig, args):
        a, b = (_lanes(context, builder, v, k, result) for v, k in zip(args[1:], sig.args[1:], strict=True))
        return builder.select(args[0], a, b)

    return result(mask, a, b), generate


@lane.invert.define(FLOAT32X8)
@intrinsic
def _invert(typing, mask):
    return MASK(mask), lambda context, builder, sig, args: builder.not_(args[0])


@lane.any_lane.define(FLOAT32X8)
@intrinsic
def _any_lane(typing, mask):
    def generate(context, builder, sig, args):
        bits = builder.bitcast(args[0], ir.IntType(LANES))
        return builder.icmp_unsigned("!=", bits, ir.IntType(LANES)(0))

    return types.boolean(mask), generate


@lane.truncate.define(FLOAT32X8)
@intrinsic
def _truncate(typing, x):
    return INTS(x), lambda context, builder, sig, args: builder.fptosi(args[0], context.get_value_type(INTS))


@lane.real.define(FLOAT32X8)
@intrinsic
def _real(typing, x):
    def generate(context, builder, sig, args):
        kind = sig.args[0]
        if not isinstance(kind, Vector):
            return _lanes(context, builder, args[0], kind, FLOATS)
        if kind == FLOATS:
            return args[0]
        convert = builder.sitofp if kind.element.signed else builder.uitofp
        return convert(args[0], context.get_value_type(FLOATS))

    return FLOATS(types.unliteral(x)), generate


@lane.uint32.define(FLOAT32X8)
@intrinsic
def _uint32(typing, x):
    def generate(context, builder, sig, args):
        return _lanes(context, builder, args[0], sig.args[0], UINTS)  # int32 and uint32 are the same bits

    return UINTS(types.unliteral(x)), generate


@lane.reverse_bits.define(FLOAT32X8)
@intrinsic
def _reverse_bits(typing, x):
    def generate(context, builder, sig, args):
        kind = ir.FunctionType(args[0].type, (args[0].type,))
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.bitreverse.v{LANES}i32")
        return builder.call(function, args)

    return UINTS(x), generate


def _unary(primitive, name):
    @primitive.define(FLOAT32X8)
    @intrinsic
    def unary(typing, x):
        def generate(context, builder, sig, args):
            kind = ir.FunctionType(args[0].type, (args[0].type,))
            function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32")
            return builder.call(function, args)

        return (FLOATS(x), generate) if x == FLOATS else None


for _primitive, _name in (
    (lane.sqrt, "sqrt"),
    (lane.sin, "sin"),
    (lane.cos, "cos"),
    (lane.exp, "exp"),
    (lane.log, "log"),
    (lane.absolute, "fabs"),
    (lane.floor, "floor"),
):
    _unary(_primitive, _name)


@lane.arctangent2.define(FLOAT32X8)
@intrinsic
def _arctangent2(typing, y, x):
    """Lane by lane: LLVM has no such function for vectors before its version 20."""

    def generate(context, builder, sig, args):
        single = ir.FloatType()
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(single, (single, single)), "atan2f")
        ys, xs = (_lanes(context, builder, v, k, FLOATS) for v, k in zip(args, sig.args, strict=True))
        out = ir.Constant(context.get_value_type(FLOATS), ir.Undefined)
        for k in range(LANES):
            one = builder.call(function, [builder.extract_element(v, _INDEX(k)) for v in (ys, xs)])
            out = builder.insert_element(out, one, _INDEX(k))
        return out

    return FLOATS(y, x), generate


def _extremum(primitive, symbol):
    @primitive.define(FLOAT32X8)
    @intrinsic
    def extremum(typing, a, b):
        def generate(context, builder, sig, args):
            x, y = (_lanes(context, builder, v, k, FLOATS) for v, k in zip(args, sig.args, strict=True))
            return builder.select(builder.fcmp_ordered(symbol, x, y), x, y)

        return FLOATS(a, b), generate


_extremum(lane.minimum, "<")
_extremum(lane.maximum, ">")
