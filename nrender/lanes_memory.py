"""The primitives of the width `FLOAT32XN` that read and write arrays: tables, and the local arrays of a path.

An index may also be one number for all lanes. Local arrays have a row of `LANES` numbers for each place, at first 0,
since a lane that is not active must have valid indices. What can't be done for all lanes at once (to add to a table,
where two lanes may mean the same place) is a loop over the lanes of the mask, in their order: the result is that of
single paths one after the other.
"""

from __future__ import annotations

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import local
from . import real as lane
from .lanes import bits
from .simd import FLOAT32XN, FLOATS, INDEX, INTS, LANES, MASK, Vector, broadcast, pointer_to, spread

_FEATURES = binding.get_host_cpu_features()
_BITS = ir.IntType(LANES)
_BYTE = ir.IntType(8)


def _make_local(element):
    kind = types.Array(element, 2, "C")

    @intrinsic
    def make(typing):
        def generate(context, builder, sig, args):
            array = local.on_stack(context, builder, kind, (local.SIZE, LANES))
            data = context.make_array(kind)(context, builder, array).data
            cgutils.memset(builder, data, ir.IntType(64)(4 * local.SIZE * LANES), 0)
            return array

        return kind(), generate

    return make


local.local_integers.define(FLOAT32XN)(_make_local(types.int32))
local.local_reals.define(FLOAT32XN)(_make_local(types.float32))


def _row(context, builder, kind, array, index, index_kind):
    """A pointer to the vector of a local array at an index for all lanes."""
    data = context.make_array(kind)(context, builder, array).data
    start = builder.mul(context.cast(builder, index, index_kind, types.intp), ir.IntType(64)(LANES))
    return builder.bitcast(builder.gep(data, [start]), context.get_value_type(Vector(kind.dtype, LANES)).as_pointer())


def _own(builder, index):
    """The place in a local array of each lane's index."""
    lanes = ir.Constant(index.type, list(range(LANES)))
    return builder.add(builder.mul(index, ir.Constant(index.type, [LANES] * LANES)), lanes)


@lane.gather.define(FLOAT32XN)
@intrinsic
def _gather(typing, array, index):
    result = Vector(array.dtype, LANES)

    def generate(context, builder, sig, args):
        kind, index_kind = sig.args
        if not isinstance(index_kind, Vector):
            if kind.ndim == 2:
                value = builder.load(_row(context, builder, kind, args[0], args[1], index_kind))
                value.align = 4
                return value
            place = pointer_to(context, builder, kind, args[0], args[1], index_kind)
            return broadcast(builder, builder.load(place), LANES)
        data = context.make_array(kind)(context, builder, args[0]).data
        at = _own(builder, args[1]) if kind.ndim == 2 else args[1]
        return _gathered(builder, data, at, context.get_value_type(result))

    return result(array, index), generate


def _gathered(builder, data, index, kind):
    integer = kind.element == ir.IntType(32)
    if not integer and kind.element != ir.FloatType():
        raise TypeError("a gather is of 32-bit numbers")
    word, base = "i" if integer else "s", builder.bitcast(data, _BYTE.as_pointer())
    if LANES == 16 and _FEATURES.get("avx512f"):
        every = ir.Constant(ir.VectorType(ir.IntType(1), LANES), [1] * LANES)
        arguments = [ir.Constant(kind, ir.Undefined), base, index, every, ir.IntType(32)(4)]
        name = f"llvm.x86.avx512.mask.gather.dp{word}.512"
    elif LANES == 8 and _FEATURES.get("avx2"):
        every = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [-1] * LANES)
        arguments = [ir.Constant(kind, ir.Undefined), base, index, builder.bitcast(every, kind), _BYTE(4)]
        name = f"llvm.x86.avx2.gather.d.{'d' if integer else 'ps'}.256"
    else:
        out = ir.Constant(kind, ir.Undefined)
        for k in range(LANES):
            place = builder.sext(builder.extract_element(index, INDEX(k)), ir.IntType(64))
            element = builder.load(builder.gep(data, [place]))
            out = builder.insert_element(out, element, INDEX(k))
        return out
    types_of = ir.FunctionType(kind, [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, types_of, name), arguments)


def _function(builder, name, arguments):
    """(a function of its own, not inlined, that returns nothing; whether it is new)."""
    module = builder.module
    if name in module.globals:
        return module.globals[name], False
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    function.attributes.add("nounwind")
    return function, True


def _on_stack(b, vector):
    """A pointer to the first number of a copy of the vector."""
    memory = b.alloca(vector.type)
    b.store(vector, memory)
    return b.bitcast(memory, vector.type.element.as_pointer())


def _widened(b, number, element):
    """A number as one of a table's type."""
    if number.type == element:
        return number
    return (b.fpext if isinstance(element, ir.DoubleType) else b.sext)(number, element)


