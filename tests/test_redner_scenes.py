"""scenes/redner/: every scene is a job of all.yaml and can be run; some of the fits, small, come to the truth."""

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from nrender_cli.main import cli

from nrender.batch import load_batch
from nrender.batch.prepare import distance_left, start
from nrender.optimize.variables import free_variables
from nrender.scene import load_scene

FOLDER = Path(__file__).parent.parent / "scenes" / "redner"
FILES = sorted(file for file in FOLDER.glob("*.yaml") if file.name != "all.yaml")


def test_every_scene_is_a_job():
    batch = load_batch(FOLDER / "all.yaml")  # raises what is wrong with any of them
    assert sorted(job.scene for job in batch.jobs) == FILES
    assert [job.name for job in batch.jobs] == [job.scene.stem.replace("_", "-") for job in batch.jobs]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_fit_begins_away_from_the_truth(file):
    """Of every parameter, and within its bounds: else there would be nothing to find."""
    scene = load_scene(file)
    variables = free_variables(start(scene, {}))
    begin = variables.values(variables.x0)
    for path, value in begin.items():
        assert not np.allclose(value, scene.parameters[path]), path
    assert distance_left(start(scene, {}), scene, begin) == 1.0
    low, high = variables.scalar_bounds
    assert (variables.scalars(variables.x0) >= low).all()
    assert (variables.scalars(variables.x0) <= high).all()


def test_half_of_the_way():
    scene = load_scene(FOLDER / "sphere.yaml")
    variables = free_variables(scene)
    halfway = {p: (v + scene.parameters[p]) / 2 for p, v in variables.values(variables.x0).items()}
    assert distance_left(scene, scene, halfway) == pytest.approx(0.5)


@pytest.mark.nightly
def test_a_colour_a_shadow_and_a_depth_are_found(tmp_path, monkeypatch):
    document = yaml.safe_load((FOLDER / "all.yaml").read_text())
    wanted = ("vertex-color", "shadow-blocker", "g-buffer")
    jobs = [job for job in document["jobs"] if job["name"] in wanted]
    for job in jobs:
        job["scene"] = str(FOLDER / job["scene"])
        job["render"]["spp"] = 1024
        job |= {"resolution": [32, 32], "spp": 128, "device": "cpu"}
    (tmp_path / "jobs.yaml").write_text(yaml.safe_dump({"output": "out", "jobs": jobs}))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["batch", "jobs.yaml"])
    assert done.exit_code == 0, done.output
    with open("out/summary.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted(row["name"] for row in rows) == sorted(wanted)
    for row in rows:
        assert float(row["error"]) < 0.05, row
    assert (tmp_path / "out" / "g-buffer" / "target-depth.exr").exists()
    assert not (tmp_path / "out" / "g-buffer" / "target.exr").exists()
