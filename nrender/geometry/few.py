"""Rays against few triangles: all lanes at once against one after the other, without a tree.

A line with direction d through the point o has the moment o x d, an edge from a to b the direction e = b - a and the
moment a x b. On which side of the edge the line passes is the sign of

    (a x b) . d + e . (o x d)

(Pluecker coordinates; Shoemake 1998), six products that need no vertex. A pair of triangles in one plane that are a
convex quadrangle together have four edges to test and not six. Here e is of unit length, so that a side is a length
times |d|, and lines within `slack` of an edge count as inside: more than what rounding does to a side, so that no ray
passes between triangles that share an edge or a vertex.
"""

from __future__ import annotations

import numpy as np

from ..device import device
from ..real import BIG, any_lane, gather, invert, maximum, minimum, select
from ..vec import add, cross, dot, largest_magnitude, scale, sub

FEW = 64  # triangles, from which on the tree is faster
HEAD = 5  # words: the centre of the scene, its radius, slack per length
EDGE = 6
QUAD = 5 * EDGE + 4
TRIANGLE = 3 * EDGE + 4
WEIGHTS = 8  # words a face: how the weights of its second and third vertex depend on a point
SLACK = 3e-7
THIN = 1e-4  # an edge of a smaller part of the scene needs the tree's accuracy


