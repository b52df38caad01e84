"""geometry/tree.py and what walks through it: against brute force and each other, refitting, depth."""

import functools

import naive
import numpy as np
import pytest
from drivers import COMPRESSED, TWIN, find_closest, find_occluded, tables_of
from numpy.testing import assert_allclose

from nrender.geometry import build as build_module
from nrender.geometry import tree as tree_module
from nrender.geometry.collapse import LEVELS
from nrender.geometry.tree import build, refit
from nrender.local import PENDING
from nrender.real import FLOAT32, FLOAT64
from nrender.simd import FLOAT32XN, LANES

RNG = np.random.default_rng(0)


def soup(n, size=0.3, squash=(1, 1, 1)):
    return (RNG.normal(size=(n, 1, 3)) + size * RNG.normal(size=(n, 3, 3))) * squash


def of_mesh(mesh):
    v, f = mesh
    return v[f]


SOUPS = {
    "one": soup(1, 2.0),
    "two": soup(2),
    "five": soup(5, 1.0),
    "soup": soup(300),
    "tiny and large": np.concatenate([soup(100, 1e-2), soup(5, 5.0)]),
    "far": soup(200) + 1000.0,
    "flat": soup(200, squash=(1, 1, 0)),
    "axis-aligned": np.round(soup(200, 1.0) * 2) / 2,
    "cube": of_mesh(naive.cube()),
    "doubled": np.repeat(soup(40, 0.5), 5, axis=0),
    "all the same": np.repeat(soup(1, 2.0), 50, axis=0),
    "degenerate": np.concatenate([soup(50, 0.5), np.repeat(soup(30)[:, :1], 3, axis=1)]),
    "sphere": of_mesh(naive.icosphere(5)),
}

SLACK = {"far": 1e-2, "tiny and large": 2e-3}  # float32: the coordinates' rounding, in sizes of a triangle


def rounded(numbers):
    """As float32 has them."""
    return numbers.astype(np.float32).astype(float)


def unshared(triangles):
    """Vertices and faces of triangles that share none."""
    return triangles.reshape(-1, 3), np.arange(3 * len(triangles)).reshape(-1, 3)


def rays(triangles, n, seed=1):
    """Half from about, half from the middle; to points about the triangles; some along an axis."""
    rng = np.random.default_rng(seed)
    centre, size = triangles.mean((0, 1)), np.maximum(np.ptp(triangles, axis=(0, 1)), 1e-3)
    o = centre + size * rng.normal(size=(n, 3)) * np.where(np.arange(n) % 2, 1.5, 0.2)[:, None]
    target = triangles[rng.integers(len(triangles), size=n)]
    target = np.einsum("nk,nkx->nx", rng.dirichlet([1, 1, 1], size=n) * 1.5 - 1 / 6, target)
    d = (target - o) * rng.uniform(0.2, 2, size=(n, 1))
    d[::10] = np.eye(3)[rng.integers(3, size=len(d[::10]))] * np.sign(rng.normal(size=(len(d[::10]), 1)))
    return rounded(o), rounded(d)


def count(triangles):
    return 60 if len(triangles) > 5000 else 600


@functools.cache
def closest_of(name, slack):
    """By brute force, of each ray: (distance, face) or None if a rounding error changes which it is."""
    triangles = rounded(SOUPS[name])
    found = []
    for o, d in zip(*rays(triangles, count(triangles)), strict=True):
        near = naive.closest(triangles, o, d, slack)
        found.append(naive.closest(triangles, o, d) if near == naive.closest(triangles, o, d, -slack) else None)
    return found


@functools.cache
def occluded_of(name, slack):
    """By brute force, (origins, directions and lengths of rays, whether each is occluded or None if a rounding error
    changes that)."""
    triangles = rounded(SOUPS[name])
    o, d = rays(triangles, count(triangles), seed=2)
    t_max = rounded(np.random.default_rng(3).uniform(0.2, 2, size=len(o)))
    found = []
    for i in range(len(o)):
        most = naive.occluded(triangles, o[i], d[i], t_max[i] * (1 + slack), slack)
        least = naive.occluded(triangles, o[i], d[i], t_max[i] * (1 - slack), -slack)
        found.append(most if most == least else None)
    return o, d, t_max, found


WIDTHS = (FLOAT32, FLOAT64, TWIN, COMPRESSED, FLOAT32XN)
CASES = [(name, width) for name in SOUPS for width in WIDTHS]


