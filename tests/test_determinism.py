"""The same seed gives the same bits, whatever the threads, their order, and what was rendered before."""

import numpy as np
import pytest
from scene_library import camera, corner, scene

import nrender as nr
from nrender.backend import cpu
from nrender.compile_scene import mesh


def everything(of, seed=7):
    """Image, gradient of all parameters and a tangent, as bytes."""
    image, pullback = nr.render_vjp(of, list(of.parameters), spp=3, seed=seed)
    weights = np.random.default_rng(1).normal(size=image.shape)
    gradient = pullback(weights)
    same, tangent = nr.render_jvp(of, {"cameras.main.origin": [1.0, 0.5, -0.5]}, spp=3, seed=seed)
    arrays = [image, nr.render(of, spp=3, seed=seed), same, tangent, *gradient.values()]
    return [array.tobytes() for array in arrays]


@pytest.fixture(scope="module")
def expected():
    return everything(corner(size=40))


@pytest.mark.parametrize("threads", ["1", "2", "7"])
def test_bits_do_not_depend_on_the_number_of_threads(expected, monkeypatch, threads):
    monkeypatch.setenv("NRENDER_THREADS", threads)
    assert everything(corner(size=40)) == expected


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
def test_bits_do_not_depend_on_the_order_of_the_chunks(expected, monkeypatch, order):
    launch, done = cpu.launch, []

    def other(kernel, width, chunks, arguments):
        numbers = np.arange(chunks)[::-1] if order == "reversed" else np.random.default_rng(2).permutation(chunks)
        done.append(chunks)
        launch(kernel, width, chunks, lambda k: arguments(int(numbers[k])))

    monkeypatch.setattr(cpu, "launch", other)
    assert everything(corner(size=40)) == expected
    assert max(done) > 4


def test_another_seed_gives_other_samples():
    of = corner(size=8)
    images = [nr.render(of, spp=2, seed=seed) for seed in (0, 1, 2)]
    assert len({image.tobytes() for image in images}) == 3
    gradients = [nr.render_vjp(of, ["cameras.main.fov"], spp=2, seed=k)[1](np.ones((8, 8, 3))) for k in (0, 1)]
    assert gradients[0]["cameras.main.fov"] != gradients[1]["cameras.main.fov"]


def normalised_errors(count):
    """(count images of one sample a pixel, mean 0 and variance 1 at each pixel; mask of the pixels with noise)."""
    errors = np.array([nr.render(corner(size=32), spp=1, seed=seed)[..., 0] for seed in range(count)], np.float64)
    errors -= errors.mean(0)
    spread = errors.std(0)
    lit = spread > 0.01
    return errors / np.where(lit, spread, 1.0), lit


def test_samples_of_different_seeds_are_independent():
    count = 80
    errors, lit = normalised_errors(count)
    flat = errors[:, lit]
    pairs = (flat @ flat.T / lit.sum())[np.triu_indices(count, 1)]
    # Taking the mean image away leaves a correlation of -1 / (count - 1).
    assert abs(pairs.mean() + 1 / (count - 1)) < 4 * pairs.std() / np.sqrt(len(pairs))


@pytest.mark.parametrize("axis", [1, 2])
def test_samples_of_neighbouring_pixels_are_independent(axis):
    """Errors that neighbours share, along an edge that crosses them all, would not cancel in a sum over pixels."""
    errors, lit = normalised_errors(80)
    here, there = (np.take(errors, np.arange(32)[part], axis) for part in (slice(1, None), slice(None, -1)))
    both = np.take(lit, np.arange(1, 32), axis - 1) & np.take(lit, np.arange(31), axis - 1)
    correlation = (here * there).mean(0)[both]
    assert abs(correlation.mean()) < 4 * correlation.std() / np.sqrt(len(correlation))


def test_what_was_replaced_before_does_not_matter(expected):
    of = corner(size=40)
    start = {path: value for path, value in of.parameters.items() if not path.endswith(".up")}
    moved = of.replace({path: 0.9 * value + 0.01 for path, value in start.items()})
    assert everything(moved) != expected
    assert everything(moved.replace(start)) == expected


def big_sphere(scale):
    """5120 faces: enough for the tree to be refitted."""
    ball = {"type": "sphere", "subdivisions": 4, "material": "white", "transform": {"scale": scale}}
    lamp = {"type": "rectangle", "emission": [3, 2, 1], "transform": {"rotate": [90, 0, 0], "translate": [0, 2, 0]}}
    return scene(camera([0, 1, 5], [0, 0, 0], size=24), {"ball": ball, "lamp": lamp}, 4, {"white": [0.8, 0.7, 0.6]})


def test_bits_do_not_depend_on_whether_the_tree_was_built_or_refitted(monkeypatch):
    path = "shapes.ball.transform.scale"
    built = []

    def counting(vertices, faces, together, build=mesh.build):
        built.append(len(faces))
        return build(vertices, faces, together)

    monkeypatch.setattr(mesh, "build", counting)
    fresh = everything(big_sphere([1.0, 0.8, 1.2]))
    assert built[0] > mesh.REFIT_FROM
    start = big_sphere([1.1, 1.0, 1.0])
    everything(start)
    count = len(built)
    moved = everything(start.replace({path: [1.0, 0.8, 1.2]}))
    assert len(built) == count
    assert moved == fresh
