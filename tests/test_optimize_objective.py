"""The loss of a scene and its gradient, from two independent renders."""

import numpy as np
import pytest
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth

from nrender.errors import ImageError
from nrender.image import write_image
from nrender.optimize.objective import Objective
from nrender.optimize.targets import make_terms, read_targets, read_weights
from nrender.optimize.variables import free_variables
from nrender.scene import Scene
from nrender.scene.optimize_models import LossSpec

PATHS = [TRANSLATE, REFLECTANCE]


def objective(renderer, scene=None, target=None, spp=16, seed=3):
    scene = scene or blob_scene()
    target = truth(scene) if target is None else target
    return Objective(terms_of(scene, target), PATHS, renderer, spp=spp, seed=seed)


def terms_of(scene, target, weights=None, loss=None):
    targets = read_targets(scene, target)
    return make_terms(scene, targets, read_weights(scene, targets, weights), loss or LossSpec())


def two_cameras():
    document = blob_scene().document
    document["cameras"]["side"] = {**document["cameras"]["main"], "resolution": [8, 6]}
    return Scene.from_dict(document)


def start():
    return free_variables(blob_scene()).scene


def test_both_halves_give_the_exact_gradient_of_the_noisy_loss():
    """Common random numbers: finite differences of the very estimate."""
    fit, scene = objective(FakeRenderer(sigma=1.0)), start()
    found = fit.exact(scene)
    assert found.loss == pytest.approx(fit.value(scene)[0], rel=1e-12)
    for path in PATHS:
        for c in range(2):
            step = np.eye(3)[c] * 1e-3
            ends = [
                fit.value(scene.replace({path: scene.parameters[path] + s * step}))[0]
                for s in (1, -1)
            ]
            # Images are float32: half an ulp of the pixels is what the difference can lose.
            expected = pytest.approx((ends[0] - ends[1]) / 2e-3, rel=1e-4, abs=1e-6)
            assert found.gradients[path][c] == expected


def test_one_half_estimates_the_whole_gradient():
    fit, scene = objective(FakeRenderer(sigma=2.0)), start()
    exact = objective(FakeRenderer()).exact(scene)
    found = [fit.half(scene, stream=s).gradients[TRANSLATE][:2] for s in range(600)]
    error = np.mean(found, axis=0) - exact.gradients[TRANSLATE][:2]
    assert np.all(np.abs(error) < 4 * np.std(found, axis=0) / np.sqrt(len(found)))


@pytest.mark.parametrize("how", ["exact", "half"])
def test_a_perfect_match_has_no_drift(how):
    """Where the image is right, the gradient is zero on average, though each render is noisy."""
    scene = blob_scene()
    fit = objective(FakeRenderer(sigma=2.0), spp=2)
    found = [getattr(fit, how)(scene, stream=s).gradients[REFLECTANCE] for s in range(800)]
    z = np.mean(found, axis=0) / (np.std(found, axis=0) / np.sqrt(len(found)))
    assert np.all(np.abs(z) < 4)
    # What a residual from the same samples would give is far from it.
    image, pull = FakeRenderer(sigma=2.0).render_vjp(scene, PATHS, spp=2, seed=0)
    biased = [
        pull(2 * (image - truth(scene)) / image.size)[REFLECTANCE]
        for image, pull in (
            FakeRenderer(sigma=2.0).render_vjp(scene, PATHS, spp=2, seed=s) for s in range(800)
        )
    ]
    z = np.mean(biased, axis=0) / (np.std(biased, axis=0) / np.sqrt(len(biased)))
    assert np.all(z > 10)


def test_a_stream_names_its_random_numbers():
    renderer = FakeRenderer()
    fit, scene = objective(renderer), start()
    for stream in (0, 0, 1):
        fit.exact(scene, stream)
    first, again, other = np.reshape(renderer.seeds, (3, 2)).tolist()
    assert first == again
    assert len({*first, *other}) == 4


def test_another_seed_gives_other_numbers():
    assert objective(FakeRenderer(), seed=1).seeds(0, 0) != objective(FakeRenderer(), seed=2).seeds(
        0, 0
    )


def test_losses_of_cameras_are_added():
    scene = two_cameras()
    targets = {c: truth_of(scene, c) for c in scene.cameras}
    moved = scene.replace({REFLECTANCE: [0.2, 0.2, 0.2]})
    both = objective(FakeRenderer(), scene, targets).exact(moved)
    alone = [objective(FakeRenderer(), scene, {c: t}).exact(moved) for c, t in targets.items()]
    assert both.loss == pytest.approx(sum(e.loss for e in alone), rel=1e-12)
    expected = sum(e.gradients[REFLECTANCE] for e in alone)
    np.testing.assert_allclose(both.gradients[REFLECTANCE], expected, rtol=1e-12)


def truth_of(scene, camera):
    return FakeRenderer().render(scene, camera=camera)


def test_a_target_may_be_a_file(tmp_path):
    scene = blob_scene()
    write_image(tmp_path / "target.exr", truth(scene))
    for target in (tmp_path / "target.exr", str(tmp_path / "target.exr")):
        np.testing.assert_array_equal(read_targets(scene, target)["main"]["image"], truth(scene))


@pytest.mark.parametrize(
    "target, message",
    [
        (np.zeros((5, 12, 3)), "target of camera 'main': expected 12x12, got 12x5"),
        (np.full((12, 12, 3), np.nan), "expected a finite value, got nan"),
        ({"mian": np.zeros((12, 12, 3))}, "got 'mian'; did you mean 'main'?"),
        ({}, "expected at least one image"),
        ("no/such.exr", "no/such.exr: no such file"),
    ],
)
def test_wrong_targets(target, message, error_of):
    assert message in error_of(terms_of, blob_scene(), target)


def test_a_target_without_a_camera_is_the_first_ones():
    assert list(read_targets(two_cameras(), np.zeros((12, 12, 3)))) == ["main"]


def test_image_errors_are_of_the_contract():
    with pytest.raises(ImageError):
        read_targets(blob_scene(), np.zeros((2, 2, 3)))
