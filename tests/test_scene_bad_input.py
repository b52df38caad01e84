"""Every kind of bad scene gives its one line, with the line in the file."""

import copy

import numpy as np
import pytest
import yaml

from nrender.errors import Problem, SceneError
from nrender.scene import Scene, load_scene

GOOD = """\
nrender: 1
cameras:
  main:
    type: perspective
    origin: [0, 0, 5]
    target: [0, 0, 0]
    up: [0, 1, 0]
    fov: 45
    resolution: [64, 48]
integrator: {type: path, max_depth: 6, spp: 64}
materials:
  white: {type: diffuse, reflectance: [0.7, 0.7, 0.7]}
shapes:
  square:
    type: rectangle
    material: white
    transform: {rotate: [0, 0, 30]}
  tri:
    type: mesh
    material: white
    vertices:
      - [0, 0, 0]
      - [1, 0, 0]
      - [0, 1, 0]
    faces:
      - [0, 1, 2]
lights:
  sky: {type: constant, radiance: [1, 1, 1]}
"""

# (what is replaced, by what, the message)
CASES = {
    "not a map": (GOOD, "- 1\n- 2\n", "1: expected a map with the key 'nrender', got a list of 2"),
    "empty": (GOOD, "", ": expected a map with the key 'nrender', got nothing"),
    "no version": ("nrender: 1", "", "2: nrender: expected the version of the format, 1, got "
                   "nothing"),
    "version": ("nrender: 1", "nrender: 2", "1: nrender: expected 1, got 2"),
    "top key": ("lights:", "light:", "27: light: unknown key; did you mean 'lights'?"),
    "top key, nothing near": ("lights:", "xyz:", "27: xyz: unknown key; expected one of nrender, "
                              "cameras, integrator, materials, shapes, lights, optimize"),
    "list for a section": ("  sky: {type: constant, radiance: [1, 1, 1]}", "  - 1",
                           "27: lights: expected a map of names, got a list of 1"),
    "list for an object": ("{type: constant, radiance: [1, 1, 1]}", "[1]",
                           "28: lights 'sky': expected a map, got a list of 1"),
    "name": ("  sky:", "  a.b:", "28: lights 'a.b': expected a name of letters, digits, _ and -, "
             "at most 100"),
    "name that is a path": ("  sky:", "  ../x:", "28: lights '../x': expected a name of letters, "
                            "digits, _ and -, at most 100"),
    "no type": ("type: constant, ", "", "28: lights 'sky': type: missing; expected one of "
                "constant, point, spot, directional, envmap"),
    "type": ("type: constant", "type: constnt", "28: lights 'sky': type: expected one of constant, "
             "point, spot, directional, envmap, got 'constnt'; did you mean 'constant'?"),
    "type is a list": ("type: constant", "type: [1]", "28: lights 'sky': type: expected one of "
                       "constant, point, spot, directional, envmap, got a list of 1"),
    "key": ("    material: white\n    transform", "    materal: white\n    material: white\n"
            "    transform", "16: shapes 'square': materal: unknown key; did you mean 'material'?"),
    "key in transform": ("{rotate:", "{rotat:", "17: shapes 'square': transform.rotat: unknown "
                         "key; did you mean 'rotate'?"),
    "duplicate": ("    fov: 45", "    fov: 45\n    fov: 46", "9: cameras 'main': fov: given twice; "
                  "the first is on line 8"),
    "missing key": ("    target: [0, 0, 0]\n", "", "3: cameras 'main': target: missing; expected 3 "
                    "numbers"),
    "number for 3": ("[0.7, 0.7, 0.7]", "0.7", "12: materials 'white': reflectance: expected 3 "
                     "numbers, got 0.7"),
    "2 for 3": ("[0.7, 0.7, 0.7]", "[0.7, 0.7]", "12: materials 'white': reflectance: expected 3 "
                "numbers, got a list of 2"),
    "word in a list": ("[0.7, 0.7, 0.7]", "[0.7, red, 0.7]", "12: materials 'white': reflectance: "
                       "expected 3 numbers, got 'red' at index 1"),
    "true in a list": ("[0.7, 0.7, 0.7]", "[0.7, true, 0.7]", "12: materials 'white': reflectance: "
                       "expected 3 numbers, got true at index 1"),
    "list of lists": ("[0.7, 0.7, 0.7]", "[[0.7], 0.7, 0.7]", "12: materials 'white': reflectance: "
                      "expected 3 numbers, got a list of 3"),
    "reflectance above 1": ("[0.7, 0.7, 0.7]", "[0.7, 1.5, 0.7]", "12: materials 'white': "
                            "reflectance: expected numbers in [0, 1], got 1.5 at index 1"),
    "negative radiance": ("radiance: [1, 1, 1]", "radiance: [1, 1, -1]", "28: lights 'sky': "
                          "radiance: expected numbers >= 0, got -1.0 at index 2"),
    "negative emission": ("    faces:", "    emission: [-2, 0, 0]\n    faces:", "25: shapes 'tri': "
                          "emission: expected numbers >= 0, got -2.0 at index 0"),
    "fov 180": ("fov: 45", "fov: 180", "8: cameras 'main': fov: expected a number in (0, 180), got "
                "180.0"),
    "fov 0": ("fov: 45", "fov: 0", "8: cameras 'main': fov: expected a number in (0, 180), got "
              "0.0"),
    "fov is a word": ("fov: 45", "fov: wide", "8: cameras 'main': fov: expected a number, got "
                      "'wide'"),
    "fov is nothing": ("fov: 45", "fov:", "8: cameras 'main': fov: expected a number, got nothing"),
    "fov is inf": ("fov: 45", "fov: .inf", "8: cameras 'main': fov: expected a finite number, got "
                   "inf"),
    "huge integer": ("fov: 45", "fov: 1" + "0" * 350, "8: cameras 'main': fov: expected a number, "
                     "got an integer of more than 30 digits"),
    "beyond float32": ("origin: [0, 0, 5]", "origin: [0, 0, 1e19]", "5: cameras 'main': origin: "
                       "expected no number beyond 1e+18, got 1e+19 at index 2"),
    "fov axis": ("fov: 45", "fov_axis: z", "8: cameras 'main': fov_axis: expected one of x, y, "
                 "smaller, larger, diagonal, got 'z'"),
    "resolution 0": ("[64, 48]", "[64, 0]", "9: cameras 'main': resolution: expected integers in "
                     "[1, 65536], got 0 at index 1"),
    "resolution 10^6": ("[64, 48]", "[1000000, 48]", "9: cameras 'main': resolution: expected "
                        "integers in [1, 65536], got 1000000 at index 0"),
    "too many pixels": ("[64, 48]", "[65536, 65536]", "9: cameras 'main': resolution: expected at "
                        "most 268435456 pixels, got 4294967296"),
    "half a pixel": ("[64, 48]", "[64, 48.5]", "9: cameras 'main': resolution: expected 2 "
                     "integers, got 48.5 at index 1"),
    "camera inside its target": ("target: [0, 0, 0]", "target: [0, 0, 5]", "6: cameras 'main': "
                                 "target: expected a point other than the camera's origin, got the "
                                 "same"),
    "up along the view": ("up: [0, 1, 0]", "up: [0, 0, -2]", "7: cameras 'main': up: expected a "
                          "direction that isn't parallel to the view"),
    "no up": ("up: [0, 1, 0]", "up: [0, 0, 0]", "7: cameras 'main': up: expected a direction, got "
              "[0, 0, 0]"),
    "spp 0": ("spp: 64", "spp: 0", "10: integrator: spp: expected an integer in [1, 2147483647], "
              "got 0"),
    "spp a float": ("spp: 64", "spp: 64.0", "10: integrator: spp: expected an integer, got 64.0"),
    "max_depth 0": ("max_depth: 6", "max_depth: 0", "10: integrator: max_depth: expected an "
                    "integer in [1, 65536], got 0"),
    "integrator type": ("type: path", "type: pth", "10: integrator: type: expected one of path, deferred, aov, "
                        "got 'pth'; did you mean 'path'?"),
    "integrator key": ("spp: 64", "samples: 64", "10: integrator: samples: unknown key; expected "
                       "one of type, max_depth, spp"),
    "unknown material": ("    material: white\n    vert", "    material: whit\n    vert", "20: "
                         "shapes 'tri': material: no material is named 'whit'; did you mean "
                         "'white'?"),
    "material is a list": ("    material: white\n    vert", "    material: [white]\n    vert",
                           "20: shapes 'tri': material: expected a name, got a list of 1"),
    "neither material nor emission": ("    material: white\n    vert", "    vert", "18: shapes "
                                      "'tri': expected material or emission, got neither"),
    "unused material": ("  white: {", "  black: {type: diffuse, reflectance: [0, 0, 0]}\n"
                        "  white: {", "12: materials 'black': no shape uses it"),
    "NaN vertex": ("- [1, 0, 0]", "- [1, .nan, 0]", "23: shapes 'tri': vertices: expected finite "
                   "numbers, got nan at index [1, 1]"),
    "vertex of 2": ("- [1, 0, 0]", "- [1, 0]", "23: shapes 'tri': vertices: expected rows of 3 "
                    "numbers, got a row of 2 at index 1"),
    "vertex is a number": ("- [1, 0, 0]", "- 1", "23: shapes 'tri': vertices: expected rows of 3 "
                           "numbers, got 1 at index 1"),
    "vertex is a word": ("- [1, 0, 0]", "- [1, a, 0]", "23: shapes 'tri': vertices: expected rows "
                         "of 3 numbers, got 'a' at index [1, 1]"),
    "face out of range": ("- [0, 1, 2]", "- [0, 1, 2]\n      - [0, 1, 3]", "27: shapes 'tri': "
                          "faces: face 1 has vertex 3, but the mesh has 3 vertices, from 0 to 2"),
    "negative face": ("- [0, 1, 2]", "- [0, 1, -1]", "26: shapes 'tri': faces: face 0 has vertex "
                      "-1, but the mesh has 3 vertices, from 0 to 2"),
    "face of floats": ("- [0, 1, 2]", "- [0, 1, 2.0]", "26: shapes 'tri': faces: expected rows of "
                       "3 integers, got 2.0 at index [0, 2]"),
    "no triangle left": ("- [0, 1, 2]", "- [0, 1, 1]", "18: shapes 'tri': expected a shape with an "
                         "area, got 1 triangles without"),
    "zero-area light": ("- [0, 1, 2]", "- [0, 1, 1]\n    emission: [1, 1, 1]", "18: shapes 'tri': "
                        "expected a light with an area, got 1 triangles without"),
    "no faces": ("    faces:\n      - [0, 1, 2]\n", "", "18: shapes 'tri': expected either "
                 "vertices and faces, or file; got vertices"),
    "faces and file": ("    faces:", "    file: a.obj\n    faces:", "18: shapes 'tri': expected "
                       "either vertices and faces, or file; got vertices and faces and file"),
    "missing mesh file": ("    vertices:\n      - [0, 0, 0]\n      - [1, 0, 0]\n      - [0, 1, 0]\n"
                          "    faces:\n      - [0, 1, 2]\n", "    file: none.obj\n", "21: shapes "
                          "'tri': file: cannot read 'none.obj': No such file or directory"),
    "two_sided: yes": ("type: rectangle", "type: rectangle\n    two_sided: yes", "16: shapes "
                       "'square': two_sided: expected true or false, got 'yes'"),
    "subdivisions": ("type: rectangle", "type: sphere\n    subdivisions: 9", "16: shapes 'square': "
                     "subdivisions: expected an integer in [0, 8], got 9"),
    "segments": ("type: rectangle", "type: disk\n    segments: 2", "16: shapes 'square': "
                 "segments: expected an integer in [3, 65536], got 2"),
    "transform is a list": ("{rotate: [0, 0, 30]}", "[1]", "17: shapes 'square': transform: "
                            "expected a map, got a list of 1"),
    "scale of 2": ("{rotate:", "{scale: [1, 2], rotate:", "17: shapes 'square': transform.scale: "
                   "expected a number or 3 numbers, got a list of 2"),
    "scale 0": ("{rotate:", "{scale: 0, rotate:", "17: shapes 'square': transform: expected a "
                "shape with an area, got one that is scaled to none"),
    "matrix and rotate": ("{rotate:", "{matrix: [[1,0,0,0],[0,1,0,0],[0,0,1,0]], rotate:", "17: "
                          "shapes 'square': transform.rotate: expected either matrix or the other "
                          "keys, got both"),
    "last row": ("{rotate: [0, 0, 30]}", "{matrix: [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,1,1]]}",
                 "17: shapes 'square': transform.matrix: expected [0, 0, 0, 1] as the last row of "
                 "4"),
    "merge key": ("type: rectangle", "<<: {a: 1}\n    type: rectangle", "15: shapes 'square': <<: "
                  "unknown key; expected one of type, material, emission, two_sided, normals, "
                  "transform"),
}


