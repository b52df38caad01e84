"""What of a Mitsuba scene becomes what, without rendering: see test_convert_mitsuba.py for the images."""

import pytest
from convert_files import converter, write_all
from convert_scenes import SCENES

import nrender as nr
from nrender.convert import convert
from nrender.convert.metals import INDEX, normal_reflectance


@pytest.fixture
def converted(tmp_path):
    return converter(tmp_path)


def material(converted, bsdf, shape='<shape type="rectangle">{}</shape>'):
    document, notes = converted(shape.format(bsdf))
    (entry,) = document["materials"].values()
    return entry, notes


@pytest.mark.parametrize("name", SCENES)
def test_scenes_are_sound(tmp_path, name):
    write_all(tmp_path)
    (tmp_path / "scene.xml").write_text(SCENES[name])
    result = convert(tmp_path / "scene.xml", tmp_path / "scene.yaml")
    assert result.refused == []
    scene = nr.load_scene(tmp_path / "scene.yaml")
    assert (scene.cameras["view"].width, scene.integrator.spp) in ((28, 64), (36, 64))
    assert "Converted from" in (tmp_path / "scene.yaml").read_text()


# Materials


@pytest.mark.parametrize(
    "bsdf, entry",
    [
        ("", {"type": "diffuse", "reflectance": [0.5] * 3, "two_sided": False}),
        ('<bsdf type="diffuse"/>', {"type": "diffuse", "reflectance": [0.5] * 3, "two_sided": False}),
        ('<bsdf type="twosided"><bsdf type="diffuse"/></bsdf>', {"type": "diffuse", "reflectance": [0.5] * 3}),
        (
            '<bsdf type="twosided"><bsdf type="conductor"/></bsdf>',
            {"type": "conductor", "f0": [1.0] * 3, "roughness": 0.0},
        ),
        (
            '<bsdf type="roughdielectric"><string name="int_ior" value="diamond"/><float name="ext_ior" value="1"/>'
            '<float name="alpha" value="0.25"/><string name="distribution" value="ggx"/></bsdf>',
            {"type": "dielectric", "ior": 2.419, "roughness": 0.5},
        ),
        (
            '<bsdf type="plastic"><float name="specular_reflectance" value="0.5"/></bsdf>',
            {"type": "plastic", "reflectance": [0.5] * 3, "roughness": 0.0, "specular": 0.5, "two_sided": False},
        ),
        (
            '<bsdf type="principled"><float name="spec_trans" value="0.2"/></bsdf>',
            {"type": "principled", "base_color": [0.5] * 3, "clearcoat_gloss": 0.0, "transmission": 0.2},
        ),
        (
            '<bsdf type="blendbsdf"><float name="weight" value="0.25"/><bsdf type="diffuse"/><bsdf type="diffuse">'
            '<rgb name="reflectance" value="0.1"/></bsdf></bsdf>',
            {"type": "diffuse", "reflectance": [0.4] * 3, "two_sided": False},
        ),
        (
            '<bsdf type="mask"><float name="opacity" value="0.3"/><bsdf type="diffuse"/></bsdf>',
            {"type": "diffuse", "reflectance": [0.5] * 3, "two_sided": False, "opacity": 0.3},
        ),
    ],
)
def test_materials(converted, bsdf, entry):
    found, notes = material(converted, bsdf)
    assert found == entry
    assert all("rays to lights" in note for note in notes)


