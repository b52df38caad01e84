"""geometry/wedges.py: which lines through an edge graze it; geometry/pairs.py below it."""

import naive
import numpy as np
import pytest
from numpy.testing import assert_allclose

from nrender.geometry.pairs import distinct_pairs, places, sides_of
from nrender.geometry.wedges import FLAT, wedges

QUAD = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]]), np.array([[0, 1, 2], [0, 2, 3]])


def fan(*degrees):
    """Faces at the edge from (0, 0, 0) to (0, 0, 1), each in the direction of its angle from x about z."""
    angle = np.radians(degrees)
    tips = np.column_stack([np.cos(angle), np.sin(angle), np.full(len(angle), 0.3)])
    faces = [[0, 1, 2 + k] for k in range(len(angle))]
    return np.concatenate([[[0, 0, 0], [0, 0, 1]], tips]), np.array(faces)


def at(found, a, b):
    """(faces, outward, span, share) of one edge, or None."""
    row = np.flatnonzero((found.ends == [a, b]).all(1))
    assert len(row) <= 1
    return tuple(x[row[0]] for x in found[1:]) if len(row) else None


def directions(vertices, faces, edge, which):
    """(n, 3) unit vectors from the edge (two points) into the faces."""
    t = (edge[1] - edge[0]) / np.linalg.norm(edge[1] - edge[0])
    to = vertices[faces[which]].mean(1) - edge[0]
    to -= np.outer(to @ t, t)
    return to / np.linalg.norm(to, axis=1, keepdims=True)


# --- by hand
def test_a_cube_has_twelve():
    """Not the diagonals of its sides."""
    v, f = naive.cube()
    found = wedges(v, f)
    assert len(found.span) == 12
    assert_allclose(found.span, np.pi / 4)
    middle = v[found.ends].mean(1)
    assert_allclose(found.outward, middle / np.sqrt(2.0), atol=1e-15)
    assert (found.share == 1.0).all()
    assert found.ends.dtype == found.faces.dtype == np.int32


def test_a_border():
    found = wedges(*QUAD)
    assert len(found.span) == 4
    assert_allclose(found.span, np.pi / 2)
    assert_allclose(found.outward, 2.0 * (QUAD[0][found.ends].mean(1) - [0.5, 0.5, 0.0]), atol=1e-15)
    assert (found.faces[:, 0] == found.faces[:, 1]).all()
    assert sorted(map(tuple, found.ends.tolist())) == [(0, 1), (0, 3), (1, 2), (2, 3)]


@pytest.mark.parametrize(
    "degrees, middle, span, order",
    [
        ((0, 90), 225, 45, (1, 0)),  # from inside an L, or outside: the same lines
        ((90, 0), 225, 45, (0, 1)),
        ((0, 179), 269.5, 0.5, (1, 0)),
        ((10,), 190, 90, (0, 0)),
        ((0, 90, 135), 247.5, 22.5, (2, 0)),
        ((-100, 40, 70, 20), 165, 5, (2, 0)),
        ((170, -170, 180), 0, 80, (1, 0)),
        ((30, 30), 210, 90, None),  # two faces at one place
        ((30, 30, 80, 80), 235, 65, None),
    ],
)
def test_the_widest_gap(degrees, middle, span, order):
    faces, outward, found, share = at(wedges(*fan(*degrees)), 0, 1)
    assert_allclose(outward, [np.cos(np.radians(middle)), np.sin(np.radians(middle)), 0.0], atol=1e-12)
    assert_allclose(np.degrees(found), span)
    assert share == 1.0
    if order is not None:
        assert tuple(faces) == order


@pytest.mark.parametrize(
    "degrees", [(0, 180), (0, 180, 90), (0, 120, 240), (0, 90, 180, 270), (45, 225, 45, 225), (0, 180 - 1e-4)]
)
def test_edges_that_no_line_grazes(degrees):
    assert at(wedges(*fan(*degrees)), 0, 1) is None
    assert at(wedges(*fan(*degrees)), 0, 2) is not None  # a border


