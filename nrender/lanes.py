"""The primitives of the width `FLOAT32XN`: several paths at once, in the vectors of simd.py.

A mask may also be one truth value for all lanes, an index one number for all. Local arrays have a row of `LANES`
numbers for each place, at first 0, since a lane that is not active must have valid indices. What can't be done for all
lanes at once (to add to a table, where two lanes may mean the same place) is a loop over the lanes of the mask, in
their order: the result is that of single paths one after the other.
"""

from __future__ import annotations

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import held, local
from . import real as lane
from .real import FLOAT32
from .simd import FLOAT32XN, FLOATS, INDEX, INTS, LANES, MASK, UINTS, Vector, broadcast, pointer_to, spread

_FEATURES = binding.get_host_cpu_features()
_BITS = ir.IntType(LANES)
_BYTE = ir.IntType(8)


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


def _bits(builder, mask):
    return builder.bitcast(mask, _BITS)


@lane.any_lane.define(FLOAT32XN)
@intrinsic
def _any_lane(typing, mask):
    def generate(context, builder, sig, args):
        if not isinstance(sig.args[0], Vector):
            return args[0]
        return builder.icmp_unsigned("!=", _bits(builder, args[0]), _BITS(0))

    return types.boolean(mask), generate


@lane.count.define(FLOAT32XN)
@intrinsic
def _count(typing, mask):
    def generate(context, builder, sig, args):
        return builder.zext(builder.ctpop(_bits(builder, args[0])), ir.IntType(64))

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


# --- memory
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
    word, long = ir.IntType(32), ir.IntType(64)
    number = values[0].type.element
    name = f"nrender_{'add' if add else 'put'}{len(values)}_{kind.dtype}_{number}".replace(" ", "")
    arguments = [element.as_pointer(), index.type, _BITS, *(v.type for v in values)]
    function, new = _function(builder, name, arguments)
    if not new:
        return function
    data, at, bits, *numbers = function.args
    start, alone, done = (function.append_basic_block(label) for label in ("start", "alone", "done"))
    b = ir.IRBuilder(start)
    places, stored = _on_stack(b, at), [_on_stack(b, v) for v in numbers]
    floats = isinstance(element, (ir.FloatType, ir.DoubleType))
    plus = b.fadd if floats else b.add
    any_left = b.icmp_unsigned("!=", bits, _BITS(0))
    remaining, leaving = bits, start

    def first(left):
        k = b.zext(b.cttz(left, ir.IntType(1)(1)), long)
        return k, b.load(b.gep(places, [k]))

    if add and floats:  # all lanes of the first one's place, while those are several
        some, more = function.append_basic_block("some"), function.append_basic_block("more")
        b.cbranch(any_left, some, done)
        b.position_at_end(some)
        left = b.phi(_BITS)
        _, place = first(left)
        group = b.and_(_bits(b, b.icmp_signed("==", at, broadcast(b, place, LANES))), left)
        wanted = b.bitcast(group, ir.VectorType(ir.IntType(1), LANES))
        reduce_type = ir.FunctionType(number, [number, values[0].type])
        reduce = cgutils.get_or_insert_function(builder.module, reduce_type, f"llvm.vector.reduce.fadd.v{LANES}f32")
        for k, value in enumerate(numbers):
            chosen = b.select(wanted, value, ir.Constant(value.type, [0.0] * LANES))
            total = b.call(reduce, [number(0.0), chosen], fastmath=("reassoc",))
            target = b.gep(data, [b.sext(b.add(place, word(k)), long)])
            b.store(plus(b.load(target), _widened(b, total, element)), target)
        rest = b.xor(left, group)
        left.add_incoming(bits, start)
        left.add_incoming(rest, more)
        b.cbranch(b.icmp_unsigned("!=", rest, _BITS(0)), more, done)
        b.position_at_end(more)
        b.cbranch(b.icmp_unsigned(">", b.ctpop(group), _BITS(1)), some, alone)
        remaining, leaving = rest, more
    else:
        b.cbranch(any_left, alone, done)
    b.position_at_end(alone)  # one lane
    left = b.phi(_BITS)
    left.add_incoming(remaining, leaving)
    k, place = first(left)
    for j, memory in enumerate(stored):
        target = b.gep(data, [b.sext(b.add(place, word(j)), long)])
        value = _widened(b, b.load(b.gep(memory, [k])), element)
        b.store(plus(b.load(target), value) if add else value, target)
    others = b.and_(left, b.sub(left, _BITS(1)))
    left.add_incoming(others, alone)
    b.cbranch(b.icmp_unsigned("!=", others, _BITS(0)), alone, done)
    b.position_at_end(done)
    b.ret_void()
    return function


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
            builder.call(function, [data, index, _bits(builder, mask), value])
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
        builder.call(function, [data, index, _bits(builder, mask), *numbers])
        return context.get_dummy_value()

    arguments = [array, types.unliteral(index), values, types.unliteral(mask)]
    return types.void(*arguments), generate
