"""Rough metal (GGX):  f cos_o = F(wi . h) D(h) G1(wi) G1(wo) / (4 cos_i),  F = f0 + (1 - f0) (1 - wi . h)^5

Unit 3-tuples in the shading frame, +z the normal on the side of wi. Values and pdf per steradian. f0: linear RGB,
reflectance at normal incidence. alpha = roughness^2, at least 1e-3. Differentiable: f0, roughness, wi, wo. Sampled by
visible normals. Light that strikes a second microfacet is lost: with f0 = 1, seen from the normal, 1 % at roughness
0.3, 18 % at 0.6, 70 % at 1.
Source: microfacet.py, fresnel.py.
"""

from ..device import device
from ..vec import add, dot, madd, scale
from .angles import half, half_adj, half_tan
from .fresnel import schlick
from .microfacet import alpha_of, cosine, mirror, reflection, reflection_pdf, visible_normal

PARAMS = {"f0": (3, (0.0, 1.0)), "roughness": (1, (0.0, 1.0))}  # size, range
SIZE = 4
TRANSMISSIVE = False


@device
def _partials(p, wi, wo):
    """Value, and its partials with respect to f0 (one number), roughness, ci, co, t (colours)."""
    ci, co, t = half(wi, wo)
    a, a_r = alpha_of(p[3])
    v, v_a, v_ci, v_co, v_t = reflection(a, ci, co, t)
    c, c_z, c_t = cosine(ci, co, t)
    f, f_f0, f_c = schlick((p[0], p[1], p[2]), c)
    g = scale(f_c, v)
    by_ci, by_co = madd(scale(f, v_ci), g, c_z), madd(scale(f, v_co), g, c_z)
    return scale(f, v), f_f0 * v, scale(f, v_a * a_r), by_ci, by_co, madd(scale(f, v_t), g, c_t)


@device
def eval(p, wi, wo):
    value, _, _, _, _, _ = _partials(p, wi, wo)
    return value


@device
def eval_tan(p, wi, wo, d_p, d_wi, d_wo):
    _, by_f0, by_r, by_ci, by_co, by_t = _partials(p, wi, wo)
    d_ci, d_co, d_t = half_tan(wi, wo, d_wi, d_wo)
    of_p = madd(scale((d_p[0], d_p[1], d_p[2]), by_f0), by_r, d_p[3])
    return add(of_p, madd(madd(scale(by_ci, d_ci), by_co, d_co), by_t, d_t))


@device
def eval_adj(p, wi, wo, g):
    _, by_f0, by_r, by_ci, by_co, by_t = _partials(p, wi, wo)
    g_wi, g_wo = half_adj(wi, wo, dot(by_ci, g), dot(by_co, g), dot(by_t, g))
    return (g[0] * by_f0, g[1] * by_f0, g[2] * by_f0, dot(by_r, g)), g_wi, g_wo


@device
def sample(p, wi, u1, u2, u3):
    a, _ = alpha_of(p[3])
    return mirror(wi, visible_normal(a, wi, u1, u2))


@device
def pdf(p, wi, wo):
    a, _ = alpha_of(p[3])
    ci, co, t = half(wi, wo)
    return reflection_pdf(a, ci, co, t)
