"""Materials and their textures: values, parameters, and every bad one with its line."""

import numpy as np
import pytest

from nrender.errors import SceneError
from nrender.image import srgb_decode, write_image
from nrender.scene import Scene, load_scene
from nrender.scene.materials import COMMON, MATERIALS, is_two_sided
from nrender.scene.models import Checkerboard, Texture, VertexColors

RGB = np.array([[[0.1, 0.5, 0.9], [0.2, 0.4, 0.6]], [[0, 1, 0.25], [0.3, 0.3, 0.3]], [[1, 1, 1], [0, 0, 0]]])
GREY = np.array([[0.25, 0.5], [0.75, 1.0]])
FLAT = np.broadcast_to([0.5, 0.5, 1.0], (4, 4, 3))
REQUIRED = {"diffuse": {"reflectance": [0.5] * 3}, "plastic": {"reflectance": [0.5] * 3},
            "principled": {"base_color": [0.5] * 3}}


def document(shape=None, **material):
    return {
        "nrender": 1,
        "cameras": {"main": {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0], "resolution": [4, 4]}},
        "materials": {"m": {"type": "diffuse", **material}},
        "shapes": {"s": {"material": "m", **(shape or {"type": "rectangle"})}},
    }


def make(shape=None, base=None, **material):
    return Scene.from_dict(document(shape, **material), base)


def parameters(scene, of="materials.m."):
    return {path.removeprefix(of): value.shape for path, value in scene.parameters.items() if path.startswith(of)}


def triangle(**given):
    return {"type": "mesh", "vertices": [[0, 0, 0], [1, 0, 0], [0, 1, 0]], "faces": [[0, 1, 2]], **given}


# Types


@pytest.mark.parametrize("name", MATERIALS.types)
def test_every_value_of_every_type_is_a_parameter(name):
    scene = make(type=name, **REQUIRED.get(name, {}))
    values = scene.materials["m"].values
    assert set(values) == set(MATERIALS.types[name].keys)
    assert parameters(scene) == {key: value.shape for key, value in values.items()}
    for key, value in values.items():
        path = f"materials.m.{key}"
        other = scene.replace({path: value * 0.5 + 0.5})
        np.testing.assert_array_equal(other.materials["m"].values[key], value * 0.5 + 0.5)
        np.testing.assert_array_equal(Scene.from_dict(other.document).parameters[path], value * 0.5 + 0.5)


@pytest.mark.parametrize("name, defaults", [
    ("conductor", {"f0": [0.9] * 3, "roughness": 0.3}),
    ("plastic", {"specular": 1, "roughness": 0.3}),
    ("dielectric", {"ior": 1.5, "roughness": 0}),
    ("principled", {"metallic": 0, "roughness": 0.5, "specular": 0.5, "specular_tint": 0, "sheen": 0,
                    "sheen_tint": 0, "clearcoat": 0, "clearcoat_gloss": 0.9, "transmission": 0}),
])
def test_defaults(name, defaults):
    values = make(type=name, **REQUIRED.get(name, {})).materials["m"].values
    assert {key: value.tolist() for key, value in values.items() if key not in REQUIRED.get(name, {})} == defaults


@pytest.mark.parametrize("name", MATERIALS.types)
def test_modifiers_are_there_only_if_given(name):
    given = REQUIRED.get(name, {})
    plain = make(type=name, **given)
    assert not set(COMMON) & set(plain.materials["m"].values)
    scene = make(type=name, normal_map={"image": FLAT}, opacity=0.5, two_sided=False, **given)
    assert set(COMMON) <= set(scene.materials["m"].values)
    assert "two_sided" not in parameters(scene)
    assert parameters(scene).items() >= {"normal_map.image": (4, 4, 3), "opacity": ()}.items()
    assert scene.materials["m"].values["opacity"] == 0.5


@pytest.mark.parametrize("name, key", [(name, key) for name, model in MATERIALS.types.items()
                                       for key, declared in {**model.keys, **COMMON}.items()
                                       if declared.textured and declared.constant])
