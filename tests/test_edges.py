"""geometry/edges.py: topology, where radiance may jump, clipping, allotting samples."""

import naive
import numpy as np
import pytest
from numpy.testing import assert_allclose

from nrender.geometry.edges import (
    LEAST,
    Defocus,
    allot,
    blurred,
    clip,
    importance,
    picture,
    seen_from,
    sides,
    topology,
    visible_edges,
)

QUAD = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]]), np.array([[0, 1, 2], [0, 2, 3]])


def by_ends(ends, *columns):
    return {tuple(map(int, e)): values for e, *values in zip(ends, *columns, strict=True)}


def plain_look(faces):
    return np.zeros((len(faces), 2), int)


@pytest.mark.parametrize("mesh", [naive.cube(), naive.icosphere(2)], ids=["cube", "sphere"])
def test_a_closed_mesh_has_two_faces_an_edge(mesh):
    v, f = mesh
    ends, share, left, right = topology(v, f)
    assert len(ends) == len(f) * 3 // 2
    assert (ends == naive.edges(f)).all()
    assert (share == 1.0).all()
    for e, a, b in zip(ends, left, right, strict=True):
        assert a != b
        assert set(e) <= set(f[a])
        assert set(e) <= set(f[b])


def test_a_border_has_one_face():
    ends, share, left, right = topology(*QUAD)
    table = by_ends(ends, share, left, right)
    assert set(table) == {(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)}
    assert set(table[0, 2][1:]) == {0, 1}
    assert {e for e in table if table[e][2] == -1} == set(table) - {(0, 2)}
    assert table[0, 1][1] == 0
    assert table[2, 3][1] == 1


def test_doubled_vertices_are_no_border():
    """A cube whose faces share no vertex: each edge twice, each with half the length, and both faces."""
    v, f = naive.cube()
    quads = f.reshape(6, 6)
    own = np.concatenate([v[np.unique(q)] for q in quads])
    faces = np.concatenate([4 * k + np.searchsorted(np.unique(q), q).reshape(2, 3) for k, q in enumerate(quads)])
    ends, share, left, right = topology(own, faces)
    across = left // 2 != right // 2  # not a diagonal of a quad
    assert across.sum() == 24
    assert (share[across] == 0.5).all()
    assert (share[~across] == 1.0).all()
    assert (right >= 0).all()
    one = topology(v, f)
    assert_allclose(share.sum(), len(one[0]))
    length = np.linalg.norm(own[ends[:, 1]] - own[ends[:, 0]], axis=1) @ share
    assert_allclose(length, np.linalg.norm(v[one[0][:, 1]] - v[one[0][:, 0]], axis=1).sum())


def test_a_zero_with_a_sign_is_the_same_place():
    v = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [-0.0, 0, -0.0], [1, -0.0, 0], [0, -1, 0]])
    ends, share, _, right = topology(v, np.array([[0, 1, 2], [4, 3, 5]]))
    table = by_ends(ends, share, right)
    assert table[0, 1] == [0.5, 1]
    assert table[3, 4] == [0.5, 1]


def test_where_three_faces_meet():
    v = np.array([[0.0, 0, 0], [0, 0, 1], [1, 0, 0], [-1, 1, 0], [-1, -1, 0]])
    f = np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4]])
    ends, share, left, right = topology(v, f)
    assert by_ends(ends, share, right)[0, 1] == [1.0, -2]
    assert importance(seen_from(v, f, np.array([5.0, 5, 5, 1])), left, right, plain_look(f))[0] == 1.0


def slow_topology(vertices, faces):
    """With NumPy's sorts; vertices at the same place are equal."""
    sides = np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    place = np.unique(vertices, axis=0, return_inverse=True)[1].reshape(-1)
    ends, own = np.unique(sides, axis=0, return_inverse=True)
    _, where = np.unique(np.sort(place[ends], axis=1), axis=0, return_inverse=True)
    own, where = own.reshape(-1), where.reshape(-1)
    rows = []
    for e in range(len(ends)):
        these = np.flatnonzero(where[own] == where[e]) // 3
        right = these[1] if len(these) == 2 else -1 if len(these) == 1 else -2
        rows.append((*ends[e], 1.0 / np.count_nonzero(where == where[e]), these[0], right))
    return rows


