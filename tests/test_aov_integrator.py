"""The integrator `aov`: pictures of AOVs by `render`, its derivatives, files by channel names, fits to them."""

import importlib
import json

import numpy as np
import pytest
from click.testing import CliRunner
from nrender_cli.main import cli
from scene_library import camera, mesh
from textured_scenes import make

import nrender as nr
from nrender.aov_table import picture_channels
from nrender.batch.child import _render_targets
from nrender.errors import DeviceError, ImageError, NrenderError
from nrender.gradcheck import smooth_weights
from nrender.notebook.scenes import scene_html
from nrender.optimize.targets import read_targets

AOVS = ["depth", "shape_id", "normal", "channels.heat"]
CHANNELS = ["depth.Z", "shape_id.X", "normal.X", "normal.Y", "normal.Z", "channels.heat.X"]
MOVE = "shapes.square.transform.translate"


def of(*aovs, size=12, **optimize):
    """A square with heat before a wall."""
    square = mesh(
        [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]],
        [[0, 1, 2], [0, 2, 3]],
        material="grey",
        channels={"heat": [1.0, 2.0, 3.0, 2.0]},
        transform={"translate": [0.1, -0.1, 0.5], "rotate": [5, 10, 0], "scale": 0.6},
    )
    wall = {"type": "rectangle", "material": "grey", "transform": {"translate": [0, 0, -0.5], "scale": 5}}
    grey = {"grey": {"type": "diffuse", "reflectance": [0.5] * 3}}
    view = camera([0.2, 0.3, 4], [0, 0, 0], 38, size)
    document = make(view, {"square": square, "wall": wall}, grey, {})().document
    document["integrator"] = {"type": "aov", "aovs": list(aovs or AOVS), "spp": 16}
    if optimize:
        document["optimize"] = optimize
    return nr.Scene.from_dict(document)


FIT = {
    "parameters": {MOVE: {"init": [0.25, -0.2, 0.3], "bounds": [-1, 1]}},
    "method": "l-bfgs-b",
    "iterations": 25,
}


def test_an_image_is_its_aovs_one_after_the_other():
    scene = of()
    image = nr.render(scene, spp=2, seed=3)
    assert (image.shape, image.dtype) == ((12, 12, 6), np.float32)
    assert picture_channels(scene) == CHANNELS
    apart = nr.render_aovs(scene, AOVS, spp=2, seed=3)
    np.testing.assert_array_equal(image, np.concatenate([np.atleast_3d(apart[name]) for name in AOVS], axis=2))
    alone = nr.render(of("channels.heat"), spp=2, seed=3)
    np.testing.assert_array_equal(alone, image[..., 5:])


def test_derivatives_are_those_of_the_aovs():
    """Tangents in two ways, the Jacobian, and the dot test in float64; what has no derivative counts nothing."""
    scene, keys = of(), {"spp": 2, "seed": 3, "precision": "float64"}
    rng = np.random.default_rng(1)
    directions = {MOVE: rng.normal(size=3), "shapes.square.channels.heat": rng.normal(size=4)}
    weights = rng.normal(size=(12, 12, 6))
    image, tangent = nr.render_jvp(scene, directions, **keys)
    assert not tangent[..., 1].any()
    np.testing.assert_array_equal(image, nr.render(scene, **keys))
    other, pullback = nr.render_vjp(scene, list(directions), **keys)
    np.testing.assert_array_equal(image, other)
    gradient = pullback(weights)
    products = [gradient[path] * d for path, d in directions.items()]
    size = sum(np.abs(p).sum() for p in products)
    assert abs(np.sum(weights * tangent) - sum(p.sum() for p in products)) <= 1e-12 * size
    rendering = importlib.import_module("nrender.render")
    same, (again, still) = rendering.render_tangents(scene, [directions, {MOVE: np.zeros(3)}], **keys)
    np.testing.assert_array_equal(same, image)
    np.testing.assert_array_equal(again, tangent)
    assert not still.any()
    _, jacobian = nr.render_jacobian(scene, [MOVE], **keys)
    assert jacobian[MOVE].shape == (12, 12, 6, 3)
    np.testing.assert_array_equal(jacobian[MOVE][..., 1], nr.render_jvp(scene, {MOVE: [0, 1, 0]}, **keys)[1])


def test_bad_use_is_one_line():
    scene = of()
    pullback = nr.render_vjp(scene, [MOVE], spp=1)[1]
    with pytest.raises(NrenderError, match=r"weights: expected shape \(12, 12, 6\) \(depth.Z, .*\), got \(12, 12, 3\)"):
        pullback(np.ones((12, 12, 3)))
    with pytest.raises(DeviceError, match="on_device"):
        nr.render(scene, spp=1, on_device=True)
    with pytest.raises(nr.SceneError, match=r"integrator: aovs: no AOV is named 'dept'; did you mean 'depth'"):
        of("dept")
    with pytest.raises(nr.SceneError, match=r"integrator: aovs: 'depth' is there already"):
        of("depth", "depth")
    with pytest.raises(nr.SceneError, match="aovs: missing"):
        nr.Scene.from_dict(scene.document | {"integrator": {"type": "aov"}})


# Targets


