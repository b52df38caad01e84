"""What a surface does to light: the BSDF of a face's material, chosen by its kind, in world space.

A tuple of functions can't be indexed in a kernel, so each function here is a chain of `if any_lane(kind == k)`, written
out from the registry of models (bsdf/__init__.py). The frame at a vertex is that of its shading normal (shading.py), on
the side of the ray; for a material whose sides differ it is on that of the triangle's normal.

Directions: wi from the vertex to the one before it, wo to the next one; units. A value is f |cos wo|, per steradian.
p: the material's numbers at the vertex (material.py), d_p their velocities, g_p the sum of their gradients. Frames are
orthonormal and a BSDF is isotropic, so it depends on the frame only by the normal.
"""

import types
from typing import NamedTuple

from . import shading
from .bsdf import MODELS, place, size
from .device import Device, device
from .real import any_lane, gather, invert, maximum, put, select, sqrt
from .tables import (
    FACE_MATERIAL,
    MATERIAL_KIND,
    MATERIAL_SIDES,
    ONE_SIDED,
    TRANSMITS,
    TWO_SIDED,
    of_face,
    of_material,
)
from .vec import add, choose, cross, dot, frame, madd, scale


class Frame(NamedTuple):
    """Tangents s, t and normal n of a vertex; side: sign of n on the side of the triangle's normal; toward: of its
    cosine with wi; material: its number; plain: n is the triangle's."""

    s: tuple
    t: tuple
    n: tuple
    side: float
    toward: float
    material: int
    plain: bool


@device
def shading_frame(scene, x, wi):
    material = of_face(scene, x.face, FACE_MATERIAL)
    facing = select(dot(x.normal, x.area_normal) < 0.0, -1.0, 1.0)
    same = of_material(scene, material, MATERIAL_SIDES) == TWO_SIDED
    side, toward = select(same, facing, 1.0), select(same, 1.0, facing)
    n = shading.normal(scene, x, material, side, toward, wi)
    s, t = frame(n)
    return Frame(s, t, n, side, toward, material, shading.is_plain(scene, x, material))


@device
def frame_either(mask, a, b):
    """`select` for two frames."""
    return Frame(
        choose(mask, a.s, b.s),
        choose(mask, a.t, b.t),
        choose(mask, a.n, b.n),
        select(mask, a.side, b.side),
        select(mask, a.toward, b.toward),
        select(mask, a.material, b.material),
        select(mask, a.plain, b.plain),
    )


@device
def frame_tan(scene, d_theta, x, a, wi, d_area_normal, d_u, d_v, d_wi):
    """Velocity of the frame's normal; (d_u, d_v): how fast x slides on its triangle."""
    return shading.normal_tan(scene, d_theta, x, a.material, a.side, a.toward, wi, d_area_normal, d_u, d_v, d_wi)


@device
def frame_adj(scene, gradient, x, a, wi, g_n, mask):
    """Scatter the gradient of the frame's normal; return that of (area normal, wi, u, v)."""
    return shading.normal_adj(scene, gradient, x, a.material, a.side, a.toward, wi, g_n, mask)


@device
def to_local(a, v):
    return (dot(a.s, v), dot(a.t, v), dot(a.n, v))


@device
def to_world(a, v):
    return madd(madd(scale(a.n, v[2]), a.t, v[1]), a.s, v[0])


@device
def agrees(scene, x, a, wi, wo):
    """Whether the material can scatter so at all: to the side of wi, unless it transmits; and as seen by the triangle
    as by the shading normal."""
    i = dot(a.n, wi)
    across = i * dot(a.n, wo)
    sides = of_material(scene, a.material, MATERIAL_SIDES)
    can = (across > 0.0) | ((across < 0.0) & (sides == TRANSMITS))
    true = across * (dot(x.area_normal, wi) * dot(x.area_normal, wo)) > 0.0
    return can & (a.plain | true) & ((sides != ONE_SIDED) | (i > 0.0))


