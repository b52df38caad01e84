"""The examples that are fits from the command line, at a small size: they run, and their losses fall."""

import json
import sys

import pytest
from example_files import load


@pytest.fixture
def run(monkeypatch, capsys):
    """run(name, *arguments): what its run.py prints with --json."""

    def call(name, *arguments):
        module = load(name, "run")
        monkeypatch.setattr(sys, "argv", ["run.py", *arguments, "--json"])
        module.main()
        return json.loads(capsys.readouterr().out)

    return call


@pytest.mark.nightly
def test_teapot(run, tmp_path):
    size = ["--scale", "0.5", "--target-spp", "256", "--spp", "32", "--max-spp", "64", "--iterations", "18"]
    found = run("teapot", "--out", str(tmp_path), *size)
    error = found["errors"]  # in per cent; the start has 6, 1.8 and 20
    assert error["cameras.main.origin"] < 4
    assert error["cameras.main.target"] < 0.6
    assert error["shapes.teapot.transform.translate"] < 8
    assert (tmp_path / "fit" / "report.html").is_file()


def test_calibrate_begins(run, tmp_path):
    found = run("calibrate", "--out", str(tmp_path), "--photograph-spp", "8", "--spp", "2", "--iterations", "1")
    assert len(found["rows"]) == 38


@pytest.mark.nightly
def test_calibrate(run, tmp_path):
    size = ["--photograph-spp", "64", "--spp", "4", "--iterations", "9"]
    found = run("calibrate", "--out", str(tmp_path), *size)
    assert len(found["rows"]) == 38
    error = {name: abs(value - truth) for name, truth, value, *_ in found["rows"]}
    assert error["cameras.left.fx"] < 4  # 5 at the start
    assert error["cameras.left.k1"] < 0.15  # 0.18
    assert error["lights.lamp.position[0]"] < 0.1  # 0.4
    assert error["cameras.left.origin[0]"] < 0.06  # 0.1
