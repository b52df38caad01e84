"""Burley's principled model:  a sum of seven lobes, each a scalar, with weights that carry the colours

Unit 3-tuples in the shading frame, +z the geometric outside. Values and pdf per steradian. For base colour b, its tint
b / luminance, M metallic, u = 1 - M, T specular_tint, R = tint ((n - 1) / (n + 1))^2, F(c) = (1 - c)^5, X transmission:
    mirror        L = D G / (4 ci)   M b + u T R                   L F(c)   M (1 - b) + u T (1 - R)
    interface     L times Fresnel    u (1 - T); inside: u X
    diffuse, retro-reflection        u (1 - X) b                   sheen    sheen u (1 + sheen_tint (tint - 1))
    clearcoat (GTR1)                 clearcoat                     refraction    u X sqrt(b)
Only interface and refraction are seen from inside. n = 2 / (1 - sqrt(0.08 specular)) - 1, specular at least 1e-3.
alpha = roughness^2, at least 1e-3. Every parameter, wi and wo are differentiable; the derivative of sqrt(b) is that at
b = 1e-4 below it. Radiance is scaled by 1 / eta^2 in refraction. Opaque (transmission 0), it is black from inside.
Not energy conserving: diffuse, sheen and clearcoat are added to the rest, as the authors have it: with base colour 1,
specular 0.5 and nothing else up to 1.06 where the cosine is 0.7 or more, up to 1.35 where it is 0.15; with sheen and
clearcoat of 1 up to 1.09 and 1.42.
Sampled from outside as a mixture of cosine, clearcoat normals and visible normals with chances u (1 - X),
clearcoat / 4 and 1 over their sum; of a visible normal 1 - u X (1 - Fresnel) is mirrored, the rest bent. From inside:
visible normals, Fresnel's share mirrored.
Source: Burley 2012, 2015; principled_lobes.py; weights (principled_weights.py) as in Mitsuba 3's `principled`,
without anisotropy and flatness.
"""

from ..device import device
from ..real import select, sqrt
from ..vec import dot
from ..warp import cosine_hemisphere, cosine_hemisphere_pdf
from .angles import half, half_adj, half_tan
from .fresnel import dielectric, schlick_weight
from .microfacet import alpha_of, cosine, mirror, reflection, visible_normal
from .principled_lobes import clearcoat, clearcoat_normal, clearcoat_pdf, diffuse, sheen
from .principled_weights import blend, blend_adj, blend_tan, lobe_adj
from .refraction import (
    densities,
    reflected,
    refracted,
    refracted_adj,
    refracted_tan,
    relative_index,
    scatter,
    upright,
)

UNIT = (0.0, 1.0)
PARAMS = {  # size, range
    "base_color": (3, UNIT),
    "metallic": (1, UNIT),
    "roughness": (1, UNIT),
    "specular": (1, UNIT),
    "specular_tint": (1, UNIT),
    "sheen": (1, UNIT),
    "sheen_tint": (1, UNIT),
    "clearcoat": (1, UNIT),
    "clearcoat_gloss": (1, UNIT),
    "transmission": (1, UNIT),
}
SIZE = 12
TRANSMISSIVE = True
LEAST_SPECULAR = 1e-3


@device
def _index(specular):
    """(n, n_specular, R0, R0_specular)."""
    ok = specular > LEAST_SPECULAR
    q = sqrt(0.08 * select(ok, specular, LEAST_SPECULAR))
    k = 1.0 / (1.0 - q)
    # (n - 1) / (n + 1) = q
    return 2.0 * k - 1.0, select(ok, 0.08 * k * k / q, 0.0), q * q, select(ok, 0.08, 0.0)


