"""Lights: values, parameters, and every bad one with its line."""

import numpy as np
import pytest

from nrender.errors import SceneError
from nrender.image import srgb_decode, write_image
from nrender.scene import Scene, load_scene
from nrender.scene.lights import LIGHTS

SKY = np.arange(24, dtype=np.float64).reshape(2, 4, 3)
GIVEN = {
    "constant": {"radiance": [1, 2, 3]},
    "point": {"position": [0, 1, 0], "intensity": [1, 2, 3]},
    "spot": {"position": [0, 1, 0], "target": [0, 0, 0], "intensity": [1, 2, 3]},
    "directional": {"direction": [0, -2, 0], "irradiance": [1, 2, 3]},
    "envmap": {"image": SKY},
}
SHAPES = {
    "constant": {"radiance": (3,)},
    "point": {"position": (3,), "intensity": (3,)},
    "spot": {"position": (3,), "target": (3,), "intensity": (3,), "cutoff": (), "beam_width": ()},
    "directional": {"direction": (3,), "irradiance": (3,)},
    "envmap": {"image": (2, 4, 3), "scale": (), "rotate": (3,)},
}


def make(base=None, **lights):
    camera = {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0], "resolution": [4, 4]}
    return Scene.from_dict({"nrender": 1, "cameras": {"main": camera}, "lights": lights}, base)


@pytest.mark.parametrize("name", LIGHTS.types)
def test_every_value_of_every_type_is_a_parameter(name):
    scene = make(sun={"type": name, **GIVEN[name]})
    light = scene.lights["sun"]
    assert light.type == name
    assert {key: value.shape for key, value in light.values.items()} == SHAPES[name]
    paths = [path for path in scene.parameters if path.startswith("lights.")]
    assert paths == [f"lights.sun.{key}" for key in SHAPES[name]]
    for path in paths:
        value = scene.parameters[path] * 0.9 + 0.01
        other = scene.replace({path: value})
        np.testing.assert_array_equal(other.lights["sun"].values[path.rsplit(".", 1)[1]], value)
        again = Scene.from_dict(other.document)
        for unchanged in paths:
            np.testing.assert_array_equal(again.parameters[unchanged], other.parameters[unchanged])


def test_defaults():
    spot = make(a={"type": "spot", **GIVEN["spot"]}).lights["a"].values
    assert (spot["cutoff"], spot["beam_width"]) == (30, 22.5)
    wide = make(a={"type": "spot", "cutoff": 80, **GIVEN["spot"]}).lights["a"].values
    assert wide["beam_width"] == 60
    sky = make(a={"type": "envmap", **GIVEN["envmap"]}).lights["a"].values
    assert (sky["scale"], sky["rotate"].tolist()) == (1, [0, 0, 0])
    assert make(a={"type": "envmap", "scale": [1, 2, 3], **GIVEN["envmap"]}).parameters["lights.a.scale"].shape == (3,)


def test_a_default_beam_stays_when_the_cutoff_changes():
    scene = make(a={"type": "spot", **GIVEN["spot"]})
    assert "beam_width" not in scene.document["lights"]["a"]
    other = scene.replace({"lights.a.cutoff": 60})
    assert other.lights["a"].values["beam_width"] == 22.5
    assert other.document["lights"]["a"]["beam_width"] == 22.5


def test_envmaps_come_from_files(tmp_path):
    codes = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    write_image(tmp_path / "sky.exr", SKY)
    write_image(tmp_path / "sky.png", codes)
    linear = make(tmp_path, sky={"type": "envmap", "file": "sky.exr"}).lights["sky"].values
    np.testing.assert_array_equal(linear["image"], SKY)
    assert set(linear) == {"image", "scale", "rotate"}
    assert not linear["image"].flags.writeable
    decoded = make(tmp_path, sky={"type": "envmap", "file": "sky.png"}).lights["sky"].values["image"]
    np.testing.assert_allclose(decoded, srgb_decode(codes / 255), rtol=1e-6)


def test_several_constants_beside_one_envmap():
    constant = {"type": "constant", **GIVEN["constant"]}
    assert list(make(a=constant, b=constant, c={"type": "envmap", "image": SKY}).lights) == ["a", "b", "c"]


