"""light/area.py, how emitters.py samples faces, and the alias table: chosen in proportion to power, uniform on a face,
density per steradian."""

import functools

import naive
import numpy as np
import pytest
from chi2 import chi_squared_test
from derivatives import triple
from drivers import tables_of
from numpy.testing import assert_allclose

from nrender.emitters import chance_of, emitted, next_event
from nrender.geometry.surface import Surface, surface
from nrender.light import area
from nrender.real import FLOAT64
from nrender.rng import stream
from nrender.scattering import shading_frame
from nrender.tables import FACE, FACE_EMITTER, alias_table

VERTICES = np.array(
    [[0, 0, 2], [1, 0, 2], [0, 1, 2], [3, 0, 1], [3, 0.5, 1], [3, 0, 2.5], [0, -2, 1], [1, -2, 3], [0, -1, 4.0]]
)
FACES = np.arange(9).reshape(3, 3)
X = np.array([0.3, 0.2, 0.0])
LAMPS = {0: (1.0, 2.0, 3.0), 2: (0.5, 0.0, 0.0)}  # radiance by face


def lamps(two_sided=True):
    """Faces 0 and 2 emit, 1 does not."""
    return tables_of(VERTICES, FACES, FLOAT64, emission=LAMPS, two_sided=two_sided)


def chance_of_face(tables, face):
    return chance_of(tables, triple(X), tables.faces.reshape(-1, FACE)[face, FACE_EMITTER])


def power(tables):
    areas = [np.linalg.norm(naive.area_normal(VERTICES[f])) / 2 for f in FACES]
    p = np.array([areas[0] * 6.0, 0.0, areas[2] * 0.5])
    return p / p.sum()


@pytest.mark.parametrize(
    "weights",
    [[1.0], [1.0, 1.0], [0.0, 3.0], [3.0, 0.0, 0.0, 1.0], list(range(1, 40)), [1e-12, 1.0, 1e12], [0.1] * 7],
)
def test_an_alias_table_gives_each_index_its_probability(weights):
    p, threshold, alias = alias_table(np.array(weights))
    assert_allclose(p, np.array(weights) / np.sum(weights))
    chance = np.zeros(len(weights))
    for slot in range(len(weights)):
        chance[slot] += threshold[slot] / len(weights)
        chance[alias[slot]] += (1.0 - threshold[slot]) / len(weights)
    assert_allclose(chance, p, atol=1e-14)
    assert ((threshold >= 0) & (threshold <= 1)).all()


def events(n, active):
    """Next events as seen from a surface at X."""
    tables, up = lamps(), (0.0, 0.0, 1.0)
    x = Surface(1, 0.2, 0.3, triple(X), (0.0, 0.0, 2.0), up, 1e-6, (0.0, 0.0, 0.0))
    frame = shading_frame(tables, x, up)
    return tables, [next_event(tables, stream(1, k, 0), x, frame, up, 0, False, False, active)[1] for k in range(n)]


@functools.cache
def samples(n):
    """The surfaces alone, whether or not they are seen: without the cost of finding out."""
    tables, found = events(n, False)
    assert not any(e.lit for e in found)
    return tables, [e.y for e in found]


def test_faces_are_chosen_in_proportion_to_power():
    tables, points = samples(20000)
    assert_allclose([chance_of_face(tables, face) for face in (0, 2)], power(tables)[[0, 2]])
    assert tables.faces.reshape(-1, FACE)[1, FACE_EMITTER] == -1
    counts = np.bincount([s.face for s in points], minlength=3)
    assert counts[1] == 0
    chi_squared_test(counts[[0, 2]], len(points) * power(tables)[[0, 2]])


@pytest.mark.parametrize("face", [0, 2])
def test_points_are_uniform_on_a_face(face):
    _, points = samples(60000)
    b = np.array([(s.u, s.v) for s in points if s.face == face])
    assert len(b) > 1000
    counts = np.histogram2d(*b.T, np.linspace(0, 1, 6))[0]
    i, j = np.indices((5, 5))
    expected = np.where(i + j < 4, 0.08, np.where(i + j == 4, 0.04, 0.0))
    chi_squared_test(counts, len(b) * expected, tests=2)


