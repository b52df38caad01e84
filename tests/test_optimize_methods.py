"""Each method finds the answer, keeps to the rules, and ends as it says."""

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender.errors import Problem, SceneError
from nrender.optimize import METHODS, OptimizeWarning, OptionError, optimize
from nrender.optimize.run import MAX_REJECTED
from nrender.scene.optimize import METHODS as IN_A_SCENE

ITERATIONS = {"l-bfgs-b": 60, "trust-constr": 60, "least-squares": 60, "adam": 300, "sgd": 400}
EVERY = pytest.mark.parametrize("method", sorted(METHODS))
ANSWER = {TRANSLATE: [0, 0, 0], REFLECTANCE: [0.7, 0.6, 0.5]}


def fit(method, renderer=None, scene=None, target=None, **options):
    scene = scene or blob_scene()
    options.setdefault("iterations", ITERATIONS[method])
    return optimize(
        scene,
        truth(blob_scene()) if target is None else target,
        method=method,
        renderer=renderer or FakeRenderer(),
        **options,
    )


def test_a_scene_may_ask_for_every_method():
    assert set(METHODS) == set(IN_A_SCENE)


@EVERY
def test_finds_the_answer_without_noise(method):
    result = fit(method)
    assert result.success
    for path, value in ANSWER.items():
        np.testing.assert_allclose(result.parameters[path], value, atol=1e-3)
        np.testing.assert_array_equal(result.scene.parameters[path], result.parameters[path])
    assert result.fun < 1e-6 * result.loss_initial


@EVERY
def test_finds_the_answer_in_noise(method):
    result = fit(method, FakeRenderer(sigma=0.5))
    for path, value in ANSWER.items():
        np.testing.assert_allclose(result.parameters[path], value, atol=0.05)


@EVERY
def test_a_start_at_the_answer_stays_there(method):
    scene = blob_scene(parameters={TRANSLATE: {"mask": [1, 1, 0]}, REFLECTANCE: {}})
    result = fit(method, FakeRenderer(sigma=0.3), scene)
    assert result.success
    for path, value in ANSWER.items():
        np.testing.assert_allclose(result.parameters[path], value, atol=0.05)


@EVERY
def test_bounds_hold(method):
    bounds = {"init": 0.3, "bounds": [0.2, 0.4]}
    scene = blob_scene(parameters={REFLECTANCE: bounds})
    seen = []
    result = fit(method, scene=scene, callback=lambda p: seen.append(list(p.row.values())[-3:]))
    assert np.all((np.array(seen) >= 0.2) & (np.array(seen) <= 0.4))
    # An interior-point method comes as near as its last barrier lets it.
    np.testing.assert_allclose(result.parameters[REFLECTANCE], 0.4, atol=5e-4 if method == "trust-constr" else 0)


@EVERY
def test_the_iterations_are_a_limit(method):
    result = fit(method, iterations=3)
    assert (result.status_name, result.status, result.success) == ("iterations", 1, True)
    assert result.nit == 3
    assert [row["iteration"] for row in result.history] == [0, 1, 2, 3]


