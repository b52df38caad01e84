"""The edges of a mesh across which the image may jump, and how much of each is in view. NumPy, on the host.

Those are silhouettes (one face towards the eye, one away), borders, and creases (the faces' planes or materials differ,
so that shading does). Vertices at the same place count as one here: a seam of doubled vertices is no border.
Of n edges that coincide each gets 1/n of the length, so that moving all of them counts once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..sharing import in_blocks
from .pairs import Pairs, distinct_pairs, places, sides_of

FLAT = 1e-6  # 1 - cos of the angle under which two faces count as coplanar
LEAST = 0.01  # of the importance of a crease


class MeshEdges(NamedTuple):
    """The E distinct edges of a mesh by vertex number, and where they are."""

    ends: np.ndarray  # (E, 2) int32, the lesser vertex first
    share: np.ndarray  # (E,) 1/(how many coincide)
    where: np.ndarray  # (E,) the row of `at` that says where each is
    at: Pairs  # of the sides of the faces, face by face (pairs.sides_of): pairs of pairs.places
    place: np.ndarray  # (V,) pairs.places


def mesh_edges(vertices: np.ndarray, faces: np.ndarray) -> MeshEdges:
    place, sides = places(vertices), sides_of(faces)
    own = distinct_pairs(sides, len(vertices))
    apart = bool((place == np.arange(len(place))).all())
    at = own if apart else distinct_pairs(place[sides], len(vertices))
    where = np.arange(len(own.rows)) if apart else at.number[own.order[own.start[:-1]]]
    share = np.ones(len(where)) if apart else 1.0 / np.bincount(where)[where]
    return MeshEdges(own.rows, share, where, at, place)


def topology(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(ends (E, 2), share (E,), left (E,), right (E,)): distinct edges by vertex number, 1/(how many coincide), two
    faces at the place of each; right is -1 at a border and -2 where more than two faces meet."""
    ends, share, where, at, _ = mesh_edges(vertices, faces)
    start, number = at.start[:-1], np.diff(at.start)
    face = at.order.astype(np.int64) // 3
    left = face[start]
    right = np.where(number == 2, face[np.minimum(start + 1, len(face) - 1)], np.where(number == 1, -1, -2))
    return ends, share, left[where], right[where]


class Seen(NamedTuple):
    """Faces as an eye sees them."""

    normal: np.ndarray  # (F, 3) of unit length
    front: np.ndarray  # (F,) whether the eye is in front
    alike: np.ndarray  # (F,) whether all points of a lens about the eye are on one side of the face's plane


