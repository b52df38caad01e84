"""Losses, weights, AOVs and priors in a fit; Gauss-Newton without a matrix."""

import inspect
import sys

import numpy as np
import pytest
from derivatives import assert_transpose, taylor_slope
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender.errors import ImageError, SceneError
from nrender.image import write_image
from nrender.loss import LossError
from nrender.optimize import gauss_newton, optimize
from nrender.optimize.methods import METHODS
from nrender.optimize.objective import Objective
from nrender.optimize.prior_sum import priors_of
from nrender.optimize.run import Run
from nrender.optimize.targets import make_terms, read_targets, read_weights
from nrender.optimize.variables import free_variables
from nrender.scene import Scene
from nrender.scene.optimize_loss import LOSSES as SCHEMA_OF_LOSSES
from nrender.scene.optimize_prior import PRIORS as SCHEMA_OF_PRIORS

ANSWER = {TRANSLATE: [0, 0, 0], REFLECTANCE: [0.7, 0.6, 0.5]}


def fit(target=None, scene=None, sigma=0.0, **options):
    scene = scene or blob_scene()
    target = truth(blob_scene()) if target is None else target
    options.setdefault("iterations", 60)
    return optimize(scene, target, renderer=FakeRenderer(sigma=sigma), **options)


def assert_found(result, atol=2e-3):
    for path, value in ANSWER.items():
        np.testing.assert_allclose(result.parameters[path], value, atol=atol)


def test_the_schema_knows_all_losses_and_their_options():
    from nrender.loss import LOSSES

    assert set(LOSSES) == set(SCHEMA_OF_LOSSES)
    for name, make in LOSSES.items():
        assert set(inspect.signature(make).parameters) == set(SCHEMA_OF_LOSSES[name])
        for option, key in SCHEMA_OF_LOSSES[name].items():
            assert key.default == inspect.signature(make).parameters[option].default


def test_the_schema_knows_all_priors_and_their_keys():
    from nrender.optimize.priors import PRIORS

    assert set(PRIORS) == set(SCHEMA_OF_PRIORS)
    for name, kind in PRIORS.items():
        keys = {"weight", *SCHEMA_OF_PRIORS[name], *(["to"] if name == "l2" else [])}
        parameters = inspect.signature(kind.make).parameters.values()
        taken = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        assert keys == set(taken)
        for key, schema in SCHEMA_OF_PRIORS[name].items():
            assert taken[key] == schema.default


@pytest.mark.parametrize("loss", [*SCHEMA_OF_LOSSES, {"type": "l2", "levels": 3}, {"type": "huber", "delta": 0.02}])
def test_any_loss_finds_the_answer(loss):
    method = "adam" if loss in ("l1", "ssim") else "l-bfgs-b"
    assert_found(fit(loss=loss, method=method, iterations=500), atol=0.02 if loss == "ssim" else 4e-3)


@pytest.mark.parametrize("loss", ["l2", "relative_l2", "log", "huber", {"type": "log", "levels": 2}])
def test_gauss_newton_takes_every_sum_of_squares(loss):
    result = fit(loss=loss, method="least-squares")
    assert_found(result)
    assert result.nit <= 12


@pytest.mark.parametrize("loss", ["l1", "ssim", lambda image: (0.0, np.zeros(image.shape))])
def test_gauss_newton_refuses_others(loss):
    result = fit(loss=loss, method="least-squares")
    assert result.status_name == "failed"
    assert "needs a loss that is a sum of squares" in result.message


def test_a_function_is_a_loss():
    target = truth(blob_scene())

    def squares(image):
        return float(np.sum((image - target) ** 2)), 2 * (image - target)

    assert_found(fit(loss=squares))
    with pytest.raises(LossError):
        fit(loss=lambda image: "nothing")
    with pytest.raises(LossError, match="expected a name, a map or a function"):
        fit(loss=3)


class Spot(FakeRenderer):
    """So small a blob that it and its target have no pixel in common."""

    def _image(self, scene, spp, seed, camera):
        view = scene.cameras[camera]
        y, x = np.meshgrid(np.linspace(1, -1, view.height), np.linspace(-1, 1, view.width), indexing="ij")
        u = scene.parameters[TRANSLATE][0]
        spot = np.exp(-((x - u) ** 2 + y**2) / (2 * 0.06**2))[..., None] * np.ones(3)
        return spot, [(TRANSLATE, 0, spot * ((x - u) / 0.06**2)[..., None])]


def test_coarse_to_fine_finds_what_does_not_overlap():
    section = {TRANSLATE: {"init": [0.7, 0, 0], "bounds": [-1, 1], "mask": [1, 0, 0]}}
    scene = blob_scene(size=64, parameters=section)
    target = Spot().render(blob_scene(size=64), camera="main")
    far, near = (optimize(scene, target, renderer=Spot(), iterations=200, loss={"type": "l2", "levels": levels})
                 for levels in (1, 7))  # fmt: skip
    assert abs(far.parameters[TRANSLATE][0]) > 0.5
    np.testing.assert_allclose(near.parameters[TRANSLATE], 0, atol=1e-3)