def _each_lane(context, builder, kind, index, values, mask, add):
    """The function that writes, or adds, each value's lanes of the mask one after the other, the k-th value k places
    behind the index; one for each type of table. Where lanes mean the same place they are added up before: many meet
    the same material or lamp."""
    element = context.get_data_type(kind.dtype)
    number = values[0].type.element
    name = f"nrender_{'add' if add else 'put'}{len(values)}_{kind.dtype}_{number}".replace(" ", "")
    arguments = [element.as_pointer(), index.type, _BITS, *(v.type for v in values)]
    function, new = _function(builder, name, arguments)
    if not new:
        return function
    data, at, bits_given, *numbers = function.args
    start, alone, done = (function.append_basic_block(label) for label in ("start", "alone", "done"))
    b = ir.IRBuilder(start)
    places, stored = _on_stack(b, at), [_on_stack(b, v) for v in numbers]
    floats = isinstance(element, (ir.FloatType, ir.DoubleType))
    if add and floats:
        remaining = _add_groups(b, data, at, places, numbers, bits_given, alone, done)
    else:
        remaining = bits_given
        b.cbranch(b.icmp_unsigned("!=", bits_given, _BITS(0)), alone, done)
    leaving = b.block
    b.position_at_end(alone)  # one lane
    left = b.phi(_BITS)
    left.add_incoming(remaining, leaving)
    k, place = _first_lane(b, left, places)
    plus = b.fadd if floats else b.add
    for j, memory in enumerate(stored):
        target = _behind(b, data, place, j)
        value = _widened(b, b.load(b.gep(memory, [k])), element)
        b.store(plus(b.load(target), value) if add else value, target)
    others = b.and_(left, b.sub(left, _BITS(1)))
    left.add_incoming(others, alone)
    b.cbranch(b.icmp_unsigned("!=", others, _BITS(0)), alone, done)
    b.position_at_end(done)
    b.ret_void()
    return function


def _add_groups(b, data, at, places, numbers, bits_given, alone, done):
    """Add what the lanes of the first one's place have together, while those are several; go on with the other bits,
    which are returned, to the block `alone`, or if there are none to `done`."""
    start, function = b.block, b.function
    some, more = function.append_basic_block("some"), function.append_basic_block("more")
    b.cbranch(b.icmp_unsigned("!=", bits_given, _BITS(0)), some, done)
    b.position_at_end(some)
    left = b.phi(_BITS)
    _, place = _first_lane(b, left, places)
    group = b.and_(bits(b, b.icmp_signed("==", at, broadcast(b, place, LANES))), left)
    wanted = b.bitcast(group, ir.VectorType(ir.IntType(1), LANES))
    kind = numbers[0].type
    reduce_type = ir.FunctionType(kind.element, [kind.element, kind])
    reduce = cgutils.get_or_insert_function(b.module, reduce_type, f"llvm.vector.reduce.fadd.v{LANES}f32")
    for k, value in enumerate(numbers):
        chosen = b.select(wanted, value, ir.Constant(kind, [0.0] * LANES))
        total = b.call(reduce, [kind.element(0.0), chosen], fastmath=("reassoc",))
        target = _behind(b, data, place, k)
        b.store(b.fadd(b.load(target), _widened(b, total, target.type.pointee)), target)
    rest = b.xor(left, group)
    left.add_incoming(bits_given, start)
    left.add_incoming(rest, more)
    b.cbranch(b.icmp_unsigned("!=", rest, _BITS(0)), more, done)
    b.position_at_end(more)
    b.cbranch(b.icmp_unsigned(">", b.ctpop(group), _BITS(1)), some, alone)
    return rest


def _first_lane(b, left, places):
    """(number of the first lane of these bits, its place in the table)."""
    k = b.zext(b.cttz(left, ir.IntType(1)(1)), ir.IntType(64))
    return k, b.load(b.gep(places, [k]))


def _behind(b, data, place, k):
    """A pointer to the number k places behind this one."""
    return b.gep(data, [b.sext(b.add(place, ir.IntType(32)(k)), ir.IntType(64))])


def _scatter(primitive, add):
    @primitive.define(FLOAT32XN)
    @intrinsic
    def scatter(typing, array, index, value, mask):
        stored = FLOATS if isinstance(array.dtype, types.Float) else INTS

        def generate(context, builder, sig, args):
            kind, index_kind, value_kind, mask_kind = sig.args
            value = spread(context, builder, args[2], value_kind, stored)
            mask = spread(context, builder, args[3], mask_kind, MASK)
            if kind.ndim == 2 and not isinstance(index_kind, Vector):
                row = _row(context, builder, kind, args[0], args[1], index_kind)
                old = builder.load(row)
                old.align = 4
                new = value if not add else builder.fadd(old, value) if stored == FLOATS else builder.add(old, value)
                builder.store(builder.select(mask, new, old), row).align = 4
                return context.get_dummy_value()
            index = spread(context, builder, args[1], index_kind, INTS)
            index = _own(builder, index) if kind.ndim == 2 else index
            data = context.make_array(kind)(context, builder, args[0]).data
            function = _each_lane(context, builder, kind, index, [value], mask, add)
            builder.call(function, [data, index, bits(builder, mask), value])
            return context.get_dummy_value()

        arguments = [array, *(types.unliteral(k) for k in (index, value, mask))]
        return types.void(*arguments), generate


_scatter(lane.accumulate, True)
_scatter(lane.put, False)


@lane.accumulate3.define(FLOAT32XN)
@intrinsic
def _accumulate3(typing, array, index, values, mask):
    def generate(context, builder, sig, args):
        kind, index_kind, values_kind, mask_kind = sig.args
        index = spread(context, builder, args[1], index_kind, INTS)
        mask = spread(context, builder, args[3], mask_kind, MASK)
        parts = zip(cgutils.unpack_tuple(builder, args[2], 3), values_kind, strict=True)
        numbers = [spread(context, builder, value, part, FLOATS) for value, part in parts]
        data = context.make_array(kind)(context, builder, args[0]).data
        function = _each_lane(context, builder, kind, index, numbers, mask, True)
        builder.call(function, [data, index, bits(builder, mask), *numbers])
        return context.get_dummy_value()

    arguments = [array, types.unliteral(index), values, types.unliteral(mask)]
    return types.void(*arguments), generate
