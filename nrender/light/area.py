"""Emitting triangles: radiance constant over a face or a texture, from its front unless two-sided; chosen in proportion
to power.

Differentiable: radiance, and through the geometry term the vertices. `pdf` is per steradian at the point that is lit.
"""

from ..device import device
from ..geometry.surface import add_vector
from ..geometry.triangle import vector_at
from ..real import absolute, any_lane, invert, select, sqrt
from ..tables import FACE_EMISSION, FACE_GLOW, FACE_TWO_SIDED, of_face
from ..texture import lookup, lookup_adj, lookup_tan
from ..vec import choose, dot


@device
def emits(scene, s, direction, active):
    """The lanes where the surface `s` emits against `direction`."""
    front = (dot(s.area_normal, direction) < 0.0) | (of_face(scene, s.face, FACE_TWO_SIDED) > 0)
    return active & (of_face(scene, s.face, FACE_EMISSION) >= 0) & front


@device
def _where(scene, s, lit):
    """(offset of the radiance, texture, mask of the lanes that have one)."""
    offset, texture = of_face(scene, s.face, FACE_EMISSION), of_face(scene, s.face, FACE_GLOW)
    textured = lit & (texture >= 0)
    return select(lit, offset, 0), select(textured, texture, 0), textured


@device
def radiance(scene, s, lit):
    offset, texture, textured = _where(scene, s, lit)
    out = vector_at(scene.theta, offset)
    if any_lane(textured):
        out = choose(textured, lookup(scene, texture, s.face, s.u, s.v), out)
    return out


@device
def radiance_tan(scene, d_theta, s, d_u, d_v, lit):
    """(d_u, d_v): how fast the point slides on its triangle."""
    offset, texture, textured = _where(scene, s, lit)
    out = vector_at(d_theta, offset)
    if any_lane(textured):
        out = choose(textured, lookup_tan(scene, d_theta, texture, s.face, s.u, s.v, d_u, d_v), out)
    return out


@device
def radiance_adj(scene, gradient, s, g, lit):
    """Scatter g; return (g_u, g_v)."""
    offset, texture, textured = _where(scene, s, lit)
    add_vector(gradient, offset, g, lit & invert(textured))
    g_u, g_v = 0.0 * s.u, 0.0 * s.u
    if any_lane(textured):
        more_u, more_v = lookup_adj(scene, gradient, texture, s.face, s.u, s.v, g, textured)
        g_u, g_v = select(textured, more_u, g_u), select(textured, more_v, g_v)
    return g_u, g_v


@device
def pdf(s, w, chance):
    """Density per steradian of a point of `s`, uniform on its face, at the point from which the vector w leads to it;
    times the chance of choosing the face: r^2 / (area cos)."""
    r2 = dot(w, w)
    return 2.0 * chance * r2 * sqrt(r2) / absolute(dot(s.area_normal, w))
