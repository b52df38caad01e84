"""nrender example: the bundled scenes, and what it writes."""

from pathlib import Path

import pytest
from commands import run, wrong_use
from nrender_cli import example


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """Scenes of our own in the place of the bundled ones."""
    scenes = tmp_path / "bundle"
    (scenes / "meshes").mkdir(parents=True)
    (scenes / "square.yaml").write_text("nrender: 1\nshapes: {a: {file: meshes/a.obj}}\n")
    (scenes / "room.yaml").write_text("nrender: 1\n")
    (scenes / "meshes" / "a.obj").write_text("v 0 0 0\n")
    (scenes / "__init__.py").write_text("")
    monkeypatch.setattr(example, "bundled", lambda: scenes)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return scenes


def test_example_lists(bundle):
    assert run("example").stdout == "room\nsquare\n"


def test_example_writes_the_scene_and_what_it_refers_to(bundle):
    found = run("example", "square")
    assert (found.exit_code, found.stdout) == (0, "square.yaml\nmeshes/a.obj\n")
    for name in found.stdout.split():
        assert Path(name).read_bytes() == (bundle / name).read_bytes()


def test_example_twice_in_a_folder_is_fine(bundle):
    assert run("example", "square").exit_code == 0
    assert run("example", "square").exit_code == 0


def test_example_never_overwrites(bundle):
    Path("meshes").mkdir()
    Path("meshes/a.obj").write_text("mine")
    assert "meshes/a.obj is there; --force overwrites" in wrong_use("example", "square")
    assert not Path("square.yaml").exists()
    assert Path("meshes/a.obj").read_text() == "mine"
    assert run("example", "square", "--force").exit_code == 0
    assert Path("meshes/a.obj").read_text() == "v 0 0 0\n"


def test_example_unknown_name(bundle):
    assert "no example is named 'sqare'; did you mean 'square'?" in wrong_use("example", "sqare")
    assert "; there are room, square" in wrong_use("example", "xyz")


def test_the_bundled_scenes_are_sound(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run("example").stdout.split()
    assert "square" in names
    for name in set(names) - {"batch"}:  # that is a file of jobs
        assert run("example", name, "--force").exit_code == 0
        assert run("check", f"{name}.yaml").stderr == ""