def test_every_value_can_be_a_texture(name, key):
    declared = MATERIALS.keys(name)[key]
    pixels = (RGB if declared.channels == 3 else GREY) * 0.5 + 0.5
    if key == "ior":
        pixels = pixels + 1
    scene = make(type=name, **{**REQUIRED.get(name, {}), key: {"image": pixels}})
    texture = scene.materials["m"].values[key]
    assert isinstance(texture, Texture)
    np.testing.assert_array_equal(texture.image.squeeze(), pixels)
    assert texture.image.shape == (*pixels.shape[:2], declared.channels)
    assert scene.parameters[f"materials.m.{key}.image"].shape == texture.image.shape


@pytest.mark.parametrize("name", [name for name, model in MATERIALS.types.items() if "roughness" in model.keys])
def test_a_roughness_of_nothing_is_allowed(name):
    """It is as smooth as can be: kernels use an alpha of at least 1e-3."""
    scene = make(type=name, roughness=0, **REQUIRED.get(name, {}))
    assert scene.parameters["materials.m.roughness"] == 0


# Sides


@pytest.mark.parametrize("material, sides", [
    ({"type": "diffuse", "reflectance": [0.5] * 3}, True),
    ({"type": "conductor"}, True),
    ({"type": "plastic", "reflectance": [0.5] * 3}, True),
    ({"type": "dielectric"}, False),
    ({"type": "principled", "base_color": [0.5] * 3}, True),
    ({"type": "principled", "base_color": [0.5] * 3, "transmission": 0.0}, True),
    ({"type": "principled", "base_color": [0.5] * 3, "transmission": 0.01}, False),
    ({"type": "principled", "base_color": [0.5] * 3, "transmission": {"image": GREY * 0}}, False),
    ({"type": "principled", "base_color": {"image": RGB}, "transmission": 0}, True),
])
def test_the_sides_differ_where_light_comes_through(material, sides):
    assert is_two_sided(make(**material).materials["m"]) is sides
    one_sided = make(**material, two_sided=False)
    assert is_two_sided(one_sided.materials["m"]) is False
    assert one_sided.materials["m"].values["two_sided"] is False
    if sides:
        assert is_two_sided(make(**material, two_sided=True).materials["m"]) is True
    else:
        with pytest.raises(SceneError) as info:
            make(**material, two_sided=True)
        assert str(info.value) == ("<dict>: materials 'm': two_sided: expected false for a material that lets light "
                                   "through, got true")


def test_every_type_has_sides():
    assert {name: is_two_sided(make(type=name, **REQUIRED.get(name, {})).materials["m"])
            for name in MATERIALS.types} == {name: name != "dielectric" for name in MATERIALS.types}


def test_sides_follow_the_transmission(tmp_path):
    scene = make(type="principled", base_color=[0.5] * 3)
    clear = scene.replace({"materials.m.transmission": 0.5})
    assert is_two_sided(scene.materials["m"])
    assert not is_two_sided(clear.materials["m"])
    told = make(type="principled", base_color=[0.5] * 3, two_sided=True)
    with pytest.raises(SceneError) as info:
        told.replace({"materials.m.transmission": 0.5})
    assert str(info.value) == ("<dict>: materials 'm': two_sided: expected false for a material that lets light "
                               "through, got true")


def test_sides_are_written(tmp_path):
    scene = make(reflectance=[0.5] * 3, two_sided=False).replace({"materials.m.reflectance": [0.25] * 3})
    scene.dump(tmp_path / "s.yaml")
    again = load_scene(tmp_path / "s.yaml")
    assert again.materials["m"].values["two_sided"] is False
    assert Scene.from_dict(scene.document).materials["m"].values["two_sided"] is False
    plain = make(reflectance=[0.5] * 3)
    plain.dump(tmp_path / "p.yaml")
    assert "two_sided" not in (tmp_path / "p.yaml").read_text()


# Textures


def test_what_a_texture_is():
    image = make(reflectance={"image": RGB, "wrap": "mirror", "scale": 2, "offset": [0.5, 0.25]})
    texture = image.materials["m"].values["reflectance"]
    assert (texture.kind, texture.wrap, texture.scale.tolist(), texture.offset.tolist()) == (
        "image", "mirror", [2, 2], [0.5, 0.25])
    assert texture.image.dtype == np.float64
    assert not texture.image.flags.writeable
    texture = make(reflectance={"image": RGB.tolist(), "scale": [2, -3]}).materials["m"].values["reflectance"]
    assert (texture.wrap, texture.scale.tolist(), texture.offset.tolist()) == ("repeat", [2, -3], [0, 0])
    np.testing.assert_array_equal(texture.image, RGB)