def test_topology_is_that_of_slow_sorts():
    """Of random triangles between few places: doubled vertices, many faces at an edge, sides without length."""
    rng = np.random.default_rng(3)
    kinds = set()
    for _ in range(60):
        v = rng.integers(0, 3, (rng.integers(3, 60), 3)).astype(float)
        f = rng.integers(0, len(v), (rng.integers(1, 120), 3))
        ends, *columns = topology(v, f)
        rows = slow_topology(v, f)
        assert list(zip(*ends.T, *columns, strict=True)) == rows
        kinds |= {(row[2] < 1.0, min(row[4], 0)) for row in rows}
    assert len(kinds) == 5  # edges that coincide have two faces at least


@pytest.mark.parametrize("eye", [(3, 0.2, 0.1), (2, 2.5, 3), (0, -4, 0.5)])
def test_silhouettes_of_a_sphere(eye):
    """Of those edges, and no others, exactly one face is towards the eye; together they are closed curves."""
    v, f = naive.icosphere(3)
    ends, share, left, right = topology(v, f)
    weight = importance(seen_from(v, f, np.array([*eye, 1.0])), left, right, plain_look(f))
    front = np.array([naive.area_normal(v[t]) @ (eye - v[t[0]]) > 0 for t in f])
    expected = front[left] != front[right]
    assert ((weight == 1.0) == expected).all()
    assert (np.bincount(ends[expected].reshape(-1)) % 2 == 0).all()
    angle = np.arccos(np.sum(v[ends[expected]].mean(1) * eye, axis=1) / np.linalg.norm(eye))
    assert_allclose(angle, np.arccos(1 / np.linalg.norm(eye)), atol=0.25)
    assert (weight > 0.0).all()  # creases
    assert weight[~expected].max() < 0.3
    assert weight.min() >= LEAST


def test_silhouettes_and_creases_of_a_cube_seen_from_a_corner():
    v, f = naive.cube()
    ends, _, left, right = topology(v, f)
    weight = by_ends(ends, importance(seen_from(v, f, np.array([5.0, 5, 5, 1])), left, right, plain_look(f)))
    for (a, b), (value,) in weight.items():
        sides = np.abs(v[a] - v[b]).sum() / 2
        assert value == (0.0 if sides == 2 else 1.0)  # nothing changes across a diagonal


def test_a_change_of_material_is_an_edge():
    v, f = QUAD
    _, _, left, right = topology(v, f)
    eye = np.array([0.0, 0, 5, 1])
    inner = right >= 0
    assert importance(seen_from(v, f, eye), left, right, plain_look(f))[inner] == 0.0
    assert importance(seen_from(v, f, eye), left, right, np.array([[0, 0], [0, 7]]))[inner] == 1.0


def test_faces_wound_differently_are_still_one_plane_but_for_the_eye():
    """The fold's two faces disagree on which side is front, so the edge counts: no jump is missed."""
    v, f = QUAD[0], np.array([[0, 1, 2], [0, 3, 2]])
    _, _, left, right = topology(v, f)
    assert importance(seen_from(v, f, np.array([0.0, 0, 5, 1])), left, right, plain_look(f))[right >= 0] == 1.0


INSIDE = [
    ((0, 0, 1), (0.5, 0.5, 1), (0.0, 1.0)),
    ((-2, 0, 1), (2, 0, 1), (0.25, 0.75)),
    ((0, 0, 2), (0, 4, 2), (0.0, 0.5)),
    ((0, 0, 1), (0, 0, -1), (0.0, 0.45)),  # near plane at 0.1
    ((0, 0, -1), (0, 0, 3), (0.275, 1.0)),
    ((-3, -3, 1), (3, 3, 1), (1 / 3, 2 / 3)),
]
OUTSIDE = [((2, 0, 1), (2, 1, 1)), ((0, 0, -1), (1, 0, -2)), ((0, 0, 0), (0, 0, 0.05)), ((-3, 0, 1), (0, 3, 1))]