@pytest.mark.parametrize(
    "bsdf, note",
    [
        ('<bsdf type="roughconductor"/>', "GGX instead of Beckmann's distribution"),
        ('<bsdf type="conductor"><string name="material" value="Cu"/></bsdf>', "Schlick's Fresnel factor"),
        ('<bsdf type="thindielectric"/>', "a mirror with an opacity of 0.0779"),
        ('<bsdf type="plastic"><float name="int_ior" value="1.7"/></bsdf>', "an index of 1.49 instead of 1.7"),
        ('<bsdf type="principled"><float name="flatness" value="0.5"/></bsdf>', "flatness: 0 instead"),
        ('<bsdf type="hk"><float name="g" value="0.5"/></bsdf>', "a grey diffuse surface"),
        ('<bsdf type="bumpmap"><bsdf type="diffuse"/></bsdf>', "without its bumps"),
        ('<bsdf type="diffuse"><float name="reflectnce" value="0.5"/></bsdf>', "reflectnce: ignored"),
        ('<bsdf type="diffuse"><rgb name="reflectance" value="1.5"/></bsdf>', "cut to [0, 1]"),
        ('<bsdf type="blendbsdf"><bsdf type="diffuse"/><bsdf type="plastic"/></bsdf>', "that has more weight"),
    ],
)
def test_what_is_approximated_has_a_line(converted, bsdf, note):
    _, notes = material(converted, bsdf)
    assert [line for line in notes if note in line and line.startswith("in.xml:1: bsdf '")], notes


def test_metals_by_name_and_by_index(converted):
    gold, _ = material(converted, '<bsdf type="roughconductor"><string name="material" value="Au"/></bsdf>')
    given, _ = material(
        converted, '<bsdf type="roughconductor"><rgb name="eta" value="0.143 0.3753 1.442"/>'
        '<rgb name="k" value="3.983 2.386 1.603"/></bsdf>')
    assert gold == given
    assert gold["f0"][0] > 0.95 > gold["f0"][1] > 0.75 > gold["f0"][2]
    assert all((0 < normal_reflectance(*index)).all() for index in INDEX.values())
    # Schoolbook glass: ((1.5 - 1)/(1.5 + 1))^2
    assert normal_reflectance(1.5, 0.0) == pytest.approx(0.04)


def test_a_material_that_no_shape_has_is_left_out(converted):
    document, _ = converted('<bsdf type="diffuse" id="unused"/><shape type="cube"/>')
    assert list(document["materials"]) == ["default"]


# Textures


def test_one_texture_on_shapes_with_either_v(converted):
    """The first row of a bitmap is at v = 0, and v of an OBJ is turned over when it's read."""
    document, _ = converted(
        '<bsdf type="diffuse" id="a"><texture name="reflectance" type="bitmap">'
        '<string name="filename" value="tiles.png"/><transform name="to_uv"><scale x="2" y="3"/>'
        '<translate x="0.25" y="0.125"/></transform></texture></bsdf>'
        '<shape type="rectangle"><ref id="a"/></shape>'
        '<shape type="obj"><string name="filename" value="leaf.obj"/><ref id="a"/></shape>')
    of = {name: document["materials"][shape["material"]]["reflectance"] for name, shape in document["shapes"].items()}
    assert of["rectangle"] == {"file": "tiles.png", "scale": [2.0, -3.0], "offset": [0.25, 0.875]}
    assert of["obj"] == {"file": "tiles.png", "scale": [2.0, 3.0], "offset": [0.25, 0.875]}
    # The same point of the surface: v of an OBJ is 1 - v.
    v = 0.3
    assert (-3 * v + 0.875) % 1 == pytest.approx((3 * (1 - v) + 0.875) % 1)


def test_textures_that_cannot_be_become_their_mean(converted):
    entry, notes = material(
        converted, '<bsdf type="principled"><texture name="metallic" type="bitmap">'
        '<string name="filename" value="tiles.png"/></texture></bsdf>')  # it has colours
    assert 0 < entry["metallic"] < 1
    assert any("its mean instead" in note for note in notes)


def test_a_picture_in_a_format_that_is_not_read(converted, tmp_path):
    (tmp_path / "a.tga").write_bytes(b"x")
    entry, notes = material(
        converted, '<bsdf type="diffuse"><texture name="reflectance" type="bitmap">'
        '<string name="filename" value="a.tga"/></texture></bsdf>')
    assert entry["reflectance"] == [0.5] * 3
    assert any("expected one of .exr" in note for note in notes)
