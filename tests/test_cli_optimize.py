"""nrender optimize: its report, its exit status, signals, resuming."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth
from nrender_cli.main import cli

from nrender.image import write_image
from nrender.scene import load_scene

HERE = Path(__file__).parent
KEYS = [
    "status",
    "iterations",
    "evaluations",
    "loss_initial",
    "loss_final",
    "parameters",
    "seconds",
    "output",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with scene.yaml and target.exr; the renderer is the fake one."""
    monkeypatch.chdir(tmp_path)
    blob_scene().dump(tmp_path / "scene.yaml")
    write_image(tmp_path / "target.exr", truth(blob_scene()))
    monkeypatch.setitem(sys.modules, "nrender.render", FakeRenderer())
    return tmp_path


def run(*args):
    return CliRunner().invoke(cli, ["optimize", *args])


def test_json_has_the_keys_of_the_contract(folder):
    found = run("scene.yaml", "target.exr", "-o", "out", "--json")
    assert found.exit_code == 0
    report = json.loads(found.stdout)
    assert list(report) == KEYS
    assert report["status"] == "converged"
    assert report["output"] == "out"
    assert report["loss_final"] < 1e-6 * report["loss_initial"]
    np.testing.assert_allclose(report["parameters"][REFLECTANCE], [0.7, 0.6, 0.5], atol=1e-3)
    # Exactly what was written, to the last bit.
    fitted = load_scene("out/result.yaml").parameters
    assert {p: fitted[p].tolist() for p in report["parameters"]} == report["parameters"]
    assert "iteration 0/40" in found.stderr


def test_without_json_it_says_what_it_found(folder):
    found = run("scene.yaml", "target.exr", "-o", "out")
    assert found.exit_code == 0
    assert found.stdout.startswith("converged: ")
    assert f"{REFLECTANCE}[1] = 0.6" in found.stdout


def test_options_reach_the_run(folder):
    args = ("--method", "adam", "--iterations", "3", "--spp", "8", "--seed", "2", "--json")
    report = json.loads(run("scene.yaml", "target.exr", "-o", "out", *args).stdout)
    assert (report["status"], report["iterations"], report["evaluations"]) == ("iterations", 3, 4)
    again = run("scene.yaml", "target.exr", "-o", "out", "--resume", *args[:-1], "--spp", "4")
    assert again.exit_code == 2
    assert again.stderr == "out/checkpoint.npz: belongs to a run with another spp: " \
        "expected 4, got 8\n"  # fmt: skip


def test_set_is_where_it_starts(folder):
    """Against the file's `init`; a component leaves the others of the `init` as they are."""
    args = ("--set", f"{TRANSLATE}[0]=0.25", "--set", f"{REFLECTANCE}=0.4", "--iterations", "1")
    assert run("scene.yaml", "target.exr", "-o", "out", *args).exit_code == 0
    header, first = Path("out/history.csv").read_text().splitlines()[:2]
    row = dict(zip(header.split(","), map(float, first.split(",")), strict=True))
    assert [row[f"{TRANSLATE}[{i}]"] for i in (0, 1)] == [0.25, -0.3]
    assert [row[f"{REFLECTANCE}[{i}]"] for i in range(3)] == [0.4, 0.4, 0.4]