def test_a_sheet_of_two_sides():
    """Each face twice, wound both ways: the borders, not the diagonal; of doubled vertices each edge counts a half."""
    v, f = QUAD
    back = f[:, ::-1]
    one = wedges(v, np.concatenate([f, back]))
    two = wedges(np.concatenate([v, v]), np.concatenate([f, back + 4]))
    assert len(one.span) == 4
    assert len(two.span) == 8
    assert (one.share == 1.0).all()
    assert (two.share == 0.5).all()
    for found in (one, two):
        assert_allclose(found.span, np.pi / 2)
        assert_allclose(found.outward, 2.0 * (v[found.ends % 4].mean(1) - [0.5, 0.5, 0.0]), atol=1e-15)


def test_edges_at_one_place_have_all_faces_there():
    """A cube whose sides share no vertices, some of which are numbered the other way round."""
    v, f = naive.cube()
    quads = f.reshape(6, 6)
    own = [np.unique(q)[:: (-1) ** k] for k, q in enumerate(quads)]
    points = np.concatenate([v[o] for o in own])
    index = [4 * k + np.argmax(q[:, None] == o, axis=1) for k, (q, o) in enumerate(zip(quads, own, strict=True))]
    faces = np.concatenate(index).reshape(-1, 3)
    found = wedges(points, faces)
    assert len(found.span) == 24
    assert (found.share == 0.5).all()
    assert_allclose(found.span, np.pi / 4)
    assert_sides(points, faces, found)


def assert_sides(v, f, found):
    """The two faces are next to the gap, the first on the side of -q and the second on that of q."""
    t = v[found.ends[:, 1]] - v[found.ends[:, 0]]
    t /= np.linalg.norm(t, axis=1, keepdims=True)
    q = np.cross(t, found.outward)
    c, s = np.cos(found.span)[:, None], np.sin(found.span)[:, None]
    for k, sign in ((0, -1.0), (1, 1.0)):
        for i in range(len(t)):
            into = directions(v, f, v[found.ends[i]], found.faces[i, k : k + 1])[0]
            assert_allclose(into, -s[i] * found.outward[i] + sign * c[i] * q[i], atol=1e-7)


def test_faces_and_edges_without_extent_do_not_count():
    v, f = QUAD
    more = np.concatenate([v, [[0.5, 0, 0], [1.0, 0, 0]]])
    flat = np.array([[0, 1, 4], [1, 5, 2]])  # a needle along one side, and one with two corners at one place
    found = wedges(more, np.concatenate([f, flat]))
    assert_allclose(at(found, 0, 1)[1], [0, -1, 0], atol=1e-15)
    assert at(found, 1, 5) is None
    assert np.isfinite(found.outward).all()


def test_no_faces():
    assert len(wedges(np.zeros((3, 3)), np.zeros((0, 3), int)).span) == 0
    assert len(wedges(np.zeros((0, 3)), np.zeros((0, 3), int)).span) == 0


# --- a sphere
def test_the_measure_of_lines_that_graze_a_sphere():
    """Sum of length * (angle between the faces' planes) is twice the integral of the mean curvature (Steiner), and the
    angle is 2 span: 8 pi R, with an error in proportion to the square of the edges' lengths."""
    radius, error = 3.0, []
    for n in (1, 2, 3, 4):
        v, f = naive.icosphere(n)
        found = wedges(radius * v, f)
        assert len(found.span) == len(f) * 3 // 2
        length = np.linalg.norm(np.diff(radius * v[found.ends], axis=1)[:, 0], axis=1)
        error.append(abs((length * 2.0 * found.span * found.share).sum() / (8.0 * np.pi * radius) - 1.0))
    assert error[-1] < 1e-3
    assert np.polyfit(np.arange(4), np.log2(error), 1)[0] == pytest.approx(-2.0, abs=0.1)


def test_the_outward_vectors_of_a_sphere():
    v, f = naive.icosphere(2)
    found = wedges(v, f)
    middle = v[found.ends].mean(1)
    assert_allclose(found.outward, middle / np.linalg.norm(middle, axis=1, keepdims=True), atol=0.02)
    assert_sides(v, f, found)


