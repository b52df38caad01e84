"""geometry/texture_lines.py: segments against dense samples, seams of uvs."""

import numpy as np
import pytest
from naive_texture import checkerboard

from nrender.geometry.edges import topology
from nrender.geometry.pairs import places
from nrender.geometry.texture_lines import checker_edges, checker_lines, uv_seams

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
HALVES = np.array([[0, 1, 2], [0, 2, 3]])
NONE = np.zeros(2)
MANY = 100_000


def points(uv, face, weights):
    """(n, 2) the uvs of points in triangles."""
    return np.einsum("nc,nck->nk", weights, uv[face])


def random_triangles(count=40, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 3, 2)), np.array([1.7, -2.3]), np.array([0.3, -0.45])


@pytest.mark.parametrize("scale", [1, 2, 4, 7])
def test_lines_on_the_unit_square(scale):
    face, a, b = checker_lines(SQUARE[HALVES], np.full(2, float(scale)), NONE, MANY)
    p, q = (points(SQUARE[HALVES], face, x) for x in (a, b))
    assert np.linalg.norm(p - q, axis=1).sum() == pytest.approx(2 * (scale - 1), rel=1e-14)
    assert set(face) == ({0, 1} if scale > 1 else set())


def test_scale_and_offset_of_each_axis():
    uv = SQUARE[HALVES]
    face, a, b = checker_lines(uv, np.array([3.0, -2.0]), np.array([0.5, 0.25]), MANY)
    p, q = (points(uv, face, x) for x in (a, b))
    along_v = np.abs(p[:, 0] - q[:, 0]) < 1e-12
    assert sorted({round(x, 9) for x in p[along_v, 0]}) == [round((k - 0.5) / 3, 9) for k in (1, 2, 3)]
    assert sorted({round(x, 9) for x in p[~along_v, 1]}) == [0.125, 0.625]


def test_ends_are_on_whole_numbers_and_on_the_triangles_sides():
    uv, scale, offset = random_triangles()
    face, a, b = checker_lines(uv, scale, offset, MANY)
    assert len(face) > 100
    on_line = []
    for x in (a, b):
        assert (x >= 0).all()
        np.testing.assert_allclose(x.sum(axis=1), 1.0, rtol=1e-15)
        assert (np.sum(x == 0, axis=1) >= 1).all()
        place = points(uv, face, x) * scale + offset
        on_line.append(np.abs(place - np.round(place)) < 1e-13)
    assert (on_line[0] & on_line[1]).any(axis=1).all()


def test_the_colour_changes_across_each_segment():
    uv, scale, offset = random_triangles()
    face, a, b = checker_lines(uv, scale, offset, MANY)
    p, q = (points(uv, face, x) * scale + offset for x in (a, b))
    # Off the middle, if another line crosses there.
    middle, along = p + 0.4837 * (q - p), (q - p) / np.linalg.norm(q - p, axis=1, keepdims=True)
    aside = 1e-6 * np.stack([-along[:, 1], along[:, 0]], axis=1)
    for one, other in zip(middle + aside, middle - aside, strict=True):
        assert checkerboard(0, 1, *one) != checkerboard(0, 1, *other)


def test_between_any_two_points_of_a_triangle_all_lines_are_there():
    """As many segments are crossed on a straight way as there are whole numbers between its ends."""
    uv, scale, offset = random_triangles(seed=1)
    face, a, b = checker_lines(uv, scale, offset, MANY)
    rng = np.random.default_rng(2)
    for k in range(len(uv)):
        place = uv[k] * scale + offset
        p, q = a[face == k] @ place, b[face == k] @ place
        for one, other in rng.dirichlet(np.ones(3), (25, 2)) @ place:
            def side(x, start, end):
                way = end - start
                return np.sign(way[..., 0] * (x - start)[..., 1] - way[..., 1] * (x - start)[..., 0])

            crossed = (side(one, p, q) != side(other, p, q)) & (side(p, one, other) != side(q, one, other))
            assert crossed.sum() == np.abs(np.floor(one) - np.floor(other)).sum()


def test_lines_along_sides_are_left_out():
    for uv in (SQUARE[HALVES], SQUARE[HALVES][:, ::-1], SQUARE[HALVES] + 3.0):
        assert not len(checker_lines(uv, np.ones(2), NONE, MANY)[0])
        for little in (1e-12, -1e-12):
            assert not len(checker_lines(uv, np.ones(2), np.array([little, little]), MANY)[0])
    face, a, b = checker_lines(SQUARE[HALVES], np.ones(2), np.array([1e-6, 0]), MANY)
    lengths = np.linalg.norm(points(SQUARE[HALVES], face, a) - points(SQUARE[HALVES], face, b), axis=1)
    # Near the side it is a line.
    np.testing.assert_allclose(lengths[np.argsort(face)], [1 - 1e-6, 1e-6], rtol=1e-9)


