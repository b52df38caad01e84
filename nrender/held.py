"""Tables by reference. A NamedTuple of arrays is passed to a function as each array's seven words: some 250 for a
scene, at each of a thousand calls, of which nothing is left when all is inlined but the time to compile it. `hold` puts
the words into memory once, and gives what has the same attributes and is passed as one pointer."""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model

from .device import Primitive
from .real import FLOAT32, FLOAT64


class Held(types.Type):
    """A pointer to a NamedTuple, which no one changes."""

    def __init__(self, kind):
        self.kind = kind
        super().__init__(name=f"Held({kind})")


@register_model(Held)
class _HeldModel(models.OpaqueModel):
    pass


@infer_getattr
class _Attributes(AttributeTemplate):
    key = Held

    def generic_resolve(self, value, attr):  # type: ignore[override]
        return value.kind.types[value.kind.fields.index(attr)] if attr in value.kind.fields else None


@lower_getattr_generic(Held)
def _get(context, builder, held, value, name):
    memory = builder.bitcast(value, context.get_value_type(held.kind).as_pointer())
    k = held.kind.fields.index(name)
    kind = held.kind.types[k]
    place = cgutils.gep_inbounds(builder, memory, 0, k)
    if not isinstance(kind, types.Array):
        return _load(builder, place)
    parts = context.get_value_type(kind)
    out = ir.Constant(parts, ir.Undefined)
    for j in range(len(parts.elements)):
        if isinstance(parts.elements[j], ir.ArrayType):
            for i in range(parts.elements[j].count):
                out = builder.insert_value(out, _load(builder, cgutils.gep_inbounds(builder, place, 0, j, i)), [j, i])
        else:
            out = builder.insert_value(out, _load(builder, cgutils.gep_inbounds(builder, place, 0, j)), [j])
    return out


def _load(builder, place):
    value = builder.load(place)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


@Primitive
def hold(tables):
    return tables


@hold.define(FLOAT32, FLOAT64)
@intrinsic
def _hold(typing, tables):
    if not isinstance(tables, types.NamedTuple):
        return None

    def generate(context, builder, sig, args):
        memory = cgutils.alloca_once_value(builder, args[0])
        return builder.bitcast(memory, context.get_value_type(sig.return_type))

    return Held(tables)(tables), generate
