"""Whether a gradient is noise: the tests' false alarms and misses; what the methods do with the answer."""

from types import SimpleNamespace

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender.optimize import optimize
from nrender.optimize.noise import DRAWS, LEVEL, is_noise, noise_test
from nrender.optimize.result import CONVERGED, FAILED, Outcome
from nrender.optimize.stages import in_stages

FREE = (-np.inf, np.inf)
SIZES = pytest.mark.parametrize("size", [1, 3, 40, 2000])


def draws(rng, size, mean=0.0, covariance=None):
    noise = rng.normal(size=(DRAWS, size)) * np.exp(rng.normal(size=size))
    return mean + (noise if covariance is None else noise @ covariance)


@SIZES
def test_noise_is_seldom_taken_for_a_slope(size):
    rng = np.random.default_rng(1)
    trials = 400
    alarms = sum(not noise_test(draws(rng, size), np.zeros(size), *FREE).is_noise for _ in range(trials))
    assert alarms <= LEVEL * trials + 4 * np.sqrt(LEVEL * trials)


def test_noise_that_is_correlated_too():
    rng = np.random.default_rng(2)
    mixed = rng.normal(size=(20, 20)) @ np.diag(0.3 ** np.arange(20)) @ rng.normal(size=(20, 20))
    trials = 400
    alarms = sum(
        not noise_test(draws(rng, 20, covariance=mixed), np.zeros(20), *FREE).is_noise for _ in range(trials)
    )
    assert alarms <= LEVEL * trials + 4 * np.sqrt(LEVEL * trials)


def test_one_slope_among_many_components_is_seen():
    rng = np.random.default_rng(3)
    slope = np.eye(40)[7] * 60
    gradients = slope + rng.normal(size=(DRAWS, 40))
    assert noise_test(gradients, np.zeros(40), *FREE).single > 1


def test_a_small_slope_of_all_components_is_seen():
    """Each alone is hidden in noise; together they aren't."""
    rng = np.random.default_rng(4)
    gradients = 0.5 + rng.normal(size=(DRAWS, 2000))
    test = noise_test(gradients, np.zeros(2000), *FREE)
    assert test.joint > 1


def test_a_slope_into_a_bound_is_none():
    rng = np.random.default_rng(5)
    gradients = 10 + rng.normal(size=(DRAWS, 1))
    assert noise_test(gradients, np.zeros(1), np.zeros(1), np.ones(1)).is_noise
    assert not noise_test(gradients, np.ones(1), np.zeros(1), np.ones(1)).is_noise
    assert not noise_test(-gradients, np.zeros(1), np.zeros(1), np.ones(1)).is_noise


def test_without_noise_any_slope_counts():
    assert not noise_test(np.full((DRAWS, 2), 1e-9), np.zeros(2), *FREE).is_noise
    assert noise_test(np.zeros((DRAWS, 2)), np.zeros(2), *FREE).is_noise


@SIZES
def test_steps_that_are_noise(size):
    rng = np.random.default_rng(6)
    trials = 300
    quiet = sum(is_noise(rng.normal(size=(24, size))) for _ in range(trials))
    assert quiet >= trials * (1 - 2 * LEVEL) - 4 * np.sqrt(2 * LEVEL * trials)


def test_a_swing_about_the_minimum_is_no_noise():
    """Its mean is nothing, but one step is like the one before."""
    swing = np.cos(np.linspace(0, 4 * np.pi, 24, endpoint=False))[:, None]
    assert abs(swing.mean()) < 1e-15
    assert not is_noise(swing + 0.1 * np.random.default_rng(7).normal(size=(24, 1)))


# What the methods do


def fit(method, sigma, scene=None, **options):
    return optimize(scene or blob_scene(), truth(blob_scene()), method=method, renderer=FakeRenderer(sigma=sigma),
                    **options)  # fmt: skip