def test_an_array_is_copied():
    pixels = RGB.copy()
    scene = make(reflectance={"image": pixels})
    pixels[:] = 0
    np.testing.assert_array_equal(scene.materials["m"].values["reflectance"].image, RGB)


@pytest.mark.parametrize("pixels", [GREY, GREY[..., None]])
def test_an_array_for_a_number_has_one_channel(pixels):
    scene = make(type="conductor", roughness={"image": pixels})
    np.testing.assert_array_equal(scene.parameters["materials.m.roughness.image"], GREY[..., None])


def test_a_checkerboard():
    scene = make(reflectance={"checkerboard": {"a": [1, 0, 0], "b": [0, 0, 1], "scale": [4, 2]}},
                 opacity={"checkerboard": {"a": 1, "b": 0.5, "offset": [0.5, 0]}})
    colours, numbers = (scene.materials["m"].values[key] for key in ("reflectance", "opacity"))
    assert isinstance(colours, Checkerboard)
    assert (colours.a.tolist(), colours.b.tolist(), colours.scale.tolist(), colours.offset.tolist()) == (
        [1, 0, 0], [0, 0, 1], [4, 2], [0, 0])
    assert (numbers.a.shape, float(numbers.b), numbers.scale.tolist(), numbers.offset.tolist()) == (
        (), 0.5, [2, 2], [0.5, 0])
    assert parameters(scene) == {"reflectance.a": (3,), "reflectance.b": (3,), "opacity.a": (), "opacity.b": ()}
    other = scene.replace({"materials.m.reflectance.b": [0, 1, 0], "materials.m.opacity.a": 0.25})
    assert other.materials["m"].values["reflectance"].a is colours.a
    assert other.document["materials"]["m"]["reflectance"] == {
        "checkerboard": {"a": [1, 0, 0], "b": [0, 1, 0], "scale": [4, 2]}}
    assert Scene.from_dict(other.document).parameters["materials.m.opacity.a"] == 0.25


def test_colours_of_vertices():
    colors = [[1, 0, 0], [0, 1, 0], [0, 0, 0.5]]
    scene = make(triangle(colors=colors), reflectance={"vertex": "colors"}, opacity={"vertex": "colors"})
    assert isinstance(scene.materials["m"].values["reflectance"], VertexColors)
    assert parameters(scene) == {}
    np.testing.assert_array_equal(scene.shapes["s"].colors, colors)
    other = scene.replace({"shapes.s.colors": np.eye(3)})
    np.testing.assert_array_equal(other.shapes["s"].colors, np.eye(3))
    assert other.document["shapes"]["s"]["colors"] == np.eye(3).tolist()


def test_an_emission_can_be_a_texture():
    scene = make({"type": "rectangle", "emission": {"image": 10 * RGB}}, reflectance=[0, 0, 0])
    np.testing.assert_array_equal(scene.shapes["s"].emission.image, 10 * RGB)
    other = scene.replace({"shapes.s.emission.image": 2 * RGB})
    np.testing.assert_array_equal(Scene.from_dict(other.document).shapes["s"].emission.image, 2 * RGB)
    assert "shapes.s.emission" not in scene.parameters
    scene = make({"type": "cube", "emission": {"checkerboard": {"a": [9, 0, 0], "b": [0, 0, 0]}}}, reflectance=[0] * 3)
    assert list(parameters(scene, "shapes.s.emission.")) == ["a", "b"]


# Files


def test_exr_is_linear_and_png_is_decoded_for_colours_only(tmp_path):
    eighths = np.round(RGB * 255).astype(np.uint8)
    grey = np.round(GREY * 255).astype(np.uint8)
    write_image(tmp_path / "c.exr", RGB)
    write_image(tmp_path / "c.png", eighths)
    write_image(tmp_path / "g.png", grey)
    write_image(tmp_path / "g.exr", GREY)

    def image(key, **texture):
        made = make(base=tmp_path, type="conductor", **{key: texture})
        return made.materials["m"].values[key].image.squeeze()

    np.testing.assert_array_equal(image("f0", file="c.exr"), RGB.astype(np.float32))
    np.testing.assert_allclose(image("f0", file="c.png"), srgb_decode(eighths / 255), rtol=1e-6)
    np.testing.assert_array_equal(image("f0", file="c.png", raw=True), eighths / 255)
    np.testing.assert_array_equal(image("f0", file="c.exr", raw=True), RGB.astype(np.float32))
    np.testing.assert_array_equal(image("roughness", file="g.png"), grey / 255)
    np.testing.assert_allclose(image("roughness", file="g.png", raw=False), srgb_decode(grey / 255), rtol=1e-6)
    np.testing.assert_array_equal(image("roughness", file="g.exr"), GREY.astype(np.float32))


