"""geometry/edge_tree.py: what is chosen, how likely, and that no silhouette is left out."""

import naive
import numpy as np
import pytest
from chi2 import chi_squared_test
from derivatives import triple
from edge_tree_cases import (
    ANYWHERE,
    SETS,
    Mesh,
    boxes,
    chances_at,
    in_front,
    lamps,
    lights,
    picks_at,
    sets,
    silhouettes,
    terrain,
    widths,
)
from numba import njit
from numpy.testing import assert_allclose
from scipy.integrate import quad

from nrender.geometry import edge_tree
from nrender.geometry.edge_nodes import CHILD, COUNT, FIRST, LENGTH, LINK, NODE, WIDE
from nrender.geometry.wedges import wedges
from nrender.real import FLOAT32, FLOAT64
from nrender.simd import FLOAT32XN, LANES, load, store


# --- chances
@sets
@widths
def test_a_pick_has_its_chance_bit_for_bit(mesh, width):
    tree = mesh.built(width)
    u = np.minimum(np.random.default_rng(2).random(200).astype(np.float32), 1.0 - 2.0**-24)
    u[:2] = 0.0, 1.0 - 2.0**-24
    none = 0
    given = [(y, far, ANYWHERE) for y, far in lights(mesh, 48)] + [(y, False, n) for y, n in lamps(mesh, 24)]
    for y, far, toward in given:
        c = chances_at(tree, mesh, y, far, width, toward)
        assert (c >= 0.0).all()
        assert c.astype(float).sum() < 1.0 + 1e-5
        edge, of_pick, rest = picks_at(tree, mesh, y, far, u, width, toward)
        found = edge >= 0
        assert of_pick[found].tolist() == c[edge[found]].tolist()
        assert (of_pick[found] > 0.0).all()
        assert not of_pick[~found].any()
        assert (edge[~found] == -1).all()
        assert (rest >= 0.0).all()
        assert (rest < 1.0).all()
        none += (~found).sum()
    if len(tree.span) <= WIDE:
        assert none % len(u) == 0  # every edge is tested


@sets
@widths
def test_silhouettes_have_a_chance_and_nothing_else(mesh, width):
    tree, seen, unseen = mesh.built(width), 0, 0
    slack = 1e-12 if width is FLOAT64 else 1e-6
    for y, far in lights(mesh, 300, seed=4):
        c = chances_at(tree, mesh, y, far, width)
        surely, maybe = silhouettes(mesh, tree, y, far, slack)
        assert (c[surely] > 0.0).all()
        assert not c[~maybe].any()
        seen, unseen = seen + surely.sum(), unseen + (~maybe).sum()
    assert seen > 500
    if mesh is not SETS["triangle"]:
        assert unseen > 500


@sets
def test_picks_follow_the_chances(mesh):
    """Also those that find none."""
    tree, draws = mesh.built(), 1 << 16
    u = np.random.default_rng(3).random((8, draws))
    for (y, far), v in zip(lights(mesh, 8, seed=5), u, strict=True):
        c = chances_at(tree, mesh, y, far)
        expected = np.append(c, max(1.0 - c.sum(), 0.0)) * draws
        if expected[-1] < 1e-6:
            expected[-1] = 0.0
        edge, _, _ = picks_at(tree, mesh, y, far, v)
        seen = np.bincount(np.where(edge < 0, len(c), edge), minlength=len(c) + 1)
        if np.count_nonzero(expected > 10.0) > 1:
            chi_squared_test(seen, expected, tests=8 * len(SETS))