def test_failed_is_1(folder, monkeypatch):
    renderer = FakeRenderer()
    renderer.poison = lambda scene: True
    monkeypatch.setitem(sys.modules, "nrender.render", renderer)
    found = run("scene.yaml", "target.exr", "-o", "out", "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["status"] == "failed"
    assert json.loads(found.stdout)["loss_final"] is None
    assert f"warning: evaluation 1, seed 0: the gradient of '{TRANSLATE}' isn't" in found.stderr
    assert "Warning(" not in found.stderr
    assert ".py" not in found.stderr


def test_targets_of_several_cameras(folder):
    document = blob_scene(iterations=3).document
    document["cameras"] = {
        "side": {**document["cameras"]["main"], "resolution": [8, 6]},
        "main": document["cameras"]["main"],
    }
    blob_scene().from_dict(document).dump(folder / "two.yaml")
    scene = load_scene(folder / "two.yaml")
    write_image("side.exr", FakeRenderer().render(scene, camera="side"))
    for targets in (("target.exr", "side.exr"), ("side=side.exr", "main=target.exr")):
        assert run("two.yaml", *targets, "-o", "out").exit_code == 0
    swapped = run("two.yaml", "side.exr", "target.exr", "-o", "out")
    assert (swapped.exit_code, swapped.stderr) == (2, "side.exr: expected 12x12, got 8x6\n")
    many = run("two.yaml", "a.exr", "b.exr", "c.exr", "-o", "out")
    assert (many.exit_code, "more targets than cameras" in many.stderr) == (2, True)
    twice = run("two.yaml", "side=a.exr", "side=b.exr", "-o", "out")
    assert (twice.exit_code, "has a target already" in twice.stderr) == (2, True)


@pytest.mark.parametrize(
    "args, message",
    [
        (["scene.yaml", "-o", "out"], "nrender optimize: Missing argument 'TARGET...'"),
        (["scene.yaml", "target.exr"], "nrender optimize: Missing option '-o'"),
        (["none.yaml", "target.exr", "-o", "out"], "none.yaml: cannot read"),
        (["scene.yaml", "none.exr", "-o", "out"], "none.exr: no such file"),
        (["scene.yaml", "target.exr", "-o", "scene.yaml"], "scene.yaml: can't write there"),
        (["scene.yaml", "target.exr", "-o", "out", "--method", "adm"], "did you mean 'adam'?"),
        (["scene.yaml", "target.exr", "-o", "out", "--spp", "0"], "0 is not in the range"),
        (["scene.yaml", "target.exr", "-o", "out", "--set", "a=1"], "--set a: no such parameter"),
    ],
)
def test_wrong_use_is_2_and_one_line(folder, args, message):
    found = run(*args)
    assert found.exit_code == 2
    assert message in found.stderr
    assert found.stderr.count("\n") == 1
    assert found.stdout == ""
    assert not Path("out").exists()


def test_a_scene_without_anything_to_fit(folder):
    document = blob_scene().document
    del document["optimize"]
    blob_scene().from_dict(document).dump(folder / "plain.yaml")
    found = run("plain.yaml", "target.exr", "-o", "out")
    assert found.exit_code == 2
    assert "optimize: parameters: expected at least one parameter to fit" in found.stderr
    assert found.stderr.count("\n") == 1


def begin(*args, seconds=0.02):
    """The command in a process of its own, once it has begun to iterate."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "cli_run.py"), str(seconds), "optimize", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr.readline().startswith("iteration ")
    return process


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_keep_the_best_and_can_be_resumed(folder, number):
    """In a process of its own: 130, one JSON object, all files; and --resume ends as unbroken."""
    args = ("scene.yaml", "target.exr", "--method", "adam", "--iterations", "60", "--json")
    process = begin(*args, "-o", "parts", seconds=0.1)
    time.sleep(0.5)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(stdout)["status"] == "interrupted"
    assert 0 < json.loads(stdout)["iterations"] < 60
    assert "Traceback" not in stderr
    assert (Path("parts") / "report.html").exists()

    resumed, whole = (
        json.loads(begin(*args, "-o", out, *more, seconds=0).communicate(timeout=60)[0])
        for out, more in (("parts", ["--resume"]), ("whole", []))
    )
    same = ("parameters", "loss_initial", "loss_final", "iterations", "evaluations", "status")
    assert [resumed[key] for key in same] == [whole[key] for key in same]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killed_outright_it_is_resumed_from_what_is_on_the_disk(folder):
    args = ("scene.yaml", "target.exr", "--method", "adam", "--iterations", "150", "--json")
    process = begin(*args, "-o", "parts")
    deadline = time.monotonic() + 30
    while not Path("parts/checkpoint.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    iterations = len(np.load("parts/checkpoint.npz")["table"])
    assert 10 < iterations < 150
    resumed, whole = (
        json.loads(begin(*args, "-o", out, *more, seconds=0).communicate(timeout=60)[0])
        for out, more in (("parts", ["--resume"]), ("whole", []))
    )
    assert resumed["parameters"] == whole["parameters"]
