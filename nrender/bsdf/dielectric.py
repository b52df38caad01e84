"""Rough glass (GGX): reflects  F D G / (4 ci)  and refracts the rest (refraction.py)

Unit 3-tuples in the shading frame, +z the geometric outside; the side of wi decides the index. Values and pdf per
steradian; the radiance of refracted light is scaled by 1 / eta^2, eta the index beyond over the index on wi's side.
ior: inside over outside, at least 1.001; alpha = roughness^2, at least 1e-3. Differentiable: ior, roughness, wi, wo.
Sampled by visible normals; of these Fresnel's share is mirrored. Lossless up to masking: light that strikes a second
microfacet is lost; from outside at ior 1.5, cosine 0.7, 0.3 % at roughness 0.3, 4 % at 0.6, 22 % at 1.
Source: refraction.py.
"""

from ..device import device
from ..vec import dot
from .angles import half_adj, half_tan
from .fresnel import dielectric
from .microfacet import alpha_of, visible_normal
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

PARAMS = {"ior": (1, (1.001, 4.0)), "roughness": (1, (0.0, 1.0))}  # size, range
SIZE = 2
TRANSMISSIVE = True


@device
def eval(p, wi, wo):
    eta, _ = relative_index(p[0], wi[2])
    a, _ = alpha_of(p[1])
    vi, vo = upright(wi, wi[2]), upright(wo, wi[2])
    r, _, _, _, _, _ = reflected(a, eta, vi, vo)
    t, _ = refracted(a, eta, vi, vo)
    value = r + t[0]
    return value, value, value


@device
def eval_tan(p, wi, wo, d_p, d_wi, d_wo):
    eta, eta_i = relative_index(p[0], wi[2])
    a, a_r = alpha_of(p[1])
    vi, vo, d_vi, d_vo = upright(wi, wi[2]), upright(wo, wi[2]), upright(d_wi, wi[2]), upright(d_wo, wi[2])
    d_eta, d_a = eta_i * d_p[0], a_r * d_p[1]
    _, r_a, r_eta, r_ci, r_co, r_t = reflected(a, eta, vi, vo)
    t, h = refracted(a, eta, vi, vo)
    d_ci, d_co, d_t = half_tan(vi, vo, d_vi, d_vo)
    d_r = r_a * d_a + r_eta * d_eta + r_ci * d_ci + r_co * d_co + r_t * d_t
    d_value = d_r + refracted_tan(t, h, eta, vi, vo, d_a, d_eta, d_vi, d_vo)
    return d_value, d_value, d_value


@device
def eval_adj(p, wi, wo, g):
    eta, eta_i = relative_index(p[0], wi[2])
    a, a_r = alpha_of(p[1])
    vi, vo = upright(wi, wi[2]), upright(wo, wi[2])
    s = g[0] + g[1] + g[2]
    _, r_a, r_eta, r_ci, r_co, r_t = reflected(a, eta, vi, vo)
    t, h = refracted(a, eta, vi, vo)
    g_vi, g_vo = half_adj(vi, vo, s * r_ci, s * r_co, s * r_t)
    g_a, g_eta, k_vi, k_vo = refracted_adj(t, h, eta, vi, vo, s)
    g_wi = upright((g_vi[0] + k_vi[0], g_vi[1] + k_vi[1], g_vi[2] + k_vi[2]), wi[2])
    g_wo = upright((g_vo[0] + k_vo[0], g_vo[1] + k_vo[1], g_vo[2] + k_vo[2]), wi[2])
    return (eta_i * (g_eta + s * r_eta), a_r * (g_a + s * r_a)), g_wi, g_wo


@device
def sample(p, wi, u1, u2, u3):
    eta, _ = relative_index(p[0], wi[2])
    a, _ = alpha_of(p[1])
    vi = upright(wi, wi[2])
    m = visible_normal(a, vi, u1, u2)
    f, _, _ = dielectric(dot(vi, m), eta)
    return upright(scatter(m, eta, vi, f, u3), wi[2])


@device
def pdf(p, wi, wo):
    eta, _ = relative_index(p[0], wi[2])
    a, _ = alpha_of(p[1])
    (f_r, p_r), (f_t, p_t) = densities(a, eta, upright(wi, wi[2]), upright(wo, wi[2]))
    return f_r * p_r + (1.0 - f_t) * p_t