@sets
@widths
def test_of_a_lamp_with_one_side_silhouettes_in_front_have_a_chance_and_nothing_else(mesh, width):
    """In front is an edge of which a point has a positive cosine, to the rounding of a vector from a point far from the
    origin, and but for EDGE_ON."""
    tree, seen, behind = mesh.built(width), 0, 0
    eps = np.finfo(width.literal).eps
    for y, toward in lamps(mesh, 200, seed=6):
        y, toward = y.astype(np.float32).astype(float), toward.astype(np.float32).astype(float)
        c = chances_at(tree, mesh, y, False, width, toward)
        surely, maybe = silhouettes(mesh, tree, y, False, 4.0 * eps)
        front = in_front(mesh, tree, y, toward)
        near = np.linalg.norm(mesh.vertices[tree.ends.reshape(-1, 2)] - y, axis=2).min(1)
        error = 8.0 * eps * (1.0 + np.abs(mesh.vertices).max() / np.maximum(near, 1e-300))
        assert (c[surely & (front > edge_tree.EDGE_ON + error)] > 0.0).all()
        assert not c[~maybe | (front < edge_tree.EDGE_ON - error)].any()
        seen += (c > 0.0).sum()
        behind += (surely & (front < -error)).sum()
    assert min(seen, behind) > 150


@widths
@pytest.mark.parametrize("name", ["cube", "boxes", "terrain", "doubled"])
def test_edges_in_a_lamps_own_plane_are_never_picked(name, width):
    """Whether those of its own face are silhouettes as seen from it is a matter of rounding, here done by hand."""
    mesh = SETS[name]
    tree, u, own, others = mesh.built(width), np.linspace(0.0, 1.0, 101)[:-1], 0, 0
    for k, (y, toward) in enumerate(lamps(mesh, 120, seed=8)[::3]):
        y = (y + (-1) ** k * 2e-7 * toward).astype(width.literal).astype(float)
        in_plane = (np.abs((mesh.vertices[tree.ends.reshape(-1, 2)] - y) @ toward) < 2e-6).all(1)
        free = chances_at(tree, mesh, y, False, width)
        own += (free[in_plane] > 0.0).sum()
        c = chances_at(tree, mesh, y, False, width, toward)
        assert not c[in_plane].any()
        edge, _, _ = picks_at(tree, mesh, y, False, u, width, toward)
        assert not in_plane[edge[edge >= 0]].any()
        others += (c > 0.0).sum()
    assert own > 20
    assert (others > 0) == (name in ("boxes", "terrain"))  # there is nothing in front of a face of a convex solid


@sets
def test_picks_for_a_lamp_with_one_side_follow_the_chances(mesh):
    tree, draws = mesh.built(), 1 << 16
    u = np.random.default_rng(9).random((6, draws))
    for (y, toward), v in zip(lamps(mesh, 6, seed=10), u, strict=True):
        c = chances_at(tree, mesh, y, False, toward=toward)
        expected = np.append(c, max(1.0 - c.sum(), 0.0)) * draws
        if expected[-1] < 1e-6:
            expected[-1] = 0.0
        edge, _, _ = picks_at(tree, mesh, y, False, v, toward=toward)
        seen = np.bincount(np.where(edge < 0, len(c), edge), minlength=len(c) + 1)
        if np.count_nonzero(expected > 10.0) > 1:
            chi_squared_test(seen, expected, tests=6 * len(SETS))


def test_what_is_in_front_of_a_lamp_counts_by_its_cosine():
    """Edges of one node: in proportion to the integral of ds/r^2, times the greater cosine of the two ends."""
    mesh = SETS["triangle"]
    tree, compared = mesh.built(), 0
    for y, toward in lamps(mesh, 90, seed=11):
        free = chances_at(tree, mesh, y, False)
        front = np.maximum(in_front(mesh, tree, y, toward), 0.0)
        if np.count_nonzero(front > 1e-4) > 1 and (free > 0.0).all():
            expected = free * front
            assert_allclose(chances_at(tree, mesh, y, False, toward=toward), expected / expected.sum(), rtol=1e-9)
            compared += 1
    assert compared > 30


@widths
def test_what_is_left_of_the_random_number_is_uniform(width):
    """Whatever edge was chosen: at equal steps of the number, those that choose it leave equal steps."""
    mesh = SETS["boxes"]
    tree, draws = mesh.built(width), 1 << 18
    u = (np.arange(draws) + 0.5) / draws
    y, far = lights(mesh, 1, seed=7)[0]
    edge, _, rest = picks_at(tree, mesh, y, far, u, width)
    likely = np.bincount(edge[edge >= 0], minlength=len(tree.span)) > 1000
    assert likely.sum() > 20
    for e in np.flatnonzero(likely):
        these = np.sort(rest[edge == e])
        assert_allclose(these, (np.arange(len(these)) + 0.5) / len(these), atol=1.1 / len(these))