TEXT = """\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [64, 48]}
lights:
  a:
    type: TYPE
    VALUES
"""
PLACE = "position: [0, 1, 0]\n    target: [0, 0, 0]\n    intensity: [1, 1, 1]\n    "
CASES = {
    "no intensity": ("point", "position: [0, 1, 0]", "5: lights 'a': intensity: missing; expected 3 numbers >= 0"),
    "negative intensity": ("point", "position: [0, 1, 0]\n    intensity: [0, 0, -1]", "8: lights 'a': intensity: "
                           "expected numbers >= 0, got -1.0 at index 2"),
    "intensity is a number": ("point", "position: [0, 1, 0]\n    intensity: 3", "8: lights 'a': intensity: expected 3 "
                              "numbers, got 3"),
    "key": ("point", "position: [0, 1, 0]\n    intensity: [0, 0, 1]\n    power: 3", "9: lights 'a': power: unknown "
            "key; expected one of type, position, intensity"),
    "texture": ("point", "position: [0, 1, 0]\n    intensity: {file: a.exr}", "8: lights 'a': intensity: expected 3 "
                "numbers, got a map"),
    "texture of a sky's scale": ("envmap", "file: sky.exr\n    scale: {checkerboard: {a: 1, b: 2}}", "8: lights 'a': "
                                 "scale: expected a number or 3 numbers, got a map"),
    "target": ("spot", "position: [0, 1, 0]\n    target: [0, 1, 0]\n    intensity: [1, 1, 1]", "8: lights 'a': "
               "target: expected a point other than the position, got the same"),
    "cutoff 0": ("spot", PLACE + "cutoff: 0", "10: lights 'a': cutoff: expected a number in (0, 180), got 0.0"),
    "cutoff 180": ("spot", PLACE + "cutoff: 180", "10: lights 'a': cutoff: expected a number in (0, 180), got 180.0"),
    "beam": ("spot", PLACE + "beam_width: 30", "10: lights 'a': beam_width: expected less than the cutoff of 30 "
             "degrees, got 30"),
    "negative beam": ("spot", PLACE + "beam_width: -1", "10: lights 'a': beam_width: expected a number in [0, 180], "
                      "got -1.0"),
    "direction": ("directional", "direction: [0, 0, 0]\n    irradiance: [1, 1, 1]", "7: lights 'a': direction: "
                  "expected a direction, got [0, 0, 0]"),
    "no image": ("envmap", "scale: 2", "5: lights 'a': expected either file or image, got neither"),
    "two images": ("envmap", "file: sky.exr\n    image: [[[1, 1, 1]]]", "5: lights 'a': expected either file or "
                   "image, got both"),
    "missing file": ("envmap", "file: none.exr", "7: lights 'a': file: expected an image file, got 'none.exr': no "
                     "such file"),
    "black file": ("envmap", "file: black.exr", "7: lights 'a': file: 'black.exr': expected an image with some light "
                   "in it, got one that is black"),
    "black image": ("envmap", "image: [[[0, 0, 0]]]", "7: lights 'a': image: expected an image with some light in it, "
                    "got one that is black"),
    "negative file": ("envmap", "file: minus.exr", "7: lights 'a': file: 'minus.exr': expected numbers >= 0, got -1.0 "
                      "at index [0, 0, 1]"),
    "negative image": ("envmap", "image: [[[1, -1, 1]]]", "7: lights 'a': image: expected numbers >= 0, got -1.0 at "
                       "index [0, 0, 1]"),
    "grey image": ("envmap", "image: [[1, 1, 1]]", "7: lights 'a': image: expected rows of rows of 3 numbers, got a "
                   "list of 1"),
    "scale": ("envmap", "file: sky.exr\n    scale: -1", "8: lights 'a': scale: expected a number >= 0, got -1.0"),
    "rotate": ("envmap", "file: sky.exr\n    rotate: 30", "8: lights 'a': rotate: expected 3 numbers, got 30"),
    "second envmap": ("envmap", "file: sky.exr\n  b: {type: envmap, file: sky.exr}", "8: lights 'b': expected at most "
                      "one envmap, got a second; 'a' is one"),
}


@pytest.mark.parametrize("name", CASES)
def test_message(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write_image("sky.exr", SKY)
    write_image("black.exr", SKY * 0)
    write_image("minus.exr", SKY - [0, 2, 0])
    kind, values, expected = CASES[name]
    with open("s.yaml", "w") as out:
        out.write(TEXT.replace("TYPE", kind).replace("VALUES", values))
    with pytest.raises(SceneError) as info:
        load_scene("s.yaml")
    assert str(info.value) == f"s.yaml:{expected}"


@pytest.mark.parametrize("kind, values, expected", [
    ("spot", {"cutoff": 20}, "beam_width: expected less than the cutoff of 20 degrees, got 22.5"),
    ("spot", {"position": [0, 0, 0]}, "target: expected a point other than the position, got the same"),
    ("directional", {"direction": [0, 0, 0]}, "direction: expected a direction, got [0, 0, 0]"),
    ("envmap", {"image": SKY * 0}, "image: expected an image with some light in it, got one that is black"),
    ("envmap", {"image": SKY - 1}, "image: expected numbers >= 0, got -1.0 at index [0, 0, 0]"),
])
def test_replace_checks_what_must_hold(kind, values, expected):
    scene = make(a={"type": kind, **GIVEN[kind]})
    with pytest.raises(SceneError) as info:
        scene.replace({f"lights.a.{key}": value for key, value in values.items()})
    assert str(info.value) == f"<dict>: lights 'a': {expected}"


def test_an_empty_image_is_refused():
    with pytest.raises(SceneError, match="image: expected at least one pixel, got an array of shape"):
        make(a={"type": "envmap", "image": np.zeros((0, 4, 3))})
