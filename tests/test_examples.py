"""The bundled scenes load, with the files that `nrender example` writes; what they look for is found, small."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from nrender_cli.main import cli

import nrender as nr
from nrender.batch import load_batch

SCENES = Path(__file__).parent.parent / "scenes"
GLAZE = "materials.glaze"


@pytest.mark.parametrize("name", sorted(file.stem for file in SCENES.glob("*.yaml")))
def test_an_example_has_all_its_files(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(cli, ["example", name])
    assert found.exit_code == 0, found.stderr
    if name == "batch":
        assert len(load_batch(f"{name}.yaml").jobs) == 64
    else:
        assert nr.load_scene(f"{name}.yaml").cameras


@pytest.mark.parametrize(
    "name, method, spp", [("shadow", "l-bfgs-b", 16), ("bounce", "adam", 96), ("three_lights", "l-bfgs-b", 32)]
)
def test_a_shadow_leads_to_what_casts_it(name, method, spp):
    """A few iterations: most of the way in the picture, a part of it in the scene. The rest: benchmarks/shadows.py."""
    document = dict(nr.load_scene(SCENES / f"{name}.yaml").document)
    document["cameras"] = {"main": {**document["cameras"]["main"], "resolution": [32, 24]}}
    scene = nr.Scene.from_dict(document)
    targets = [nr.render(scene, spp=1024, seed=seed) for seed in (98, 99)]
    ((path, spec),) = scene.optimize.parameters.items()
    result = nr.optimize(scene, (targets[0] + targets[1]) / 2, method=method, iterations=15, spp=spp)

    def loss(values):
        """From four renders that share no noise, so that its mean is the loss without any."""
        a, b = (nr.render(scene.replace({path: values}), spp=512, seed=seed) - targets[seed] for seed in (0, 1))
        return np.mean(a * b)

    def error(values):
        return np.linalg.norm(values - scene.parameters[path])

    found = result.parameters[path]
    assert loss(found) < 0.3 * loss(spec.init)
    assert error(found) < 0.7 * error(spec.init)


def test_a_pose_is_found_in_a_depth_image():
    """Half as large: to a tenth of a pixel, which is 0.06 wide."""
    scene = nr.load_scene(SCENES / "depth.yaml").with_resolution("main", 48, 36)
    target = nr.render(scene, spp=1024, seed=99)
    assert target.shape == (36, 48, 1)
    result = nr.optimize(scene, target, intervals=False)
    place, turn = "shapes.teapot.transform.translate", "shapes.teapot.transform.rotate"
    assert np.abs(result.parameters[place] - scene.parameters[place]).max() < 0.006
    assert np.abs(result.parameters[turn] - scene.parameters[turn]).max() < 1.0  # moves the spout by as much


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::nrender.RenderWarning")
def test_the_teapot_is_found_small():
    """By L-BFGS-B alone: down to the noise of few samples, not to what the benchmark asks."""
    whole = nr.load_scene(SCENES / "teapot.yaml")
    true = {path: whole.parameters[path] for path in whole.optimize.parameters}
    document = dict(whole.document)
    document["cameras"] = {"main": {**document["cameras"]["main"], "resolution": [48, 30]}}
    sky = {**document["lights"]["sky"], "file": str(SCENES / "sunsky.exr")}
    document["lights"] = {**document["lights"], "sky": sky}
    scene = nr.Scene.from_dict(document)
    target = nr.render(scene, spp=2048, seed=99)
    start = {
        f"{GLAZE}.reflectance": [0.6, 0.5, 0.3],
        f"{GLAZE}.specular": 0.5,
        f"{GLAZE}.roughness": 0.45,
        "cameras.main.origin": [0.8, 1.55, 3.4],
        "cameras.main.target": [0.0, 0.5, 0.0],
    }
    result = nr.optimize(scene.replace(start), target, method="l-bfgs-b", iterations=40, spp=96)
    off = {path: np.abs(result.scene.parameters[path] - true[path]).max() for path in true}
    assert result.fun < 0.02 * result.loss_initial
    assert off[f"{GLAZE}.reflectance"] < 0.05
    assert off[f"{GLAZE}.roughness"] < 0.1
    assert off["cameras.main.origin"] < 0.15
    assert off["cameras.main.target"] < 0.05
