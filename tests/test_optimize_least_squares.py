"""What steers the steps of least-squares: the curvature without its noise's bias, and what the last steps showed."""

import numpy as np
import pytest
from fake_renderer import TRANSLATE, FakeRenderer, blob_scene
from test_optimize_objective import PATHS, objective, start

from nrender.optimize import optimize
from nrender.optimize.least_squares import LEAST, with_secants

RNG = np.random.default_rng(5)
DIRECTIONS = [{TRANSLATE: np.eye(3)[0]}, {TRANSLATE: np.eye(3)[1]}, {PATHS[1]: np.ones(3)}]


def positive(n):
    root = RNG.normal(size=(n, n))
    return root @ root.T + 0.1 * np.eye(n)


def test_the_noise_of_derivative_images_does_not_bias_the_curvature():
    """The square of one estimate would be too large by its variance: here half of the matrix itself."""
    exact = objective(FakeRenderer(), spp=4).curvature(start(), DIRECTIONS, 0)
    fit = objective(FakeRenderer(sigma=0.7), spp=4)
    found = np.array([fit.curvature(start(), DIRECTIONS, stream) for stream in range(400)])
    error = found.mean(axis=0) - exact
    sigma = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert np.all(np.abs(error) < 4.5 * sigma)  # 9 numbers: by chance in 1 of 16 000
    assert 4.5 * sigma[0, 0] < 0.25 * exact[0, 0]  # so the bias would be seen
    np.testing.assert_array_equal(found, found.transpose(0, 2, 1))


def test_a_secant_takes_the_last_step_to_its_change():
    true, model = positive(4), positive(4)
    steps = RNG.normal(size=(3, 4))
    found = with_secants(model, [(s, true @ s) for s in steps])
    np.testing.assert_allclose(found @ steps[-1], true @ steps[-1], rtol=1e-12)
    np.testing.assert_allclose(found, found.T, rtol=1e-12)
    assert np.linalg.eigvalsh(found)[0] > 0


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.5 * LEAST])
def test_some_of_the_curvature_is_left_whatever_the_change(share):
    """A loss that grows with the distance has gradients that don't change."""
    model, step = positive(3), RNG.normal(size=3)
    found = with_secants(model, [(step, share * (model @ step))])
    assert step @ found @ step == pytest.approx(LEAST * (step @ model @ step), rel=1e-12)
    assert np.linalg.eigvalsh(found)[0] > 0


def test_where_there_is_no_curvature_nothing_changes():
    model = np.diag([1.0, -1.0])
    np.testing.assert_array_equal(with_secants(model, [(np.array([0.0, 1.0]), np.array([0.0, 3.0]))]), model)


class Edge(FakeRenderer):
    """White left of x = u, black right of it, a pixel wide."""

    def _image(self, scene, spp, seed, camera):
        view = scene.cameras["main"]
        x = np.broadcast_to(np.linspace(-1, 1, view.width)[:, None], (view.height, view.width, 3))
        pixel = 2.0 / view.width
        image = 1 / (1 + np.exp((x - scene.parameters[TRANSLATE][0]) / pixel))
        return image, [(TRANSLATE, 0, image * (1 - image) / pixel)]


def test_an_outline_many_pixels_off_is_reached_in_strides():
    """160 pixels are 2 wide, the edge is 50 of them off. A step of J^T J alone is 3 pixels: the loss is that
    of two logistic functions of width 1 at a distance, with slope 1, and J^T J is 1/6. Half of those must do.
    """
    scene = blob_scene(size=160, parameters={TRANSLATE: {"mask": [1, 0, 0], "init": [-0.625, 0, 0], "step": 0.3}})
    target = Edge().render(blob_scene(size=160))
    result = optimize(scene, target, method="least-squares", iterations=50 // 3 // 2, renderer=Edge(), intervals=False)
    assert abs(result.x[0]) < 2 / 160
