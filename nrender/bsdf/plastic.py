"""Plastic: a diffuse ground under a rough dielectric coat of index 1.49 (GGX)

f cos_o = specular F D G / (4 ci)  +  reflectance B T(ci) T(co) co / pi

Unit 3-tuples in the shading frame, +z the normal on the side of wi. Values and pdf per steradian. T: what the coat lets
through; B: light that is thrown back between ground and coat, without regard to the ground's colour (transmittance.py).
Energy at reflectance 1, specular 1: 0.98 at roughness 0.1, less with roughness, as light masked in the coat is lost.
specular scales the coat's reflection only, for the artist; 1 is physical. alpha = roughness^2, at least 1e-3.
Differentiable: reflectance, specular, roughness, wi, wo. Sampled as a mixture: a visible normal's mirror image with the
chance k / (k + d), k = specular (1 - T(ci)), d = mean(reflectance) T(ci), else by the cosine.
Source: microfacet.py, fresnel.py; the coat as in Mitsuba 3's `roughplastic` (nonlinear: false).
"""

from ..device import device
from ..real import INV_PI, maximum, select
from ..vec import add, dot, madd, scale
from ..warp import cosine_hemisphere, cosine_hemisphere_pdf
from .angles import above, half, half_adj, half_tan
from .fresnel import dielectric
from .microfacet import alpha_of, cosine, mirror, reflection, reflection_pdf, visible_normal
from .transmittance import INDEX, boost, coat, transmittance

PARAMS = {"reflectance": (3, (0.0, 1.0)), "specular": (1, (0.0, 1.0)), "roughness": (1, (0.0, 1.0))}  # size, range
SIZE = 5
TRANSMISSIVE = False


@device
def _coat(roughness, wi, wo):
    """K = F D G / (4 ci), and its partials: (K, K_roughness, K_ci, K_co, K_t)."""
    ci, co, t = half(wi, wo)
    a, a_r = alpha_of(roughness)
    v, v_a, v_ci, v_co, v_t = reflection(a, ci, co, t)
    c, c_z, c_t = cosine(ci, co, t)
    f, f_c, _ = dielectric(c, INDEX)
    g = f_c * v
    return f * v, f * v_a * a_r, f * v_ci + g * c_z, f * v_co + g * c_z, f * v_t + g * c_t


@device
def _ground(roughness, wi, wo):
    """M = B T(ci) T(co) co / pi, and its partials: (M, M_roughness, M_ci, M_co)."""
    on, ci, co = above(wi[2], wo[2])
    j, w, s = coat(roughness)
    b, b_r = boost(j, w, s)
    ti, ti_c, ti_r = transmittance(ci, j, w, s)
    to, to_c, to_r = transmittance(co, j, w, s)
    k = on * INV_PI
    m_r = k * co * (b_r * ti * to + b * (ti_r * to + ti * to_r))
    return k * b * ti * to * co, m_r, k * b * ti_c * to * co, k * b * ti * (to + to_c * co)


@device
def eval(p, wi, wo):
    k, _, _, _, _ = _coat(p[4], wi, wo)
    m, _, _, _ = _ground(p[4], wi, wo)
    k = p[3] * k
    return p[0] * m + k, p[1] * m + k, p[2] * m + k


@device
def eval_tan(p, wi, wo, d_p, d_wi, d_wo):
    k, k_r, k_ci, k_co, k_t = _coat(p[4], wi, wo)
    m, m_r, m_ci, m_co = _ground(p[4], wi, wo)
    d_ci, d_co, d_t = half_tan(wi, wo, d_wi, d_wo)
    d_k = d_p[3] * k + p[3] * (k_r * d_p[4] + k_ci * d_ci + k_co * d_co + k_t * d_t)
    d_m = m_r * d_p[4] + m_ci * d_ci + m_co * d_co
    return add((d_k, d_k, d_k), madd(scale((d_p[0], d_p[1], d_p[2]), m), (p[0], p[1], p[2]), d_m))


@device
def eval_adj(p, wi, wo, g):
    k, k_r, k_ci, k_co, k_t = _coat(p[4], wi, wo)
    m, m_r, m_ci, m_co = _ground(p[4], wi, wo)
    g_k, g_m = g[0] + g[1] + g[2], dot((p[0], p[1], p[2]), g)
    s = p[3] * g_k
    g_wi, g_wo = half_adj(wi, wo, s * k_ci + g_m * m_ci, s * k_co + g_m * m_co, s * k_t)
    return (g[0] * m, g[1] * m, g[2] * m, g_k * k, s * k_r + g_m * m_r), g_wi, g_wo


@device
def _chance(p, ci):
    """Of sampling the coat."""
    j, w, s = coat(p[4])
    t, _, _ = transmittance(maximum(ci, 0.0), j, w, s)
    k, d = p[3] * (1.0 - t), (p[0] + p[1] + p[2]) / 3.0 * t
    return (k + 1e-4) / (k + d + 2e-4)  # both can be 0


@device
def sample(p, wi, u1, u2, u3):
    a, _ = alpha_of(p[4])
    r, d = mirror(wi, visible_normal(a, wi, u1, u2)), cosine_hemisphere(u1, u2)
    ok = u3 < _chance(p, wi[2])
    return (select(ok, r[0], d[0]), select(ok, r[1], d[1]), select(ok, r[2], d[2]))


@device
def pdf(p, wi, wo):
    a, _ = alpha_of(p[4])
    ci, co, t = half(wi, wo)
    k = _chance(p, ci)
    return k * reflection_pdf(a, ci, co, t) + (1.0 - k) * cosine_hemisphere_pdf(wo)