# --- lobes
@device
def _lobes(p, front, eta, vi, vo):
    """Each (value, then partials by its parameter, ci, co, t); the interface by alpha, eta, ci, co, t; refraction as
    `refracted` gives it. Their parameters: alpha, alpha, (alpha, eta), roughness, none, clearcoat_gloss."""
    ci, co, t = half(vi, vo)
    a, _ = alpha_of(p[4])
    on = select(front, 1.0, 0.0)
    v, v_a, v_ci, v_co, v_t = reflection(a, ci, co, t)
    c, c_z, c_t = cosine(ci, co, t)
    m, m_c = schlick_weight(c)
    k, n = on * m, on * v * m_c
    rest = (k * v, k * v_a, k * v_ci + n * c_z, k * v_co + n * c_z, k * v_t + n * c_t)
    s, s_r, s_ci, s_co, s_t = diffuse(p[4], ci, co, t)
    h, h_ci, h_co, h_t = sheen(ci, co, t)
    q, q_g, q_ci, q_co, q_t = clearcoat(p[10], ci, co, t)
    return (
        (on * v, on * v_a, on * v_ci, on * v_co, on * v_t),
        rest,
        reflected(a, eta, vi, vo),
        (on * s, on * s_r, on * s_ci, on * s_co, on * s_t),
        (on * h, 0.0 * h, on * h_ci, on * h_co, on * h_t),
        (on * q, on * q_g, on * q_ci, on * q_co, on * q_t),
    )


@device
def _move(lobe, d_x, d_ci, d_co, d_t):
    return lobe[1] * d_x + lobe[2] * d_ci + lobe[3] * d_co + lobe[4] * d_t


@device
def _values(lobes, bent):
    return lobes[0][0], lobes[1][0], lobes[2][0], lobes[3][0], lobes[4][0], lobes[5][0], bent[0]


@device
def eval(p, wi, wo):
    front = wi[2] > 0.0
    n, _, r0, _ = _index(p[5])
    eta, _ = relative_index(n, wi[2])
    a, _ = alpha_of(p[4])
    vi, vo = upright(wi, wi[2]), upright(wo, wi[2])
    bent, _ = refracted(a, eta, vi, vo)
    return blend(p, front, r0, _values(_lobes(p, front, eta, vi, vo), bent))


@device
def eval_tan(p, wi, wo, d_p, d_wi, d_wo):
    front = wi[2] > 0.0
    n, n_s, r0, r0_s = _index(p[5])
    eta, eta_n = relative_index(n, wi[2])
    a, a_r = alpha_of(p[4])
    vi, vo, d_vi, d_vo = upright(wi, wi[2]), upright(wo, wi[2]), upright(d_wi, wi[2]), upright(d_wo, wi[2])
    d_a, d_eta, d_r0 = a_r * d_p[4], eta_n * n_s * d_p[5], r0_s * d_p[5]
    d_ci, d_co, d_t = half_tan(vi, vo, d_vi, d_vo)
    bent, h = refracted(a, eta, vi, vo)
    lobes = _lobes(p, front, eta, vi, vo)
    _, f_a, f_eta, f_ci, f_co, f_t = lobes[2]
    d = (
        _move(lobes[0], d_a, d_ci, d_co, d_t),
        _move(lobes[1], d_a, d_ci, d_co, d_t),
        f_a * d_a + f_eta * d_eta + f_ci * d_ci + f_co * d_co + f_t * d_t,
        _move(lobes[3], d_p[4], d_ci, d_co, d_t),
        _move(lobes[4], 0.0 * d_a, d_ci, d_co, d_t),
        _move(lobes[5], d_p[10], d_ci, d_co, d_t),
        refracted_tan(bent, h, eta, vi, vo, d_a, d_eta, d_vi, d_vo),
    )
    return blend_tan(p, front, r0, _values(lobes, bent), d_p, d_r0, d)