@pytest.mark.parametrize("method", ["l-bfgs-b", "trust-constr", "least-squares"])
def test_noise_that_stalls_the_steps_raises_the_samples(method):
    """With one sample in each half, fixed random numbers lead elsewhere than the answer: fresh ones see it."""
    few = [fit(method, 1.0, spp=2, max_spp=2, seed=s, iterations=60) for s in range(6)]
    more = [fit(method, 1.0, spp=2, max_spp=512, seed=s, iterations=60) for s in range(6)]
    error_few, error_more = (
        np.mean([np.abs(r.parameters[REFLECTANCE] - [0.7, 0.6, 0.5]).mean() for r in runs]) for runs in (few, more)
    )
    assert {result.spp for result in few} == {2}
    assert sum(result.spp > 2 for result in more) >= 3
    assert error_more < 0.5 * error_few
    raised = next(result for result in more if result.spp > 2)
    said = "gradients of 32 samples a pixel" if method == "least-squares" else "from here 8 samples a pixel"
    assert said in raised.notes[0]


@pytest.mark.parametrize("method", ["l-bfgs-b", "trust-constr"])
def test_where_nothing_but_noise_is_left_the_fit_ends_and_says_so(method):
    scene = blob_scene(parameters={TRANSLATE: {"mask": [1, 1, 0]}})
    results = [fit(method, 0.5, scene, iterations=60, seed=seed) for seed in range(6)]
    assert {result.status_name for result in results} == {"converged"}
    # A fit with fixed random numbers ends about a standard error off, which fresh ones see about every other time.
    said = ["the gradient is indistinguishable from noise at" in r.message for r in results]
    would = ["more samples a pixel than 64 (max_spp) would go on" in r.message for r in results]
    assert all(np.array(said) ^ np.array(would))
    assert sum(said) >= 3


@pytest.mark.parametrize("method", ["adam", "sgd"])
def test_stochastic_methods_end_early_in_noise(method):
    result = fit(method, 2.0, iterations=2000)
    assert result.status_name == "converged"
    assert result.nit < 1800
    assert "the gradient was indistinguishable from noise" in result.message
    np.testing.assert_allclose(result.parameters[REFLECTANCE], [0.7, 0.6, 0.5], atol=0.05)


def test_max_spp_is_the_scenes():
    scene = blob_scene(max_spp=64)
    result = fit("l-bfgs-b", 1.0, scene, spp=2, iterations=60)
    assert result.spp in (8, 32, 64)
    assert fit("l-bfgs-b", 1.0, scene, spp=2, max_spp=2, iterations=60).spp == 2


class Stuck:
    """A run that goes down from the start with at least `needs` samples a pixel; its gradient is `slope` and noise."""

    def __init__(self, needs, slope):
        self.needs, self.slope = needs, slope
        self.x0, self.lower, self.upper = np.zeros(3), np.full(3, -9.0), np.full(3, 9.0)
        self.objective = SimpleNamespace(spp=16)
        self.max_spp, self.iteration, self.iterations, self.coarse = 64, 0, 10, False
        self.rows, self.best = [{"loss": 1.0}], SimpleNamespace(x=self.x0, noise=0.1)
        self.tried = []

    def descend(self, run, x):
        self.tried.append(self.objective.spp)
        if self.objective.spp < self.needs:
            return Outcome(FAILED, "no step from the start lowers the loss; try a higher spp")
        return Outcome(CONVERGED, "down")

    def draw(self, x, stream):
        noise = np.random.default_rng([1, stream]).normal(size=3)
        return SimpleNamespace(gradient=self.slope * np.ones(3) + 0.1 * noise)

    def note(self, text):
        pass

    def raise_spp(self, spp, x):
        self.objective.spp = spp


def test_a_start_that_no_step_leaves_gets_more_samples_before_the_fit_fails():
    run = Stuck(needs=64, slope=1.0)
    assert in_stages(run, run.descend).message.startswith("down")
    assert run.tried == [4, 16, 64]
    run = Stuck(needs=256, slope=1.0)
    assert in_stages(run, run.descend).status == FAILED
    assert run.tried == [4, 16, 64]
    run = Stuck(needs=64, slope=0.0)  # it may be the end as well
    found = in_stages(run, run.descend)
    assert (found.status, run.tried) == (CONVERGED, [4, 16])
    assert found.message == "the gradient is indistinguishable from noise at 16 samples a pixel"