def test_every_code_comes_through_raw(tmp_path):
    from nrender.scene.textures import read_pixels

    codes = np.arange(256, dtype=np.uint8).reshape(16, 16)
    write_image(tmp_path / "all.png", codes)
    pixels = read_pixels({"file": "all.png"}, tmp_path, 1, raw=True)
    np.testing.assert_array_equal(pixels[..., 0], codes / 255)


def test_normal_maps_are_raw(tmp_path):
    codes = np.broadcast_to(np.array([128, 128, 255], dtype=np.uint8), (2, 2, 3))
    write_image(tmp_path / "n.png", codes)
    scene = make(base=tmp_path, reflectance=[0.5] * 3, normal_map={"file": "n.png"})
    np.testing.assert_array_equal(scene.materials["m"].values["normal_map"].image, codes / 255)


def test_an_image_of_a_picture_library_may_have_noise_in_its_grey(tmp_path):
    ramp = np.repeat(np.linspace(0, 1, 64)[None, :, None], 8, axis=0) * np.ones(3)
    write_image(tmp_path / "g.jpg", ramp)
    scene = make(base=tmp_path, type="conductor", roughness={"file": "g.jpg"})
    assert scene.materials["m"].values["roughness"].image.shape == (8, 64, 1)


# What is refused

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


@pytest.mark.parametrize("values, expected", [
    ({"reflectance.image": RGB[:1]}, "reflectance.image: expected 3 rows of 2 rows of 3 numbers, got an array of "
     "shape (1, 2, 3) and type float64"),
    ({"reflectance.image": RGB * 2}, "reflectance.image: expected numbers in [0, 1], got 1.8 at index [0, 0, 2]"),
    ({"reflectance": [0, 0, 0]}, "reflectance: no such parameter; did you mean 'materials.m.reflectance.image'?"),
    ({"normal_map.image": FLAT * 0}, "normal_map: expected vectors 2 * value - 1 of length 1, got lengths that are "
     "0.73 away from it on average"),
])
def test_replace_checks_images(values, expected):
    scene = make(reflectance={"image": RGB}, normal_map={"image": FLAT})
    with pytest.raises(SceneError) as info:
        scene.replace({f"materials.m.{key}": value for key, value in values.items()})
    assert str(info.value) == f"<dict>: materials 'm': {expected}"


def test_replace_shares_the_texture_and_copies_the_image():
    scene = make(reflectance={"image": RGB}, opacity={"image": GREY})
    pixels = RGB * 0.5
    other = scene.replace({"materials.m.reflectance.image": pixels})
    pixels[:] = 0
    np.testing.assert_array_equal(other.parameters["materials.m.reflectance.image"], RGB * 0.5)
    np.testing.assert_array_equal(scene.parameters["materials.m.reflectance.image"], RGB)
    assert other.materials["m"].values["opacity"] is scene.materials["m"].values["opacity"]


def test_an_image_can_be_fitted():
    data = document(reflectance={"image": RGB})
    path = "materials.m.reflectance.image"
    data["optimize"] = {"parameters": {path: {"init": 0.5, "bounds": [0.1, None], "mask": np.ones((3, 2, 1))}}}
    spec = Scene.from_dict(data).optimize.parameters[path]
    assert spec.init.shape == spec.mask.shape == (3, 2, 3)
    assert (spec.bounds[0].min(), spec.bounds[1].max()) == (0.1, 1)


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


def test_repr_is_short():
    text = repr(make(reflectance={"image": np.zeros((64, 128, 3))}, opacity={"checkerboard": {"a": 1, "b": 0}}))
    assert "reflectance=Texture(128 x 64, 3 channels, repeat), opacity=Checkerboard(1., 0.)" in text