def test_masked_pixels_do_not_count(tmp_path):
    """Half of the target is wrong, some of it not even finite."""
    target = truth(blob_scene()).astype(np.float64)
    weights = np.ones(target.shape[:2])
    weights[:, :5] = 0
    target[:, :5] = 7
    target[3, 2] = np.nan
    assert_found(fit(target, weights=weights))
    write_image(tmp_path / "mask.exr", np.repeat(weights[..., None], 3, 2).astype(np.float32))
    assert_found(fit(target, weights=tmp_path / "mask.exr"))
    section = {"type": "l2", "weights": str(tmp_path / "mask.exr")}
    assert_found(fit(target, scene=blob_scene(loss=section)))
    with pytest.raises(ImageError, match="expected a finite value"):
        fit(target)


@pytest.mark.parametrize(
    "weights, message",
    [
        (np.zeros((12, 12)), "expected numbers from 0, not all of them 0, got only zeros"),
        (np.full((12, 12), -1), "got -1"),
        (np.ones((5, 12)), "expected 12x12, got 12x5"),
        ({"mian": np.ones((12, 12))}, "did you mean 'main'"),
        ("nowhere.png", "nowhere.png: no such file"),
    ],
)
def test_wrong_weights(weights, message, error_of):
    assert message in error_of(fit, weights=weights)


def test_aovs_are_targets_too(tmp_path):
    aov = FakeRenderer().render_aovs(blob_scene(), ["depth"])["depth"]
    section = {TRANSLATE: {"init": [0.5, -0.3, 0], "mask": [1, 1, 0]}}
    scene = blob_scene(parameters=section)
    for method in METHODS:
        result = fit({"main": {"depth": aov}}, scene, method=method, iterations=300)
        np.testing.assert_allclose(result.parameters[TRANSLATE], 0, atol=2e-3)
    write_image(tmp_path / "depth.exr", aov[..., None], channels=["depth.Z"])
    both = {"main": {"image": truth(blob_scene()), "depth": tmp_path / "depth.exr"}}
    assert_found(fit(both, method="least-squares"))


def test_losses_of_aovs_have_their_weights():
    scene = blob_scene(loss={"type": "l2", "weight": 2, "aovs": {"depth": {"type": "l1", "weight": 0.5}}})
    aov = FakeRenderer().render_aovs(scene, ["depth"])["depth"]
    targets = read_targets(scene, {"main": {"image": truth(scene), "depth": aov}})
    image, depth = make_terms(scene, targets, read_weights(scene, targets, None), scene.optimize.loss)
    assert (image.factor, depth.factor) == (2, 0.5)
    assert (image.loss.residual is None, depth.loss.residual is None) == (False, True)


@pytest.mark.parametrize(
    "target, message",
    [
        ({"main": {"dpth": np.zeros((12, 12))}}, "expected image or an AOV"),
        ({"main": {"shape_id": np.zeros((12, 12))}}, "expected image or an AOV"),
        ({"main": {"depth": np.zeros((12, 11))}}, "expected 12x12, got 11x12"),
        ({"main": {"normal": np.zeros((12, 12))}}, "expected an array (12, 12, 3)"),
    ],
)
def test_wrong_targets(target, message, error_of):
    assert message in error_of(fit, target)


def test_an_unknown_aov_in_the_loss_is_one_line(error_of):
    scene = blob_scene(loss={"type": "l2", "aovs": {"dpth": "l1"}})
    assert "did you mean 'depth'" in error_of(fit, scene=scene)


# Priors


def run_of(scene, sigma=0.0, **options):
    variables = free_variables(scene)
    targets = read_targets(scene, truth(blob_scene()))
    terms = make_terms(scene, targets, read_weights(scene, targets, None), scene.optimize.loss)
    objective = Objective(terms, variables.paths, FakeRenderer(sigma=sigma), spp=16)
    return Run(variables, objective, 40, priors=priors_of(variables), **options)


def with_prior():
    section = {TRANSLATE: {"init": [0.5, -0.3, 0], "mask": [1, 1, 0], "prior": {"l2": {"weight": 0.3, "to": 0.1}}},
               REFLECTANCE: {"init": 0.3, "transform": "log", "prior": {"l2": 0.7}}}  # fmt: skip
    return blob_scene(parameters=section)


def test_the_gradient_of_a_prior_is_that_of_its_value():
    run, rng = run_of(with_prior()), np.random.default_rng(0)
    x, dx = rng.normal(size=(2, 5)) * 0.3
    slope = run.priors.evaluate(x)[1] @ dx
    assert taylor_slope(lambda h: run.priors.evaluate(x + h * dx)[0], slope, 0.1) == pytest.approx(2, abs=0.1)
    point = run.evaluate(x)
    without = run_of(blob_scene(parameters={p: {k: v for k, v in s.items() if k != "prior"} for p, s in
                                            with_prior().document["optimize"]["parameters"].items()}))  # fmt: skip
    bare = without.evaluate(x)
    assert point.loss == pytest.approx(bare.loss + run.priors.evaluate(x)[0], rel=1e-12)
    np.testing.assert_allclose(point.gradient, bare.gradient + run.priors.evaluate(x)[1], rtol=1e-10)


