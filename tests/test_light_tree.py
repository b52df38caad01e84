"""light/tree.py: what is chosen, how likely, and that no emitter is left out."""

import functools
from typing import NamedTuple

import numpy as np
import pytest
from chi2 import chi_squared_test
from derivatives import triple
from numba import njit
from numpy.testing import assert_allclose

from nrender.light import tree
from nrender.real import FLOAT32, FLOAT64
from nrender.simd import FLOAT32XN, LANES, load, store

widths = pytest.mark.parametrize("width", [FLOAT32, FLOAT64], ids=["float32", "float64"])


class Scene(NamedTuple):
    light_nodes: np.ndarray
    light_links: np.ndarray


class Lamps(NamedTuple):
    """corners (n, 3, 3) of faces, unit normals, which emit from both sides, power."""

    corners: np.ndarray
    normal: np.ndarray
    both: np.ndarray
    power: np.ndarray

    def built(self):
        spread = np.where(self.both, -1.0, 1.0)
        return tree.build(self.corners.min(1), self.corners.max(1), self.normal, spread, self.power)

    def scene(self, width=FLOAT64):
        built = self.built()
        return Scene(built.nodes.astype(width.literal), built.links)

    def faces(self, point):
        """Whether each face sends light to the point, which is not in its plane."""
        to = point - self.corners[:, 0].astype(float)
        return (np.sum(to * self.normal, 1) > 0.0) | self.both