@pytest.mark.parametrize("name", CASES)
def test_message(tmp_path, monkeypatch, name):
    old, new, message = CASES[name]
    assert GOOD.count(old) == 1
    (tmp_path / "s.yaml").write_text(GOOD.replace(old, new))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SceneError) as info:
        load_scene("s.yaml")
    assert str(info.value) == "s.yaml" + (message if message[0] == ":" else ":" + message)


def test_the_good_scene_is_good(tmp_path):
    (tmp_path / "s.yaml").write_text(GOOD)
    assert load_scene(tmp_path / "s.yaml").shapes["square"].type == "rectangle"


def test_no_camera(tmp_path):
    data = yaml.safe_load(GOOD)
    for cameras in ({}, None):
        bad = {key: value for key, value in data.items() if key != "cameras"}
        if cameras is not None:
            bad["cameras"] = cameras
        with pytest.raises(SceneError) as info:
            Scene.from_dict(bad)
        assert str(info.value) == "<dict>: cameras: expected at least one camera, got none"


def test_all_problems_are_collected_in_the_order_of_the_file(tmp_path, monkeypatch):
    text = GOOD.replace("fov: 45", "fov: 200\n    lens: 1").replace("spp: 64", "spp: 0").replace(
        "[1, 1, 1]", "[1, .nan, 1]").replace("type: rectangle", "type: teepee")
    (tmp_path / "s.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SceneError) as info:
        load_scene("s.yaml")
    assert [(p.line, p.object, p.key) for p in info.value.problems] == [
        (8, "cameras 'main'", "fov"), (9, "cameras 'main'", "lens"), (11, "integrator", "spp"),
        (16, "shapes 'square'", "type"), (29, "lights 'sky'", "radiance")]
    assert str(info.value).splitlines() == [str(p) for p in info.value.problems]


@pytest.mark.parametrize("change, message", [
    (lambda d: d["shapes"]["tri"].update(vertices=np.array([[0, 0, 0], [1, np.inf, 0], [0, 1, 0]])),
     "shapes 'tri': vertices: expected finite numbers, got inf at index [1, 1]"),
    (lambda d: d["shapes"]["tri"].update(vertices=np.zeros((4, 2))),
     "shapes 'tri': vertices: expected rows of 3 numbers, got an array of shape (4, 2) and type "
     "float64"),
    (lambda d: d["shapes"]["tri"].update(vertices=np.array([["a"] * 3])),
     "shapes 'tri': vertices: expected rows of 3 numbers, got an array of shape (1, 3) and type "
     "<U1"),
    (lambda d: d["shapes"]["tri"].update(faces=np.array([[0.0, 1.0, 2.0]])),
     "shapes 'tri': faces: expected rows of 3 integers, got an array of shape (1, 3) and type "
     "float64"),
    (lambda d: d["cameras"]["main"].update(fov=object()),
     "cameras 'main': fov: expected a number, got a object"),
    (lambda d: d["cameras"]["main"].update(fov=1j),
     "cameras 'main': fov: expected a number, got a complex"),
    (lambda d: d["shapes"].update({3: {}}), "shapes: expected names as keys, got 3"),
])
def test_dicts_are_checked_as_files_are(change, message):
    data = yaml.safe_load(GOOD)
    change(data)
    with pytest.raises(SceneError) as info:
        Scene.from_dict(data)
    assert str(info.value) == "<dict>: " + message
    assert info.value.problems[0].line == 0


def test_a_dict_that_holds_itself_is_refused():
    data = yaml.safe_load(GOOD)
    data["lights"]["sky"]["radiance"] = loop = []
    loop.append(loop)
    with pytest.raises(SceneError, match="nested too deeply, or too large"):
        Scene.from_dict(data)


def test_problems_survive_pickling():
    import pickle

    error = SceneError([Problem("a.yaml", 3, "shapes 'x'", "y", "z"), Problem("b", 0, "", "", "c")])
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == "a.yaml:3: shapes 'x': y: z\nb: c"
    assert copy.copy(error).problems == error.problems
