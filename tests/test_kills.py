"""A fit that is killed again and again, at any moment, and goes on each time, has the bits of one that isn't.

NRENDER_KILLS=100 for a night; `benchmarks/kills.py` does the same with real pictures.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_renderer import blob_scene, truth
from sources import ROOT

from nrender.image import write_image

KILLS = max(int(os.environ.get("NRENDER_KILLS", 5)), 5)
LONGEST = 5.0  # seconds to a kill: a start takes 1 to 2, and 2 more pass before the first checkpoint


@pytest.fixture
def kills(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import kills

    return kills


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("method", [pytest.param("adam", marks=pytest.mark.nightly), "l-bfgs-b"])
def test_killed_at_any_moment_it_has_the_bits_of_a_whole_run(tmp_path, kills, method):
    blob_scene(size=8).dump(tmp_path / "scene.yaml")
    write_image(tmp_path / "target.exr", truth(blob_scene(size=8)))

    def fit(folder, seconds):
        """A render takes so many."""
        run = [sys.executable, str(Path(__file__).with_name("cli_run.py")), str(seconds), "optimize"]
        files = [str(tmp_path / "scene.yaml"), str(tmp_path / "target.exr"), "-o", str(tmp_path / folder)]
        return [*run, *files, "--method", method, "--iterations", "200", "--resume", "--json"]

    whole = json.loads(subprocess.run(fit("whole", 0.0), check=True, capture_output=True, timeout=300).stdout)
    # Of an evaluation's two renders: so long that the killers, of 2.75 s in the mean, come to most of their kills.
    seconds = 1.6 * KILLS / (2 * whole["evaluations"])
    broken, killed = kills.run_killed(fit("broken", seconds), KILLS, LONGEST)
    assert killed > 0  # a whole run takes longer than LONGEST
    for key in ("parameters", "loss_initial", "loss_final", "iterations", "evaluations", "status", "intervals"):
        assert broken[key] == whole[key], key
    assert kills.rows_of(tmp_path / "broken") == kills.rows_of(tmp_path / "whole")
    names = [sorted(path.name for path in (tmp_path / folder).iterdir()) for folder in ("whole", "broken")]
    assert names[0] == names[1]
    for name in ("result.yaml", "final.exr"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