@pytest.mark.parametrize("name, width", CASES)
def test_closest_is_that_of_brute_force(name, width):
    """Left out: the rays that pass an edge within the rounding error of the width, few of them."""
    triangles = rounded(SOUPS[name])
    o, d = rays(triangles, count(triangles))
    t, face, weights = find_closest(tables_of(*unshared(triangles), width), o, d, width)
    slack = SLACK.get(name, 1e-4) if width is not FLOAT64 else 1e-9
    sure, found = 0, 0
    for i, answer in enumerate(closest_of(name, slack)):
        if answer is None:
            continue
        expected, number = answer
        sure += 1
        found += number >= 0
        assert (face[i] >= 0) == (number >= 0)
        if number >= 0:
            assert_allclose(t[i], expected, rtol=slack, atol=slack)
            v, (b1, b2) = triangles[face[i]], weights[i]
            hit = (1 - b1 - b2) * v[0] + b1 * v[1] + b2 * v[2]
            assert_allclose(hit, o[i] + expected * d[i], atol=slack * np.abs([o[i], d[i], hit]).max())
            if width is FLOAT64:  # of those equally near but for rounding, any
                mine = naive.hits(triangles[face[i : i + 1]], o[i], d[i], slack)[0]
                assert face[i] == number or mine <= expected * (1 + slack)
    assert sure > 0.85 * len(o)
    assert found > 0.1 * len(o) or name in ("one", "two", "flat")


@pytest.mark.parametrize("name, width", CASES)
def test_occluded_is_that_of_brute_force(name, width):
    triangles = rounded(SOUPS[name])
    slack = SLACK.get(name, 1e-4) if width is not FLOAT64 else 1e-9
    o, d, t_max, expected = occluded_of(name, slack)
    answer = find_occluded(tables_of(*unshared(triangles), width), o, d, t_max, width)
    sure = np.array([one is not None for one in expected])
    np.testing.assert_array_equal(answer[sure], np.array(expected)[sure].astype(bool))
    assert sure.mean() > 0.85


def test_of_equal_distances_the_lower_face_is_hit():
    triangles = SOUPS["all the same"]
    o = np.repeat([triangles[0].mean(0) + [0.1, 0.2, 3.0]], 5, axis=0)
    t, face, _ = find_closest(tables_of(*unshared(triangles)), o, triangles[0].mean(0) - o)
    assert (face == 0).all()
    assert_allclose(t, 1.0, rtol=1e-5)


def test_a_dead_lane_hits_nothing():
    from nrender.geometry.traverse import closest, occluded

    tables = tables_of(*naive.cube(), FLOAT64)
    assert closest(tables, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), False).face == -1
    assert not occluded(tables, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 10.0, False)
    assert closest(tables, (0.0, 0.1, 0.2), (0.0, 0.0, 1.0), True).face >= 0  # also in plain Python


def check_tree(tree, corners):
    """Each triangle is in one block, in the boxes of all nodes above it."""
    nodes, links, order = tree.nodes.reshape(-1, 4, 2, 8), tree.links.reshape(-1, 8), tree.order.reshape(-1, 8)
    assert sorted(order[order >= 0]) == list(range(len(corners)))
    assert (order[0] == -1).all()
    level = np.searchsorted(tree.levels, np.arange(len(links)), side="right")
    visited = np.zeros(len(links), int)
    blocks = np.zeros(len(order), int)

    def visit(node, boxes):
        visited[node] += 1
        for k in range(8):
            box, link = nodes[node, :3, :, k], links[node, k]
            if link >= 0:
                assert level[link] == level[node] + 1
                visit(link, [*boxes, box])
            elif link == -1:
                assert (box[:, 0] > box[:, 1]).all()
            else:
                blocks[-1 - link] += 1
                mine = corners[order[-1 - link][order[-1 - link] >= 0]]
                for low, high in (b.T for b in [*boxes, box]):
                    assert (mine.min((0, 1)) >= low).all()
                    assert (mine.max((0, 1)) <= high).all()

    visit(0, [])
    assert (visited == 1).all()
    assert (blocks[1:] == 1).all()


@pytest.mark.parametrize("name", [name for name in SOUPS if name != "sphere"])
def test_boxes_hold_their_triangles(name):
    check_tree(build(*unshared(SOUPS[name])), SOUPS[name])


@pytest.mark.parametrize("threads", ["1", "2", "7"])
def test_a_tree_does_not_depend_on_the_number_of_threads(monkeypatch, threads):
    mesh = unshared(SOUPS["sphere"])
    expected = build(*mesh)
    monkeypatch.setattr(build_module, "SMALL", 64)  # subtrees grow apart
    monkeypatch.setenv("NRENDER_THREADS", threads)
    for a, b in zip(build(*mesh), expected, strict=True):
        assert a.tobytes() == b.tobytes()


def test_bytes_of_a_triangle():
    """Of small meshes the empty places count."""
    tree = build(*unshared(SOUPS["sphere"]))
    assert sum(array.nbytes for array in tree) < 100 * len(SOUPS["sphere"])


