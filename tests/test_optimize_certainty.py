"""Intervals hold the truth as often as they say; what can't be told apart is named."""

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender.optimize import optimize

ANSWER = np.array([0, 0, 0.7, 0.6, 0.5])


def fit(target, seed=0, renderer=None, scene=None, **options):
    options.setdefault("iterations", 40)
    return optimize(scene or blob_scene(), target, "least-squares", seed=seed,
                    renderer=renderer or FakeRenderer(sigma=0.3), **options)  # fmt: skip


@pytest.mark.parametrize("levels", [1, pytest.param(3, marks=pytest.mark.nightly)])
def test_nineteen_of_twenty_intervals_hold_the_truth(levels):
    """Noise of the target, which differs from pixel to pixel, and of the renders; each pixel's is in all levels."""
    rng = np.random.default_rng(0)
    clean = truth(blob_scene())
    inside, trials = 0, 80
    for trial in range(trials):
        target = clean * (1 + 0.1 * rng.normal(size=clean.shape))
        low, high = fit(target, seed=trial, max_spp=16, loss={"type": "l2", "levels": levels}).interval.T
        inside += int(np.sum((low <= ANSWER) & (high >= ANSWER)))
    share = inside / (5 * trials)
    # Fits of few pixels (the blob covers about forty) are a little too sure, as such estimates are.
    assert 0.90 <= share <= 0.99


def test_the_standard_error_is_the_spread_of_many_fits():
    rng = np.random.default_rng(1)
    clean = truth(blob_scene())
    results = [fit(clean * (1 + 0.1 * rng.normal(size=clean.shape)), seed=t, max_spp=16) for t in range(60)]
    spread = np.std([r.x for r in results], axis=0, ddof=1)
    said = np.sqrt(np.mean([r.standard_error**2 for r in results], axis=0))
    np.testing.assert_allclose(said, spread, rtol=4 / np.sqrt(2 * 60))


class TwoFactors(FakeRenderer):
    """Red is the product of two parameters: nothing tells them apart."""

    def _image(self, scene, spp, seed, camera):
        red, green, _ = scene.parameters[REFLECTANCE]
        image, partials = super()._image(scene.replace({REFLECTANCE: [red * green] * 3}), spp, seed, camera)
        others = [p for p in partials if p[0] != REFLECTANCE]
        d = sum(p[2] for p in partials if p[0] == REFLECTANCE)
        return image, [*others, (REFLECTANCE, 0, d * green), (REFLECTANCE, 1, d * red)]


def test_a_product_of_two_is_named():
    section = {REFLECTANCE: {"init": [0.5, 0.5, 0.5], "mask": [1, 1, 0]}}
    scene = blob_scene(parameters=section)
    target = TwoFactors().render(scene.replace({REFLECTANCE: [0.7, 0.6, 0.5]}))
    result = fit(target, renderer=TwoFactors(sigma=0.3), scene=scene)
    assert np.all(np.isinf(result.standard_error)) or np.all(result.standard_error > 1)
    text = " ".join(result.findings)
    assert f"{REFLECTANCE}[0]" in text
    assert f"{REFLECTANCE}[1]" in text


def test_what_no_pixel_shows_is_not_determined():
    """Blue, where the weights are those of pixels that show no blue: here a target without the blob."""
    class Blind(FakeRenderer):
        def _image(self, *args):
            image, partials = super()._image(*args)
            image = image * [1, 1, 0]
            return image, [(path, index, partial * [1, 1, 0]) for path, index, partial in partials]

    result = fit(truth(blob_scene()) * [1, 1, 0], renderer=Blind(sigma=0.3))
    assert np.isinf(result.standard_error[4])
    assert np.isfinite(result.standard_error[:4]).all()
    assert result.findings == [f"the pictures don't determine {REFLECTANCE}[2]"]


def test_a_prior_makes_intervals_finite():
    section = {REFLECTANCE: {"init": [0.5, 0.5, 0.5], "mask": [1, 1, 0], "prior": {"l2": {"weight": 1, "to": 0.6}}}}
    scene = blob_scene(parameters=section)
    target = TwoFactors().render(scene.replace({REFLECTANCE: [0.7, 0.6, 0.5]}))
    result = fit(target, renderer=TwoFactors(sigma=0.3), scene=scene)
    assert np.isfinite(result.standard_error).all()
    assert np.all(result.standard_error < 0.1)


@pytest.mark.parametrize("options", [{"loss": "l1", "method": "adam"}, {"intervals": False}])
def test_not_known(options):
    method = options.pop("method", "least-squares")
    result = optimize(blob_scene(), truth(blob_scene()), method, iterations=3, renderer=FakeRenderer(), **options)
    assert result.interval is result.covariance is result.standard_error is None
    assert result.findings == []


def test_in_their_own_units():
    """A scale of the coordinates is no matter of the answer."""
    usual = fit(truth(blob_scene()), max_spp=16)
    section = {TRANSLATE: {"init": [0.5, -0.3, 0], "bounds": [-2, 2], "mask": [1, 1, 0], "step": 0.01},
               REFLECTANCE: {"init": 0.3, "transform": "log", "step": 0.02}}  # fmt: skip
    other = fit(truth(blob_scene()), scene=blob_scene(parameters=section), max_spp=16)
    np.testing.assert_allclose(other.standard_error, usual.standard_error, rtol=0.05)


def test_a_weak_direction_is_seen_beside_a_noisy_one():
    """The sum of two parameters makes red, their difference a little of green, and both are known well; blue isn't."""

    class Weak(FakeRenderer):
        def _image(self, scene, spp, seed, camera):
            image, partials = super()._image(scene, spp, seed, camera)
            r, g, b = scene.parameters[REFLECTANCE]
            blob = {index: part for path, index, part in partials if path == REFLECTANCE}[0][..., :1]
            mix = np.array([[1, 0.05, 0], [1, -0.05, 0], [0, 0, 1]])
            noise = np.zeros((3, *image.shape))
            noise[2] = np.random.default_rng([seed, 1]).normal(size=image.shape)
            others = [p for p in partials if p[0] != REFLECTANCE]
            return blob * (np.array([r, g, b]) @ mix), [
                *others, *((REFLECTANCE, k, blob * mix[k] * (1 + noise[k])) for k in range(3))]  # fmt: skip

    section = {REFLECTANCE: {"init": [0.6, 0.5, 0.5]}}
    scene = blob_scene(parameters=section)
    result = fit(Weak().render(blob_scene()), renderer=Weak(sigma=0.02), scene=scene)
    assert np.isfinite(result.standard_error).all()
    np.testing.assert_allclose(result.x, ANSWER[2:], atol=0.05)
