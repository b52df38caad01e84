"""docs/scene-file.md says what the declarations say."""

from pathlib import Path

import pytest

from nrender.errors import SceneWarning
from nrender.scene import load_scene
from nrender.scene.reference import tables

TEXT = (Path(__file__).parent.parent / "docs" / "scene-file.md").read_text()


@pytest.mark.parametrize("heading", tables())
def test_every_table_is_in_the_reference(heading):
    section = TEXT.split(f"### {heading}\n")
    assert len(section) == 2, f"one heading '### {heading}'"
    assert tables()[heading] in section[1].split("\n### ")[0], "python -m nrender.scene.reference"


def test_there_is_no_table_of_anything_else():
    headings = [line.removeprefix("### ") for line in TEXT.splitlines() if line.startswith("### ")]
    without = {"cameras", "integrator", "materials", "shapes", "lights", "textures"}
    assert set(headings) - without == set(tables())


def test_the_example_is_a_scene(tmp_path, recwarn):
    example = TEXT.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "s.yaml").write_text(example)
    scene = load_scene(tmp_path / "s.yaml")
    assert scene.optimize is not None
    assert not [w for w in recwarn if issubclass(w.category, SceneWarning)]