def nested(n, ratio):
    """Needles of sizes ratio^k from one corner, the worst case of a tree by size."""
    size = ratio ** np.arange(n, dtype=float)
    return np.stack([np.zeros((n, 3)), size[:, None] * [1, 0, 0], size[:, None] * [1, 1e-3, 1e-3]], axis=1)


NESTED = {
    "halves": nested(100, 0.5),
    "doubles": nested(60, 2.0),
    "many": np.concatenate([nested(100, 0.5)] * 20 + [-nested(100, 0.5)[::-1]]),
    "fast": nested(30, 1.0 / 17),
    "far fast": nested(20, 17.0),
}


@pytest.mark.parametrize("name", NESTED)
def test_the_depth_of_a_tree_is_bounded_by_the_stack(name):
    """A walk keeps seven pending nodes a level, at most, and for a moment the eighth."""
    tree = build(*unshared(NESTED[name]))
    assert 1 <= len(tree.levels) - 1 <= LEVELS
    assert 7 * LEVELS + 1 <= PENDING
    check_tree(tree, NESTED[name])


@pytest.mark.parametrize("deep", [0, 3])
def test_a_tree_of_halves_is_one_too(monkeypatch, deep):
    """What is built where the surface area would make it too deep."""
    monkeypatch.setattr(tree_module, "DEEP", deep)
    corners = SOUPS["soup"]
    tree = build(*unshared(corners))
    check_tree(tree, corners)
    o, d = rays(corners, 500, seed=7)
    expected = find_closest(tables_of(*unshared(corners)), o, d)
    for a, b in zip(find_closest(tables_of(*unshared(corners), tree=tree), o, d), expected, strict=True):
        assert (a == b).all()


@pytest.mark.parametrize("name", NESTED)
def test_nested_needles_are_hit_as_by_brute_force(name):
    triangles = NESTED[name]
    rng = np.random.default_rng(4)
    target = triangles[rng.integers(len(triangles), size=100)].mean(1)
    reach = np.abs(target).max(1, keepdims=True)
    o = target + reach * rng.normal(size=target.shape)
    d = (target - o) / np.linalg.norm(target - o, axis=1, keepdims=True)
    t, face, _ = find_closest(tables_of(*unshared(triangles), FLOAT64), o, d, FLOAT64)
    expected = np.array([naive.closest(triangles, *ray)[0] for ray in zip(o, d, strict=True)])
    assert (face >= 0).mean() > 0.95  # the middle of a triangle is hit, though 1e-3 as thin as long
    assert_allclose(t[face >= 0], expected[face >= 0], rtol=1e-6)  # many lie in one plane: which, is left open


@pytest.mark.parametrize("name", ["one", "five", "soup", "flat", "doubled", "sphere"])
def test_refit_hits_the_same_as_a_new_tree_bit_for_bit(name):
    before = SOUPS[name]
    after = (before * [1.3, 0.7, 1.0] + 0.2 * np.sin(3.0 * before[..., [1, 2, 0]])).astype(np.float32)
    refitted = refit(build(*unshared(before)), *unshared(after))
    o, d = rays(after.astype(float), 5000, seed=5)
    v, f = unshared(after)
    old, new = (find_closest(tables_of(v, f, tree=tree), o, d) for tree in (refitted, None))
    for a, b in zip(old, new, strict=True):
        assert (a == b).all()
    assert (old[1] >= 0).any()
    answers = [find_occluded(tables_of(v, f, tree=tree), o, d, np.ones(len(o))) for tree in (refitted, None)]
    assert (answers[0] == answers[1]).all()


