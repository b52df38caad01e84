"""Materials and their textures: types, values, parameters."""

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


# New values


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


def test_repr_is_short():
    text = repr(make(reflectance={"image": np.zeros((64, 128, 3))}, opacity={"checkerboard": {"a": 1, "b": 0}}))
    assert "reflectance=Texture(128 x 64, 3 channels, repeat), opacity=Checkerboard(1., 0.)" in text