def test_a_line_through_a_corner_is_one_segment():
    uv = np.array([[[-1, 0.2], [0, 0.8], [1, 0.4]]])
    face, a, b = checker_lines(uv, np.ones(2), NONE, MANY)
    assert list(face) == [0]
    np.testing.assert_allclose(sorted([tuple(a[0]), tuple(b[0])]), [[0, 1, 0], [0.5, 0, 0.5]], atol=1e-15)


def test_triangles_without_extent_in_uv_have_none():
    uv = np.array([[[1, 1], [1, 1], [1, 1]], [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]], float)
    face, a, b = checker_lines(uv, np.ones(2), NONE, MANY)
    assert (face.shape, a.shape, b.shape) == ((0,), (0, 3), (0, 3))
    face, a, b = checker_lines(np.zeros((0, 3, 2)), np.ones(2), NONE, MANY)
    assert (face.shape, a.shape, b.shape) == ((0,), (0, 3), (0, 3))


def test_too_many_are_refused():
    assert len(checker_lines(SQUARE[HALVES], np.full(2, 4.0), NONE, 12)[0]) == 12
    for scale, most in ((4.0, 11), (1e12, MANY), (1e300, MANY), (1e308 * 10, MANY)):
        with pytest.raises(ValueError, match=f"at most {most} lines"), np.errstate(invalid="ignore"):
            checker_lines(SQUARE[HALVES], np.full(2, scale), NONE, most)


def grid(n):
    """(vertices, faces, uv) of a square of n x n cells."""
    x = np.linspace(0, 1, n + 1)
    vertices = np.array([[a, b, 0] for a in x for b in x])
    k = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    quads = np.stack([k[:-1, :-1], k[1:, :-1], k[1:, 1:], k[:-1, 1:]], axis=-1).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return vertices, faces, vertices[faces][:, :, :2]


@pytest.mark.parametrize("scale, offset", [(4.0, 0.0), (6.0, 0.0), (2.0, 0.5), (3.0, 0.1), (1.0, 0.0)])
def test_lines_and_edges_together_are_the_checkerboard(scale, offset):
    """No line is lost or counted twice where it runs along the edges of a mesh."""
    vertices, faces, uv = grid(4)
    scales, offsets = np.full(2, scale), np.full(2, offset)
    ends, share, left, right = topology(vertices, faces)
    on_edge = checker_edges(faces, uv, scales, offsets, left, right)
    face, a, b = checker_lines(uv, scales, offsets, MANY)
    length = np.linalg.norm(points(uv, face, a) - points(uv, face, b), axis=1).sum()
    length += np.linalg.norm(np.diff(vertices[ends[on_edge]], axis=1), axis=2).sum()
    inside = np.arange(np.floor(offset) + 1, np.ceil(scale + offset))
    assert length == pytest.approx(2 * len(inside), rel=1e-12)


def test_a_seam_is_where_the_uvs_of_two_faces_differ():
    vertices, faces, uv = grid(2)
    ends, _, left, right = topology(vertices, faces)
    assert not uv_seams(faces, uv, left, right).any()
    torn = uv.copy()
    beyond = vertices[faces].mean(axis=1)[:, 0] > 0.5
    torn[beyond, :, 0] += 1.0
    seams = uv_seams(faces, torn, left, right)
    assert [tuple(x) for x in vertices[ends[seams]][:, :, 0]] == [(0.5, 0.5)] * 2
    rounding = uv + 1e-12 * np.random.default_rng(3).normal(size=uv.shape)
    assert not uv_seams(faces, rounding, left, right).any()


def test_one_end_is_enough_and_borders_are_no_seams():
    uv = SQUARE[HALVES]
    vertices = np.column_stack([SQUARE, np.zeros(4)])
    _, _, left, right = topology(vertices, HALVES)
    for corner, expected in ((0, 1), (1, 1), (2, 0)):
        other = uv.copy()
        other[1, corner] += 1e-8
        assert uv_seams(HALVES, other, left, right).sum() == expected
    assert not uv_seams(HALVES, uv, np.array([0, 0]), np.array([-1, -2])).any()


def test_doubled_vertices_are_matched_by_their_places():
    vertices = np.column_stack([SQUARE[[0, 1, 2, 0, 2, 3]], np.zeros(6)])
    faces = np.array([[0, 1, 2], [3, 4, 5]])
    uv = SQUARE[HALVES]
    _, _, left, right = topology(vertices, faces)
    two = right >= 0
    assert two.sum() == 2
    assert not uv_seams(places(vertices)[faces], uv, left, right).any()
    np.testing.assert_array_equal(uv_seams(faces, uv, left, right), two)  # without them nothing tells that they agree
    other = uv.copy()
    other[1] += 0.25
    np.testing.assert_array_equal(uv_seams(places(vertices)[faces], other, left, right), two)
