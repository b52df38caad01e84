"""What a surface does to light: the BSDF of a face's material, chosen by its kind, in world space.

A tuple of functions can't be indexed in a kernel, so each function here is a chain of `if any_lane(kind == k)`, written
out from the registry of models (bsdf/__init__.py). The frame at a vertex is that of its unit normal; for a model that
transmits, of the area normal, since the side that the ray is on decides the index.

Directions: wi from the vertex to the one before it, wo to the next one; units. A value is f |cos wo|, per steradian.
"""

import types
from typing import NamedTuple

from .bsdf import MODELS, size
from .device import Device, device
from .real import accumulate, any_lane, gather, select
from .vec import add, choose, cross, dot, frame, madd, normalize_adj, normalize_tan, scale


class Frame(NamedTuple):
    """Tangents s, t and normal n of a vertex, orthonormal; side: n = side N/|N|; material: its number."""

    s: tuple
    t: tuple
    n: tuple
    side: float
    material: int


@device
def shading_frame(scene, x):
    material = gather(scene.face_material, x.face)
    facing = select(dot(x.normal, x.area_normal) < 0.0, -1.0, 1.0)
    keep = gather(scene.material_transmits, material) > 0
    side = select(keep, 1.0, facing)
    n = scale(x.normal, side * facing)
    s, t = frame(n)
    return Frame(s, t, n, side, material)


@device
def to_local(a, v):
    return (dot(a.s, v), dot(a.t, v), dot(a.n, v))


@device
def to_world(a, v):
    return madd(madd(scale(a.n, v[2]), a.t, v[1]), a.s, v[0])


@device
def agrees(scene, a, wi, wo):
    """Whether the material can scatter so at all: to the side of wi, unless it transmits."""
    across = dot(a.n, wi) * dot(a.n, wo)
    return (across > 0.0) | ((across < 0.0) & (gather(scene.material_transmits, a.material) > 0))


@device
def value_tan(scene, d_theta, x, a, wi, wo, d_normal, d_wi, d_wo, active):
    """Derivative of `value` for these velocities, d_normal that of the area normal. An isotropic BSDF depends on the
    frame only by the normal: turning it is turning both directions the other way."""
    d_n = scale(normalize_tan(x.area_normal, d_normal), a.side)
    spin = cross(a.n, d_n)
    d_i, d_o = add(d_wi, cross(wi, spin)), add(d_wo, cross(wo, spin))
    i, o = to_local(a, wi), to_local(a, wo)
    return local_tan(scene, d_theta, a, i, o, to_local(a, d_i), to_local(a, d_o), active)


@device
def value_adj(scene, gradient, x, a, wi, wo, g, active):
    """Scatter the gradient of `value` to the material's parameters; return that for (area normal, wi, wo)."""
    i, o = to_local(a, wi), to_local(a, wo)
    g_i, g_o = local_adj(scene, gradient, a, i, o, g, active)
    g_n = to_world(a, cross((0.0 * i[0], 0.0 * i[0], 1.0 + 0.0 * i[0]), add(cross(i, g_i), cross(o, g_o))))
    return scale(normalize_adj(x.area_normal, g_n), a.side), to_world(a, g_i), to_world(a, g_o)


def _written(name: str, arguments: str, start: str, each: str, end: str) -> Device:
    """A device function of this name: `start`, `each` for every model (k: its kind, p: its parameters), `end`."""
    lines = [f"def {name}({arguments}):", "    kind = gather(scene.material_kind, a.material)"]
    lines += ["    base = gather(scene.materials, a.material)", *(f"    {line}" for line in start.splitlines())]
    scope = {"__name__": __name__, "gather": gather, "any_lane": any_lane, "choose": choose, "select": select,
             "accumulate": accumulate}
    for k, (model_name, model) in enumerate(MODELS.items()):
        scope[model_name] = model
        reads = ", ".join(f"gather(scene.theta, base + {j})" for j in range(size(model)))
        moves = ", ".join(f"gather(d_theta, base + {j})" for j in range(size(model)))
        adds = "\n".join(f"accumulate(gradient, base + {j}, g_p[{j}], here)" for j in range(size(model)))
        body = each.replace("MODEL", model_name).replace("PARAMETERS", f"({reads},)").replace("MOVES", f"({moves},)")
        lines += [f"    here = active & (kind == {k})", "    if any_lane(here):"]
        lines += [f"        {line}" for line in body.replace("ADDS", adds).splitlines()]
    lines += [f"    {line}" for line in end.splitlines()]
    exec(compile("\n".join(lines), __file__, "exec"), scope)
    function = scope[name]
    assert isinstance(function, types.FunctionType)
    return device(function)


local_value = _written(
    "local_value",
    "scene, a, wi, wo, active",
    "zero = 0.0 * wi[0]\nvalue, pdf = (zero, zero, zero), zero",
    "p = PARAMETERS\nvalue = choose(here, MODEL.eval(p, wi, wo), value)\npdf = select(here, MODEL.pdf(p, wi, wo), pdf)",
    "return value, pdf",
)
local_tan = _written(
    "local_tan",
    "scene, d_theta, a, wi, wo, d_wi, d_wo, active",
    "zero = 0.0 * wi[0]\nd_value = (zero, zero, zero)",
    "d_value = choose(here, MODEL.eval_tan(PARAMETERS, wi, wo, MOVES, d_wi, d_wo), d_value)",
    "return d_value",
)
local_adj = _written(
    "local_adj",
    "scene, gradient, a, wi, wo, g, active",
    "zero = 0.0 * wi[0]\ng_wi, g_wo = (zero, zero, zero), (zero, zero, zero)",
    "g_p, g_i, g_o = MODEL.eval_adj(PARAMETERS, wi, wo, g)\nADDS\n"
    "g_wi, g_wo = choose(here, g_i, g_wi), choose(here, g_o, g_wo)",
    "return g_wi, g_wo",
)
local_sample = _written(
    "local_sample",
    "scene, a, wi, u1, u2, u3, active",
    "zero = 0.0 * wi[0]\nwo = (zero, zero, zero)",
    "wo = choose(here, MODEL.sample(PARAMETERS, wi, u1, u2, u3), wo)",
    "return wo",
)


@device
def value(scene, a, wi, wo, active):
    """(f |cos wo|, density of `sample` per steradian); zero where the material can't scatter so."""
    f, pdf = local_value(scene, a, to_local(a, wi), to_local(a, wo), active)
    zero = 0.0 * pdf
    can = agrees(scene, a, wi, wo)
    return choose(can, f, (zero, zero, zero)), select(can, pdf, zero)


@device
def sample(scene, a, wi, u1, u2, u3, active):
    """A direction wo, with the density that `value` gives."""
    return to_world(a, local_sample(scene, a, to_local(a, wi), u1, u2, u3, active))
