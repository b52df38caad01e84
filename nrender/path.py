"""The interior: one random walk, vertex by vertex. path_tan.py and path_adj.py are its tangent and its adjoint.

Unidirectional, next-event estimation and BSDF sampling combined by the power heuristic (Veach 1997), Russian roulette
from depth `ROULETTE`. Depth 1 is emission only; a surface that is passed, by its opacity, does not count. The
derivative is that of the path integral over material points, densities and weights detached; docs/theory.md derives it.
What jumps (visibility) is in `boundary/`.
"""

from typing import NamedTuple

from .camera.screen import middle_ray
from .device import device
from .direct import direct
from .emitters import emission_weight
from .geometry.surface import step_off, surface
from .hits import Met
from .light import area
from .local import local_reals
from .material import read
from .mipmap import NEAR, footprint
from .motion import View
from .real import any_lane, invert, select, truncate
from .rng import stream_either
from .scattering import shading_frame
from .vec import add, choose, dot, mul, normalize, scale, sub
from .walk import meet, no_veil, onward, sky, veil

DARK = 1e-3  # see path_adj.py


class Walk(NamedTuple):
    """A walk on its way to its next vertex. eye, axis: its first ray; o, d: the one that it is on, d of unit length;
    source: where it last was scattered; pdf: the density, by solid angle, with which d was chosen, for the weight of
    the emission that it meets; throughput; dim: see path_adj.py; the radiance found so far, and that for dim; depth: of
    the vertex to come."""

    stream: tuple
    eye: tuple
    axis: tuple
    o: tuple
    d: tuple
    source: tuple
    pdf: float
    throughput: tuple
    dim: tuple
    radiance: tuple
    dim_radiance: tuple
    depth: int


@device
def begin(stream, o, axis, first, pdf, part):
    """The walk from o in the direction `axis`. first: depth of the vertex that it meets; 1 if it is a camera ray, and
    axis as rays.ray gives it. pdf: BIG if nothing else finds the emission that the ray meets, near 0 if something
    else finds all of it that next-event estimation can. part: of its light that counts."""
    d = normalize(axis)
    zero = 0.0 * d[0]
    none, white = (zero, zero, zero), (zero + part, zero + part, zero + part)
    return Walk(stream, o, axis, o, d, o, zero + pdf, white, none, none, none, truncate(zero) + first)


@device
def walk_either(mask, a, b):
    """`select` for two walks."""
    return Walk(
        stream_either(mask, a.stream, b.stream),
        choose(mask, a.eye, b.eye),
        choose(mask, a.axis, b.axis),
        choose(mask, a.o, b.o),
        choose(mask, a.d, b.d),
        choose(mask, a.source, b.source),
        select(mask, a.pdf, b.pdf),
        choose(mask, a.throughput, b.throughput),
        choose(mask, a.dim, b.dim),
        choose(mask, a.radiance, b.radiance),
        choose(mask, a.dim_radiance, b.dim_radiance),
        select(mask, a.depth, b.depth),
    )


@device
def advance(scene, walk, p, floor, active):
    """(the walk behind its next vertex, mask of the lanes that go on, what it met). floor: see walk.scattered; p:
    local_reals()."""
    stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, depth = walk
    zero = 0.0 * pdf
    spare = select(floor > 0.0, 1, 0)
    hit = meet(scene, o, d, depth, active)
    missed = active & (hit.face < 0)
    if any_lane(missed):
        beyond, weight = sky(scene, source, d, pdf, missed)
        radiance = choose(missed, add(radiance, mul(throughput, beyond)), radiance)
        dim_radiance = choose(missed, add(dim_radiance, mul(dim, beyond)), dim_radiance)
    active = active & (hit.face >= 0)
    v, arrives = no_veil(zero, active), active & (zero > 0.0)
    if any_lane(active):
        x = surface(scene, select(hit.face < 0, 0, hit.face), hit.u, hit.v, d)
        if scene.translucent > 0:
            stream, v, throughput, dim = veil(scene, stream, x, throughput, dim, floor, active)
            o, active = choose(v.passed, step_off(x, d), o), active & invert(v.passed)
        lit = area.emits(scene, x, d, active)
        if any_lane(lit):
            weight = emission_weight(scene, x, sub(x.point, source), pdf, lit)
            glow = scale(area.radiance(scene, x, lit), weight)
            radiance = choose(lit, add(radiance, mul(throughput, glow)), radiance)
            dim_radiance = choose(lit, add(dim_radiance, mul(dim, glow)), dim_radiance)
        active = active & (depth < scene.max_depth)
        if any_lane(active):
            scattering, passing = active, stream  # a lane that passes draws nothing here, whatever the others do
            wi = scale(d, -1.0)
            a = shading_frame(scene, x, wi)
            foot = footprint_of(scene, View(middle_ray(zero, zero), axis, distance(eye, axis, x)), x, depth == 1)
            read(scene, a.material, x, foot, p, active)
            if scene.light_count > 0:
                stream, found, lit = direct(scene, stream, x, a, p, wi, spare, active)
                arrives = lit
                radiance = choose(lit, add(radiance, mul(throughput, found)), radiance)
                dim_radiance = choose(lit, add(dim_radiance, mul(dim, found)), dim_radiance)
            stream, o, d, source, pdf, throughput, dim, step, active = onward(
                scene, stream, x, a, p, wi, o, d, source, pdf, throughput, dim, depth, floor, active
            )
            stream = stream_either(scattering, stream, passing)
    depth = depth + select(v.passed, 0, 1)
    behind = Walk(stream, eye, axis, o, d, source, pdf, throughput, dim, radiance, dim_radiance, depth)
    return behind, active | v.passed, Met(hit.face, hit.u, hit.v, arrives)


@device(apart=True)
def trace(scene, stream, o, axis, first, pdf, active, floor):
    """(radiance, dim radiance) along a ray; the second is for path_adj.py, 0 if `floor` is. The rest as in `begin`."""
    walk = begin(stream, o, axis, first, pdf, 1.0)
    p = local_reals()
    while any_lane(active):
        walk, active, met = advance(scene, walk, p, floor, active)
    return walk.radiance, walk.dim_radiance


@device
def distance(eye, axis, x):
    """Of the surface x along its camera ray, in units of that."""
    return dot(sub(x.point, eye), axis) / dot(axis, axis)


@device
def footprint_of(scene, view, x, first):
    foot = 0.0 * view.t + NEAR
    if scene.minify > 0:
        foot = select(first, footprint(scene, view, x.area_normal), foot)
    return foot