def test_the_slow_reading_is_the_same():
    """Python, float64, against machine code."""
    for name in ("cube", "boxes"):
        mesh = SETS[name]
        tree, theta = mesh.built(), mesh.theta()
        for y, far in lights(mesh, 8):
            c = chances_at(tree, mesh, y, far)
            some = range(0, len(c), 7)
            slow = [edge_tree.chance(tree, theta, triple(y), ANYWHERE, far, e) for e in some]
            assert_allclose(slow, c[some], rtol=1e-11)
            for u in (0.0, 0.3, 0.9999):
                edge, of_pick, _ = edge_tree.pick(tree, theta, triple(y), ANYWHERE, far, u)
                assert of_pick == (edge_tree.chance(tree, theta, triple(y), ANYWHERE, far, edge) if edge >= 0 else 0.0)


def test_eight_lanes_do_what_one_does():
    mesh = SETS["boxes"]
    tree, theta = mesh.built(FLOAT32), mesh.theta(FLOAT32)
    pick, chance = edge_tree.pick.instantiate(FLOAT32XN), edge_tree.chance.instantiate(FLOAT32XN)

    @njit
    def vector(tree, theta, y, n, near, u, edge, out):
        for i in range(0, len(u), LANES):
            point = (load(y[0], i), load(y[1], i), load(y[2], i))
            toward = (load(n[0], i), load(n[1], i), load(n[2], i))
            far = load(near, i) < 0.5
            e, c, rest = pick(tree, theta, point, toward, far, load(u, i))
            store(edge, i, e)
            store(out[0], i, c)
            store(out[1], i, chance(tree, theta, point, toward, far, e + ((e >> 31) & 1)))  # edge 0 for none
            store(out[2], i, rest)

    y, far = (np.array(x) for x in zip(*lights(mesh, 64), strict=True))
    toward = np.zeros((64, 3), np.float32)
    toward[::4] = [n for _, n in lamps(mesh, 16)]  # of lanes that are not far
    u = np.random.default_rng(7).random(64).astype(np.float32)
    edge, out = np.zeros(64, np.int32), np.zeros((3, 64), np.float32)
    lanes = (np.ascontiguousarray(x.T, np.float32) for x in (y, toward))
    vector(tree, theta, *lanes, (~far).astype(np.float32), u, edge, out)
    found = edge >= 0
    assert found.sum() > 40
    assert out[0][found].tolist() == out[1][found].tolist()
    assert not out[0][~found].any()
    one = [picks_at(tree, mesh, y[i], far[i], u[i : i + 1], FLOAT32, toward[i]) for i in range(64)]
    same = np.array([e[0] for e, _, _ in one]) == edge
    assert same.mean() > 0.95  # rounding may lead to a neighbour
    assert_allclose(out[0][same], np.array([c[0] for _, c, _ in one])[same], rtol=1e-3)


def test_where_there_is_no_silhouette_all_is_well():
    """Within a convex mesh."""
    mesh = SETS["sphere"]
    for width in (FLOAT32, FLOAT64):
        tree = mesh.built(width)
        for y in ([0.0, 0.0, 0.0], [0.5, -0.3, 0.2], [0.9, 0.0, 0.1]):
            assert not chances_at(tree, mesh, y, False, width).any()
            edge, of_pick, rest = picks_at(tree, mesh, y, False, [0.0, 0.4, 0.99], width)
            assert (edge == -1).all()
            assert not of_pick.any()
            assert np.isfinite(rest).all()


