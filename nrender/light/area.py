"""Emitting triangles: radiance constant over a face, from its front unless two-sided; chosen in proportion to power.

`pdf` is per steradian at the point that is lit. Differentiable: radiance, and through the geometry term the vertices.
"""

from ..device import device
from ..geometry.triangle import vector_at
from ..real import absolute, gather, select, sqrt
from ..vec import dot


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
def pdf(scene, s, w):
    """Density per steradian of next-event estimation (emitters.py), at the point from which the vector w leads to
    `s`: chance r^2 / (area cos)."""
    r2 = dot(w, w)
    return 2.0 * gather(scene.face_chance, s.face) * r2 * sqrt(r2) / absolute(dot(s.area_normal, w))