def in_view(points):
    """(w sx, w sy, w, t) of a pinhole, from (t sx, t sy, t)."""
    points = np.array(points, float)
    return np.concatenate([points, points[:, 2:]], axis=1)


@pytest.mark.parametrize("a, b, part", INSIDE)
def test_clipping_keeps_the_part_in_view(a, b, part):
    inside, s0, s1 = clip(in_view([a]), in_view([b]), picture(0.1))
    assert inside[0]
    assert_allclose([s0[0], s1[0]], part, atol=1e-12)


@pytest.mark.parametrize("a, b", OUTSIDE)
def test_clipping_drops_what_is_out_of_view(a, b):
    assert not clip(in_view([a]), in_view([b]), picture(0.1))[0][0]


def test_clipping_against_points_along_the_segment():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 300, 3)) * [2, 2, 2]
    inside, s0, s1 = clip(in_view(a), in_view(b), picture(0.1))
    s = (np.arange(2000) + 0.5) / 2000
    p = a[:, None] + (b - a)[:, None] * s[:, None]
    seen = (np.abs(p[..., 0]) < p[..., 2]) & (np.abs(p[..., 1]) < p[..., 2]) & (p[..., 2] > 0.1)
    kept = inside[:, None] & (s > s0[:, None]) & (s < s1[:, None])
    assert (seen.sum(1) > 0).sum() > 30
    assert (seen != kept).sum() <= 2


def test_clipping_with_a_lens_keeps_what_some_point_of_it_sees():
    """Against many points of the lens's bounding square, at many points of segments."""
    rng, defocus = np.random.default_rng(0), Defocus(0.4, 0.25, 1.5)
    a, b = rng.normal(size=(2, 200, 3)) * [3, 3, 1] + [0, 0, 1.2]
    s = (np.arange(400) + 0.5) / 400
    p = a[:, None] + (b - a)[:, None] * s[:, None]
    t = p[..., 2]
    with np.errstate(divide="ignore"):
        shift = np.abs(1 - t / defocus.focus) / t
    x, y = np.abs(p[..., 0] / t), np.abs(p[..., 1] / t)
    seen = (x < 1.1 + defocus.x * shift) & (y < 1.2 + defocus.y * shift) & (t > 0.1)
    kept = np.zeros(seen.shape, int)
    for planes in blurred(picture(0.1, (1.1, 1.2)), defocus):
        inside, s0, s1 = clip(in_view(a), in_view(b), planes)
        kept += inside[:, None] & (s > s0[:, None]) & (s < s1[:, None])
    assert kept.max() == 1  # of the two sets, of what is before the plane in focus and what is behind it
    assert (seen.any(1)).sum() > 50
    assert (seen != kept.astype(bool)).sum() <= 2


def test_an_edge_counts_that_is_an_outline_from_some_point_of_a_lens():
    """A roof: from the left its right side is not seen. The middle of the lens sees both, as a crease."""
    vertices = np.array([[0, 0, 0], [0, 1, 0], [-1, 0.5, -0.2], [1, 0.5, -0.2]])
    faces = np.array([[0, 1, 2], [1, 0, 3]])
    _, _, left, right = topology(vertices, faces)
    of, eye = int(np.flatnonzero(right >= 0)[0]), np.array([-3.0, 0.5, 0.66, 1.0])

    def found(vertices, radius):
        lens = np.array([[radius, 0, 0], [0, radius, 0.0]])
        return importance(seen_from(vertices, faces, eye, lens), left, right, plain_look(faces))[of]

    crease = importance(seen_from(vertices, faces, eye), left, right, plain_look(faces))[of]
    assert LEAST < crease < 1.0
    assert found(vertices, 0.2) == crease
    assert found(vertices, 0.4) == 1.0
    flat = vertices * [1, 1, 0]
    assert found(flat, 9.0) == 0.0  # in one plane there is nothing to see


