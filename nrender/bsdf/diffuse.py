"""Diffuse reflection:  f = reflectance / pi  on the side of both directions (Lambert).

Unit 3-tuples in the shading frame, +z the normal on the side of wi. `eval` is per steradian, without the cosine, which
belongs to the geometry term (docs/theory.md). pdf per steradian. Differentiable: reflectance. f depends on no
direction.
"""

from ..device import device
from ..real import INV_PI
from ..vec import scale
from ..warp import cosine_hemisphere, cosine_hemisphere_pdf

PARAMS = {"reflectance": (3, (0.0, 1.0))}  # size, range


@device
def eval(reflectance, wi, wo):
    return scale(reflectance, INV_PI)


@device
def eval_tan(reflectance, wi, wo, d_reflectance):
    return scale(d_reflectance, INV_PI)


@device
def eval_adj(reflectance, wi, wo, g_value):
    return scale(g_value, INV_PI)


@device
def sample(wi, u1, u2):
    return cosine_hemisphere(u1, u2)


@device
def pdf(wi, wo):
    return cosine_hemisphere_pdf(wo)
