"""docs/extending.md, followed to the letter in a copy of the package: its blocks say where they go, and its commands
are run there, so that what they prove is proven of the copy."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from page_blocks import blocks
from sources import ROOT

PAGE = blocks("extending.md")
SECTIONS = list(dict.fromkeys(block.section for block in PAGE))
PLACE = re.compile(r"(?:# |<!-- )(\S+?)(?:, (after|before|instead of): (.+?))?(?: -->)?\n")
QUICK = ("nrender example", "nrender render")
FOLDERS = {"nrender": "nrender", "cli": "nrender_cli", "scenes": "nrender_scenes", "tests": "tests", "docs": "docs"}


def placed(text, how, line, lines):
    """The text of a file with `lines` after, before or instead of its only line that reads so but for its indent."""
    have = text.splitlines(keepends=True)
    at = [n for n, other in enumerate(have) if other.strip() == line]
    assert len(at) == 1, f"{len(at)} lines read {line!r}"
    start, end = {"after": (at[0] + 1, at[0] + 1), "before": (at[0], at[0]), "instead of": (at[0], at[0] + 1)}[how]
    return "".join([*have[:start], lines, *have[end:]])


def follow(block, folder):
    match = PLACE.match(block.text)
    assert match, block.text[:80]
    path, rest = folder / match[1], block.text[match.end() :]
    if match[2] is None:
        assert not path.exists(), f"{match[1]} is there already"
        path.write_text(rest, "utf-8")
    else:
        path.write_text(placed(path.read_text("utf-8"), match[2], match[3], rest), "utf-8")


def copy_into(folder):
    for name, package in FOLDERS.items():
        skip = shutil.ignore_patterns("__pycache__", "_build", "_outside", "images", "pictures")
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
        if package != name:
            (folder / package).symlink_to(folder / name)
    for name in ("pyproject.toml", "setup.cfg", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, folder)


def run(command, folder, environment):
    words = shlex.split(command)
    assert words[0] in ("pytest", "nrender"), command
    options = ["-q", "-p", "no:cacheprovider"] if words[0] == "pytest" else []
    line = [sys.executable, "-m", words[0], *options, *words[1:]]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"


def environment_of(folder):
    """With a cache of its own: kernels of a copy were compiled anew in that of the tests, too."""
    return {**os.environ, "PYTHONPATH": str(folder), "NRENDER_CACHE_DIR": str(folder / "cache")}


def test_sections_with_code_are_those_that_are_followed():
    assert SECTIONS == ["A material", "A light", "A camera", "A method"]
    for section in SECTIONS:
        languages = [block.language for block in PAGE if block.section == section]
        assert set(languages) <= {"python", "markdown", "yaml", "sh"}
        assert languages[-1] == "sh"


@pytest.mark.parametrize("how, expected", [("after", "a\n b\nx\nc\n"), ("before", "a\nx\n b\nc\n"),
                                           ("instead of", "a\nx\nc\n")])  # fmt: skip
def test_a_block_goes_where_it_says(how, expected):
    assert placed("a\n b\nc\n", how, "b", "x\n") == expected


def test_a_line_that_is_not_there_or_twice_is_an_error():
    for line in ("d", "b"):
        with pytest.raises(AssertionError, match=f"lines read '{line}'"):
            placed("a\nb\n b\n", "after", line, "x\n")


@pytest.mark.slow
def test_the_page_can_be_followed(tmp_path):
    """All its sections in one copy, so that kernels are compiled once; what each proves is run after all. What compiles
    the kernels of derivatives too takes minutes: with NRENDER_NIGHTLY=1 only."""
    copy_into(tmp_path)
    for block in PAGE:
        if block.language != "sh":
            follow(block, tmp_path)
    environment = environment_of(tmp_path)
    commands = [command for block in PAGE if block.language == "sh" for command in block.text.splitlines()]
    for command in commands:
        if command.startswith(QUICK) or os.environ.get("NRENDER_NIGHTLY"):
            run(command, tmp_path, environment)
    assert all((tmp_path / made).exists() for made in ("moon.png", "patch.png", "planet.png", "target.exr"))
