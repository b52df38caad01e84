"""A batch with the true renderer, small: the bundled one cut down, with the bits of `nrender optimize` alone."""

import csv
import subprocess
import sys

import numpy as np
import pytest

from nrender.scene import load_scene

ROTATE = "shapes.square.transform.rotate"
COMMAND = "from nrender_cli.main import main; main()"


def run(folder, *args):
    command = [sys.executable, "-c", COMMAND, *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return done.stdout


def history(folder):
    with open(folder / "history.csv", newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.slow
def test_the_example_cut_down(tmp_path):
    run(tmp_path, "example", "batch")
    text = (tmp_path / "batch.yaml").read_text()
    for before, after in (("count: 64", "count: 3"), ("[32, 32]", "[16, 16]"), ("iterations: 12", "iterations: 6")):
        assert before in text
        text = text.replace(before, after)
    (tmp_path / "batch.yaml").write_text(text + "  device: cpu\n")
    run(tmp_path, "batch", "batch.yaml")
    with open(tmp_path / "fits/summary.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == [f"square-random{i:04d}" for i in range(3)]
    for row in rows:
        assert float(row["loss_final"]) < 0.2 * float(row["loss_initial"])
        begin, end = float(history(tmp_path / "fits" / row["name"])[0][f"{ROTATE}[2]"]), float(row[f"{ROTATE}[2]"])
        assert float(row["error"]) == pytest.approx(abs(end / begin), abs=1e-9)  # upright is 0

    # The same, alone.
    fitted = tmp_path / "fits" / rows[1]["name"]
    start = history(fitted)[0][f"{ROTATE}[2]"]
    load_scene(tmp_path / "square.yaml").with_resolution("main", 16, 16).dump(tmp_path / "small.yaml")
    target = str(fitted / "target.exr")
    options = ("--spp", "16", "--iterations", "6", "--device", "cpu", "--set", f"{ROTATE}[2]={start}")
    run(tmp_path, "optimize", "small.yaml", target, "-o", "alone", *options)
    both = (fitted, tmp_path / "alone")
    np.testing.assert_array_equal(*(load_scene(folder / "result.yaml").parameters[ROTATE] for folder in both))
    ours, alone = ((folder / "final.exr").read_bytes() for folder in both)
    assert ours == alone