@device
def value_tan(scene, x, a, p, d_p, wi, wo, d_n, d_area_normal, d_wi, d_wo, active):
    """Derivative of `value` for these velocities. Turning the frame is turning both directions the other way."""
    spin = cross(a.n, d_n)
    d_i, d_o = add(d_wi, cross(wi, spin)), add(d_wo, cross(wo, spin))
    i, o = to_local(a, wi), to_local(a, wo)
    out = local_tan(scene, a, p, d_p, i, o, to_local(a, d_i), to_local(a, d_o), active)
    bent = active & invert(a.plain)
    if any_lane(bent):
        f, pdf = local_value(scene, a, p, i, o, bent)
        factor, slope = shading.horizon(a.n, x.area_normal, wo)
        change = shading.horizon_tan(a.n, x.area_normal, wo, slope, d_n, d_area_normal, d_wo)
        out = choose(bent, madd(scale(out, factor), f, change), out)
    return out


@device
def value_adj(scene, x, a, p, g_p, wi, wo, g, active):
    """Add the gradient of `value` by the material's numbers to g_p; return that by (normal, area normal, wi, wo)."""
    i, o = to_local(a, wi), to_local(a, wo)
    zero = 0.0 * g[0]
    none = (zero, zero, zero)
    h_n, g_area, h_wo, g_local = none, none, none, g
    bent = active & invert(a.plain)
    if any_lane(bent):
        f, pdf = local_value(scene, a, p, i, o, bent)
        factor, slope = shading.horizon(a.n, x.area_normal, wo)
        h_n, g_area, h_wo = shading.horizon_adj(a.n, x.area_normal, wo, select(bent, slope, zero), dot(f, g))
        g_local = choose(bent, scale(g, factor), g)
    g_i, g_o = local_adj(scene, a, p, g_p, i, o, g_local, active)
    g_n = to_world(a, cross((zero, zero, zero + 1.0), add(cross(i, g_i), cross(o, g_o))))
    return add(g_n, h_n), g_area, to_world(a, g_i), add(to_world(a, g_o), h_wo)


def _written(name: str, arguments: str, start: str, each: str, end: str) -> Device:
    """A device function of this name: `start`, `each` for every model (k: its kind, p: its numbers), `end`."""
    lines = [f"def {name}({arguments}):", "    kind = of_material(scene, a.material, MATERIAL_KIND)"]
    lines += [f"    {line}" for line in start.splitlines()]
    scope: dict[str, object] = {"__name__": __name__, "MATERIAL_KIND": MATERIAL_KIND, "of_material": of_material}
    scope |= {"gather": gather, "put": put, "any_lane": any_lane, "choose": choose, "select": select}
    for k, (model_name, model) in enumerate(MODELS.items()):
        scope[model_name] = model
        reads = ", ".join(f"gather(p, {j})" for j in range(size(model)))
        moves = ", ".join(f"gather(d_p, {j})" for j in range(size(model)))
        adds = "\n".join(f"put(g_p, {j}, gather(g_p, {j}) + g_own[{j}], here)" for j in range(size(model)))
        body = each.replace("MODEL", model_name).replace("PARAMETERS", f"({reads},)").replace("MOVES", f"({moves},)")
        for word, key, default in (("ROUGHNESS", "roughness", 1.0), ("IOR", "ior", 1.5)):
            number = f"gather(p, {place(model, key)})" if key in model.PARAMS else f"zero + {default}"
            body = body.replace(word, number)
        lines += [f"    here = active & (kind == {k})", "    if any_lane(here):"]
        lines += [f"        {line}" for line in body.replace("ADDS", adds).splitlines()]
    lines += [f"    {line}" for line in end.splitlines()]
    exec(compile("\n".join(lines), __file__, "exec"), scope)
    function = scope[name]
    assert isinstance(function, types.FunctionType)
    return device(function)