# --- against brute force
def test_a_line_grazes_if_all_faces_are_on_one_side():
    """Edges of one to four faces in random directions, random lines through them."""
    rng = np.random.default_rng(1)
    kinds = {True: 0, False: 0, None: 0}
    for _ in range(300):
        v, f = fan(*rng.uniform(-180, 180, rng.integers(1, 5)))
        v = v @ np.linalg.qr(rng.normal(size=(3, 3)))[0] + rng.normal(size=3)
        found = at(wedges(v, f), 0, 1)
        a = directions(v, f, v[:2], np.arange(len(f)))
        t = (v[1] - v[0]) / np.linalg.norm(v[1] - v[0])
        d = rng.normal(size=(50, 3))
        side = np.cross(d, t) @ a.T  # of each line, each face
        expected = (side > 0.0).all(1) | (side < 0.0).all(1)
        if found is None:
            assert not expected.any()
            kinds[None] += 1
            continue
        _, o, span, _ = found
        assert o @ t == pytest.approx(0.0, abs=1e-12)
        grazes = np.abs(d @ o) * np.cos(span) < np.abs(d @ np.cross(t, o)) * np.sin(span)
        assert (grazes == expected).all()
        kinds[True] += grazes.sum()
        kinds[False] += (~grazes).sum()
    assert min(kinds.values()) > 50


def test_hardly_bent_edges():
    """The span is exact down to where it counts as flat, and so is the outward vector."""
    for degrees in (1e-1, 1e-2, 2.0 * np.degrees(FLAT) * 1.01):
        _, outward, span, _ = at(wedges(*fan(0, 180.0 - degrees)), 0, 1)
        assert np.degrees(span) == pytest.approx(degrees / 2.0, rel=1e-8)
        bend = np.radians(degrees / 2.0)
        assert_allclose(outward, [-np.sin(bend), -np.cos(bend), 0.0], atol=1e-9)


# --- pairs
def test_distinct_pairs_are_those_of_numpy():
    rng = np.random.default_rng(2)
    for m, n in ((0, 1), (1, 1), (50, 3), (3000, 40), (3000, 5000)):
        pairs = rng.integers(0, n, (m, 2))
        found = distinct_pairs(pairs, n)
        rows, number = np.unique(np.sort(pairs, axis=1), axis=0, return_inverse=True)
        assert found.rows.tolist() == rows.tolist()
        assert found.number.tolist() == number.reshape(-1).tolist()
        assert found.order.tolist() == np.argsort(number.reshape(-1), kind="stable").tolist()
        assert found.start.tolist() == [0, *np.cumsum(np.bincount(number.reshape(-1), minlength=len(rows)))]


def test_places_are_those_of_numpy():
    rng = np.random.default_rng(3)
    points = rng.integers(-3, 4, (1000, 3)).astype(float)
    found = places(points + rng.uniform(-1e-7, 1e-7, points.shape))
    _, first, number = np.unique(points, axis=0, return_index=True, return_inverse=True)
    assert found.tolist() == first[number.reshape(-1)].tolist()
    assert len(np.unique(places(rng.normal(size=(5000, 3))))) == 5000
    assert places(np.zeros((4, 3))).tolist() == [0, 0, 0, 0]


def test_sides_go_round_each_face():
    assert sides_of(np.array([[4, 5, 6], [2, 0, 1]])).tolist() == [[4, 5], [5, 6], [6, 4], [2, 0], [0, 1], [1, 2]]


def test_very_many_faces_at_one_vertex_and_at_one_edge():
    """Linear time: this would take minutes if the edges of a vertex were compared with each other."""
    n = 200_000
    angle = np.arange(n) / n * 2.0 * np.pi
    v = np.concatenate([[[0, 0, 1], [0, 0, 2]], np.column_stack([np.cos(angle), np.sin(angle), 0 * angle])])
    ring = 2 + np.arange(n)
    cone = np.column_stack([np.zeros(n, int), ring, np.roll(ring, -1)])
    assert len(wedges(v, cone).span) == 2 * n
    book = np.column_stack([np.zeros(n // 4, int), np.ones(n // 4, int), ring[: n // 4]])
    assert at(wedges(v, book), 0, 1)[2] == pytest.approx(np.pi / 4, rel=1e-4)
