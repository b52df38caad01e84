"""GGX microfacets: distribution, Smith masking, visible normals; each function with its partials.

alpha = roughness^2, not below MIN_ALPHA (roughness 0.0317); below it nothing depends on roughness.
D(h) = alpha^2 / (pi (alpha^2 cos^2 + sin^2)^2), and G = G1(wi) G1(wo), the separable form, with
G1(v) = 2 c / (c + S), S = sqrt(alpha^2 + (1 - alpha^2) c^2), c = v_z.
Source: Walter et al. 2007, section 5; Heitz 2014, eq. 99; sampling: Dupuy and Benyoub 2023, "spherical caps".
"""

from ..device import device
from ..real import INV_PI, PI, cos, maximum, select, sin, sqrt
from ..vec import dot, madd, normalize, scale
from .angles import above

MIN_ALPHA = 1e-3


@device
def alpha_of(roughness):
    """(alpha, its derivative)."""
    a = roughness * roughness
    ok = a > MIN_ALPHA
    return select(ok, a, MIN_ALPHA), select(ok, 2.0 * roughness, 0.0)


@device
def distribution(a, z, t):
    """(D, D_a, D_z, D_t) for the half vector (not normalised) with height z and t = x^2 + y^2."""
    a2, z2 = a * a, z * z
    w = 1.0 / (a2 * z2 + t)
    r = (z2 + t) * w
    k = 2.0 * a2 * r * INV_PI
    d_a = 2.0 * a * r * INV_PI * (r - 2.0 * a2 * r * z2 * w)
    return 0.5 * k * r, d_a, k * 2.0 * z * (1.0 - a2 * r) * w, k * (1.0 - r) * w


@device
def masking(a, c):
    """(k, k_a, k_c) with k = 1 / (c + S) = G1 / (2 c), which is finite at c = 0."""
    a2 = a * a
    s = sqrt(a2 + (1.0 - a2) * c * c)
    k = 1.0 / (c + s)
    return k, -k * k * a * (1.0 - c * c) / s, -k * k * (1.0 + (1.0 - a2) * c / s)


@device
def reflection(a, ci, co, t):
    """(L, L_a, L_ci, L_co, L_t) with L = D G / (4 ci), a perfect mirror's  f cos_o; 0 unless ci, co > 0."""
    on, ci, co = above(ci, co)
    d, d_a, d_z, d_t = distribution(a, ci + co, t)
    ki, ki_a, ki_c = masking(a, ci)
    ko, ko_a, ko_c = masking(a, co)
    v = on * co * ki * ko
    v_a = on * co * (ki_a * ko + ki * ko_a)
    v_ci = on * co * ki_c * ko
    v_co = on * ki * (ko + co * ko_c)
    return d * v, d_a * v + d * v_a, d_z * v + d * v_ci, d_z * v + d * v_co, d_t * v


@device
def reflection_pdf(a, ci, co, t):
    """Density of mirror(wi, visible_normal(a, wi, ...)) per steradian: D G1(wi) / (4 ci). 0 below the horizon, where
    that can lie: the integral over wo is 1 less the chance of it."""
    on, ci, co = above(ci, co)
    d, _, _, _ = distribution(a, ci + co, t)
    k, _, _ = masking(a, ci)
    return on * 0.5 * d * k


@device
def cosine(ci, co, t):
    """(c, c_z, c_t), c = wi . h = wo . h for the unit half vector h, as functions of z = ci + co and t."""
    z = ci + co
    c = 0.5 * sqrt(maximum(z * z + t, 1e-12))
    return c, 0.25 * z / c, 0.125 / c


@device
def visible_normal(a, wi, u1, u2):
    """A microfacet normal m with density D(m) G1(wi) (wi . m) / wi_z per steradian; wi_z > 0."""
    v = normalize((a * wi[0], a * wi[1], wi[2]))
    phi = 2.0 * PI * u1
    z = (1.0 - u2) * (1.0 + v[2]) - v[2]
    r = sqrt(maximum(1.0 - z * z, 0.0))
    x, y, z = a * (r * cos(phi) + v[0]), a * (r * sin(phi) + v[1]), maximum(z + v[2], 0.0)
    return scale((x, y, z), 1.0 / sqrt(maximum(x * x + y * y + z * z, 1e-30)))


@device
def mirror(wi, m):
    return madd(scale(wi, -1.0), m, 2.0 * dot(wi, m))
