"""A rough dielectric interface (GGX): reflection and refraction with their partials, for `dielectric` and `principled`.

eta is the index of the side that is not wi's over that of wi's side. Directions are turned (`upright`) so that
wi_z > 0. Refraction has the half vector h = wi + eta wo (not normalised), and with q = |h|^2, s = wi . wo,
    f cos_o = (1 - F) D G |wi . h| |wo . h| / (ci q)  per steradian,
radiance scaled by 1 / eta^2. It depends on ci, co, t = h_x^2 + h_y^2, s, eta and alpha.
Source: Walter et al. 2007, eqs. 16-21; Veach 1997, section 5.2 (the scaling of radiance).
"""

from ..device import device
from ..real import INV_PI, maximum, select, sqrt
from ..vec import dot, madd, scale
from .angles import GRAZING, half
from .fresnel import dielectric
from .microfacet import cosine, distribution, masking, mirror, reflection

MIN_INDEX = 1.001  # nearer to 1, a refracted ray's half vector is rounding error


@device
def relative_index(index, z):
    """(eta, its derivative with respect to index) for a ray on the side z; index at least MIN_INDEX."""
    ok = index > MIN_INDEX
    n, n_i = select(ok, index, MIN_INDEX), select(ok, 1.0, 0.0)
    outside = z > 0.0
    return select(outside, n, 1.0 / n), select(outside, n_i, -n_i / (n * n))


@device
def upright(w, z):
    """w mirrored at the surface if z < 0."""
    return (w[0], w[1], select(z > 0.0, w[2], -w[2]))


@device
def reflected(a, eta, wi, wo):
    """(R, R_a, R_eta, R_ci, R_co, R_t): the interface's mirror image, F D G / (4 ci); 0 unless both are above."""
    ci, co, t = half(wi, wo)
    v, v_a, v_ci, v_co, v_t = reflection(a, ci, co, t)
    c, c_z, c_t = cosine(ci, co, t)
    f, f_c, f_eta = dielectric(c, eta)
    g = f_c * v
    return f * v, f * v_a, f_eta * v, f * v_ci + g * c_z, f * v_co + g * c_z, f * v_t + g * c_t


@device
def pair(eta, wi, wo):
    """(1 if some microfacet bends wi to wo, else 0; wi and wo there, else a pair that harms no formula). wo may be on
    wi's side: such a facet is no part of the model, but `bend` does not know."""
    s = dot(wi, wo)
    z = wi[2] + eta * wo[2]
    on = select((wi[2] > GRAZING) & (z * (1.0 + eta * s) > 0.0) & (z * (s + eta) < 0.0), 1.0, 0.0)
    off = 1.0 - on
    return on, (on * wi[0], on * wi[1], on * wi[2] + off), (on * wo[0], on * wo[1], on * wo[2] - off)


@device
def refracted(a, eta, wi, wo):
    """(T, T_a, T_eta, T_ci, T_co, T_t, T_s) and (h_x, h_y), by which t depends on wi, wo, eta."""
    on, wi, wo = pair(eta, wi, wo)
    beyond = wo[2] < -GRAZING
    on = select(beyond, on, 0.0)
    ci, co, s = wi[2], select(beyond, -wo[2], 1.0), dot(wi, wo)
    x, y, z = wi[0] + eta * wo[0], wi[1] + eta * wo[1], ci - eta * co
    t = x * x + y * y
    q, a2, z2 = z * z + t, a * a, z * z
    i, o = 1.0 + eta * s, s + eta  # wi . h, wo . h
    c = select(i > 0.0, i, -i) / sqrt(q)
    f, f_c, f_eta = dielectric(c, eta)
    w = 1.0 / (a2 * z2 + t)
    e = a2 * w * w * INV_PI  # D / q^2
    ki, ki_a, ki_c = masking(a, ci)
    ko, ko_a, ko_c = masking(a, co)
    # T = 4 (1 - F) e ki ko co |i o|; each factor's logarithmic partials, but those of co and i, which can be 0
    b = on * 4.0 * (1.0 - f)
    io = -i * o
    k, m = ki * ko, co * io
    by_f = -on * 4.0 * e * k * m
    e_z, e_t = -4.0 * a2 * z * w * e, -2.0 * w * e
    e_a = 2.0 * e * (1.0 / a - 2.0 * a * z2 * w)
    c_i = select(i > 0.0, 1.0, -1.0) / sqrt(q)
    c_q = -0.5 * c / q
    by_c = by_f * f_c
    by_z = b * e_z * k * m + by_c * c_q * 2.0 * z
    t_a = b * m * (e_a * k + e * (ki_a * ko + ki * ko_a))
    t_ci = b * m * e * ki_c * ko + by_z
    t_co = b * e * ki * (ko_c * m + ko * io) - by_z * eta
    t_t = b * e_t * k * m + by_c * c_q
    t_i, t_o = -b * e * k * co * o + by_c * c_i, -b * e * k * co * i
    t_eta = by_f * f_eta - by_z * co + t_i * s + t_o
    return (b * e * k * m, t_a, t_eta, t_ci, -t_co, t_t, t_i * eta + t_o), (x, y)


