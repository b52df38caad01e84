"""A folder with a scene and a target of the fake renderer, files of jobs in it, and the command that runs them."""

import csv
import json
import subprocess
import sys
from pathlib import Path

from fake_renderer import blob_scene, truth

from nrender.image import write_image

HERE = Path(__file__).parent
TIMES = ("seconds",)


def make_folder(folder):
    """scene.yaml and target.exr."""
    blob_scene().dump(folder / "scene.yaml")
    write_image(folder / "target.exr", truth(blob_scene()))
    return folder


def start(folder, *args, child="0"):
    """`nrender batch` in a process; child: seconds a render, and what trouble befalls (see batch_child.py)."""
    return subprocess.Popen(
        [sys.executable, str(HERE / "batch_run.py"), child, "batch", *args],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def batch(folder, *args, child="0"):
    """(exit status, the JSON object, stderr) of a whole run."""
    process = start(folder, *args, "--json", child=child)
    stdout, stderr = process.communicate(timeout=300)
    assert "Traceback" not in stderr, stderr
    return process.returncode, json.loads(stdout) if stdout else None, stderr


def summary(folder):
    """The rows of summary.csv."""
    with open(folder / "summary.csv", newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def timeless(rows):
    """Rows without what no two runs have in common."""
    return [{key: value for key, value in row.items() if key not in TIMES} for row in rows]
