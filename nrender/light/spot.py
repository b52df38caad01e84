"""A point that shines into a cone: full intensity up to the angle `beam` from its axis, none from `cutoff` on, linear
in the angle between (as Mitsuba's `spot`).

theta holds position, intensity, the unit axis, and both angles in radians. Differentiable: all, but for the kinks at
the two angles, and the edge of its shadow.
"""

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..real import accumulate, arccosine, gather, maximum, minimum, select, sqrt
from ..vec import add, dot, scale


@device
def _falloff(theta, base, wo):
    """(factor, its partials with respect to the cosine, cutoff, beam)."""
    c = minimum(maximum(-dot(wo, vector_at(theta, base + 6)), -1.0), 1.0)
    cutoff, beam = gather(theta, base + 9), gather(theta, base + 10)
    inverse = 1.0 / (cutoff - beam)
    s = (cutoff - arccosine(c)) * inverse
    between = (s > 0.0) & (s < 1.0)
    s = minimum(maximum(s, 0.0), 1.0)
    slope = select(between, inverse, 0.0)
    sine = sqrt(select(between, 1.0 - c * c, 1.0))
    return s, slope / sine, slope * (1.0 - s), slope * s


@device
def radiance(theta, base, wo):
    s, s_c, s_cutoff, s_beam = _falloff(theta, base, wo)
    return scale(vector_at(theta, base + 3), s)


@device
def radiance_tan(theta, d_theta, base, wo, d_wo):
    s, s_c, s_cutoff, s_beam = _falloff(theta, base, wo)
    d_c = -dot(d_wo, vector_at(theta, base + 6)) - dot(wo, vector_at(d_theta, base + 6))
    d_s = s_c * d_c + s_cutoff * gather(d_theta, base + 9) + s_beam * gather(d_theta, base + 10)
    return add(scale(vector_at(d_theta, base + 3), s), scale(vector_at(theta, base + 3), d_s))


@device
def radiance_adj(theta, gradient, base, wo, g, mask):
    s, s_c, s_cutoff, s_beam = _falloff(theta, base, wo)
    g_s = dot(g, vector_at(theta, base + 3))
    add_vector(gradient, base + 3, scale(g, s), mask)
    add_vector(gradient, base + 6, scale(wo, -g_s * s_c), mask)
    accumulate(gradient, base + 9, g_s * s_cutoff, mask)
    accumulate(gradient, base + 10, g_s * s_beam, mask)
    return scale(vector_at(theta, base + 6), -g_s * s_c)