@EVERY
def test_the_same_seed_gives_the_same_bits(method):
    one, two = (fit(method, FakeRenderer(sigma=0.5), iterations=8, seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.x, two.x)
    assert not np.array_equal(one.x, fit(method, FakeRenderer(sigma=0.5), iterations=8, seed=6).x)


@EVERY
def test_the_loss_may_be_tiny(method):
    """Tolerances are relative: a dark scene is fitted as well as a bright one."""
    dark = {"init": [1e-4, 1e-4, 1e-4], "bounds": [0, 1e-3]}
    scene = blob_scene(parameters={REFLECTANCE: dark})
    shown = scene.replace({REFLECTANCE: [7e-4, 6e-4, 5e-4]})
    result = fit(method, scene=scene, target=truth(shown))
    np.testing.assert_allclose(result.parameters[REFLECTANCE], [7e-4, 6e-4, 5e-4], atol=1e-6)


@EVERY
def test_history_has_a_row_an_iteration(method):
    result = fit(method, iterations=5)
    assert list(result.history[0])[:5] == [
        "iteration",
        "evaluations",
        "loss",
        "seconds",
        "gradient_norm",
    ]
    assert list(result.history[0])[5:] == result.names
    assert result.history[0]["loss"] == result.loss_initial
    assert result.history[0][f"{TRANSLATE}[0]"] == 0.5
    evaluations = [row["evaluations"] for row in result.history]
    assert evaluations == sorted(set(evaluations))
    assert result.nfev >= evaluations[-1]


@EVERY
def test_a_gradient_that_is_not_finite_is_rejected(method):
    """Wherever the method is after its second iteration, the gradient is NaN."""
    renderer = FakeRenderer()
    there = fit(method).history[2][f"{TRANSLATE}[0]"]
    renderer.poison = lambda scene: scene.parameters[TRANSLATE][0] == there
    with pytest.warns(OptimizeWarning, match=f"gradient of '{TRANSLATE}' isn't finite"):
        result = fit(method, renderer)
    assert result.success
    assert len(result.rejected) == 1
    assert np.all(np.isfinite(result.x))
    np.testing.assert_allclose(result.parameters[TRANSLATE], 0, atol=1e-3)


@EVERY
def test_a_pixel_that_is_not_finite_is_named(method):
    class Broken(FakeRenderer):
        def _image(self, scene, spp, seed, camera):
            image, partials = super()._image(scene, spp, seed, camera)
            if scene.parameters[TRANSLATE][0] == there:
                image[7, 3, 1] = np.inf
            return image, partials

    there = fit(method).history[2][f"{TRANSLATE}[0]"]
    with pytest.warns(OptimizeWarning, match=r"the loss is (inf|nan) at pixel \(x=3, y=7\) of camera 'main'; the step"):
        result = fit(method, Broken())
    np.testing.assert_allclose(result.parameters[TRANSLATE], 0, atol=1e-3)
    assert "seed 0" in result.rejected[0]


@EVERY
def test_a_step_to_a_scene_that_cannot_be_is_rejected(method):
    """A light scaled to nothing, say: no loss there, so the method steps back."""
    there = fit(method).history[2][f"{TRANSLATE}[0]"]

    class Refusing(FakeRenderer):
        def render_vjp(self, scene, *args, **options):
            if scene.parameters[TRANSLATE][0] == there and not self.poison:
                self.poison = lambda scene: False
                raise SceneError([Problem("<dict>", 0, "shapes 'square'", "", "no area")])
            return super().render_vjp(scene, *args, **options)

    with pytest.warns(OptimizeWarning, match="<dict>: shapes 'square': no area"):
        result = fit(method, Refusing())
    assert result.success
    np.testing.assert_allclose(result.parameters[TRANSLATE], 0, atol=1e-3)


def test_a_staircase_ends_the_line_search():
    """Where the loss no longer follows its gradient, few evaluations are spent on finding out."""

    class Stairs(FakeRenderer):
        def _image(self, scene, spp, seed, camera):
            values = {p: np.round(scene.parameters[p], 4) for p in (TRANSLATE, REFLECTANCE)}
            return super()._image(scene.replace(values), spp, seed, camera)

    answer = blob_scene().replace({TRANSLATE: [0.00003, 0.00003, 0]})
    result = fit("l-bfgs-b", Stairs(sigma=0.5), target=truth(answer), max_spp=16)
    assert result.status_name == "converged"
    assert result.nfev <= 25 + 5  # and five draws that ask whether there is a slope
    assert result.fun == result.history[-1]["loss"]


@EVERY
def test_three_rejected_in_a_row_end_the_run(method):
    renderer = FakeRenderer()
    renderer.poison = lambda scene: renderer.calls > 8
    with pytest.warns(OptimizeWarning):
        result = fit(method, renderer)
    assert (result.status_name, result.success) == ("failed", False)
    assert len(result.rejected) == MAX_REJECTED
    assert result.fun == min(row["loss"] for row in result.history)


@EVERY
def test_a_start_that_is_not_finite_fails(method):
    renderer = FakeRenderer()
    renderer.poison = lambda scene: True
    with pytest.warns(OptimizeWarning):
        result = fit(method, renderer)
    assert result.status_name == "failed"
    assert "the start can't be used" in result.message
    np.testing.assert_array_equal(result.parameters[TRANSLATE], [0.5, -0.3, 0])


@EVERY
def test_ctrl_c_keeps_the_best_so_far(method):
    def interrupt(call):
        if call == 21:
            raise KeyboardInterrupt

    result = fit(method, FakeRenderer(before=interrupt))
    assert (result.status_name, result.success) == ("interrupted", False)
    assert result.fun == min(row["loss"] for row in result.history)
    assert result.fun < result.loss_initial


@EVERY
def test_ctrl_c_before_the_first_loss_gives_the_start(method):
    def interrupt(call):
        raise KeyboardInterrupt

    result = fit(method, FakeRenderer(before=interrupt))
    assert result.status_name == "interrupted"
    np.testing.assert_array_equal(result.parameters[TRANSLATE], [0.5, -0.3, 0])
    assert np.isnan(result.fun)


@EVERY
def test_the_callback_may_stop_the_run(method):
    def stop(progress):
        if progress.iteration == 2:
            raise StopIteration

    result = fit(method, callback=stop)
    assert (result.status_name, result.nit) == ("interrupted", 2)


def test_adam_weighs_the_end_with_the_numbers_of_the_start():
    """Estimates with fresh numbers can be luckily low; the answer is chosen by one set of them."""
    result = fit("adam", FakeRenderer(sigma=3.0))
    lowest = min(row["loss"] for row in result.history)
    assert result.fun > lowest
    np.testing.assert_allclose(result.parameters[REFLECTANCE], [0.7, 0.6, 0.5], atol=0.15)


def test_adams_end_does_not_yield_to_a_lucky_estimate():
    """In noise that hides the way, the lowest estimate is luck: its x may come from any iteration."""
    far = []
    for seed in range(8):
        result = fit("adam", FakeRenderer(sigma=40.0), iterations=80, seed=seed)
        last = np.array(list(result.history[-1].values())[-result.x.size :])
        far.append(np.abs(result.x - last).max())
    assert max(far) < 0.1


def test_adams_step_is_the_scenes():
    def moved(step):
        scene = blob_scene(method="adam", step=step)
        history = fit("adam", scene=scene, iterations=50).history
        return abs(history[1][f"{REFLECTANCE}[0]"] - history[0][f"{REFLECTANCE}[0]"])

    assert moved(0.4) == pytest.approx(2 * moved(0.2), rel=1e-6)
    assert moved(0.4) == pytest.approx(0.4 * 0.1, rel=1e-3)


def test_settings_come_from_the_scene():
    scene = blob_scene(method="adam", iterations=4)
    renderer = FakeRenderer()
    result = optimize(scene, truth(scene), renderer=renderer)
    assert (result.nit, result.status_name) == (4, "iterations")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"method": "adm"}, "expected one of .*, adam, sgd, got 'adm'; did you mean 'adam'?"),
        ({"iterations": -1}, "iterations: expected at least 0, got -1"),
        ({"spp": 0}, "spp: expected at least 1, got 0"),
        ({"seed": -1}, "seed: expected at least 0, got -1"),
        ({"resume": True}, "resume: expected an output folder"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(OptionError, match=message.replace("?", r"\?")):
        optimize(blob_scene(), truth(blob_scene()), renderer=FakeRenderer(), **options)
