"""The lobes that only `principled` has, each with its partials by (its parameter, ci, co, t); see angles.py.

Exact 0 unless both directions are above the horizon. c = wi . h, F(x) = (1 - x)^5.
Source: Burley 2012, sections 5.3-5.6; Burley 2015; the form of Mitsuba 3's `principled`.
"""

from ..device import device
from ..real import INV_PI, PI, absolute, cos, exp, log, maximum, sin, sqrt
from .angles import above
from .fresnel import schlick_weight
from .microfacet import cosine, masking

CLEARCOAT_ALPHA = 0.25  # of its masking


@device
def diffuse(roughness, ci, co, t):
    """co / pi times diffuse and retro-reflection: (S, S_roughness, S_ci, S_co, S_t)."""
    on, ci, co = above(ci, co)
    c, c_z, c_t = cosine(ci, co, t)
    fi, fi_c = schlick_weight(ci)
    fo, fo_c = schlick_weight(co)
    r = 2.0 * roughness * c * c
    k = on * INV_PI * co
    s = (1.0 - 0.5 * fi) * (1.0 - 0.5 * fo) + r * (fo + fi + fo * fi * (r - 1.0))
    by_r = k * (fo + fi + fo * fi * (2.0 * r - 1.0))
    by_c = by_r * 4.0 * roughness * c
    by_ci = k * fi_c * (r * (1.0 + fo * (r - 1.0)) - 0.5 * (1.0 - 0.5 * fo))
    by_co = k * fo_c * (r * (1.0 + fi * (r - 1.0)) - 0.5 * (1.0 - 0.5 * fi)) + on * INV_PI * s
    return k * s, by_r * 2.0 * c * c, by_ci + by_c * c_z, by_co + by_c * c_z, by_c * c_t


@device
def sheen(ci, co, t):
    """co F(c): (H, H_ci, H_co, H_t)."""
    on, ci, co = above(ci, co)
    c, c_z, c_t = cosine(ci, co, t)
    m, m_c = schlick_weight(c)
    k = on * co * m_c
    return on * co * m, k * c_z, k * c_z + on * m, k * c_t


@device
def gloss_alpha(gloss):
    return 0.1 - 0.099 * gloss


@device
def _scale(a):
    """(a^2 - 1) / (pi log a^2), the factor of the distribution GTR1, and its derivative."""
    a2 = a * a
    k = 1.0 / log(a2)
    n = (a2 - 1.0) * k * INV_PI
    return n, 2.0 * k * (a * INV_PI - n / a)


@device
def clearcoat(gloss, ci, co, t):
    """co (0.04 + 0.96 F(c)) D G / 4, D = GTR1: (Q, Q_gloss, Q_ci, Q_co, Q_t)."""
    on, ci, co = above(ci, co)
    c, c_z, c_t = cosine(ci, co, t)
    m, m_c = schlick_weight(c)
    f, f_c = 0.04 + 0.96 * m, 0.96 * m_c
    a, z = gloss_alpha(gloss), ci + co
    n, n_a = _scale(a)
    a2 = a * a
    w = 1.0 / (a2 * z * z + t)
    r = (z * z + t) * w
    d, d_z, d_t = n * r, 2.0 * n * z * (1.0 - a2 * r) * w, n * (1.0 - r) * w
    d_a = n_a * r - 2.0 * n * a * z * z * r * w
    ki, _, ki_c = masking(CLEARCOAT_ALPHA, ci)
    ko, _, ko_c = masking(CLEARCOAT_ALPHA, co)
    g = on * ci * co * co * ki * ko
    g_ci = on * co * co * ko * (ki + ci * ki_c)
    g_co = on * ci * co * ki * (2.0 * ko + co * ko_c)
    by_z = g * (f * d_z + f_c * c_z * d)
    return f * d * g, -0.099 * f * d_a * g, f * d * g_ci + by_z, f * d * g_co + by_z, g * (f * d_t + f_c * c_t * d)


@device
def clearcoat_normal(gloss, u1, u2):
    """A normal with density D(m) m_z per steradian."""
    a = gloss_alpha(gloss)
    a2 = a * a
    x = exp(log(a2) * (1.0 - u2))
    k = 1.0 / (1.0 - a2)
    r, phi = sqrt(maximum((x - a2) * k, 0.0)), 2.0 * PI * u1
    return (r * cos(phi), r * sin(phi), sqrt(maximum((1.0 - x) * k, 0.0)))


@device
def clearcoat_pdf(gloss, ci, co, t):
    """Density of wi's mirror image in such a normal. Any wo is some normal's, below the horizon too."""
    a, z = gloss_alpha(gloss), ci + co
    n, _ = _scale(a)
    return 0.5 * n * absolute(z) / maximum(a * a * z * z + t, 1e-24)
