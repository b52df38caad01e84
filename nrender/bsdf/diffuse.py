"""Diffuse reflection:  f cos_o = reflectance cos_o / pi  on the side of both directions (Lambert).

Unit 3-tuples in the shading frame, +z the normal on the side of wi. Values and pdf per steradian. Differentiable:
reflectance, wo (through the cosine). Sampled by the cosine, which depends on nothing.
Exact 0 unless both directions are above the horizon.
"""

from ..device import device
from ..real import INV_PI, select
from ..vec import dot, madd, scale
from ..warp import cosine_hemisphere, cosine_hemisphere_pdf

PARAMS = {"reflectance": (3, (0.0, 1.0))}  # size, range
SIZE = 3
TRANSMISSIVE = False


@device
def _cosine(wi, wo):
    """(cos_o / pi, its derivative)."""
    ok = (wi[2] > 0.0) & (wo[2] > 0.0)
    return select(ok, wo[2] * INV_PI, 0.0), select(ok, INV_PI, 0.0)


@device
def eval(p, wi, wo):
    k, _ = _cosine(wi, wo)
    return scale(p, k)


@device
def eval_tan(p, wi, wo, d_p, d_wi, d_wo):
    k, k_co = _cosine(wi, wo)
    return madd(scale(d_p, k), p, k_co * d_wo[2])


@device
def eval_adj(p, wi, wo, g):
    k, k_co = _cosine(wi, wo)
    zero = 0.0 * k
    return scale(g, k), (zero, zero, zero), (zero, zero, k_co * dot(p, g))


@device
def sample(p, wi, u1, u2, u3):
    return cosine_hemisphere(u1, u2)


@device
def pdf(p, wi, wo):
    return cosine_hemisphere_pdf(wo)
