"""`nrender check` of scenes whose materials, textures or lights are wrong: one line each, in one form, status 2."""

import re

import numpy as np
import pytest
from click.testing import CliRunner
from nrender_cli.main import cli

from nrender.image import write_image

RGB = np.array([[[0.1, 0.5, 0.9], [0.2, 0.4, 0.6]], [[0, 1, 0.25], [0.3, 0.3, 0.3]]])
LINE = re.compile(r"s\.yaml:(\d+): (\w+ '\w+'): ([\w.]+): (?:'[\w.]+': )?expected .+, got .+\n")
TEXT = """\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], FOV, resolution: [64, 48]}
materials:
  m: {MATERIAL}
shapes:
  s: {SHAPE, material: m}
lights:
  sky: {LIGHT}
"""
GOOD = {
    "FOV": "fov: 45",
    "MATERIAL": "type: diffuse, reflectance: [0.5, 0.5, 0.5]",
    "SHAPE": "type: rectangle",
    "LIGHT": "type: constant, radiance: [1, 1, 1]",
}
MESH = "type: mesh, vertices: [[0, 0, 0], [1, 0, 0], [0, 1, 0]], faces: [[0, 1, 2]]"
TEXTURED = "type: diffuse, reflectance: {file: good.exr}"
# what is changed; the line, the object and the key that the message names
CASES = {
    "no file": ({"MATERIAL": "type: diffuse, reflectance: {file: none.exr}"}, 5, "materials 'm'", "reflectance.file"),
    "no picture": (
        {"MATERIAL": "type: diffuse, reflectance: {file: none.png}"},
        5,
        "materials 'm'",
        "reflectance.file",
    ),
    "colours for a number": (
        {"MATERIAL": "type: conductor, roughness: {file: good.exr}"},
        5,
        "materials 'm'",
        "roughness.file",
    ),
    "no uvs": ({"MATERIAL": TEXTURED, "SHAPE": MESH}, 7, "shapes 's'", "material"),
    "no colors": (
        {"MATERIAL": "type: diffuse, reflectance: {vertex: colors}", "SHAPE": MESH},
        7,
        "shapes 's'",
        "material",
    ),
    "no uvs to emit": ({"SHAPE": MESH + ", emission: {file: good.exr}"}, 7, "shapes 's'", "emission"),
    "a photo as normals": (
        {"MATERIAL": GOOD["MATERIAL"] + ", normal_map: {file: good.exr}"},
        5,
        "materials 'm'",
        "normal_map",
    ),
    "roughness above 1": ({"MATERIAL": "type: conductor, roughness: 1.2"}, 5, "materials 'm'", "roughness"),
    "negative roughness": ({"MATERIAL": "type: conductor, roughness: -0.1"}, 5, "materials 'm'", "roughness"),
    "ior below 1": ({"MATERIAL": "type: dielectric, ior: 0.8"}, 5, "materials 'm'", "ior"),
    "two-sided glass": ({"MATERIAL": "type: dielectric, two_sided: true"}, 5, "materials 'm'", "two_sided"),
    "black sky": ({"LIGHT": "type: envmap, file: black.exr"}, 9, "lights 'sky'", "file"),
    "black pixels": ({"LIGHT": "type: envmap, image: [[[0, 0, 0]]]"}, 9, "lights 'sky'", "image"),
    "no sky": ({"LIGHT": "type: envmap, file: none.exr"}, 9, "lights 'sky'", "file"),
    "texture of a light": ({"LIGHT": "type: constant, radiance: {file: good.exr}"}, 9, "lights 'sky'", "radiance"),
    "texture of a camera": ({"FOV": "fov: {file: good.exr}"}, 3, "cameras 'main'", "fov"),
    "texture of a transform": (
        {"SHAPE": "type: cube, transform: {scale: {file: good.exr}}"},
        7,
        "shapes 's'",
        "transform.scale",
    ),
    "texture of a flag": (
        {"MATERIAL": GOOD["MATERIAL"] + ", two_sided: {file: good.exr}"},
        5,
        "materials 'm'",
        "two_sided",
    ),
    "texture in a texture": (
        {"MATERIAL": "type: diffuse, reflectance: {checkerboard: {a: {file: good.exr}, b: [0, 0, 0]}}"},
        5,
        "materials 'm'",
        "reflectance.checkerboard.a",
    ),
}


@pytest.fixture
def check(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_image("good.exr", RGB)
    write_image("black.exr", 0 * RGB)

    def run(changes):
        text = TEXT
        for word, value in {**GOOD, **changes}.items():
            text = text.replace(word, value)
        (tmp_path / "s.yaml").write_text(text)
        return CliRunner().invoke(cli, ["check", "s.yaml"])

    return run


@pytest.mark.parametrize("changes", [{}, {"MATERIAL": "type: dielectric, roughness: 0"}])
def test_what_is_right_is_right(check, changes):
    found = check(changes)
    assert (found.exit_code, found.stderr) == (0, "")


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_said_in_one_line(check, name):
    changes, line, thing, key = CASES[name]
    found = check(changes)
    assert (found.exit_code, found.stdout) == (2, "")
    match = LINE.fullmatch(found.stderr)
    assert match, found.stderr
    assert match.groups() == (str(line), thing, key)
