"""Real GPUs: the same images and gradients as the CPU's but for noise, and the same bits every time. Skipped where
there is no GPU; tests/test_cuda_sim.py and tests/test_ptx.py say what can be said without one."""

import json

import boundary_scenes
import mitsuba_scenes
import numpy as np
import pytest
import scene_library
from click.testing import CliRunner
from nrender_cli.main import cli

import nrender as nr
from nrender.backend.devices import cuda_problem

pytestmark = pytest.mark.cuda

SCENES = {
    "cornell": lambda: mitsuba_scenes.cornell((32, 32)),
    "glass": lambda: mitsuba_scenes.glass(subdivisions=2),
    "textured floor": lambda: mitsuba_scenes.textured_floor((32, 32)),
    "cutout": lambda: mitsuba_scenes.cutout((32, 32)),
    "spot": boundary_scenes.spot_shadow(),
    "faceted": lambda: scene_library.faceted(),
}
SEEDS = 16


@pytest.fixture(scope="module", params=SCENES)
def scene(request):
    return SCENES[request.param]()


def run(*args):
    return CliRunner().invoke(cli, list(args))


def z_scores(one, other):
    """Of the difference of two means of independent samples, along the first axis; 0 where nothing varies."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    sigma = np.sqrt(one.var(0, ddof=1) / len(one) + other.var(0, ddof=1) / len(other))
    floor = 1e-5 * np.abs(other).max() + 1e-30  # rounding
    return (one.mean(0) - other.mean(0)) / (sigma + floor)


def few_far(z):
    """Normal but for a few pixels whose light is rare: 3 sigma holds for 1 in 370. A pixel's colours go together."""
    assert np.isfinite(z).all()
    assert np.mean(np.abs(z) > 3) < 0.02
    assert abs(z.mean()) < 3 / np.sqrt(z[..., 0].size) + 0.02


def test_images_are_the_cpus(scene):
    """With the same seed nearly all pixels have the same paths; with other seeds the same mean."""
    one, other = nr.render(scene, spp=4, seed=1, device="cuda"), nr.render(scene, spp=4, seed=1, device="cpu")
    assert np.mean(np.abs(one - other).max(-1) > 1e-3 * other.max()) < 0.05
    few_far(
        z_scores(
            [nr.render(scene, spp=16, seed=k, device="cuda") for k in range(SEEDS)],
            [nr.render(scene, spp=16, seed=100 + k, device="cpu") for k in range(SEEDS)],
        )
    )


def gradients(scene, paths, device, seeds):
    view = scene.cameras["main"]
    weights = np.random.default_rng(0).normal(size=(view.height, view.width, 3)) + 0.5
    found = []
    for seed in seeds:
        g = nr.render_vjp(scene, paths, spp=8, seed=seed, device=device)[1](weights)
        found.append(np.concatenate([g[path].reshape(-1) for path in paths]))
    return found


@pytest.mark.filterwarnings("ignore::nrender.RenderWarning")
def test_gradients_are_the_cpus(scene):
    """Of every parameter, silhouettes included; 4 sigma, of up to thousands of numbers."""
    paths = list(scene.parameters)
    z = z_scores(
        gradients(scene, paths, "cuda", range(SEEDS)), gradients(scene, paths, "cpu", range(100, 100 + SEEDS))
    )
    assert np.mean(np.abs(z) > 3) < 0.03
    assert np.isfinite(z).all()


@pytest.mark.filterwarnings("ignore::nrender.RenderWarning")
def test_tangents_are_the_cpus():
    scene = SCENES["faceted"]()
    direction = {"shapes.thing.transform.translate": [1.0, 0.5, -0.3]}
    one, other = (
        [nr.render_jvp(scene, direction, spp=16, seed=s + k, device=d)[1] for k in range(SEEDS)]
        for d, s in (("cuda", 0), ("cpu", 100))
    )
    few_far(z_scores(one, other))


def test_images_have_the_same_bits_every_time(scene):
    np.testing.assert_array_equal(*(nr.render(scene, spp=8, seed=5, device="cuda") for _ in range(2)))


@pytest.mark.filterwarnings("ignore::nrender.RenderWarning")
def test_deterministic_gradients_have_the_same_bits_every_time():
    scene = SCENES["faceted"]()
    paths = list(scene.parameters)
    weights = np.random.default_rng(0).normal(size=(24, 24, 3))
    one, other, plain = (
        nr.render_vjp(scene, paths, spp=8, seed=5, device="cuda", deterministic=d)[1](weights)
        for d in (True, True, False)
    )
    for path in paths:
        np.testing.assert_array_equal(one[path], other[path])
        np.testing.assert_allclose(one[path], plain[path], rtol=1e-5, atol=1e-6 * np.abs(plain[path]).max() + 1e-12)


def test_pytorch_has_the_image_in_the_memory_where_it_was_rendered(monkeypatch):
    """And gives the weights back as they lie there: the tensor is the array, and what the adjoint takes is a tensor."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'nrender[torch]'")
    if not torch.cuda.is_available():
        pytest.skip("this PyTorch has no CUDA")
    import nrender.torch

    scene, path, taken = SCENES["faceted"](), "shapes.thing.transform.translate", []
    start, run = scene.parameters[path], nrender.bridge.run
    whole = run.render_vjp

    def kept(*args, **keys):
        image, pullback = whole(*args, **keys)
        taken.append(image)
        return image, lambda weights: taken.append(weights) or pullback(weights)

    monkeypatch.setattr(run, "render_vjp", kept)
    value = torch.tensor(start, dtype=torch.float32, device="cuda", requires_grad=True)
    image = nrender.torch.render(scene, {path: value}, spp=8, seed=3)
    weights = torch.linspace(-1, 1, image.numel(), device="cuda").reshape(image.shape)
    (image * weights).sum().backward()
    assert image.device.type == value.grad.device.type == "cuda"
    assert image.data_ptr() == taken[0].__cuda_array_interface__["data"][0]
    assert taken[1].device.type == "cuda"
    plain, pullback = whole(scene.replace({path: np.float32(start)}), [path], spp=8, seed=3, device="cuda")
    np.testing.assert_array_equal(image.detach().cpu().numpy(), plain)
    expected = pullback(weights.cpu().numpy())[path]
    np.testing.assert_allclose(value.grad.cpu().numpy(), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_auto_is_the_gpu(tmp_path):
    nr.Scene.from_dict(SCENES["faceted"]().document).dump(tmp_path / "scene.yaml")
    done = run("render", str(tmp_path / "scene.yaml"), "-o", str(tmp_path / "a.exr"), "--spp", "1", "--json")
    assert json.loads(done.stdout)["device"] == "cuda"
    assert any(device.startswith("cuda: ") for device in json.loads(run("info", "--json").stdout)["devices"])
    assert cuda_problem() == ""


def test_an_image_that_fills_the_memory_is_rendered_in_bands(monkeypatch):
    from nrender.backend import cuda_memory

    scene = SCENES["faceted"]()
    whole = nr.render(scene, spp=2, device="cuda")
    tables = cuda_memory.bytes_of(next(iter(cuda_memory._kept.values()))[0])
    monkeypatch.setattr(cuda_memory, "free_bytes", lambda: tables + 12 * 24 * 2 * 5)
    np.testing.assert_array_equal(nr.render(scene, spp=2, device="cuda"), whole)