def test_a_sample_is_the_surface_that_is_seen_from_x():
    tables, points = samples(200)
    for s in points:
        seen = surface(tables, s.face, s.u, s.v, triple(np.array(s.point) - X))
        assert s == seen
        assert np.dot(s.normal, np.array(s.point) - X) < 0.0


def test_the_pdf_is_per_steradian():
    """chance r^2 / (area cos); the mean of 1/pdf over the samples of a face, times its chance, is its solid angle."""
    tables, points = samples(20000)
    for face in (0, 2):
        own, chance = [s for s in points if s.face == face], chance_of_face(tables, face)
        w = np.array([s.point for s in own]) - X
        pdf = np.array([area.pdf(s, triple(v), chance) for s, v in zip(own, w, strict=True)])
        n = naive.area_normal(VERTICES[FACES[face]])
        distance = np.linalg.norm(w, axis=1)
        cosine = np.abs(w @ n) / np.linalg.norm(n) / distance
        assert_allclose(pdf, power(tables)[face] / (np.linalg.norm(n) / 2) * distance**2 / cosine, rtol=1e-12)
        values = power(tables)[face] / pdf
        error = np.std(values) / np.sqrt(len(values))
        assert error < 0.02 * np.mean(values)
        assert abs(np.mean(values) - naive.solid_angle(VERTICES[FACES[face]], X)) < 4 * error


def test_a_next_event_has_the_pdf_and_its_inverse_as_share():
    tables, found = events(300, True)
    assert sum(e.lit for e in found) > 100
    for e in found:
        assert_allclose(e.w, np.array(e.y.point) - X, rtol=1e-12)
        assert_allclose(e.wo, np.array(e.w) / np.linalg.norm(e.w), rtol=1e-12)
        if e.lit:
            assert emitted(tables, e) == LAMPS[e.y.face]
            assert e.clear == 1.0
            assert e.pdf == pytest.approx(area.pdf(e.y, e.w, chance_of_face(tables, e.y.face)), rel=1e-12)
            assert e.share == pytest.approx(1.0 / e.pdf, rel=1e-12)
        else:
            assert e.share == 0.0


def test_the_solid_angle_itself():
    """Of an octant: pi/2."""
    assert naive.solid_angle(np.eye(3), np.zeros(3)) == pytest.approx(np.pi / 2)


@pytest.mark.parametrize("two_sided", [False, True])
def test_emission_is_from_the_front_unless_two_sided(two_sided):
    tables = lamps(two_sided)
    for direction, front in (((0.0, 0.0, -1.0), True), ((0.0, 0.0, 1.0), False)):
        s = surface(tables, 0, 0.2, 0.3, direction)
        lit = area.emits(tables, s, direction, True)
        assert lit == (front or two_sided)
        assert not area.emits(tables, s, direction, False)
        if lit:
            assert area.radiance(tables, s, True) == LAMPS[0]
    assert not area.emits(tables, surface(tables, 1, 0.2, 0.3, direction), direction, True)


def test_a_compiled_scene_gives_faces_the_chance_of_their_power():
    from nrender import Scene
    from nrender.compile_scene import compile_scene

    camera = {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0], "resolution": [8, 8]}
    triangle = {"type": "mesh", "vertices": [[0, 0, 0], [1, 0, 0], [0, 1, 0]], "faces": [[0, 1, 2]]}
    scene = Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {"main": camera},
            "shapes": {
                "a": {**triangle, "emission": [1, 2, 3]},
                "b": {**triangle, "emission": [1, 1, 1], "two_sided": True, "transform": {"scale": 2}},
                "c": {**triangle, "transform": {"translate": [3, 0, 0]}, "emission": [0, 0, 0]},
            },
        }
    )
    tables = compile_scene(scene, "main", FLOAT64).tables
    assert_allclose([chance_of_face(tables, face) for face in range(3)], np.array([0.5 * 6, 2.0 * 3 * 2, 0.0]) / 15.0)