@device
def refracted_tan(parts, h, eta, wi, wo, d_a, d_eta, d_wi, d_wo):
    """d_T from `refracted`'s parts and h."""
    _, t_a, t_eta, t_ci, t_co, t_t, t_s = parts
    x = d_wi[0] + eta * d_wo[0] + d_eta * wo[0]
    y = d_wi[1] + eta * d_wo[1] + d_eta * wo[1]
    d_t = 2.0 * (h[0] * x + h[1] * y)
    d_s = dot(d_wi, wo) + dot(wi, d_wo)
    return t_a * d_a + t_eta * d_eta + t_ci * d_wi[2] + t_co * d_wo[2] + t_t * d_t + t_s * d_s


@device
def refracted_adj(parts, h, eta, wi, wo, g):
    """(g_a, g_eta, g_wi, g_wo) from g = g_T."""
    _, t_a, t_eta, t_ci, t_co, t_t, t_s = parts
    x, y = 2.0 * g * t_t * h[0], 2.0 * g * t_t * h[1]
    g_wi = madd((x, y, g * t_ci), wo, g * t_s)
    g_wo = madd((eta * x, eta * y, g * t_co), wi, g * t_s)
    return g * t_a, g * t_eta + x * wo[0] + y * wo[1], g_wi, g_wo


@device
def densities(a, eta, wi, wo):
    """(F, p_r) and (F, p_t) at wi's and wo's half vectors: the densities per steradian of `mirror` and `bend` of a
    visible normal. Each is more than 0 on both sides: a mirrored direction can be below the horizon, a bent one above,
    and what the sampler does there belongs to its density, since the other lobe has a value there."""
    ci, co, t = half(wi, wo)
    ok = (ci > GRAZING) & (ci + co > GRAZING)
    on, ci, co = select(ok, 1.0, 0.0), select(ok, ci, 1.0), select(ok, co, 1.0)
    d, _, _, _ = distribution(a, ci + co, t)
    c, _, _ = cosine(ci, co, t)
    f_r, _, _ = dielectric(c, eta)
    ki, _, _ = masking(a, ci)
    p_r = on * 0.5 * d * ki
    on, vi, vo = pair(eta, wi, wo)
    s, x, y, z = dot(vi, vo), vi[0] + eta * vo[0], vi[1] + eta * vo[1], vi[2] + eta * vo[2]
    t, i, o = x * x + y * y, 1.0 + eta * s, s + eta
    f_t, _, _ = dielectric(select(i > 0.0, i, -i) / sqrt(t + z * z), eta)
    w = 1.0 / (a * a * z * z + t)
    ki, _, _ = masking(a, vi[2])
    p_t = on * 2.0 * ki * a * a * w * w * INV_PI * eta * eta * (-i * o)
    return (f_r, p_r), (f_t, p_t)


@device
def bend(wi, m, eta):
    """wi refracted at a microfacet with normal m on its side; along the facet where it reflects totally."""
    c = dot(wi, m)
    b = sqrt(maximum(1.0 - (1.0 - c * c) / (eta * eta), 0.0))
    wo = madd(scale(wi, -1.0 / eta), m, c / eta - b)
    return scale(wo, 1.0 / sqrt(maximum(dot(wo, wo), 1e-12)))


@device
def scatter(m, eta, wi, chance, u):
    """Mirrored if u is less than the chance, else bent."""
    r, t = mirror(wi, m), bend(wi, m, eta)
    ok = u < chance
    return (select(ok, r[0], t[0]), select(ok, r[1], t[1]), select(ok, r[2], t[2]))