def seen_from(vertices: np.ndarray, faces: np.ndarray, eye: np.ndarray, lens: np.ndarray | None = None) -> Seen:
    """eye (4,): homogeneous; lens (2, 3): the radii of a lens around it, along its two axes."""

    def some(part: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        corner = vertices[faces[part]]
        normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
        away = np.einsum("ij,ij->i", normal, eye[:3] - eye[3] * corner[:, 0])
        alike = np.ones(len(away), bool) if lens is None else np.abs(away) > np.linalg.norm(normal @ lens.T, axis=1)
        return normal, away > 0.0, alike

    return Seen(*map(np.concatenate, zip(*in_blocks(some, len(faces)), strict=True)))


def importance(seen: Seen, left: np.ndarray, right: np.ndarray, look: np.ndarray) -> np.ndarray:
    """How densely to sample each edge, (E,) from 0 (radiance does not jump there) to 1. `look`: (F, k) what else
    distinguishes faces (material, light). With a lens an edge counts fully that may be an outline as seen from some
    point of it.

    Over a crease the radiance changes about as the normal does, so a fine mesh's many creases get few samples.
    """

    def some(part: slice) -> np.ndarray:
        a, b = left[part], right[part]
        two = b >= 0
        b = np.where(two, b, a)
        # The two faces may be wound differently: what counts is the angle of their planes.
        cosine = np.abs(np.einsum("ij,ij->i", seen.normal[a], seen.normal[b]))
        crease = np.where(1.0 - cosine > FLAT, np.clip(np.sqrt(2.0 * np.maximum(1.0 - cosine, 0.0)), LEAST, 1.0), 0.0)
        changes = (look[a] != look[b]).any(axis=1)
        outline = (seen.front[a] != seen.front[b]) | (~(seen.alike[a] & seen.alike[b]) & (crease > 0.0))
        return np.where(~two | outline | changes, 1.0, crease)

    return np.concatenate(in_blocks(some, len(left)))


def sides(seen: Seen, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(E, 2) the two faces (a, b) at an edge, as (a, b) if the edge is a crease and as (-1 - a, -1 - b) if it is an
    outline. At a crease both faces are seen from the same side, and the picture continues over it. Near an outline it
    may not, within the distance at which the two sides are looked at; then the outline counts, and not the crease."""
    crease = (right >= 0) & (seen.front[left] == seen.front[np.where(right >= 0, right, left)])
    pair = np.stack([left, right], axis=1)
    return np.where(crease[:, None], pair, -1 - pair)


class Defocus(NamedTuple):
    """How far a thin lens moves what is at the depth t on the screen: up to |1 - t/focus| / t times (x, y)."""

    x: float
    y: float
    focus: float


def picture(near: float, limits: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
    """(5, 5) of what is in view, where |sx| and |sy| are less than `limits` and t more than `near`: for a point
    (w sx, w sy, w, t, 1) all five products are positive."""
    x, y = limits
    planes = [[1, 0, x, 0, 0], [-1, 0, x, 0, 0], [0, 1, y, 0, 0], [0, -1, y, 0, 0], [0, 0, 0, 1, -near]]
    return np.array(planes, float)


def blurred(planes: np.ndarray, defocus: Defocus) -> list[np.ndarray]:
    """The same for some point of a lens: two such sets, of what is before the plane in focus and what is behind it."""
    out = []
    for side in (1.0, -1.0):
        more = planes.copy()
        for k, size in enumerate((defocus.x, defocus.x, defocus.y, defocus.y)):
            more[k, 3:] += side * size * np.array([-1.0 / defocus.focus, 1.0])
        out.append(np.vstack([more, side * np.array([0.0, 0.0, 0.0, -1.0, defocus.focus])]))
    return out


def clip(a: np.ndarray, b: np.ndarray, planes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(inside (E,), s0, s1): the part of each segment in view. a, b: (E, 4) as (w sx, w sy, w, t); planes: see
    `picture`."""
    s0, s1 = np.zeros(len(a)), np.ones(len(a))
    for plane in planes:
        fa, fb = a @ plane[:4] + plane[4], b @ plane[:4] + plane[4]
        with np.errstate(divide="ignore", invalid="ignore"):
            s = fa / (fa - fb)
        s0 = np.where((fa < 0) & (fb > 0), np.maximum(s0, s), s0)
        s1 = np.where((fa > 0) & (fb < 0), np.minimum(s1, s), s1)
        s0 = np.where((fa <= 0) & (fb <= 0), 2.0, s0)
    return s0 < s1, s0, s1


def visible_edges(
    vertices: np.ndarray,
    ends: np.ndarray,
    share: np.ndarray,
    weight: np.ndarray,
    camera: np.ndarray,
    size: tuple[int, int],
    parallel: bool = False,
    limits: tuple[float, float] = (1.0, 1.0),
    defocus: Defocus | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(ends (c k), clip (9 k), lengths (k,)) for boundary.Edges, `ends` (E, c) being vertex numbers and what else
    there is: the parts in view of the edges with weight > 0. Lengths are in pixels, times share and importance
    `weight`; camera (12,): origin, right, up, forward; parallel: whether its rays are; limits: of |sx| and |sy|. With a
    lens a length is the root of its mean square over the lens."""
    origin, right, up, forward = camera.reshape(4, 3)
    points = (vertices - origin) @ np.linalg.inv(np.stack([right, up, forward], axis=1)).T
    w = np.ones(len(points)) if parallel else points[:, 2]
    points = np.column_stack([points[:, :2], w, points[:, 2]])
    near = 1e-6 * max(float(np.abs(vertices - origin).max(initial=0.0)), 1e-30)
    planes = picture(near, limits)
    sets = [planes] if defocus is None else blurred(planes, defocus)

    def some(part: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        kept = np.flatnonzero(weight[part] > 0.0) + part.start
        a, b = points[ends[kept, 0]], points[ends[kept, 1]]
        found = [(np.flatnonzero(i), s[i], e[i]) for i, s, e in (clip(a, b, planes) for planes in sets)]
        of, s0, s1 = map(np.concatenate, zip(*found, strict=True))
        a, b, kept = a[of], b[of], kept[of]
        p, q = (a + (b - a) * s[:, None] for s in (s0, s1))
        pixels = [(1.0 + np.array([1.0, -1.0]) * x[:, :2] / x[:, 2:3]) * 0.5 * np.array(size) for x in (p, q)]
        length = np.linalg.norm(pixels[1] - pixels[0], axis=1)
        table = np.column_stack([*pixels, p[:, 2], q[:, 2], s0, s1, 1.0 / weight[kept]])
        if defocus is not None:
            radius = 0.5 * np.hypot(defocus.x * size[0], defocus.y * size[1])
            length = np.hypot(length, 0.5 * radius * (1.0 / p[:, 3] - 1.0 / q[:, 3]))
            table[:, 0] = length
        long = length > 1e-6
        kept = kept[long]
        return ends[kept].reshape(-1), table[long].reshape(-1), length[long] * share[kept] * weight[kept]

    found, table, lengths = map(np.concatenate, zip(*in_blocks(some, len(ends)), strict=True))
    return found, table, lengths


def allot(lengths: np.ndarray, samples: int, shift: float) -> tuple[np.ndarray, float]:
    """(first (k + 1,), spacing = length a sample): samples in proportion to length, systematically rounded with the
    random `shift` in [0, 1), so that each edge's expected number is exact."""
    total = np.concatenate([[0.0], np.cumsum(lengths)])
    first = np.floor(total * (samples / total[-1]) + shift).astype(np.int32)
    first[0], first[-1] = 0, samples
    return first, float(total[-1] / samples)
