"""nrender optimize: its report, its exit status, signals, resuming."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from fake_renderer import REFLECTANCE, TRANSLATE, FakeRenderer, blob_scene, truth
from nrender_cli.main import cli

from nrender.gradcheck import GradCheck, Row
from nrender.image import write_image
from nrender.optimize import driver
from nrender.optimize.asked import AskedError, name_targets
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
    "intervals",
    "findings",
    "notes",
    "starts",
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
    low, high = report["intervals"][f"{REFLECTANCE}[1]"]
    assert low <= report["parameters"][REFLECTANCE][1] <= high
    assert (report["starts"], report["notes"]) == ([], [])


def test_json_has_null_for_what_is_not_known(folder):
    args = ("scene.yaml", "target.exr", "-o", "out", "--json")
    assert json.loads(run(*args, "--no-intervals").stdout)["intervals"] is None
    # A blob that is black says nothing of where it is.
    write_image(folder / "black.exr", 0 * truth(blob_scene()))
    dark = [f"--set={REFLECTANCE}=0", "--iterations", "1"]
    report = json.loads(run("scene.yaml", "black.exr", *args[2:], *dark).stdout)
    assert report["intervals"][f"{TRANSLATE}[0]"] is None
    assert any(TRANSLATE in line for line in report["findings"])


def test_without_json_it_says_what_it_found(folder):
    found = run("scene.yaml", "target.exr", "-o", "out")
    assert found.exit_code == 0
    assert found.stdout.startswith("converged: ")
    assert re.search(rf"^{re.escape(REFLECTANCE)}\[1\] = 0\.6\S* ± \S+$", found.stdout, re.MULTILINE)
    plain = run("scene.yaml", "target.exr", "-o", "out", "--no-intervals").stdout
    assert f"{REFLECTANCE}[1] = 0.6" in plain
    assert "±" not in plain


def test_notes_then_findings_are_printed_before_where_the_results_are(folder):
    write_image(folder / "black.exr", 0 * truth(blob_scene()))
    found = run("scene.yaml", "black.exr", "-o", "out", f"--set={REFLECTANCE}=0", "--iterations", "1").stdout
    lines = found.splitlines()
    assert f"{TRANSLATE}[0] = 0.5, not determined" in lines
    assert lines[-2].startswith("the pictures don't determine")
    assert lines[-1] == "results in out"


def test_several_starts(folder):
    found = run("scene.yaml", "target.exr", "-o", "out", "--starts", "3", "--iterations", "4", "--json")
    assert "start 1/3  iteration 0/4" in found.stderr
    rows = json.loads(found.stdout)["starts"]
    assert [row["start"] for row in rows] == [1, 2, 3]
    assert sum(row["best"] for row in rows) == 1
    assert (folder / "out" / "starts" / "003" / "checkpoint.npz").exists()


def test_loss_and_max_spp_reach_the_run(folder):
    args = ("scene.yaml", "target.exr", "-o", "out", "--iterations", "2")
    losses = [
        json.loads(run(*args, "--json", *more).stdout)["loss_initial"] for more in ((), ("--loss", "l1"))
    ]
    assert losses[0] != losses[1]
    again = run(*args, "--loss", "l1", "--resume", "--max-spp", "16")
    assert again.exit_code == 2
    assert "another max_spp: expected 16, got 64" in again.stderr
    wrong = run(*args, "--loss", "l11")
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (2, 1)
    assert "loss: expected" in wrong.stderr


def test_gradcheck_before_the_fit(folder, monkeypatch):
    asked = []

    def check(variables, camera, device, seed):
        asked.append((variables.paths, camera, device, seed))
        return GradCheck((Row(REFLECTANCE, (1,), 2.0, 0.01, 3.0, 0.01, 0.1),), 1.0)

    monkeypatch.setattr(driver, "checked", check)
    args = ("scene.yaml", "target.exr", "-o", "out", "--iterations", "2", "--seed", "3")
    assert run(*args).exit_code == 0
    assert asked == []
    found = run(*args, "--gradcheck")
    assert asked == [([TRANSLATE, REFLECTANCE], "main", "auto", 3)]
    assert f"gradient check of the start: 1 of 1 numbers disagree: {REFLECTANCE}[1]" in found.stdout
    assert "Gradient check of the start" in Path("out/report.html").read_text(encoding="utf-8")



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


TWO = SimpleNamespace(cameras={"side": None, "main": None}, shapes={})


@pytest.mark.parametrize(
    "targets, expected",
    [
        (["a.exr"], {"main": "a.exr"}),
        (["a.exr", "b.exr"], {"main": "a.exr", "side": "b.exr"}),
        (["side=b.exr", "a.exr"], {"side": "b.exr", "main": "a.exr"}),
        (["depth=d.exr"], {"main": {"depth": "d.exr"}}),
        (["depth=d.exr", "a.exr"], {"main": {"depth": "d.exr", "image": "a.exr"}}),
        (["side.normal=n.exr", "side=b.exr"], {"side": {"normal": "n.exr", "image": "b.exr"}}),
        (["main.image=a.exr", "b.exr"], {"main": "a.exr", "side": "b.exr"}),
        (["image=a.exr"], {"main": "a.exr"}),
    ],
)
def test_targets_by_name(targets, expected):
    assert name_targets(TWO, targets) == expected


@pytest.mark.parametrize(
    "targets, message",
    [
        (["dept=d.exr"], "dept=d.exr: expected FILE, .* got the name 'dept'; did you mean 'depth'?"),
        (["shape_id=d.exr"], "got the name 'shape_id'"),
        (["main.dept=d.exr"], "got the name 'main.dept'; did you mean 'main.depth'?"),
        (["mian=a.exr"], "did you mean 'main'?"),
        (["depth=d.exr", "main.depth=e.exr"], "main.depth=e.exr: 'main.depth' has one already"),
        (["a.exr", "main=b.exr"], "camera 'main' has a target already"),
        (["a", "b", "c"], "c: more targets than cameras"),
    ],
)
def test_targets_that_cannot_be(targets, message):
    with pytest.raises(AskedError, match=message.replace("?", r"\?")) as caught:
        name_targets(TWO, targets)
    assert "\n" not in str(caught.value)


def test_a_file_may_have_an_equals_sign_in_its_name(folder):
    (folder / "a=b.exr").touch()
    assert name_targets(TWO, ["a=b.exr"]) == {"main": "a=b.exr"}


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