def lamps(n, seed=0, size=0.3, flat=0.0, dark=0.0, two_sided=0.1, room=10.0, at=0.0):
    """Triangles of any direction in a room; `flat`: the share of their extent that is left out along z."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(-room, room, (n, 3)) * (1.0, 1.0, 1.0 - flat) + at
    corners = (centre[:, None] + rng.normal(size=(n, 3, 3)) * size).astype(np.float32).astype(float)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    power = rng.lognormal(0.0, 2.0, n) * (rng.random(n) >= dark)
    return Lamps(corners, normal, rng.random(n) < two_sided, power)


SETS = {
    "one": lamps(1),
    "two": lamps(2),
    "some dark": lamps(100, dark=0.3),
    "many": lamps(700),
    "in a plane": lamps(300, flat=1.0, size=0.02),
    "all in one place": lamps(60, room=0.0),
    "far from the origin": lamps(200, at=5000.0),
}
sets = pytest.mark.parametrize("these", [pytest.param(x, id=name) for name, x in SETS.items()])


def points(these, n, seed=1):
    """In the room, in its boxes, near single lamps, far away."""
    rng = np.random.default_rng(seed)
    centre, size = these.corners.mean((0, 1)), np.ptp(these.corners.reshape(-1, 3), axis=0).max()
    out = centre + rng.uniform(-0.5, 0.5, (n, 3)) * size
    out[::4] = these.corners[rng.integers(0, len(these.corners), len(out[::4]))].mean(1)
    out[::4] += rng.normal(size=out[::4].shape) * 10.0 ** rng.uniform(-4, 0, (len(out[::4]), 1))
    out[1::8] = centre + rng.normal(size=out[1::8].shape) * 30.0 * size
    return out.astype(np.float32).astype(float)


@functools.cache
def machine_code(width):
    """(chances, picks): loops over emitters, over random numbers."""
    pick, chance = tree.pick.instantiate(width), tree.chance.instantiate(width)

    @njit
    def chances(scene, point, out):
        for e in range(len(out)):
            out[e] = chance(scene, (point[0], point[1], point[2]), e)

    @njit
    def picks(scene, point, u, emitter, out):
        for i in range(len(u)):
            emitter[i], out[i] = pick(scene, (point[0], point[1], point[2]), u[i])

    return chances, picks


def chances_at(scene, point, n, width=FLOAT64):
    out = np.empty(n, width.literal)
    machine_code(width)[0](scene, np.asarray(point, width.literal), out)
    return out


def picks_at(scene, point, u, width=FLOAT64):
    emitter, out = np.empty(len(u), np.int64), np.empty(len(u), width.literal)
    machine_code(width)[1](scene, np.asarray(point, width.literal), np.asarray(u, width.literal), emitter, out)
    return emitter, out


# --- chances
@sets
@widths
def test_chances_sum_to_one(these, width):
    scene = these.scene(width)
    for p in points(these, 80):
        c = chances_at(scene, p, len(these.power), width)
        assert c.astype(float).sum() == pytest.approx(1.0, abs=1e-5 if width is FLOAT32 else 1e-12)
        assert (c >= 0.0).all()
        assert not c[these.power == 0.0].any()


@sets
@widths
def test_a_pick_has_its_chance_bit_for_bit(these, width):
    scene, n = these.scene(width), len(these.power)
    u = np.random.default_rng(2).random(300).astype(np.float32)
    u[:2] = 0.0, 1.0 - 2.0**-24
    for p in points(these, 40):
        c = chances_at(scene, p, n, width)
        emitter, of_pick = picks_at(scene, p, np.minimum(u, u[1]), width)
        assert of_pick.tolist() == c[emitter].tolist()
        assert (of_pick > 0.0).all()
        assert (these.power[emitter] > 0.0).all()


@sets
def test_picks_follow_the_chances(these):
    scene, n, draws = these.scene(), len(these.power), 1 << 16
    if n == 1:
        pytest.skip("nothing to choose")
    u = np.random.default_rng(3).random((6, draws))
    for p, v in zip(points(these, 6), u, strict=True):
        expected = chances_at(scene, p, n) * draws
        seen = np.bincount(picks_at(scene, p, v)[0], minlength=n)
        if np.count_nonzero(expected > 10.0) > 1:
            chi_squared_test(seen, expected, tests=6 * len(SETS))


def test_the_slow_reading_is_the_same():
    """Python, float64, against machine code."""
    these = SETS["some dark"]
    scene = these.scene()
    for p in points(these, 10):
        c = chances_at(scene, p, len(these.power))
        assert_allclose([tree.chance(scene, triple(p), e) for e in range(len(c))], c, rtol=1e-12)
        for u in (0.0, 0.3, 0.9999):
            emitter, of_pick = tree.pick(scene, triple(p), u)
            assert of_pick == tree.chance(scene, triple(p), emitter)


@sets
@widths
def test_what_may_send_light_has_a_chance(these, width):
    """Also from within its box, in the plane of other faces, and hardly in front of a face."""
    scene, seen = these.scene(width), 0
    for p in points(these, 400, seed=4):
        c = chances_at(scene, p, len(these.power), width)
        sends = these.faces(p) & (these.power > 0.0)
        assert (c[sends] > 0.0).all()
        seen += sends.sum()
    assert seen > 100
    rng = np.random.default_rng(5)
    for k in rng.integers(0, len(these.power), 300):
        near = these.corners[k].T @ rng.dirichlet((1, 1, 1))
        across = np.cross(these.normal[k], rng.normal(size=3)) * 10.0 ** rng.uniform(-2, 2)
        p = (near + across + these.normal[k] * 10.0 ** rng.uniform(-5, 0)).astype(np.float32)
        if these.faces(p)[k] and these.power[k] > 0.0:
            assert chances_at(scene, p, len(these.power), width)[k] > 0.0


def test_rounding_hides_no_emitter():
    """Far away and hardly in front of one of two faces at one place, whose node has a cone and a sphere of no size to
    speak of; in float32."""
    rng, checked = np.random.default_rng(9), 0
    for _ in range(300):
        tilt, grazing = 10.0 ** rng.uniform(-5, 0), 10.0 ** rng.uniform(-6, -3)
        normal = np.array([[np.sin(tilt), 0, np.cos(tilt)], [-np.sin(tilt), 0, np.cos(tilt)], [1, 0, 0]])
        at = np.array([[0, 0, 0], [0, 0, 1e-5], [0, 3, 0.0]])
        across = np.column_stack([normal[:, 2], np.zeros(3), -normal[:, 0]])
        corners = at[:, None] + 1e-5 * np.stack([0 * normal, np.tile([0.0, 1, 0], (3, 1)), across], 1)
        p = (300.0 * (across[0] * np.cos(grazing) + normal[0] * np.sin(grazing))).astype(np.float32)
        these = Lamps(corners, normal, np.array([False, False, True]), np.ones(3))
        if these.faces(p.astype(float))[0]:
            assert chances_at(these.scene(FLOAT32), p, 3, FLOAT32)[0] > 0.0
            checked += 1
    assert checked > 200


@pytest.mark.parametrize("weak", [0, 1])
def test_a_weak_emitter_is_chosen_now_and_then(weak):
    """Not with a chance that is lost beside 1 in float32, so that it would never be found."""
    power = np.ones(2)
    power[weak] = 1e-9
    scene = SETS["two"]._replace(power=power, both=np.ones(2, bool)).scene(FLOAT32)
    c = chances_at(scene, [1.0, 2.0, 3.0], 2, FLOAT32)
    assert c[weak] == pytest.approx(tree.LEAST, rel=1e-2)
    u = np.array([0.0, 1.0 - 2.0**-24], np.float32)
    assert weak in picks_at(scene, [1.0, 2.0, 3.0], u, FLOAT32)[0]


def test_what_faces_away_has_none():
    """A wall of lamps that all look up, and one lamp elsewhere: from below only that is chosen."""
    rng = np.random.default_rng(6)
    corners = rng.uniform(0, 1, (50, 1, 3)) * (4.0, 4.0, 0.0) + [[0, 0, 1], [0.1, 0, 1], [0, 0.1, 1]]
    corners[-1, :, 2] = 9.0
    up = np.tile([0.0, 0.0, 1.0], (50, 1))
    up[-1] = 0.0, 0.0, -1.0
    these = Lamps(corners, up, np.zeros(50, bool), np.ones(50))
    c = chances_at(these.scene(), [2.0, 2.0, -30.0], 50)
    assert c[-1] == pytest.approx(1.0, abs=1e-3)
    c = chances_at(these.scene(), [2.0, 2.0, 3.0], 50)
    assert (c > 0.0).all()


def test_where_nothing_sends_light_all_is_well():
    these = lamps(64, two_sided=0.0)
    below = Lamps(these.corners, np.tile([0.0, 0.0, 1.0], (64, 1)), these.both, these.power)
    c = chances_at(below.scene(), [0.0, 0.0, -1000.0], 64)
    assert c.sum() == pytest.approx(1.0)
    assert np.isfinite(c).all()


def test_eight_lanes_do_what_one_does():
    these = SETS["many"]
    scene = these.scene(FLOAT32)
    pick, chance = tree.pick.instantiate(FLOAT32XN), tree.chance.instantiate(FLOAT32XN)

    @njit
    def vector(scene, p, u, emitter, out):
        for i in range(0, len(u), LANES):
            point = (load(p[0], i), load(p[1], i), load(p[2], i))
            e, c = pick(scene, point, load(u, i))
            store(emitter, i, e)
            store(out[0], i, c)
            store(out[1], i, chance(scene, point, e))

    p = points(these, 64).astype(np.float32)
    u = np.random.default_rng(7).random(64).astype(np.float32)
    emitter, out = np.zeros(64, np.int32), np.zeros((2, 64), np.float32)
    vector(scene, np.ascontiguousarray(p.T), u, emitter, out)
    assert out[0].tolist() == out[1].tolist()
    one = [picks_at(scene, p[i], u[i : i + 1], FLOAT32) for i in range(64)]
    same = np.array([e[0] for e, _ in one]) == emitter
    assert same.mean() > 0.95  # rounding may lead to a neighbour
    assert_allclose(out[0][same], np.array([c[0] for _, c in one])[same], rtol=1e-4)


# --- the tree
@sets
def test_a_node_bounds_its_emitters(these):
    built = these.built()
    nodes, links = built.nodes.reshape(-1, tree.NODE), built.links.reshape(-1, 2)
    count, found = len(nodes), []
    assert count == 2 * np.count_nonzero(these.power) - 1

    def emitters(node):
        second = links[node, 0]
        if second < 0:
            assert links[-1 - second, 1] == node
            found.append(-1 - second)
            return [-1 - second]
        inside = emitters(node + 1) + emitters(second)
        assert_allclose(nodes[node, 8], these.power[inside].sum() / these.power.sum(), rtol=1e-9)
        away = np.linalg.norm(these.corners[inside] - nodes[node, :3], axis=-1)
        assert (away <= nodes[node, 3]).all()
        cosine = np.where(these.both[inside], -1.0, these.normal[inside] @ nodes[node, 4:7])
        assert (cosine >= nodes[node, 7] - 1e-9).all()
        return inside

    emitters(0)
    assert sorted(found) == np.flatnonzero(these.power).tolist()
    assert (links[np.flatnonzero(these.power == 0.0), 1] == -1).all()


def test_no_power_at_all_is_refused():
    with pytest.raises(ValueError, match="power"):
        lamps(3)._replace(power=np.zeros(3)).built()


def test_the_tree_of_very_many():
    these = lamps(100_000, size=0.01)
    scene = these.scene(FLOAT32)
    assert len(scene.light_nodes) == tree.NODE * (2 * 100_000 - 1)
    c = chances_at(scene, [0.0, 0.0, 0.0], 100_000, FLOAT32)
    assert c.astype(float).sum() == pytest.approx(1.0, abs=1e-4)


# --- what it is good for
def test_variance_in_a_hall_of_lamps():
    """Irradiance of the floor of a hall from 1000 small lamps: the variance of one sample, exactly, against that of a
    choice by power alone."""
    rng = np.random.default_rng(8)
    n, side, height = 1000, 60.0, 4.0
    at = np.column_stack([rng.uniform(0, side, (n, 2)), np.full(n, height)])
    corners = at[:, None] + np.array([[0, 0, 0], [0, 0.1, 0], [0.1, 0, 0]])
    these = Lamps(corners, np.tile([0.0, 0.0, -1.0], (n, 1)), np.zeros(n, bool), rng.uniform(0.5, 2.0, n))
    scene = these.scene()
    of_tree = of_power = 0.0
    for x, y in rng.uniform(0, side, (200, 2)):
        p = np.array([x, y, 0.0])
        r2 = np.sum((corners.mean(1) - p) ** 2, 1)
        sent = these.power * height**2 / r2**2
        c, q = chances_at(scene, p, n), these.power / these.power.sum()
        of_tree += (sent**2 / c).sum() / sent.sum() ** 2 - 1.0
        of_power += (sent**2 / q).sum() / sent.sum() ** 2 - 1.0
    print(f"variance by power / by tree: {of_power / of_tree:.1f} ({of_power / 200:.2f} / {of_tree / 200:.3f})")
    assert of_power / of_tree > 25.0
