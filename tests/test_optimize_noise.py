"""Whether a gradient is noise: the tests' false alarms and misses; what the methods do with the answer."""

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender.optimize import optimize
from nrender.optimize.noise import DRAWS, LEVEL, is_noise, noise_test

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
    assert "from here 8 samples a pixel" in raised.notes[0]


@pytest.mark.parametrize("method", ["l-bfgs-b", "trust-constr", "least-squares"])
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
