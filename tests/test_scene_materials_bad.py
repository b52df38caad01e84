"""Materials and their textures that are refused, each with its line."""

import numpy as np
import pytest
from test_scene_materials import GREY, RGB

from nrender.errors import SceneError
from nrender.image import write_image
from nrender.scene import load_scene

TEXT = """\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [64, 48]}
materials:
  m:
    type: TYPE
    VALUE
shapes:
  s:
    type: SHAPE
    material: m
"""
MESH = "mesh\n    vertices: [[0, 0, 0], [1, 0, 0], [0, 1, 0]]\n    faces: [[0, 1, 2]]"
PLASTIC = "reflectance: [0, 0, 0]\n    "
TEXTURED = "7: materials 'm': reflectance"
CASES = {
    "roughness above 1": ("conductor", "roughness: 1.5", "7: materials 'm': roughness: expected a number in [0, 1], "
                          "got 1.5"),
    "negative roughness": ("principled", "base_color: [0, 0, 0]\n    roughness: -0.1", "8: materials 'm': roughness: "
                           "expected a number in [0, 1], got -0.1"),
    "ior below 1": ("dielectric", "ior: 0.9", "7: materials 'm': ior: expected a number in [1, 5], got 0.9"),
    "ior above 5": ("dielectric", "ior: 6", "7: materials 'm': ior: expected a number in [1, 5], got 6.0"),
    "f0 above 1": ("conductor", "f0: [1, 1.2, 1]", "7: materials 'm': f0: expected numbers in [0, 1], got 1.2 at "
                   "index 1"),
    "specular above 1": ("plastic", PLASTIC + "specular: 2", "8: materials 'm': specular: expected a number in "
                         "[0, 1], got 2.0"),
    "opacity above 1": ("conductor", "opacity: 1.01", "7: materials 'm': opacity: expected a number in [0, 1], got "
                        "1.01"),
    "colour for a number": ("conductor", "roughness: [0.1, 0.1, 0.1]", "7: materials 'm': roughness: expected a "
                            "number, got a list of 3"),
    "missing": ("plastic", "specular: 1", "5: materials 'm': reflectance: missing; expected 3 numbers in [0, 1] or a "
                "texture"),
    "key of another type": ("diffuse", PLASTIC + "roughness: 0.1", "8: materials 'm': roughness: unknown key; "
                            "expected one of type, reflectance, normal_map, opacity, two_sided"),
    "two_sided glass": ("dielectric", "two_sided: true", "7: materials 'm': two_sided: expected false for a material "
                        "that lets light through, got true"),
    "two_sided is a number": ("diffuse", PLASTIC + "two_sided: 1", "8: materials 'm': two_sided: expected true or "
                              "false, got 1"),
    "texture for a flag": ("diffuse", PLASTIC + "two_sided: {file: good.exr}", "8: materials 'm': two_sided: expected "
                           "true or false, got a map"),
    "word": ("diffuse", "reflectance: red", TEXTURED + ": expected 3 numbers, got 'red'"),
    "constant normal map": ("conductor", "normal_map: [0.5, 0.5, 1]", "7: materials 'm': normal_map: expected a "
                            "texture, got a list of 3"),
    "no file": ("diffuse", "reflectance: {file: oak.png}", TEXTURED + ".file: expected an image file, got 'oak.png': "
                "no such file"),
    "no file, but one like it": ("diffuse", "reflectance: {file: goood.png}", TEXTURED + ".file: expected an image "
                                 "file, got 'goood.png': no such file; did you mean 'good.exr'?"),
    "no folder": ("diffuse", "reflectance: {file: sub/good.exr}", TEXTURED + ".file: expected an image file, got "
                  "'sub/good.exr': no such file"),
    "folder": ("diffuse", "reflectance: {file: folder.png}", TEXTURED + ".file: cannot read 'folder.png': expected "
               "an image file, got a folder"),
    "not an image": ("diffuse", "reflectance: {file: a.obj}", TEXTURED + ".file: cannot read 'a.obj': expected one "
                     "of .exr, .png, .jpg, .jpeg, .hdr, .pic, got '.obj'"),
    "damaged": ("diffuse", "reflectance: {file: bad.exr}", TEXTURED + ".file: cannot read 'bad.exr': not an OpenEXR "
                "file"),
    "file is a number": ("diffuse", "reflectance: {file: 3}", TEXTURED + ".file: expected a file name, got 3"),
    "NaN in a file": ("diffuse", "reflectance: {file: nan.exr}", TEXTURED + ".file: cannot read 'nan.exr': pixel "
                      "(x=1, y=0), channel G: expected a finite value, got nan"),
    "beyond the range": ("diffuse", "reflectance: {file: bright.exr}", TEXTURED + ".file: 'bright.exr': expected "
                         "numbers in [0, 1], got 2.0 at index [1, 1, 0]"),
    "ior from a picture": ("dielectric", "ior: {file: grey.exr}", "7: materials 'm': ior.file: 'grey.exr': expected "
                           "numbers in [1, 5], got 0.25 at index [0, 0, 0]"),
    "inline range": ("diffuse", "reflectance: {image: [[[0, 0, 0], [0, 3, 0]]]}", TEXTURED + ".image: expected "
                     "numbers in [0, 1], got 3.0 at index [0, 1, 1]"),
    "colour image for a number": ("conductor", "roughness: {file: good.exr}", "7: materials 'm': roughness.file: "
                                  "expected a grey image for a number, got colours in 'good.exr'"),
    "inline colours for a number": ("conductor", "roughness: {image: [[[0, 0, 0]]]}", "7: materials 'm': "
                                    "roughness.image: expected rows of numbers or rows of rows of 1 number, got a "
                                    "list of 1"),
    "inline numbers for a colour": ("diffuse", "reflectance: {image: [[0, 0, 0]]}", TEXTURED + ".image: expected "
                                    "rows of rows of 3 numbers, got a list of 1"),
    "empty image": ("diffuse", "reflectance: {image: []}", TEXTURED + ".image: expected rows of rows of 3 numbers, "
                    "got a list of 0"),
    "file and image": ("diffuse", "reflectance: {file: good.exr, image: [[[0, 0, 0]]]}", TEXTURED + ": expected "
                       "either file or image, got both"),
    "no kind": ("diffuse", "reflectance: {wrap: clamp}", TEXTURED + ": expected a texture with one of file, image, "
                "checkerboard, vertex, got none of them"),
    "two kinds": ("diffuse", "reflectance: {file: good.exr, vertex: colors}", TEXTURED + ": expected a texture with "
                  "one of file, image, checkerboard, vertex, got file and vertex"),
    "normal map of another kind": ("conductor", "normal_map: {vertex: colors}", "7: materials 'm': normal_map: "
                                   "expected a texture with one of file, image, got vertex"),
    "wrap": ("diffuse", "reflectance: {file: good.exr, wrap: mirrored}", TEXTURED + ".wrap: expected one of repeat, "
             "clamp, mirror, got 'mirrored'; did you mean 'mirror'?"),
    "scale of 3": ("diffuse", "reflectance: {file: good.exr, scale: [1, 2, 3]}", TEXTURED + ".scale: expected a "
                   "number or 2 numbers, got a list of 3"),
    "offset": ("diffuse", "reflectance: {file: good.exr, offset: 1}", TEXTURED + ".offset: expected 2 numbers, got 1"),
    "raw": ("diffuse", "reflectance: {file: good.exr, raw: 1}", TEXTURED + ".raw: expected true or false, got 1"),
    "unknown key": ("diffuse", "reflectance: {file: good.exr, warp: clamp}", TEXTURED + ".warp: unknown key; did you "
                    "mean 'wrap'?"),
    "key beside a checkerboard": ("diffuse", "reflectance: {checkerboard: {a: [0, 0, 0], b: [1, 1, 1]}, scale: 3}",
                                  TEXTURED + ".scale: unknown key; expected one of checkerboard"),
    "half a checkerboard": ("diffuse", "reflectance: {checkerboard: {a: [0, 0, 0]}}", TEXTURED + ".checkerboard.b: "
                            "missing; expected 3 numbers in [0, 1]"),
    "checkerboard of textures": ("diffuse", "reflectance: {checkerboard: {a: [0, 0, 0], b: {file: x.exr}}}",
                                 TEXTURED + ".checkerboard.b: expected 3 numbers, got a map"),
    "checkerboard range": ("dielectric", "ior: {checkerboard: {a: 1.5, b: 0.5}}", "7: materials 'm': "
                           "ior.checkerboard.b: expected a number in [1, 5], got 0.5"),
    "not a checkerboard": ("diffuse", "reflectance: {checkerboard: 3}", TEXTURED + ".checkerboard: expected a map, "
                           "got 3"),
    "attribute": ("diffuse", "reflectance: {vertex: color}", TEXTURED + ".vertex: expected one of colors, got "
                  "'color'; did you mean 'colors'?"),
    "ior of vertices": ("dielectric", "ior: {vertex: colors}", "7: materials 'm': ior: expected a number in [1, 5]; "
                        "colours of vertices are in [0, 1]"),
    "normal map that is a photo": ("conductor", "normal_map: {file: good.exr}", "7: materials 'm': normal_map: "
                                   "expected vectors 2 * value - 1 of length 1, got lengths that are 0.46 away from "
                                   "it on average"),
    "normal map upside down": ("conductor", "normal_map: {file: down.exr}", "7: materials 'm': normal_map: expected "
                               "vectors that point out of the surface, got a mean z that isn't positive"),
    "decoded normal map": ("conductor", "normal_map: {file: flat.png, raw: false}", "7: materials 'm': normal_map: "
                           "expected vectors 2 * value - 1 of length 1, got lengths that are 0.28 away from it on "
                           "average"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_image("good.exr", RGB)
    write_image("grey.exr", GREY)
    write_image("bright.exr", RGB + (RGB == [0.3, 0.3, 0.3]) * [1.7, 0, 0])
    bad = np.array(RGB)
    bad[0, 1, 1] = np.nan
    write_image("nan.exr", bad, finite=False)
    write_image("down.exr", np.broadcast_to([0.5, 0.5, 0.0], (2, 2, 3)))
    write_image("flat.png", np.broadcast_to(np.array([128, 128, 255], dtype=np.uint8), (2, 2, 3)))
    (tmp_path / "bad.exr").write_text("no image")
    (tmp_path / "a.obj").write_text("v 0 0 0\n")
    (tmp_path / "folder.png").mkdir()
    return tmp_path


def message(text):
    with open("s.yaml", "w") as out:
        out.write(text)
    with pytest.raises(SceneError) as info:
        load_scene("s.yaml")
    return str(info.value)


@pytest.mark.parametrize("name", CASES)
def test_message(folder, name):
    kind, value, expected = CASES[name]
    text = TEXT.replace("TYPE", kind).replace("VALUE", value).replace("SHAPE", "rectangle")
    assert message(text) == f"s.yaml:{expected}"


@pytest.mark.parametrize("value, shape, expected", [
    ("reflectance: {file: good.exr}", MESH, "13: shapes 's': material: expected a shape with uvs, since 'm' has a "
     "texture for reflectance, got one without"),
    ("reflectance: [0, 0, 0]\n    opacity: {checkerboard: {a: 1, b: 0}}", MESH, "14: shapes 's': material: expected "
     "a shape with uvs, since 'm' has a texture for opacity, got one without"),
    ("reflectance: {vertex: colors}", MESH, "13: shapes 's': material: expected a shape with colors, since 'm' has a "
     "texture for reflectance from vertices, got one without"),
    ("reflectance: {vertex: colors}", "cube", "11: shapes 's': material: expected a shape with colors, since 'm' has "
     "a texture for reflectance from vertices, got one without"),
    ("reflectance: [0, 0, 0]", MESH + "\n    emission: {file: good.exr}", "13: shapes 's': emission: expected a "
     "shape with uvs, since it is a texture, got one without"),
    ("reflectance: [0, 0, 0]", "cube\n    emission: {vertex: colors}", "11: shapes 's': emission: expected a texture "
     "with one of file, image, checkerboard, got vertex"),
])
def test_what_a_shape_must_have_for_a_texture(folder, value, shape, expected):
    text = TEXT.replace("TYPE", "diffuse").replace("VALUE", value).replace("SHAPE", shape)
    assert message(text) == f"s.yaml:{expected}"


def test_where_names_the_line_of_a_texture(folder):
    lines = "reflectance:\n      checkerboard:\n        a: [0, 0, 0]\n        b: [1, 1, 1]"
    with open("s.yaml", "w") as out:
        out.write(TEXT.replace("TYPE", "diffuse").replace("VALUE", lines).replace("SHAPE", "rectangle"))
    scene = load_scene("s.yaml")
    assert scene.where("materials.m.reflectance.b") == ("s.yaml", 10)
    with pytest.raises(SceneError) as info:
        scene.replace({"materials.m.reflectance.b": [0, 2, 0]})
    assert str(info.value) == ("s.yaml:10: materials 'm': reflectance.b: expected numbers in [0, 1], got 2.0 at "
                               "index 1")