def test_a_prior_draws_to_its_value():
    result = fit(scene=with_prior(), method="least-squares")
    assert 0.02 < result.parameters[TRANSLATE][0] < 0.1
    assert np.all(result.parameters[REFLECTANCE] < [0.69, 0.59, 0.49])


def test_a_prior_of_a_basis_is_about_its_coefficients():
    section = {TRANSLATE: {"basis": {"basis": [[1, 0, 0], [0, 1, 0]]}, "init": [0.5, -0.3], "prior": {"l2": {
        "weight": 2.0, "to": [1, 1]}}}}  # fmt: skip
    run = run_of(blob_scene(parameters=section))
    assert run.priors.evaluate(run.x0)[0] == pytest.approx(2 * (0.5**2 + 1.3**2) / 2)


def test_a_prior_that_does_not_suit_is_one_line(error_of):
    scene = blob_scene(parameters={REFLECTANCE: {"prior": {"tv": 0.1}}})
    with pytest.raises(SceneError) as caught:
        fit(scene=scene)
    assert str(caught.value) == (f"<dict>: optimize '{REFLECTANCE}': prior.tv: expected an image, got an array of "
                                 "shape (3,)")  # fmt: skip


# Curvature


def test_curvature_is_that_of_the_loss_at_the_answer():
    """There the residuals vanish, and 2 J^T J is the whole second derivative."""
    run = run_of(blob_scene(parameters={TRANSLATE: {"mask": [1, 1, 0]}, REFLECTANCE: {}}))
    x, h = run.x0, 1e-4
    rows = [(run.evaluate(x + h * e).gradient - run.evaluate(x - h * e).gradient) / (2 * h) for e in np.eye(x.size)]
    np.testing.assert_allclose(run.curvature(x), rows, rtol=1e-3, atol=1e-7)


def test_curvature_products_are_those_of_the_matrix():
    run, rng = run_of(with_prior()), np.random.default_rng(1)
    x, v, w = rng.normal(size=(3, 5)) * 0.3
    matrix = run.curvature(x)
    # Residuals are kept in float32, and so are images.
    np.testing.assert_allclose(run.curvature_product(x, v), matrix @ v, rtol=1e-5)
    assert_transpose(run.curvature_product(x, v), w, v, run.curvature_product(x, w))


@pytest.mark.parametrize("sigma", [0.0, 0.5])
def test_gauss_newton_without_a_matrix_finds_the_answer(sigma):
    run = run_of(blob_scene(), sigma)
    outcome = gauss_newton.minimise(run)
    assert outcome.status == "converged"
    values = run.variables.values(run.best.x)
    for path, value in ANSWER.items():
        np.testing.assert_allclose(values[path], value, atol=0.05 if sigma else 1e-3)
    assert run.iteration <= 15


def test_gauss_newton_without_a_matrix_keeps_to_bounds():
    run = run_of(blob_scene(parameters={REFLECTANCE: {"init": 0.3, "bounds": [0.2, 0.4]}}))
    gauss_newton.minimise(run)
    np.testing.assert_allclose(run.variables.values(run.best.x)[REFLECTANCE], 0.4, atol=1e-9)


def test_many_scalars_go_without_a_matrix(monkeypatch, tmp_path):
    """And are resumed, bit for bit, from their last iteration."""
    monkeypatch.setattr(sys.modules["nrender.optimize.least_squares"], "EXPLICIT", 2)
    whole = fit(method="least-squares", sigma=0.3, output=tmp_path / "whole")

    def stop(progress):
        if progress.iteration == 3:
            raise StopIteration

    fit(method="least-squares", sigma=0.3, output=tmp_path / "parts", callback=stop)
    resumed = fit(method="least-squares", sigma=0.3, output=tmp_path / "parts", resume=True)
    np.testing.assert_array_equal(resumed.x, whole.x)
    assert (resumed.fun, resumed.nit, resumed.nfev) == (whole.fun, whole.nit, whole.nfev)


# Large steps


def test_vertices_move_smoothly():
    document = blob_scene().document
    rows = [[x, y, 0] for y in range(5) for x in range(5)]
    faces = [[a, a + 1, a + 5] for y in range(4) for a in range(5 * y, 5 * y + 4)]
    document["shapes"]["net"] = {"type": "mesh", "vertices": rows, "faces": faces, "material": "white"}
    spec = {"transform": "large_steps", "smoothness": 10}
    document["optimize"] = {"parameters": {"shapes.net.vertices": spec}}
    variables = free_variables(Scene.from_dict(document))
    used = sorted({v for face in faces for v in face})
    assert variables.size == 75
    x = np.zeros(variables.size)
    x[variables.names.index("shapes.net.vertices[12,2]")] = 1.0
    moved = variables.values(x)["shapes.net.vertices"] - np.array(rows)
    assert np.all(moved[used, 2] > 0)
    assert np.argmax(moved[:, 2]) == 12
    assert not moved[:, :2].any()