@device
def eval_adj(p, wi, wo, g):
    front = wi[2] > 0.0
    n, n_s, r0, r0_s = _index(p[5])
    eta, eta_n = relative_index(n, wi[2])
    a, a_r = alpha_of(p[4])
    vi, vo = upright(wi, wi[2]), upright(wo, wi[2])
    k = lobe_adj(p, front, r0, g)
    bent, h = refracted(a, eta, vi, vo)
    k_a, k_eta, k_vi, k_vo = refracted_adj(bent, h, eta, vi, vo, k[6])
    lobes = _lobes(p, front, eta, vi, vo)
    x, y, f, s, c, q = lobes
    g_a = k[0] * x[1] + k[1] * y[1] + k[2] * f[1] + k_a
    g_eta = k[2] * f[2] + k_eta
    g_ci = k[0] * x[2] + k[1] * y[2] + k[2] * f[3] + k[3] * s[2] + k[4] * c[2] + k[5] * q[2]
    g_co = k[0] * x[3] + k[1] * y[3] + k[2] * f[4] + k[3] * s[3] + k[4] * c[3] + k[5] * q[3]
    g_t = k[0] * x[4] + k[1] * y[4] + k[2] * f[5] + k[3] * s[4] + k[4] * c[4] + k[5] * q[4]
    g_vi, g_vo = half_adj(vi, vo, g_ci, g_co, g_t)
    g_wi = upright((g_vi[0] + k_vi[0], g_vi[1] + k_vi[1], g_vi[2] + k_vi[2]), wi[2])
    g_wo = upright((g_vo[0] + k_vo[0], g_vo[1] + k_vo[1], g_vo[2] + k_vo[2]), wi[2])
    base, g_r0, more = blend_adj(p, front, r0, _values(lobes, bent), g)
    rough, specular = a_r * g_a + k[3] * s[1], eta_n * n_s * g_eta + r0_s * g_r0
    metal, tinted, cloth, cloth_tint, coat, through = more
    colour = (base[0], base[1], base[2])
    return (*colour, metal, rough, specular, tinted, cloth, cloth_tint, coat, k[5] * q[1], through), g_wi, g_wo


# --- sampling
@device
def _chances(p, front):
    """Of cosine and of clearcoat, and the weight of refraction."""
    d, c = (1.0 - p[3]) * (1.0 - p[11]), 0.25 * p[9]
    k = select(front, 1.0, 0.0) / (1.0 + d + c)
    return d * k, c * k, select(front, (1.0 - p[3]) * p[11], 1.0)


@device
def sample(p, wi, u1, u2, u3):
    front = wi[2] > 0.0
    n, _, _, _ = _index(p[5])
    eta, _ = relative_index(n, wi[2])
    a, _ = alpha_of(p[4])
    d, c, x = _chances(p, front)
    vi = upright(wi, wi[2])
    m = visible_normal(a, vi, u1, u2)
    f, _, _ = dielectric(dot(vi, m), eta)
    s = scatter(m, eta, vi, 1.0 - x * (1.0 - f), (u3 - d - c) / (1.0 - d - c))
    w, q = cosine_hemisphere(u1, u2), mirror(vi, clearcoat_normal(p[10], u1, u2))
    first, second = u3 < d, u3 < d + c
    vo = (
        select(first, w[0], select(second, q[0], s[0])),
        select(first, w[1], select(second, q[1], s[1])),
        select(first, w[2], select(second, q[2], s[2])),
    )
    return upright(vo, wi[2])


@device
def pdf(p, wi, wo):
    front = wi[2] > 0.0
    n, _, _, _ = _index(p[5])
    eta, _ = relative_index(n, wi[2])
    a, _ = alpha_of(p[4])
    d, c, x = _chances(p, front)
    vi, vo = upright(wi, wi[2]), upright(wo, wi[2])
    ci, co, t = half(vi, vo)
    (f_r, p_r), (f_t, p_t) = densities(a, eta, vi, vo)
    visible = (1.0 - x * (1.0 - f_r)) * p_r + x * (1.0 - f_t) * p_t
    return d * cosine_hemisphere_pdf(vo) + c * clearcoat_pdf(p[10], ci, co, t) + (1.0 - d - c) * visible
