"""Slow and obvious references, in plain NumPy and float64: what the kernels are compared with."""

import numpy as np


def ray_triangles(triangles, o, d):
    """(t, u, v) of the line o + t d and the planes of the triangles (n, 3, 3), each (n,): the solution of
    o + t d = v0 + u (v1 - v0) + v (v2 - v0). NaN where the line is parallel to the plane or the triangle has no area.
    """
    triangles = np.asarray(triangles, np.float64)
    o, d = np.asarray(o, np.float64), np.asarray(d, np.float64)
    v0, v1, v2 = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    system = np.stack([np.broadcast_to(-d, v0.shape), v1 - v0, v2 - v0], axis=2)
    normal = np.cross(v1 - v0, v2 - v0)
    size = np.abs(v1 - v0).max(1) * np.abs(v2 - v0).max(1) * np.linalg.norm(d)
    regular = np.abs(normal @ d) > 1e-14 * size
    out = np.full((len(triangles), 3), np.nan)
    out[regular] = np.linalg.solve(system[regular], (o - v0[regular])[:, :, None])[:, :, 0]
    return out[:, 0], out[:, 1], out[:, 2]


def hits(triangles, o, d, slack=0.0):
    """Distances to all triangles, inf where there is no hit at t > 0. `slack` grows the triangles by this share."""
    t, u, v = ray_triangles(triangles, o, d)
    with np.errstate(invalid="ignore"):
        inside = (u >= -slack) & (v >= -slack) & (u + v <= 1.0 + slack) & (t > 0.0)
    return np.where(inside, t, np.inf)


def closest(triangles, o, d, slack=0.0):
    """(t, face) of the nearest hit: the lower face where two are equally near; (inf, -1) for none."""
    t = hits(triangles, o, d, slack)
    face = int(np.argmin(t))
    return (t[face], face) if np.isfinite(t[face]) else (np.inf, -1)


def occluded(triangles, o, d, t_max, slack=0.0):
    return bool((hits(triangles, o, d, slack) < t_max).any())


def polygon_irradiance(polygon, x, n, radiance):
    """Irradiance at x, normal n, from a polygon (k, 3) of constant radiance that is wholly above x's horizon:
    E = L/2 |sum of (angle of an edge) (normal of its plane through x) . n|  (Lambert 1760)."""
    r = np.asarray(polygon, float) - x
    r /= np.linalg.norm(r, axis=1, keepdims=True)
    total = 0.0
    for a, b in zip(r, np.roll(r, -1, axis=0), strict=True):
        c = np.cross(a, b)
        total += np.arctan2(np.linalg.norm(c), a @ b) * (c / np.linalg.norm(c)) @ n
    return 0.5 * radiance * abs(total)


def solid_angle(triangle, x):
    """Of a triangle seen from x (Van Oosterom and Strackee 1983)."""
    a, b, c = (v / np.linalg.norm(v) for v in np.asarray(triangle, float) - x)
    return 2.0 * abs(np.arctan2(np.linalg.det([a, b, c]), 1.0 + a @ b + b @ c + c @ a))


def area_normal(triangle):
    return np.cross(triangle[1] - triangle[0], triangle[2] - triangle[0])


def cube():
    """(vertices (8, 3), faces (12, 3)) of side 2, normals outward."""
    v = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    return v, np.array([t for a, b, c, d in quads for t in ([a, b, c], [a, c, d])], np.int32)


def icosphere(subdivisions):
    """(vertices, faces) of an icosahedron, its faces divided in four so many times, on the unit sphere."""
    g = (1.0 + 5.0**0.5) / 2.0
    v = [[-1, g, 0], [1, g, 0], [-1, -g, 0], [1, -g, 0], [0, -1, g], [0, 1, g]]
    v += [[0, -1, -g], [0, 1, -g], [g, 0, -1], [g, 0, 1], [-g, 0, -1], [-g, 0, 1]]
    f = [[0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4], [11, 10, 2], [10, 7, 6]]
    f += [[7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9], [4, 9, 5], [2, 4, 11], [6, 2, 10]]
    f += [[8, 6, 7], [9, 8, 1]]
    v, f = [np.array(x, float) / np.linalg.norm(x) for x in v], f
    for _ in range(subdivisions):
        middle, finer = {}, []

        def between(i, j, middle=middle):
            key = (min(i, j), max(i, j))
            if key not in middle:
                middle[key] = len(v)
                v.append((v[i] + v[j]) / np.linalg.norm(v[i] + v[j]))
            return middle[key]

        for a, b, c in f:
            ab, bc, ca = between(a, b), between(b, c), between(c, a)
            finer += [[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]
        f = finer
    return np.array(v), np.array(f, np.int32)


def edges(faces):
    """Each edge once, by vertex number (n, 2)."""
    return np.unique(np.sort(np.asarray(faces)[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
