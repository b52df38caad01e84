"""The steps of a random walk, for its readings path.py, path_tan.py and path_adj.py: what it meets beyond the scene,
whether it is held by a surface that lets light through, where it goes, and whether it goes on."""

from typing import NamedTuple

from .camera.rays import ray_point_adj
from .device import device
from .emitters import sky_weight
from .geometry.surface import add_vector, point_only_adj, slid_adj, slide_adj, step_off
from .geometry.traverse import Hit, closest
from .geometry.triangle import vector_at
from .light import envmap
from .opacity import hold, opacity, opacity_adj
from .real import any_lane, minimum, select
from .rng import uniform, uniform2
from .scattering import sample, value
from .vec import add, choose, largest, madd, mul, scale, sub, total

ROULETTE = 5  # no Russian roulette below this depth
SURVIVAL = 0.95  # its largest chance to go on


@device
def meet(scene, o, d, depth, active):
    """The hit of the ray to the vertex at `depth`. Without shadows there is only the first one."""
    seeing = active
    if scene.shadows == 0:
        seeing = active & (depth == 1)
    hit = closest(scene, o, d, seeing)
    return Hit(hit.t, select(seeing, hit.face, -1), hit.u, hit.v)


@device
def sky(scene, o, d, pdf, missed):
    """(radiance of the constant light and the environment map, MIS weight of the latter)."""
    zero = 0.0 * pdf
    out, weight = (zero, zero, zero), zero
    if scene.background >= 0:
        out = vector_at(scene.theta, scene.background)
    if scene.envmap >= 0:
        weight = sky_weight(scene, o, d, pdf, missed)
        out = add(out, scale(envmap.radiance(scene, d), weight))
    return out, weight


@device
def sky_tan(scene, d_theta, d, d_d, weight):
    zero = 0.0 * weight
    out = (zero, zero, zero)
    if scene.background >= 0:
        out = vector_at(d_theta, scene.background)
    if scene.envmap >= 0:
        out = madd(out, envmap.radiance_tan(scene, d_theta, d, d_d), weight)
    return out


@device
def sky_adj(scene, gradient, d, weight, g, mask):
    """Scatter g; return the gradient of d."""
    zero = 0.0 * weight
    g_d = (zero, zero, zero)
    if scene.background >= 0:
        add_vector(gradient, scene.background, g, mask)
    if scene.envmap >= 0:
        g_d = choose(mask, envmap.radiance_adj(scene, gradient, d, scale(g, weight), mask), g_d)
    return g_d


class Veil(NamedTuple):
    """Masks of the lanes that meet a surface with an opacity, and pass it as if it were not there. The part of the
    light that goes this way, with its chance; f, small: see `scattered`."""

    met: bool
    passed: bool
    part: float
    chance: float
    f: tuple
    small: tuple


@device
def no_veil(zero, active):
    """As where there is none."""
    one = zero + 1.0
    none = active & (zero > 0.0)
    return Veil(none, none, one, one, (one, one, one), (none, none, none))


@device
def veil(scene, stream, x, throughput, dim, floor, active):
    """(stream, Veil, throughput, dim): a path is held or passes by chance."""
    alpha, met = opacity(scene, x.face, x.u, x.v, active)
    stream, u = uniform(stream)
    chance = hold(alpha, floor)
    passed = met & (u >= chance)
    part = select(passed, 1.0 - alpha, select(met, alpha, 1.0))
    chance = select(passed, 1.0 - chance, select(met, chance, 1.0))
    throughput, dim, f, small = scattered(throughput, dim, (part, part, part), chance, floor)
    return stream, Veil(met, passed, part, chance, f, small), throughput, dim


@device
def veil_adj(scene, gradient, view, x, v, coming, dim_coming, sliding):
    """Scatter the gradient of the part that went this way, by the opacity; on a camera ray also by where it is met."""
    g = over(coming, dim_coming, v.f, v.small)
    g_part = total(g)
    g_alpha = select(v.passed, -g_part, g_part)
    g_u, g_v = opacity_adj(scene, gradient, x.face, x.u, x.v, g_alpha, v.met)
    sliding = sliding & v.met
    if any_lane(sliding):
        g_slide = slid_adj(scene, x, g_u, g_v)
        g_ray, g_plane = slide_adj(view.axis, x.area_normal, g_slide)
        ray_point_adj(scene, gradient, view.at, view.t, g_ray, sliding)
        point_only_adj(scene, gradient, x, sub(g_plane, g_slide), sliding)


@device
def bounce(scene, stream, x, a, p, wi, active):
    """(stream, direction, f |cos|, density) sampled from the BSDF."""
    stream, u1, u2 = uniform2(stream)
    stream, u3 = uniform(stream)
    wo = sample(scene, a, p, wi, u1, u2, u3, active)
    f, pdf = value(scene, x, a, p, wi, wo, active)
    return stream, wo, f, pdf


class Step(NamedTuple):
    """f |cos| of a bounce and its density, the chance with which the walk goes on; raised, small: see `scattered`."""

    f: tuple
    density: float
    chance: float
    raised: tuple
    small: tuple


@device
def onward(scene, stream, x, a, p, wi, o, d, source, pdf, throughput, dim, depth, floor, active):
    """From the vertex x on: (stream, origin and direction of the ray, its source, density, throughput, dim, Step, mask
    of the lanes that go on). The others' rays stay as they were; source: where the path last was scattered."""
    stream, wo, f, density = bounce(scene, stream, x, a, p, wi, active)
    active = active & (density > 0.0)
    start = step_off(x, wo)
    o, d, source = choose(active, start, o), choose(active, wo, d), choose(active, start, source)
    pdf = select(active, density, pdf)
    one = 0.0 * density + 1.0
    f, density = choose(active, f, (one, one, one)), select(active, density, 1.0)
    throughput, dim, raised, small = scattered(throughput, dim, f, density, floor)
    stream, chance, active = roulette(stream, throughput, dim, depth, active)
    throughput, dim = scale(throughput, 1.0 / chance), scale(dim, 1.0 / chance)
    return stream, o, d, source, pdf, throughput, dim, Step(f, density, chance, raised, small), active


@device
def roulette(stream, throughput, dim, depth, active):
    """(stream, chance to go on, mask of the lanes that do). A walk that carries nothing any more ends."""
    stream, u = uniform(stream)
    carried = largest(add(throughput, dim))
    chance = select(depth >= ROULETTE, minimum(carried, SURVIVAL), 1.0)
    active = active & (carried > 0.0)
    return stream, select(active, chance, 1.0), active & (u < chance)


@device
def scattered(throughput, dim, f, pdf, floor):
    """(throughput, dim, f for division, mask by colour) after a bounce; see path_adj.py for `dim`."""
    least = floor * pdf
    small = (f[0] < least, f[1] < least, f[2] < least)
    raised = (select(small[0], least, f[0]), select(small[1], least, f[1]), select(small[2], least, f[2]))
    inverse = 1.0 / pdf
    dim = (
        select(small[0], throughput[0], dim[0]) * raised[0] * inverse,
        select(small[1], throughput[1], dim[1]) * raised[1] * inverse,
        select(small[2], throughput[2], dim[2]) * raised[2] * inverse,
    )
    return mul(throughput, scale(f, inverse)), dim, raised, small


@device
def over(coming, dim_coming, f, small):
    """What is still to come over f, by colour; see path_adj.py."""
    return (
        select(small[0], dim_coming[0], coming[0]) / f[0],
        select(small[1], dim_coming[1], coming[1]) / f[1],
        select(small[2], dim_coming[2], coming[2]) / f[2],
    )
