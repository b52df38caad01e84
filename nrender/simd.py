"""Vector types for Numba on the CPU, as LLVM vectors: lanes of float32, int32, uint32, and masks.

Numba does not vectorise a shading loop by itself. With these types the same kernel body works on `LANES` paths: the
operators are lowered to vector instructions, and a number beside a vector is broadcast. LLVM splits the vectors where
a CPU has narrower registers. `FLOAT32XN` is the width; its primitives are in lanes.py.
"""

from __future__ import annotations

import operator

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

from .device import Width, compile_cpu, compile_cpu_inner

LANES = 16 if binding.get_host_cpu_features().get("avx512f") else 8
FLOAT32XN = Width(f"float32x{LANES}", np.float32, compile_cpu, compile_cpu_inner)


class Vector(types.Type):
    """`count` numbers of one element type; element boolean: a mask."""

    def __init__(self, element, count):
        self.element = element
        self.count = count
        super().__init__(name=f"{element}x{count}")

    def of(self, element):
        return Vector(element, self.count)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        bit = kind.element is types.boolean
        element = ir.IntType(1) if bit else manager.lookup(kind.element).get_value_type()
        super().__init__(manager, kind, ir.VectorType(element, kind.count))


FLOATS, INTS, UINTS, MASK = (Vector(t, LANES) for t in (types.float32, types.int32, types.uint32, types.boolean))
INDEX = ir.IntType(32)


def broadcast(builder, value, count):
    one = builder.insert_element(ir.Constant(ir.VectorType(value.type, count), ir.Undefined), value, INDEX(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(INDEX, count), [0] * count))


def spread(context, builder, value, kind, target):
    """`value` as an LLVM vector of the type `target`."""
    if isinstance(kind, Vector):
        return value
    return broadcast(builder, context.cast(builder, value, kind, target.element), target.count)


# --- operators
def _operator(op, lowering, gives_mask=False):
    """Lower `op` on two vectors, or on a vector and a number; lowering(builder, element, x, y)."""

    @infer_global(op)
    class Typing(AbstractTemplate):
        def generic(self, args, keywords):
            vectors = [a for a in args if isinstance(a, Vector)]
            if len(args) != 2 or not vectors:
                return None
            if any(a != vectors[0] and not isinstance(a, types.Number | types.Boolean) for a in args):
                return None
            result = vectors[0].of(types.boolean) if gives_mask else vectors[0]
            return signature(result, *(types.unliteral(a) for a in args))

    def lower(context, builder, sig, args):
        target = next(a for a in sig.args if isinstance(a, Vector))
        x, y = (spread(context, builder, value, kind, target) for value, kind in zip(args, sig.args, strict=True))
        return lowering(builder, target.element, x, y)

    for left, right in ((Vector, Vector), (Vector, types.Any), (types.Any, Vector)):
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
        numbers = isinstance(args[0], Vector) and args[0].element in (types.float32, types.int32)
        return signature(args[0], args[0]) if numbers else None


@lower_builtin(operator.neg, Vector)
def _lower_neg(context, builder, sig, args):
    return builder.fneg(args[0]) if sig.args[0].element is types.float32 else builder.neg(args[0])


# --- memory
def pointer_to(context, builder, kind, array, index, index_kind):
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [context.cast(builder, index, index_kind, types.intp)])


@intrinsic
def load(typing, array, index):
    """`LANES` consecutive elements of a 1-D array."""
    result = Vector(array.dtype, LANES)

    def generate(context, builder, sig, args):
        place = pointer_to(context, builder, sig.args[0], args[0], args[1], sig.args[1])
        value = builder.load(builder.bitcast(place, context.get_value_type(result).as_pointer()))
        value.align = 4
        return value

    return result(array, index), generate


@intrinsic
def store(typing, array, index, vector):
    """Write a vector to consecutive elements of a 1-D array."""

    def generate(context, builder, sig, args):
        place = pointer_to(context, builder, sig.args[0], args[0], args[1], sig.args[1])
        builder.store(args[2], builder.bitcast(place, args[2].type.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(array, index, vector), generate
