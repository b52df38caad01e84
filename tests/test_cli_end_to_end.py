"""The main job with the true renderer, small: make a target, fit it, look at derivatives."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from nrender_cli.main import cli

from nrender.image import read_image
from nrender.scene import Scene, load_scene

ROTATE = "shapes.square.transform.rotate"


def run(*args):
    found = CliRunner().invoke(cli, list(args))
    assert found.exit_code == 0, found.stderr
    return json.loads(found.stdout) if "--json" in args else found.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The bundled square at 16 x 16, and a target of it upright."""
    folder = tmp_path_factory.mktemp("square")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run("example", "square")
        document = load_scene("square.yaml").document
        document["cameras"]["main"]["resolution"] = [16, 16]
        Scene.from_dict(document).dump("small.yaml")
        run("render", "small.yaml", "-o", "t.exr", "--set", f"{ROTATE}=0", "--spp", "256")
    return folder


@pytest.fixture(autouse=True)
def in_the_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)


@pytest.mark.slow
@pytest.mark.parametrize("method, iterations", [("l-bfgs-b", 12), ("adam", 100)])
def test_the_square_is_turned_upright(method, iterations):
    options = ("--method", method, "--iterations", str(iterations), "--seed", "3")
    report = run("optimize", "small.yaml", "t.exr", "-o", method, *options, "--json")
    x, y, angle = report["parameters"][ROTATE]
    assert (x, y) == (0, 0)
    assert abs(angle) < 2
    assert report["loss_final"] < 0.2 * report["loss_initial"]
    fitted = load_scene(Path(method) / "result.yaml")
    np.testing.assert_array_equal(fitted.parameters[ROTATE], [x, y, angle])
    assert read_image(Path(method) / "final.exr").shape == (16, 16, 3)


@pytest.mark.slow
def test_derivative_images_sum_to_the_gradient_of_the_mean():
    """Of emission, in which the image is linear: the derivative times the value is the light."""
    lamp = "shapes.lamp.emission"
    files = run("grad", "small.yaml", "--wrt", lamp, "-o", "d", "--json")["parameters"][lamp]
    assert len(files) == 3
    run("render", "small.yaml", "-o", "lit.exr", "--set", "lights.sky.radiance=0")
    lit = read_image("lit.exr")
    value = load_scene("small.yaml").parameters[lamp]
    for c, file in enumerate(files):
        derivative = read_image(file)
        np.testing.assert_allclose(value[c] * derivative[..., c], lit[..., c], rtol=1e-3, atol=1e-5)
        assert np.all(np.delete(derivative, c, axis=2) == 0)
