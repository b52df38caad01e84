"""docs/tutorial.md does what it says: all its code, in order, in an empty folder."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from page_blocks import blocks
from sources import ROOT

import nrender as nr

PAGE = blocks("tutorial.md")


def test_every_block_is_run_but_the_installation():
    assert {block.language for block in PAGE} == {"sh", "python", "console"}
    assert [block.section for block in PAGE if block.language == "console"] == ["Install"]
    commands = [line for block in PAGE if block.language == "sh" for line in block.text.splitlines()]
    assert all(re.match(r"nrender \w", line) for line in commands)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder after all commands and then all lines of Python, and what these printed."""
    folder = tmp_path_factory.mktemp("tutorial")
    program = folder / "program.py"
    scripts = ["set -eu", f'nrender() {{ "{sys.executable}" -m nrender "$@"; }}']
    scripts += [block.text for block in PAGE if block.language == "sh"]
    program.write_text("".join(block.text for block in PAGE if block.language == "python"), "utf-8")
    paths = filter(None, (os.environ.get("PYTHONPATH"), str(ROOT)))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    for command in (["sh", "-c", "\n".join(scripts)], [sys.executable, program.name]):
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        (folder / "printed.txt").write_text(done.stdout, "utf-8")
    return folder


@pytest.mark.slow
def test_the_files_that_are_named_are_there(folder):
    text = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    names = set(re.findall(r"`((?:fit|derivative)/[\w.]+)`", text))
    assert len(names) >= 4
    for name in [*names, "square.png", "blue.png", "python.png", "found.yaml"]:
        assert (folder / name).is_file(), name


@pytest.mark.slow
def test_it_finds_what_it_says(folder):
    found = nr.load_scene(folder / "fit" / "result.yaml").parameters["shapes.square.transform.rotate"]
    np.testing.assert_allclose(found, 0, atol=0.2)
    found = nr.load_scene(folder / "found.yaml").parameters["materials.orange.reflectance"]
    np.testing.assert_allclose(found, [0.1, 0.3, 0.8], atol=0.01)


@pytest.mark.slow
def test_the_gradient_has_the_signs_that_it_says(folder):
    lines = (folder / "printed.txt").read_text("utf-8").splitlines()
    assert lines[0] == "[0.85 0.4  0.1 ]"
    red, green, blue = map(float, lines[1].strip("[]").split())
    assert red > 0
    assert green > 0
    assert blue < 0
