"""averaging.py: the answer is that of all samples together, whatever the start, the bounds and what can't be seen."""

from types import SimpleNamespace

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender.optimize import optimize
from nrender.optimize.averaging import MOST, average
from nrender.optimize.result import CONVERGED, ITERATIONS
from nrender.optimize.run import Point

SPP = 16
TRUE = [0.7, 0.6, 0.5]


def fit(max_spp, seed=0, sigma=1.0, iterations=200, scene=None, **options):
    return optimize(scene or blob_scene(spp=SPP), truth(blob_scene()), method="least-squares",
                    renderer=FakeRenderer(sigma=sigma), max_spp=max_spp, seed=seed, iterations=iterations,
                    **options)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    """{gradients in the mean: results of twelve seeds}"""
    return {count: [fit(SPP * count, seed) for seed in range(12)] for count in (4, 16)}


def error(results):
    """Root of the mean square, of each parameter in units of its standard error."""
    truth = np.array([0, 0, *TRUE])
    return np.sqrt(np.mean([((r.x - truth) / r.standard_error) ** 2 for r in results]))


@pytest.mark.parametrize("count", [4, 16])
def test_the_error_is_that_of_all_samples_together(found, count):
    """Sixty numbers: their root mean square is within a third of 1, by chance but once in 10 000."""
    assert error(found[count]) == pytest.approx(1.0, abs=0.35)


def test_four_times_the_gradients_leave_half_of_the_error(found):
    few, many = (np.mean([r.standard_error for r in found[count]], axis=0) for count in (4, 16))
    np.testing.assert_allclose(many, few / 2, rtol=0.1)


def test_what_it_says(found):
    assert {r.message for r in found[16]} == {"16 gradients of 16 samples a pixel each are zero in the mean"}
    assert {r.status_name for r in found[16]} == {CONVERGED}


def test_more_than_it_takes_gradients_raises_the_samples_of_each():
    result = fit(2 * MOST * SPP)
    assert (result.spp, result.message) == (
        2 * SPP,
        f"{MOST} gradients of {2 * SPP} samples a pixel each are zero in the mean",
    )


def test_without_noise_there_is_nothing_to_average():
    result = fit(64 * SPP, sigma=0.0)
    assert "gradients" not in result.message
    np.testing.assert_allclose(result.parameters[REFLECTANCE], TRUE, atol=1e-4)


def test_a_bound_holds():
    section = {REFLECTANCE: {"init": [0.3, 0.3, 0.3], "bounds": [0, 0.55]}, TRANSLATE: {"mask": [1, 1, 0]}}
    result = fit(16 * SPP, scene=blob_scene(spp=SPP, parameters=section))
    assert np.all(result.parameters[REFLECTANCE] <= 0.55)
    np.testing.assert_allclose(result.parameters[REFLECTANCE], [0.55, 0.55, 0.5], atol=0.02)


def test_what_the_picture_does_not_show_stays():
    section = {REFLECTANCE: {}, TRANSLATE: {"init": [0.5, -0.3, 0.2]}}
    result = fit(16 * SPP, scene=blob_scene(spp=SPP, parameters=section))
    assert result.parameters[TRANSLATE][2] == 0.2
    np.testing.assert_allclose(result.parameters[TRANSLATE][:2], 0, atol=0.02)


class Bowl:
    """A run whose loss is x A x / 2, its gradient noisy; `wrong`: what its curvature is multiplied by."""

    def __init__(self, start, noise=0.1, wrong=1.0, iterations=60):
        self.matrix = np.array([[4.0, 1.9], [1.9, 1.0]])
        self.noise, self.wrong, self.iterations = noise, wrong, iterations
        self.lower, self.upper = np.full(2, -9.0), np.full(2, 9.0)
        self.objective, self.max_spp, self.averaged = SimpleNamespace(spp=4), 64, 1
        self.iteration, self.notes = 0, []
        self.best = self.sample(np.array(start), 0)
        self.way = []

    def sample(self, x, stream):
        noise = np.random.default_rng(stream).normal(size=2) * self.noise
        return Point(x, float(x @ self.matrix @ x) / 2, 1e-9, self.matrix @ x + noise, 0.0)

    judge = sample

    def curvature(self, x, stream):
        root = np.eye(2) + 0.005 * np.random.default_rng(stream).normal(size=(2, 2))
        return self.wrong * root @ self.matrix @ root.T

    def record(self, point):
        self.iteration += 1
        self.way.append(point.x)

    def note(self, text):
        self.notes.append(text)


@pytest.mark.parametrize("wrong", [1.0, 0.6, 3.0])
def test_from_afar_whole_steps_come_first(wrong):
    run = Bowl([-4.0, 3.0], wrong=wrong)
    assert average(run).status == CONVERGED
    assert run.averaged == 16
    assert run.best.x @ run.matrix @ run.best.x < 4 * 0.1**2 * np.linalg.inv(run.matrix).trace() / 16


def test_steps_that_lead_up_are_halved():
    """A tenth of the curvature makes steps ten times too long."""
    run = Bowl([-4.0, 3.0], noise=1e-3, wrong=0.1)
    average(run)
    losses = [x @ run.matrix @ x for x in run.way]
    assert np.all(np.diff(losses) < 1e-6)
    assert losses[-1] < 1e-4 * losses[0]


def test_the_iterations_end_it():
    run = Bowl([-4.0, 3.0], iterations=5)
    assert average(run).status == ITERATIONS
    assert run.iteration == 5


def test_where_the_end_is_worse_than_the_start_the_start_is_kept():
    run = Bowl([0.0, 0.0], noise=50.0)
    average(run)
    np.testing.assert_array_equal(run.best.x, [0.0, 0.0])