@pytest.mark.parametrize("name", ["one", "soup", "doubled"])
def test_refit_without_a_motion_changes_nothing(name):
    tree = build(*unshared(SOUPS[name]))
    for a, b in zip(refit(tree, *unshared(SOUPS[name])), tree, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("name", ["one", "soup", "doubled"])
def test_refitted_boxes_hold_their_triangles(name):
    moved = SOUPS[name][..., ::-1] * 2.0 + 1.0
    check_tree(refit(build(*unshared(SOUPS[name])), *unshared(moved)), moved)


def check_lanes(tables, o, d, t_max, live):
    """The live lanes hit what their rays hit alone, the others nothing."""
    one, each = find_closest(tables, o, d), find_closest(tables, o, d, FLOAT32XN, live)
    for a, b in zip(one, each, strict=True):
        assert (a[live] == b[live]).all()
    assert (each[1][~live] == -1).all()
    one, each = find_occluded(tables, o, d, t_max), find_occluded(tables, o, d, t_max, FLOAT32XN, live)
    assert (one[live] == each[live]).all()
    assert not each[~live].any()


@pytest.mark.parametrize("name", SOUPS)
def test_lanes_hit_what_one_ray_hits_bit_for_bit(name):
    """Lanes that are not live, of any content, hit nothing."""
    tables = tables_of(*unshared(SOUPS[name]))
    o, d = rays(SOUPS[name], 1000 + LANES // 2, seed=8)
    live = np.random.default_rng(9).random(len(o)) < 0.7
    o[~live & (np.arange(len(o)) % 2 == 0)] = np.nan
    t_max = np.random.default_rng(10).uniform(0.2, 2, size=len(o))
    check_lanes(tables, o, d, t_max, live)


@pytest.mark.parametrize("name", SOUPS)
def test_the_scalar_walk_hits_the_same_but_for_rounding(name):
    tables = tables_of(*unshared(SOUPS[name]))
    o, d = rays(SOUPS[name], 2000, seed=11)
    (t, face, weights), (t1, face1, weights1) = find_closest(tables, o, d), find_closest(tables, o, d, TWIN)
    both, same = (face >= 0) & (face1 >= 0), face == face1
    assert (both | same).mean() > 0.995
    assert same[both].mean() > 0.99 or name == "flat"  # there, all are equally far, but for rounding
    slack = SLACK.get(name, 1e-4)
    assert_allclose(t[both & (same | (name == "flat"))], t1[both & (same | (name == "flat"))], rtol=slack)
    assert_allclose(weights[both & same], weights1[both & same], atol=10 * slack)


def test_a_ray_of_nothing_hits_nothing():
    """Nor does it walk through all of a tree."""
    tables = tables_of(*naive.icosphere(3), COMPRESSED)
    bad = np.array([[np.nan, 0, 0], [0, np.inf, 0], [0, 0, 0]])
    o, d = np.repeat(bad, 3, axis=0), np.tile(bad, (3, 1))
    for width in WIDTHS[2:] + (FLOAT32,):
        assert (find_closest(tables, o, d, width)[1] == -1).all()
        assert not find_occluded(tables, o, d, np.ones(9), width).any()


def cones(triangles, n, spread, seed):
    """n packets of LANES rays each: from about a point, to about a point; some along an axis."""
    rng = np.random.default_rng(seed)
    centre, size = triangles.mean((0, 1)), np.maximum(np.ptp(triangles, axis=(0, 1)), 1e-3)
    o = np.repeat(centre + size * rng.normal(size=(n, 3)), LANES, axis=0)
    target = np.repeat(triangles[rng.integers(len(triangles), size=n)].mean(1), LANES, axis=0)
    o, target = (x + spread * size * rng.normal(size=x.shape) for x in (o, target))
    d = (target - o) * rng.uniform(0.5, 2, size=(len(o), 1))
    along = np.repeat(np.arange(n) % 5 == 0, LANES)
    d[along] = np.repeat(np.eye(3)[rng.integers(3, size=n)], LANES, axis=0)[along]
    return o, d


@pytest.mark.parametrize("spread", [0.0, 1e-3, 0.05, 0.3])
@pytest.mark.parametrize("name", SOUPS)
def test_packets_hit_what_one_ray_hits_bit_for_bit(name, spread):
    """Narrow ones, and wide ones, which give up; with lanes that are not live."""
    tables = tables_of(*unshared(SOUPS[name]))
    o, d = cones(SOUPS[name], 60, spread, seed=12)
    live = np.random.default_rng(13).random(len(o)) < 0.8
    o[~live & (np.arange(len(o)) % 2 == 0)] = np.nan
    t_max = np.random.default_rng(14).uniform(0.2, 2, size=len(o))
    check_lanes(tables, o, d, t_max, live)


@pytest.mark.parametrize("packets", [False, True])
def test_lanes_pass_no_closed_mesh(packets):
    """Alone, and together: at shared edges and vertices."""
    v, f = naive.cube()
    rng, n = np.random.default_rng(15), 400
    e = naive.edges(f)
    a, b = v.astype(np.float32)[e[rng.integers(len(e), size=n)]].transpose(1, 0, 2)
    target = a + (b - a) * np.where(np.arange(n) % 3, rng.random(n), 0.0)[:, None].astype(np.float32)
    repeats = LANES if packets else 1
    target = np.repeat(target, repeats, axis=0)
    o = np.repeat(0.1 * rng.normal(size=(n, 3)), repeats, axis=0) + 1e-4 * rng.normal(size=(n * repeats, 3))
    o = o.astype(np.float32)
    tables = tables_of(v, f)
    assert len(tables.few_faces) == 0
    t_max = np.full(len(o), 10.0)
    assert (find_closest(tables, o, target - o, FLOAT32XN)[1] >= 0).all()
    assert find_occluded(tables, o, target - o, t_max, FLOAT32XN).all()