def test_edges_of_one_node_are_chosen_by_the_angle_that_they_subtend():
    """Exactly in proportion to the integral of ds/r^2."""
    mesh = SETS["triangle"]
    tree = mesh.built()
    a, b = (mesh.vertices[tree.ends.reshape(-1, 2)[:, k]] for k in (0, 1))
    for y, far in lights(mesh, 30):
        if far:
            integral = np.linalg.norm(b - a, axis=1)
        elif np.linalg.norm(mesh.vertices - y, axis=1).min() < 0.01:
            continue
        else:
            integral = [
                quad(lambda s, p=p, e=e: np.linalg.norm(e) / np.sum((p + s * e) ** 2), 0, 1, limit=200)[0]
                for p, e in zip(a - y, b - a, strict=True)
            ]
        assert_allclose(chances_at(tree, mesh, y, far), integral / np.sum(integral), rtol=1e-6)


# --- the tree
@sets
def test_nodes_have_all_edges(mesh):
    tree, found = mesh.built(), wedges(*mesh)
    nodes, links = tree.nodes.reshape(-1, NODE), tree.links.reshape(-1, LINK)
    length = np.linalg.norm(np.diff(mesh.vertices[tree.ends.reshape(-1, 2)], axis=1)[:, 0], axis=1) * tree.share

    def end(node):
        child, count, first = links[node, [CHILD, COUNT, FIRST]]
        assert 1 <= count <= WIDE
        stop = first + count
        if child >= 0:
            stop = first
            for k in range(child, child + count):
                assert links[k, FIRST] == stop
                stop = end(k)
        assert_allclose(nodes[node, LENGTH], length[first:stop].sum(), rtol=1e-12)
        return stop

    assert end(0) == len(tree.span) == len(found.span)
    columns = np.column_stack([tree.ends.reshape(-1, 2), tree.faces.reshape(-1, 2), tree.span, tree.share])
    expected = np.column_stack([found.ends, found.faces, found.span, found.share])
    assert sorted(map(tuple, columns.tolist())) == sorted(map(tuple, expected.tolist()))


def test_no_edge_at_all_is_refused():
    v, f = naive.cube()
    with pytest.raises(ValueError, match="silhouette"):
        edge_tree.build(v, wedges(v, f[:0]))


def test_the_same_on_any_number_of_threads(monkeypatch):
    mesh = Mesh(*terrain(150))
    trees = []
    for threads in ("1", "3"):
        monkeypatch.setenv("NRENDER_THREADS", threads)
        trees.append(mesh.built())
    for a, b in zip(*trees, strict=True):
        assert (a == b).all()


# --- what it is good for
FINE = {"sphere": Mesh(*naive.icosphere(4)), "boxes": Mesh(*boxes(300)), "terrain": Mesh(*terrain(60))}


@pytest.mark.parametrize(
    "name, found, effective, gain",
    [("sphere", 0.6, 0.4, 30.0), ("boxes", 0.95, 0.7, 1.5), ("terrain", 0.4, 0.3, 5.0)],
)
def test_the_variance_of_a_sum_over_silhouettes(name, found, effective, gain):
    """Of the integral of ds/r^2 over all silhouettes: the share of picks that are one, what one pick is worth against
    one of the ideal distribution, and against a choice by length alone. Exact sums over the chances."""
    mesh = FINE[name]
    tree = mesh.built()
    a, b = (mesh.vertices[tree.ends.reshape(-1, 2)[:, k]] for k in (0, 1))
    length = np.linalg.norm(b - a, axis=1) * tree.share
    rows = []
    for y, far in [(1.5, 0.4, 0.9), False], [(6.0, 2.0, 5.0), False], [(0.48, 0.36, 0.8), True]:
        surely, _ = silhouettes(mesh, tree, np.array(y), far)
        r2 = 1.0 if far else np.sum((0.5 * (a + b) - y) ** 2, axis=1)
        sent = np.where(surely, length / r2, 0.0)[surely]
        c = chances_at(tree, mesh, y, far)[surely]
        uniform = (length / length.sum())[surely]
        square = sent.sum() ** 2
        rows.append((c.sum(), square / (sent**2 / c).sum(), (sent**2 / uniform).sum() / (sent**2 / c).sum()))
    rows = np.array(rows)
    print(name, rows.round(3).tolist())
    assert (rows > [found, effective, gain]).all()