local_value = _written(
    "local_value",
    "scene, a, p, wi, wo, active",
    "zero = 0.0 * wi[0]\nvalue, pdf = (zero, zero, zero), zero",
    "own = PARAMETERS\nvalue = choose(here, MODEL.eval(own, wi, wo), value)\n"
    "pdf = select(here, MODEL.pdf(own, wi, wo), pdf)",
    "return value, pdf",
)
local_tan = _written(
    "local_tan",
    "scene, a, p, d_p, wi, wo, d_wi, d_wo, active",
    "zero = 0.0 * wi[0]\nd_value = (zero, zero, zero)",
    "d_value = choose(here, MODEL.eval_tan(PARAMETERS, wi, wo, MOVES, d_wi, d_wo), d_value)",
    "return d_value",
)
local_adj = _written(
    "local_adj",
    "scene, a, p, g_p, wi, wo, g, active",
    "zero = 0.0 * wi[0]\ng_wi, g_wo = (zero, zero, zero), (zero, zero, zero)",
    "g_own, g_i, g_o = MODEL.eval_adj(PARAMETERS, wi, wo, g)\nADDS\n"
    "g_wi, g_wo = choose(here, g_i, g_wi), choose(here, g_o, g_wo)",
    "return g_wi, g_wo",
)
local_sample = _written(
    "local_sample",
    "scene, a, p, wi, u1, u2, u3, active",
    "zero = 0.0 * wi[0]\nwo = (zero, zero, zero)",
    "wo = choose(here, MODEL.sample(PARAMETERS, wi, u1, u2, u3), wo)",
    "return wo",
)
roughness = _written(  # 1 of a model without a lobe
    "roughness",
    "scene, a, p, active",
    "zero = 0.0 * gather(p, 0)\nfound = zero + 1.0",
    "found = select(here, ROUGHNESS, found)",
    "return found",
)
ior = _written(  # about, of a model without this parameter
    "ior",
    "scene, a, p, active",
    "zero = 0.0 * gather(p, 0)\nfound = zero + 1.0",
    "found = select(here, IOR, found)",
    "return found",
)


@device
def lobes(scene, a, p, wi, active):
    """(unit directions in which a smooth surface would send light on to wi: mirrored, and refracted or 0; half-width of
    the lobe about them)."""
    rough = roughness(scene, a, p, active)
    c = dot(a.n, wi)
    mirror = madd(scale(wi, -1.0), a.n, 2.0 * c)
    index = ior(scene, a, p, active)
    eta = select(c > 0.0, 1.0 / index, index)
    k = 1.0 - eta * eta * (1.0 - c * c)
    passes = (k > 0.0) & (of_material(scene, a.material, MATERIAL_SIDES) == TRANSMITS)
    root = sqrt(select(passes, k, 0.0)) * select(c > 0.0, 1.0, -1.0)
    through = madd(scale(wi, -eta), a.n, eta * c - root)
    return mirror, scale(through, select(passes, 1.0, 0.0)), 2.0 * maximum(rough * rough, 1e-3)


@device
def value(scene, x, a, p, wi, wo, active):
    """(f |cos wo|, density of `sample` per steradian); zero where the material can't scatter so."""
    f, pdf = local_value(scene, a, p, to_local(a, wi), to_local(a, wo), active)
    zero = 0.0 * pdf
    can = agrees(scene, x, a, wi, wo)
    if any_lane(active & invert(a.plain)):
        factor, slope = shading.horizon(a.n, x.area_normal, wo)
        f = choose(a.plain, f, scale(f, factor))
    return choose(can, f, (zero, zero, zero)), select(can, pdf, zero)


@device
def sample(scene, a, p, wi, u1, u2, u3, active):
    """A direction wo, with the density that `value` gives."""
    return to_world(a, local_sample(scene, a, p, to_local(a, wi), u1, u2, u3, active))
