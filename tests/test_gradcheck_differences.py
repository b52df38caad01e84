"""Finite differences of functions that are known: the steps that are found, and how honest sigma is."""

import math

import numpy as np
import pytest

from nrender.errors import Problem, SceneError
from nrender.gradcheck.differences import FIRST_STEP, Aim, Line, difference, first_step, second_look
from nrender.gradcheck.estimate import LIMIT, Estimate

AIM = Aim(0.01, 0.1, 0.0, 1000)
SEEDS = range(100)


def noisy(function, sigma, aim=AIM, low=math.inf, high=math.inf):
    """The slope of function(t) plus noise whose size is sigma * t: what common random numbers leave."""

    def value(t, seed):
        assert -low <= t <= high
        return function(t) + sigma * t * np.random.default_rng(seed).normal()

    return difference(Line(value, low, high), SEEDS, aim)


@pytest.mark.parametrize(
    "function, slope",
    [
        (lambda t: 3 * t + 1, 3),
        (lambda t: math.exp(2 * t), 2),
        (lambda t: math.sin(20 * t), 20),
        (lambda t: t + 50 * t**3, 1),
        (lambda t: t + 1000 * max(t - 0.2, 0) ** 2, 1),
        (lambda t: t + 10 * abs(t - 0.1), -9),
    ],
)
def test_the_step_is_found_that_the_function_asks_for(function, slope):
    for bounds in ({}, {"low": 0.0}, {"high": 0.01}):
        found = noisy(function, 0.05 * abs(slope), **bounds)
        assert abs(found.mean - slope) <= LIMIT * found.sigma
        assert found.sigma <= 0.015 * abs(slope)


def test_a_line_needs_no_small_step():
    assert noisy(lambda t: 5 * t, 0.01).step == FIRST_STEP
    assert noisy(lambda t: 5 * t + 900 * t**5, 0.01).step < FIRST_STEP


def test_a_truncation_that_is_left_is_in_sigma():
    """At a kink there is no right step, and no derivative: half of the jump is between the sides."""
    found = noisy(lambda t: t + 3 * t * abs(t) ** 0.1, 1e-4, AIM._replace(images=300))
    assert found.truncation > 10 * found.noise
    assert found.sigma >= found.truncation


@pytest.mark.parametrize(
    "low, high, side",
    [(math.inf, math.inf, 0), (1.0, 0.4, 0), (0.0, 5.0, 1), (5.0, 0.0, -1), (0.1, 5.0, 1), (0.1, 0.2, 1)],
)
def test_points_stay_within_the_line(low, high, side):
    found, step = first_step(Line(lambda t, seed: 0.0, low, high))
    assert found == side
    assert step > 0
    assert 4 * step <= min(low, high) if side == 0 else 8 * step <= max(low, high)


def test_a_step_to_what_is_not_possible_is_halved():
    def value(t, seed):
        if abs(t) > limit:
            raise SceneError([Problem("<dict>", 0, "", "", "not possible")])
        return 2 * t

    limit = 0.05
    found = difference(Line(value, math.inf, math.inf), SEEDS, AIM)
    assert found.mean == pytest.approx(2)
    assert 4 * found.step <= 0.05
    limit = 0.0
    assert math.isnan(difference(Line(value, math.inf, math.inf), SEEDS, AIM).mean)


def test_seeds_are_added_until_sigma_is_small_enough_or_the_budget_ends():
    calls = []

    def value(t, seed):
        calls.append(seed)
        return t * (1 + sigma * np.random.default_rng(seed).normal())

    line, count = Line(value, math.inf, math.inf), {}
    for sigma in (0.001, 0.05, 0.3, 30.0):
        calls.clear()
        found = difference(line, range(1000), Aim(0.01, 0.1, 0.0, 600))
        count[sigma] = len(set(calls))
        assert len(calls) <= 600
        assert (found.sigma <= 0.01 * abs(found.mean)) == (sigma < 0.1)
    assert count == {0.001: 16, 0.05: 64, 0.3: 100, 30.0: 16}  # the last is hopeless


def test_a_second_look_sees_a_kink_nearer_than_the_step():
    """All three differences have the same part of it: they agree with each other, and are wrong."""

    def value(t, seed):
        return t + 0.5 * abs(t - 1e-3) + 0.01 * t * np.random.default_rng(seed).normal()

    line = Line(value, math.inf, math.inf)
    found = difference(line, SEEDS, AIM._replace(relative=0.05))
    assert abs(found.mean - 0.5) > LIMIT * found.sigma
    while abs(found.mean - 0.5) > LIMIT * found.sigma:
        step = found.step
        found = second_look(line, range(100, 900), AIM, found, Estimate(0.5, 0.001))
        assert found.step < step


def test_a_second_look_confirms_what_is_wrong():
    def value(t, seed):
        return t + 0.02 * t * np.random.default_rng(seed).normal()

    line = Line(value, math.inf, math.inf)
    found = difference(line, SEEDS, AIM)
    assert second_look(line, range(100, 900), AIM, found, Estimate(1.1, 0.001)) is found


def test_sigma_of_jumps_is_honest():
    """A sum of samples that each jump at its own place, as at a silhouette; the slope is their density."""
    z = []
    for trial in range(60):

        def value(t, seed, trial=trial):
            places = np.random.default_rng([trial, seed]).uniform(-4, 4, 200)
            return 8 / 200 * np.sum(places < t + 0.1 * t**3)

        found = difference(Line(value, math.inf, math.inf), range(60), Aim(0.02, 0.2, 0.0, 360))
        z.append((found.mean - 1) / found.sigma)
    assert np.abs(z).max() < LIMIT
    assert 0.6 < np.sqrt(np.mean(np.square(z))) < 1.2