CAMERA = np.concatenate([[0, 0, 4], [0.5, 0, 0], [0, 0.5, 0], [0, 0, -1.0]])


def test_visible_edges_are_in_pixels_with_row_0_at_the_top():
    v = np.array([[-1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    ends, table, length = visible_edges(v, np.array([[0, 1]]), np.ones(1), np.ones(1), CAMERA, (100, 60))
    assert ends.tolist() == [0, 1]
    assert_allclose(table, [25, 15, 75, 15, 4, 4, 0, 1, 1])
    assert_allclose(length, [50])


def test_lengths_are_weighed_by_share_and_importance():
    v = np.array([[-1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0, 0, 9]])
    pairs = np.array([[0, 1], [0, 1], [0, 2]])
    args = (v, pairs, np.array([0.5, 1, 1]), np.array([0.1, 0.0, 1.0]), CAMERA, (100, 60))
    ends, table, length = visible_edges(*args)
    assert ends.reshape(-1, 2).tolist() == [[0, 1], [0, 2]]
    assert length[0] == pytest.approx(50 * 0.5 * 0.1)
    assert table.reshape(-1, 9)[0, 8] == pytest.approx(10.0)


def test_an_edge_through_the_near_plane_is_cut_in_perspective():
    """Its clipped ends project to the ends in pixels, at the parameters that the table says."""
    rng = np.random.default_rng(1)
    v = rng.normal(size=(400, 3)) * [3, 3, 6]
    pairs = np.arange(400).reshape(-1, 2)
    ends, table, _ = visible_edges(v, pairs, np.ones(200), np.ones(200), CAMERA, (64, 48))
    cut = 0
    for (i, j), (ax, ay, bx, by, ta, tb, sa, sb, _) in zip(ends.reshape(-1, 2), table.reshape(-1, 9), strict=True):
        for s, px, py, t in ((sa, ax, ay, ta), (sb, bx, by, tb)):
            x = v[i] + s * (v[j] - v[i])
            assert t == pytest.approx(4 - x[2])
            if t > 1e-3:
                assert_allclose([px, py], [32 * (1 + x[0] / t / 0.5), 24 * (1 - x[1] / t / 0.5)], atol=1e-6)
            assert -1e-6 <= px <= 64 + 1e-6
            assert -1e-6 <= py <= 48 + 1e-6
        cut += sa > 0 or sb < 1
    assert len(ends) // 2 > 20
    assert cut > 10


@pytest.mark.parametrize("samples", [7, 100, 4096])
def test_samples_are_allotted_in_proportion_to_length_in_the_mean(samples):
    """The mean over shifts, by midpoints of the intervals on which the numbers are constant, is exact."""
    lengths = np.array([3.0, 0.001, 1.0, 10.0, 2.5, 0.4])
    shifts = (np.arange(20000) + 0.5) / 20000
    total = np.zeros(len(lengths))
    for shift in shifts:
        first, spacing = allot(lengths, samples, shift)
        number = np.diff(first)
        assert number.min() >= 0
        assert first[0] == 0
        assert first[-1] == samples
        assert np.abs(number - lengths / spacing).max() <= 1.0 + 1e-9
        total += number
    assert spacing == pytest.approx(lengths.sum() / samples)
    assert_allclose(total / len(shifts), lengths / lengths.sum() * samples, atol=2e-4)


def test_the_two_sides_of_an_edge_are_a_crease_or_an_outline():
    """Of a cube seen from a corner: nine visible edges, six of them the outline."""
    vertices, faces = naive.cube()
    _, _, left, right = topology(vertices, faces)
    found = sides(seen_from(vertices, faces, np.array([3.0, 4.0, 5.0, 1.0])), left, right)
    crease = found[:, 0] >= 0
    assert (found[crease] == np.stack([left, right], axis=1)[crease]).all()
    assert (-1 - found[~crease] == np.stack([left, right], axis=1)[~crease]).all()
    assert (~crease).sum() == 6
