"""The examples that are fits from the command line, at a small size: they run, and their losses fall."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def run(monkeypatch, capsys):
    """run(name, *arguments): what its run.py prints with --json."""

    def call(name, *arguments):
        spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / name / "run.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setattr(sys, "argv", ["run.py", *arguments, "--json"])
        module.main()
        return json.loads(capsys.readouterr().out)

    return call


def test_teapot(run, tmp_path):
    size = ["--scale", "0.5", "--target-spp", "512", "--spp", "32", "--iterations", "18"]
    found = run("teapot", "--out", str(tmp_path), *size)
    worst = {"cameras.main.fov": 2.0, "materials.glaze.roughness": 4.0, "shapes.teapot.transform.rotate": 3.0}
    for path, limit in worst.items():
        assert found["errors"][path] < limit, found
    assert (tmp_path / "fit" / "report.html").is_file()


def test_calibrate(run, tmp_path):
    size = ["--scale", "0.5", "--photograph-spp", "256", "--spp", "16", "--iterations", "12"]
    found = run("calibrate", "--out", str(tmp_path), *size)
    assert len(found["rows"]) == 38
    error = {name: abs(value - truth) for name, truth, value, *_ in found["rows"]}
    assert error["cameras.left.fx"] < 0.5  # of 31, from 28.5
    assert error["cameras.left.k1"] < 0.03  # of -0.18, from 0
    assert error["lights.lamp.position[1]"] < 0.1
