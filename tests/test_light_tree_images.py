"""Many emitters in whole images: with the tree of lights against without it, its noise, its derivatives, its bits."""

import functools
from collections import OrderedDict

import numpy as np
import pytest
from derivatives import assert_transpose
from estimates import replicate, z_between
from scene_library import camera, mesh

import nrender as nr
import nrender.compile_scene as compiled
from nrender.compile_scene import compile_scene, lights
from nrender.real import FLOAT64

GROUPS, EACH = 20, 10  # 200 quads: 400 emitting faces

crossing = pytest.mark.filterwarnings("ignore:without the derivative of how the line moves:nrender.RenderWarning")


def quads(count, rng, power):
    """Small ones of any direction, above the floor and out of sight."""
    vertices, faces = [], []
    for k in range(count):
        centre, (a, b) = rng.uniform([-6, 1.5, -6], [6, 3.5, 6]), 0.08 * rng.normal(size=(2, 3))
        b -= a * (a @ b) / (a @ a)
        vertices += [(centre + s * a + t * b).tolist() for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        faces += [[4 * k, 4 * k + 1, 4 * k + 2], [4 * k, 4 * k + 2, 4 * k + 3]]
    return mesh(vertices, faces, emission=[round(float(x), 6) for x in power * rng.uniform(0.5, 1.5, 3)])


@functools.cache
def hall(groups=GROUPS, others=True, dark=0, size=16, depth=3):
    """Lamps above a floor; dark: groups of no power; others: a point light and a sky."""
    rng = np.random.default_rng(0)
    shapes = {}
    for k in range(groups):
        power = 0.0 if k < dark else 40.0 * rng.lognormal(0.0, 1.0)
        shapes[f"lamps{k}"] = {**quads(EACH, rng, power), "two_sided": k % 3 == 0}
    shapes["floor"] = {"type": "rectangle", "material": "grey", "transform": {"rotate": [-90, 0, 0], "scale": 8}}
    shapes["block"] = {"type": "cube", "material": "grey", "transform": {"translate": [0, 0.3, 0], "scale": 0.6}}
    document = {
        "nrender": 1,
        "cameras": {"main": camera([0, 1.3, 4], [0, 0, 1], 40, size)},
        "integrator": {"type": "path", "max_depth": depth, "spp": 16},
        "materials": {"grey": {"type": "diffuse", "reflectance": [0.7, 0.6, 0.5]}},
        "shapes": shapes,
    }
    if others:
        sky = rng.uniform(0.0, 0.2, (4, 8, 3))
        document["lights"] = {
            "point": {"type": "point", "position": [2, 3, 1], "intensity": [3, 4, 5]},
            "sky": {"type": "envmap", "image": sky.tolist()},
        }
    return nr.Scene.from_dict(document)


def tree_count(scene):
    return compile_scene(scene, "main", FLOAT64).tables.tree_count


@pytest.fixture
def no_tree(monkeypatch):
    """Call it, and no scene has a tree."""

    def off():
        monkeypatch.setattr(lights, "MANY", 10**9)
        monkeypatch.setattr(compiled, "_kept", OrderedDict())  # the scenes' tables

    return off


def images(scene, spp=16, count=64, first=0):  # many: the noise of a pixel is skewed
    return replicate(lambda seed: nr.render(scene, spp=spp, seed=seed), range(first, first + count))


def means(scene, spp=16, count=24, first=0):
    return replicate(lambda seed: nr.render(scene, spp=spp, seed=seed).mean((0, 1)), range(first, first + count))


def assert_same_image(with_tree, without, whole_with, whole_without):
    z = z_between(with_tree, without)
    # of two estimated errors: Student's t, whose variance is a bit above 1
    assert np.sqrt((z**2).mean()) == pytest.approx(1.0, abs=0.15)
    assert np.abs(z).max() < 6.0
    assert np.abs(z_between(whole_with, whole_without)).max() < 4.0
    assert (whole_with.sigma / whole_with.mean).max() < 0.01


@pytest.mark.parametrize("dark", [0, 5], ids=["all shine", "some are dark"])
@pytest.mark.parametrize("others", [False, True], ids=["lamps", "lamps, point, sky"])
def test_the_tree_changes_the_noise_only(no_tree, others, dark):
    scene = hall(others=others, dark=dark)
    assert tree_count(scene) == 2 * GROUPS * EACH + others
    found = images(scene), means(scene)
    no_tree()
    assert tree_count(scene) == 0
    plain = images(scene, first=100), means(scene, first=100)
    assert_same_image(found[0], plain[0], found[1], plain[1])
    gain = (plain[0].sigma ** 2).mean() / (found[0].sigma ** 2).mean()
    print(f"variance without the tree / with it: {gain:.2f}")
    assert gain > 1.5


def test_lamps_seen_directly_have_no_noise_of_the_tree(no_tree):
    scene = hall(depth=1, others=False).replace({"cameras.main.target": [0, 2.5, 0]})
    image = nr.render(scene, spp=4)
    assert (image > 1.0).any()
    no_tree()
    np.testing.assert_array_equal(image, nr.render(scene, spp=4))


@crossing
def test_the_gradient_is_the_transpose_of_the_tangent():
    scene, rng = hall(), np.random.default_rng(1)
    assert tree_count(scene) > 0
    moves = {path: rng.normal(size=value.shape) for path, value in scene.parameters.items()}
    weights = rng.normal(size=(16, 16, 3))
    _, tangent = nr.render_jvp(scene, moves, spp=4, seed=5, precision="float64")
    gradient = nr.render_vjp(scene, list(moves), spp=4, seed=5, precision="float64")[1](weights)
    assert all(np.isfinite(gradient[path]).all() for path in moves)
    assert np.isfinite(tangent).all()
    assert_transpose(tangent, weights, list(moves.values()), [gradient[path] for path in moves])


def everything(scene):
    image, pullback = nr.render_vjp(scene, list(scene.parameters), spp=3, seed=7)
    gradient = pullback(np.random.default_rng(2).normal(size=image.shape))
    _, tangent = nr.render_jvp(scene, {"cameras.main.origin": [1.0, 0.5, -0.5]}, spp=3, seed=7)
    return [x.tobytes() for x in (image, tangent, *gradient.values())]


@crossing
def test_bits_do_not_depend_on_the_number_of_threads(monkeypatch):
    scene, found = hall(size=32), []
    for threads in ("1", "2"):
        monkeypatch.setenv("NRENDER_THREADS", threads)
        found.append(everything(scene))
    assert found[0] == found[1]


# --- few, none, no power


def emission_paths(scene):
    return [path for path in scene.parameters if path.endswith(".emission")]


def test_one_lamp_alone():
    """One emitting triangle has no tree; one of power among many without gets one of a single leaf."""
    one = hall(1, others=False).document
    one["shapes"]["lamps0"]["vertices"] = one["shapes"]["lamps0"]["vertices"][:3]
    one["shapes"]["lamps0"]["faces"] = [[0, 1, 2]]
    one["shapes"]["lamps0"]["emission"] = [900, 800, 700]
    one["shapes"]["lamps0"]["two_sided"] = True
    alone = nr.Scene.from_dict(one)
    assert tree_count(alone) == 0
    many = nr.Scene.from_dict(one).document
    dark = hall(GROUPS, others=False).document["shapes"]
    for k in range(1, GROUPS):
        many["shapes"][f"lamps{k}"] = {**dark[f"lamps{k}"], "emission": [0, 0, 0]}
    among = nr.Scene.from_dict(many)
    assert tree_count(among) > lights.MANY
    # The dark ones are black: the two differ where they are seen or in the way. Without them:
    gone = {f"shapes.lamps{k}.transform.translate": [0, -50, 0] for k in range(1, GROUPS)}
    a, b = means(alone), means(among.replace(gone), first=100)
    assert a.mean.min() > 0.0
    assert np.abs(z_between(a, b)).max() < 4.0
    assert (a.sigma / a.mean).max() < 0.02


def test_dark_lamps_have_a_derivative(no_tree):
    """All of them dark, more than a tree is made from: the image is linear in their radiance, so that its derivative is
    the image for the direction."""
    scene = hall(others=False, dark=GROUPS)
    assert tree_count(scene) == 2 * GROUPS * EACH
    assert not nr.render(scene, spp=2).any()
    paths, rng = emission_paths(scene), np.random.default_rng(3)
    moves = {path: rng.uniform(1.0, 3.0, 3) for path in paths}

    def tangent(seed):
        return nr.render_jvp(scene, moves, spp=16, seed=seed)[1].mean((0, 1))

    derivative, image = replicate(tangent, range(12)), means(scene.replace(moves), count=12, first=100)
    assert derivative.mean.min() > 0.0
    assert np.abs(z_between(derivative, image)).max() < 4.0
    gradient = nr.render_vjp(scene, paths, spp=16)[1](np.ones((16, 16, 3)))
    assert all(np.isfinite(g).all() for g in gradient.values())
    assert all((g > 0.0).all() for g in gradient.values())


def test_one_dark_group_among_bright_ones_has_its_derivative():
    """No sample is aimed at them: they are found by chance, with more noise, but no less."""
    scene = hall(others=False, dark=1)
    path, move = "shapes.lamps0.emission", np.array([30.0, 40.0, 50.0])
    assert scene.parameters[path].tolist() == [0, 0, 0]

    def tangent(seed):
        return nr.render_jvp(scene, {path: move}, spp=64, seed=seed)[1].mean((0, 1))

    def change(seed):
        images = [nr.render(s, spp=64, seed=seed).mean((0, 1)) for s in (scene, scene.replace({path: move}))]
        return images[1] - images[0]

    derivative, difference = replicate(tangent, range(24)), replicate(change, range(100, 124))
    assert derivative.mean.min() > 0.0
    assert np.abs(z_between(derivative, difference)).max() < 4.0
    assert (np.hypot(derivative.sigma, difference.sigma) / difference.mean).max() < 0.3


def many_points(intensities):
    document = hall(1, others=False).document
    del document["shapes"]["lamps0"]
    rng = np.random.default_rng(4)
    document["lights"] = {
        f"p{k}": {"type": "point", "position": rng.uniform([-4, 1, -4], [4, 3, 4]).tolist(), "intensity": list(value)}
        for k, value in enumerate(intensities)
    }
    return nr.Scene.from_dict(document)


def test_many_dark_point_lights_have_a_derivative():
    scene = many_points([(0, 0, 0)] * 80)
    assert not nr.render(scene, spp=2).any()
    moves = {path: np.ones(3) for path in scene.parameters if path.endswith(".intensity")}
    assert len(moves) == 80
    derivative = replicate(lambda seed: nr.render_jvp(scene, moves, spp=16, seed=seed)[1].mean((0, 1)), range(12))
    bright = means(scene.replace(moves), count=12, first=100)
    assert tree_count(scene.replace(moves)) == 80
    assert bright.mean.min() > 0.0
    assert np.abs(z_between(derivative, bright)).max() < 4.0


def test_the_image_of_many_point_lights_is_the_sum_of_each():
    """Also if some of them are dark."""
    rng = np.random.default_rng(5)
    intensities = [rng.uniform(0, 2, 3) * (k % 3 > 0) for k in range(81)]
    scene = many_points([x.tolist() for x in intensities])
    assert tree_count(scene) == 81
    found = means(scene, 16, 24)
    parts = [
        means(many_points([x.tolist() if part == k % 3 else (0, 0, 0) for k, x in enumerate(intensities)]), 16, 24, 100)
        for part in (1, 2)
    ]
    total = type(found)(sum(p.mean for p in parts), np.sqrt(sum(p.sigma**2 for p in parts)))
    assert np.abs(z_between(found, total)).max() < 4.0
    assert (found.sigma / found.mean).max() < 0.01


@pytest.mark.parametrize("others", [1, 80], ids=["few", "tree"])
def test_a_dark_light_among_bright_ones_has_its_derivative(others):
    """Of a light without size, which nothing but next-event estimation finds."""
    rng = np.random.default_rng(6)
    scene = many_points([(0, 0, 0), *(rng.uniform(0, 3 / others, 3).tolist() for _ in range(others))])
    assert tree_count(scene) == (0 if others == 1 else 1 + others)
    path = "lights.p0.intensity"
    derivative = replicate(lambda seed: nr.render_jvp(scene, {path: np.ones(3)}, 64, seed)[1].mean((0, 1)), range(24))
    alone = means(many_points([(1, 1, 1)]), 16, 24, 100)
    assert np.abs(z_between(derivative, alone)).max() < 4.0
    assert (derivative.sigma / alone.mean).max() < 0.1
