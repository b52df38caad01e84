"""Where meshes pass through each other: edges of one that cross a face of another. The line where they meet has no edge
of a mesh, and its motion is not in the derivative."""

from ..device import device
from ..geometry.traverse import closest
from ..geometry.triangle import area_normal, corners, vector_at
from ..real import gather
from ..vec import dot, madd, sub

ENDS = 1e-3  # of an edge: what it touches there it doesn't cross
FLAT = 1e-2  # sine of the angle under which an edge lies in a face
STEPS = 8  # hits of an edge's own shape that are passed


@device
def crossings(scene, ends, shape_of_vertex, shape_of_face, begin, end, found):
    """found[i] = the face of another shape that edge i crosses, else -1. ends (2 k): vertex numbers."""
    for i in range(begin, end):
        first, second = gather(ends, 2 * i), gather(ends, 2 * i + 1)
        a = vector_at(scene.theta, 3 * first)
        d = sub(vector_at(scene.theta, 3 * second), a)
        found[i] = -1
        t = ENDS
        for _ in range(STEPS):
            hit = closest(scene, madd(a, d, t), d, True)
            t = t + hit.t
            if hit.face < 0 or t > 1.0 - ENDS:
                break
            n = area_normal(corners(scene.theta, scene.faces, hit.face))
            across = dot(n, d) * dot(n, d) > FLAT * FLAT * dot(n, n) * dot(d, d)
            if across and gather(shape_of_face, hit.face) != gather(shape_of_vertex, first):
                found[i] = hit.face
                break
            t = t + ENDS
