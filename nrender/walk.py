"""The steps of a random walk that its three readings in path.py share: what it meets beyond the scene, whether it is
held by a surface that lets light through, where it goes, and whether it goes on."""

from typing import NamedTuple

from .device import device
from .emitters import sky_weight
from .geometry.triangle import vector_at
from .light import envmap
from .opacity import hold, opacity
from .real import minimum, select
from .rng import uniform
from .scattering import sample, value
from .vec import add, largest, mul, scale

ROULETTE = 5  # no Russian roulette below this depth
SURVIVAL = 0.95  # its largest chance to go on


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
def bounce(scene, stream, x, a, p, wi, active):
    """(stream, direction, f |cos|, density) sampled from the BSDF."""
    stream, u1 = uniform(stream)
    stream, u2 = uniform(stream)
    stream, u3 = uniform(stream)
    wo = sample(scene, a, p, wi, u1, u2, u3, active)
    f, pdf = value(scene, x, a, p, wi, wo, active)
    return stream, wo, f, pdf


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
    """(throughput, dim, f for division, mask by colour) after a bounce; see trace_adj for `dim`."""
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
