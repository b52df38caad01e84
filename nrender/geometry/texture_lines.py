"""Where a texture jumps on a mesh, for the sampling of boundaries: a checkerboard's lines, as segments on triangles,
and the edges that a texture doesn't continue over. NumPy, float64, on the host.

uv is of face corners, (F, 3, 2). With (u', v') = uv * scale + offset a checkerboard jumps where one of them is an
integer.
"""

from __future__ import annotations

import numpy as np

SHORT = 1e-9  # of barycentric weights: what is shorter, or nearer to a side, doesn't count
SAME = 1e-9  # uvs that differ by less are equal
ON_LINE = 1e-8  # of the face's extent in u' or v': above SHORT, so that no line is lost between the two


def checker_lines(
    uv: np.ndarray, scale: np.ndarray, offset: np.ndarray, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(face (n,), a (n, 3), b (n, 3)): the segments inside triangles on which u' or v' is an integer, their ends as
    barycentric weights of the three corners. Lines along a side are left out: checker_edges has them. ValueError if
    there would be more than `most`."""
    place = uv * scale + offset
    low, high = np.floor(place.min(axis=1)) + 1.0, np.ceil(place.max(axis=1))
    with np.errstate(invalid="ignore"):
        count = np.maximum(high - low, 0.0)
    total = float(count.sum())
    if not total <= most:
        raise ValueError(f"expected at most {most} lines of a checkerboard on its triangles, got {total:g}")
    parts = [_cuts(place[:, :, k], low[:, k], count[:, k].astype(np.int64)) for k in (0, 1)]
    face, a, b = (np.concatenate(both) for both in zip(*parts, strict=True))
    keep = (np.abs(a - b).max(axis=1, initial=0.0) >= SHORT) & (np.maximum(a, b).min(axis=1, initial=1.0) >= SHORT)
    return face[keep], a[keep], b[keep]


def _cuts(t: np.ndarray, low: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where t (F, 3), linear on each triangle, is one of the `count` (F,) integers from `low` on, all strictly between
    its least and its greatest value: (face, a, b)."""
    face = np.repeat(np.arange(len(t)), count)
    value = low[face] + (np.arange(len(face)) - np.repeat(np.cumsum(count) - count, count))
    corner = np.argsort(t, axis=1)[face]
    least, middle, greatest = np.take_along_axis(t[face], corner, axis=1).T
    below = value < middle
    # One end is on the side from the least to the greatest corner, the other on one of the other two.
    a = _on_side(corner[:, 0], corner[:, 2], (value - least) / (greatest - least))
    start, end = np.where(below, least, middle), np.where(below, middle, greatest)
    b = _on_side(corner[np.arange(len(face)), 1 - below], corner[np.arange(len(face)), 2 - below],
                 (value - start) / (end - start))
    return face, a, b


def _on_side(first: np.ndarray, second: np.ndarray, s: np.ndarray) -> np.ndarray:
    """(n, 3) weights of the point at s between two corners."""
    out = np.zeros((len(s), 3))
    row = np.arange(len(s))
    out[row, first] = 1.0 - s
    out[row, second] = s
    return out


def checker_edges(
    faces: np.ndarray, uv: np.ndarray, scale: np.ndarray, offset: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """(k,) which edges lie on a line of the checkerboard, so that it may jump there. Arguments as in uv_seams; False
    where there are not two faces."""
    shared = np.logical_or.reduce(_shared(faces, left, right)[0], axis=2)
    place = (uv * scale + offset)[left]
    level = np.round(place)
    on = np.abs(place - level) <= ON_LINE * np.maximum(np.ptp(place, axis=1, keepdims=True), 1.0)
    out = np.zeros(len(left), bool)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        along = (on[:, i] & on[:, j] & (level[:, i] == level[:, j])).any(axis=1)
        out |= shared[:, i] & shared[:, j] & along
    return out


def uv_seams(faces: np.ndarray, uv: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(k,) at which edges the uvs of the two faces differ, so that an image may jump there.

    faces: (F, 3) vertex numbers or, if vertices are doubled, pairs.places' numbers of them, by which the corners are
    matched; left, right: (k,) as edges.topology has them. Where right is negative (a border, or more than two faces) it
    is False: such an edge counts anyway. True if the faces share no two corners, or all three and any differs.
    """
    equal, two = _shared(faces, left, right)
    other = np.where(two, right, left)
    apart = np.abs(uv[left][:, :, None] - uv[other][:, None]).max(axis=3) > SAME
    return two & ((equal & apart).any(axis=(1, 2)) | (equal.any(axis=2).sum(axis=1) < 2))


def _shared(faces: np.ndarray, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(which corner of the left face is which of the right (k, 3, 3), whether there are two faces (k,))."""
    two = right >= 0
    return (faces[left][:, :, None] == faces[np.where(two, right, left)][:, None]) & two[:, None, None], two
