"""What the tests of files that are made to hurt share: few bytes that ask for much, or that lead elsewhere."""

import re

import pytest

from nrender.errors import SceneError
from nrender.scene import load_scene

SCENE = """\
nrender: 1
cameras: {main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [8, 8]}}
integrator: {max_depth: 3, spp: 4}
materials: {w: {type: diffuse, reflectance: [1, 1, 1]}}
shapes:
  a: {type: sphere, subdivisions: 1, material: w}
"""


def refused(tmp_path, text, *patterns):
    """A scene of this text has these problems, and no others, one a line."""
    file = tmp_path / "s.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SceneError) as caught:
        load_scene(file)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    assert all(line.isprintable() and len(line) <= 2500 for line in lines)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.search(pattern, line), line