def test_a_target_is_split_by_name_and_by_order(tmp_path):
    scene = of()
    image = nr.render(scene, spp=2)
    nr.write_image(tmp_path / "t.exr", image, CHANNELS)
    backwards = [5, 4, 3, 2, 1, 0]
    nr.write_image(tmp_path / "b.exr", image[..., backwards], [CHANNELS[k] for k in backwards])
    for target in (image, tmp_path / "t.exr", str(tmp_path / "b.exr"), {"main": image}, {"main": {"image": image}}):
        found = read_targets(scene, target)["main"]
        assert list(found) == ["depth", "normal", "channels.heat"]
        np.testing.assert_array_equal(found["depth"], image[..., :1])
        np.testing.assert_array_equal(found["normal"], image[..., 2:5])
        np.testing.assert_array_equal(found["channels.heat"], image[..., 5:])
    nr.write_image(tmp_path / "d.exr", image[..., :1], ["depth.Z"])
    assert list(read_targets(of("depth"), tmp_path / "d.exr")["main"]) == ["depth"]
    assert list(read_targets(of("depth"), image[..., 0])["main"]) == ["depth"]
    with pytest.raises(ImageError, match=r"d.exr: expected 3 channels of 'normal', got depth.Z"):
        read_targets(scene, tmp_path / "d.exr")
    with pytest.raises(ImageError, match="expected an array"):
        read_targets(scene, image[..., :3])
    with pytest.raises(ImageError, match="an integrator with an AOV to fit, got shape_id"):
        read_targets(of("shape_id"), image[..., :1])


def test_losses_are_those_of_each_aov():
    scene = of("depth", "normal", **FIT)
    target = nr.render(of("depth", "normal"), spp=64, seed=7)
    result = nr.optimize(scene, target, iterations=1, spp=4, intervals=False)
    apart = nr.optimize(
        scene, {"main": {"depth": target[..., 0], "normal": target[..., 1:]}}, iterations=1, spp=4, intervals=False
    )
    assert result.loss_initial == apart.loss_initial
    np.testing.assert_array_equal(result.x, apart.x)


# The command line


def run(*words):
    found = CliRunner().invoke(cli, [str(word) for word in words])
    assert found.exit_code == 0, found.output
    return found.output


def test_rendered_and_fitted_with_nothing_but_the_scene_file(tmp_path):
    """The square's place from depth and heat; the report and the pictures are there."""
    scene = of("depth", "channels.heat", **FIT)
    scene.dump(tmp_path / "s.yaml")
    run("render", tmp_path / "s.yaml", "-o", tmp_path / "t.exr", "--spp", "256")
    assert nr.read_image(tmp_path / "t.exr", channels=True)[1] == ["channels.heat.X", "depth.Z"]
    text = run("optimize", tmp_path / "s.yaml", tmp_path / "t.exr", "-o", tmp_path / "fit", "--json")
    found = json.loads(text[text.index("{") :])
    error = np.array(found["parameters"][MOVE]) - scene.parameters[MOVE]
    assert np.abs(error).max() < 0.01  # of 0.15 to 0.2 at the start
    image, names = nr.read_image(tmp_path / "fit" / "final.exr", channels=True)
    assert sorted(names) == ["channels.heat.X", "depth.Z"]
    assert nr.read_image(tmp_path / "fit" / "final.png").shape == (12, 12, 3)
    report = (tmp_path / "fit" / "report.html").read_text()
    assert "main, depth" in report
    assert "main, channels.heat" in report


def test_more_aovs_beside_it_and_no_png(tmp_path):
    of("depth").dump(tmp_path / "s.yaml")
    run("render", tmp_path / "s.yaml", "-o", tmp_path / "t.exr", "--spp", 1, "--aov", "channels.heat", "--aov", "depth")
    assert sorted(nr.read_image(tmp_path / "t.exr", channels=True)[1]) == ["channels.heat.X", "depth.Z"]
    found = CliRunner().invoke(cli, ["render", str(tmp_path / "s.yaml"), "-o", str(tmp_path / "t.png")])
    assert found.exit_code == 2
    assert "integrator aov, depth: " in found.stderr
    assert "expected an .exr file" in found.stderr


def test_derivative_images_and_check(tmp_path):
    of("depth", "normal").dump(tmp_path / "s.yaml")
    run("grad", tmp_path / "s.yaml", "--wrt", f"{MOVE}[2]", "-o", tmp_path, "--spp", 1)
    image, names = nr.read_image(tmp_path / f"{MOVE}.2.exr", channels=True)
    assert sorted(names) == ["depth.Z", "normal.X", "normal.Y", "normal.Z"]
    assert (tmp_path / f"{MOVE}.2.png").exists()
    assert MOVE in run("check", tmp_path / "s.yaml")


def test_a_batch_renders_targets_with_names(tmp_path):
    """The image of the integrator, and a channel alone."""
    scene = of("depth", "normal")
    render = {"settings": {}, "spp": 1, "seed": 0, "cameras": [], "aovs": ["image", "channels.heat"]}
    found = _render_targets({"render": render, "options": {"device": "cpu"}}, scene, tmp_path)["main"]
    names = nr.read_image(found["image"], channels=True)[1]
    assert sorted(names) == ["depth.Z", "normal.X", "normal.Y", "normal.Z"]
    assert nr.read_image(found["channels.heat"], channels=True)[1] == ["channels.heat.X"]
    assert list(read_targets(scene, {"main": found})["main"]) == ["depth", "normal", "channels.heat"]


# What else takes scenes


def test_gradcheck_agrees():
    scene = of("depth", "shape_id", "channels.heat")
    weights = smooth_weights(scene)
    assert weights.shape == (12, 12, 3)
    assert not weights[..., 1].any()
    found = nr.gradcheck(scene, [(MOVE, (0,)), "shapes.square.channels.heat"], budget=60_000)
    assert found.ok, str(found)


@pytest.mark.parametrize("aovs", [["depth"], ["normal"], ["depth", "uv"]])
def test_a_notebook_shows_the_first_number(aovs):
    text = scene_html(of(*aovs))
    assert "data:image/png" in text
    assert "aovs=[" in text