def few_tables(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """(numbers, faces, how many quadrangles) for vertices (n, 3) and faces (m, 3); of no use if there are no faces in
    the answer, but for scenes of few triangles, none of them tiny."""
    nothing = np.zeros(HEAD), np.zeros(0, np.int32), 0
    if len(faces) > FEW:
        return nothing
    corners = np.asarray(vertices, np.float64)[faces]
    low, high = corners.min((0, 1)), corners.max((0, 1))
    centre, radius = (low + high) / 2, float(np.linalg.norm(high - low)) / 2
    corners = corners - centre
    sides = np.linalg.norm(corners - np.roll(corners, -1, 1), axis=2)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    heights = np.linalg.norm(normals, axis=1) / np.maximum(sides.max(1), 1e-300)
    if min(sides.min(), heights.min()) < THIN * radius:
        return nothing
    pairs = _pairs(corners, faces, normals / np.linalg.norm(normals, axis=1)[:, None], radius)
    alone = [k for k in range(len(faces)) if all(k not in (a, b) for a, b, _ in pairs)]
    rows = [_quad(corners[a], quad) for a, _, quad in pairs] + [_triangle(corners[k]) for k in alone]
    order = [k for a, b, _ in pairs for k in (a, b)] + alone
    weights = [_weights(corners[k], normals[k]) for k in range(len(faces))]
    head = np.array([*centre, radius, SLACK])
    return np.concatenate([head, *rows, *weights]), np.array(order, np.int32), len(pairs)


Pair = tuple[int, int, np.ndarray]


def _pairs(corners: np.ndarray, faces: np.ndarray, normals: np.ndarray, radius: float) -> list[Pair]:
    """(face, other face, (4, 3) corners in turn): in one plane, convex, the first three corners those of the first."""
    edges = {(f[k], f[(k + 1) % 3]): (i, k) for i, f in enumerate(faces.tolist()) for k in range(3)}
    taken: set[int] = set()
    out: list[Pair] = []
    for (a, b), (i, k) in edges.items():
        j, m = edges.get((b, a), (i, 0))
        if i >= j or i in taken or j in taken:
            continue
        apex, far = corners[i][(k + 2) % 3], corners[j][(m + 2) % 3]
        if abs(np.dot(far - apex, normals[i])) > 1e-7 * radius:
            continue
        quad = np.array([corners[i][(k + 1) % 3], apex, corners[i][k], far])
        turns = np.cross(np.roll(quad, -1, 0) - quad, np.roll(quad, -2, 0) - np.roll(quad, -1, 0)) @ normals[i]
        if (turns > 1e-6 * radius * np.linalg.norm(quad[2] - quad[0])).all():
            taken |= {i, j}
            out.append((i, j, quad))
    return out


def _edge(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.concatenate([b - a, np.cross(a, b)]) / np.linalg.norm(b - a)


def _plane(corners: np.ndarray) -> np.ndarray:
    n = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    n = n / np.linalg.norm(n)
    return np.array([*n, n @ corners[0]])


def _quad(first: np.ndarray, quad: np.ndarray) -> np.ndarray:
    edges = [_edge(quad[k], quad[(k + 1) % 4]) for k in range(4)]
    return np.concatenate([*edges, _edge(quad[2], quad[0]), _plane(first)])


def _triangle(corners: np.ndarray) -> np.ndarray:
    return np.concatenate([*(_edge(corners[k], corners[(k + 1) % 3]) for k in range(3)), _plane(corners)])


def _weights(corners: np.ndarray, normal: np.ndarray) -> np.ndarray:
    second = np.cross(corners[2] - corners[0], normal) / (normal @ normal)
    third = np.cross(normal, corners[1] - corners[0]) / (normal @ normal)
    return np.array([*second, -second @ corners[0], *third, -third @ corners[0]])


@device
def _triple(table, k):
    return (gather(table, k), gather(table, k + 1), gather(table, k + 2))


@device
def _side(table, k, d, moment):
    return dot(_triple(table, k), moment) + dot(_triple(table, k + 3), d)


@device
def _line(table, o, d):
    """(o from the centre, o x d, slack)."""
    x = sub(o, _triple(table, 0))
    reach = gather(table, 3) + largest_magnitude(x)
    return x, cross(x, d), gather(table, 4) * reach * largest_magnitude(d)


@device
def _distance(table, k, o, d):
    n = _triple(table, k)
    return (gather(table, k + 3) - dot(n, o)) / dot(n, d)


@device
def _in_quad(table, k, d, moment, slack):
    """(inside, the least side)."""
    a, b = _side(table, k, d, moment), _side(table, k + EDGE, d, moment)
    c, e = _side(table, k + 2 * EDGE, d, moment), _side(table, k + 3 * EDGE, d, moment)
    low, high = minimum(minimum(a, b), minimum(c, e)), maximum(maximum(a, b), maximum(c, e))
    return (low >= -slack) | (high <= slack), low


@device
def _in_triangle(table, k, d, moment, slack):
    a, b = _side(table, k, d, moment), _side(table, k + EDGE, d, moment)
    c = _side(table, k + 2 * EDGE, d, moment)
    low, high = minimum(minimum(a, b), c), maximum(maximum(a, b), c)
    return (low >= -slack) | (high <= slack)


@device
def _nearer(t, face, best, found):
    """Equal distances go to the lower face."""
    return (t > 0.0) & ((t < best) | ((t == best) & (face < found)))


@device(apart=True)
def nearest_of_few(table, faces, quads, o, d, mask):
    """(t, face, u, v) of the nearest hit of each lane's ray; face -1: none."""
    x, moment, slack = _line(table, o, d)
    best = 0.0 * slack + BIG
    found = select(mask, -1, -1)
    k = HEAD
    for i in range(quads):
        inside, low = _in_quad(table, k, d, moment, slack)
        inside = inside & mask
        if any_lane(inside):
            t = _distance(table, k + 5 * EDGE, x, d)
            side = _side(table, k + 4 * EDGE, d, moment)
            first = select(low >= -slack, side, -side) >= 0.0
            face = select(first, faces[2 * i], faces[2 * i + 1])
            nearer = inside & _nearer(t, face, best, found)
            best, found = select(nearer, t, best), select(nearer, face, found)
        k += QUAD
    for i in range(2 * quads, len(faces)):
        inside = _in_triangle(table, k, d, moment, slack) & mask
        if any_lane(inside):
            t = _distance(table, k + 3 * EDGE, x, d)
            nearer = inside & _nearer(t, faces[i], best, found)
            best, found = select(nearer, t, best), select(nearer, faces[i], found)
        k += TRIANGLE
    row = k + WEIGHTS * select(found < 0, 0, found)
    p = add(x, scale(d, best))
    u = dot(_triple(table, row), p) + gather(table, row + 3)
    v = dot(_triple(table, row + 4), p) + gather(table, row + 7)
    u, v = maximum(u, 0.0 * u), maximum(v, 0.0 * v)
    over = maximum(u + v, 0.0 * u + 1.0)
    return best, found, u / over, v / over


@device(apart=True)
def any_of_few(table, faces, quads, o, d, t_max, mask):
    """Mask of the lanes whose ray meets a triangle at 0 < t < t_max."""
    x, moment, slack = _line(table, o, d)
    left = mask
    k = HEAD
    for _ in range(quads):
        inside = left & _in_quad(table, k, d, moment, slack)[0]
        if any_lane(inside):
            t = _distance(table, k + 5 * EDGE, x, d)
            left = left & invert(inside & (t > 0.0) & (t < t_max))
            if not any_lane(left):
                return mask
        k += QUAD
    for _ in range(2 * quads, len(faces)):
        inside = left & _in_triangle(table, k, d, moment, slack)
        if any_lane(inside):
            t = _distance(table, k + 3 * EDGE, x, d)
            left = left & invert(inside & (t > 0.0) & (t < t_max))
            if not any_lane(left):
                return mask
        k += TRIANGLE
    return mask & invert(left)
