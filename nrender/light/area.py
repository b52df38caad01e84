"""Emitting triangles: radiance constant over a face, from its front unless two-sided; chosen in proportion to power.

`pdf` is per steradian at the point that is lit. Differentiable: radiance, and through the geometry term the vertices.
"""

from ..device import device
from ..geometry.surface import surface
from ..geometry.triangle import corners, point, vector_at
from ..real import absolute, gather, real, select, sqrt, truncate
from ..rng import uniform
from ..vec import dot, sub
from ..warp import triangle


@device
def offset(scene, s, direction, active):
    """(offset of the radiance emitted by the surface `s` against `direction`, mask of the lanes where there is one)."""
    index = gather(scene.face_emission, s.face)
    front = (dot(s.area_normal, direction) < 0.0) | (gather(scene.face_two_sided, s.face) > 0)
    lit = active & (index >= 0) & front
    return select(lit, index, 0), lit


@device
def radiance(values, index):
    return vector_at(values, index)


@device
def sample(scene, stream, x):
    """(stream, surface): a uniform point on a face that the alias table chooses, as seen from x."""
    stream, u0 = uniform(stream)
    stream, u1 = uniform(stream)
    stream, u2 = uniform(stream)
    position = u0 * real(scene.light_count)
    slot = truncate(position)
    keep = position - real(slot) < gather(scene.light_threshold, slot)
    face = gather(scene.lights, select(keep, slot, gather(scene.light_alias, slot)))
    b1, b2 = triangle(u1, u2)
    y = point(corners(scene.theta, scene.faces, face), b1, b2)
    return stream, surface(scene, face, b1, b2, sub(y, x))


@device
def pdf(scene, s, w):
    """Density per steradian of `sample`, at the point from which the vector w leads to `s`: chance r^2 / (area cos)."""
    r2 = dot(w, w)
    return 2.0 * gather(scene.face_chance, s.face) * r2 * sqrt(r2) / absolute(dot(s.area_normal, w))
