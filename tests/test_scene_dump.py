"""Written scenes with textures, uvs, normals and colours: as dicts and as files."""

import os

import numpy as np
import pytest
from test_scene_api import same
from test_scene_materials import FLAT, GREY, RGB, document

from nrender.errors import NrenderError
from nrender.image import read_image, write_image
from nrender.scene import Scene, load_scene

COLOR, ROUGH = "materials.m.f0.image", "materials.m.roughness.image"
RGB32, GREY32 = (array.astype(np.float32).astype(np.float64) for array in (RGB, GREY[..., None]))


def same_shapes(a, b):
    same(a, b)
    for name, shape in a.shapes.items():
        other = b.shapes[name]
        assert shape.normals == other.normals
        for key in ("uvs", "corner_normals", "colors"):
            np.testing.assert_array_equal(getattr(shape, key), getattr(other, key), err_msg=key)


@pytest.fixture
def scene(tmp_path):
    """A file with textures in a folder of their own."""
    (tmp_path / "maps").mkdir()
    write_image(tmp_path / "maps" / "m-f0.exr", RGB)
    write_image(tmp_path / "maps" / "rough.png", np.round(GREY * 255).astype(np.uint8))
    write_image(tmp_path / "maps" / "sky.exr", RGB)
    (tmp_path / "s.yaml").write_text("""\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [4, 4]}
materials:
  m:
    type: conductor
    f0: {file: maps/m-f0.exr, scale: 3}
    roughness: {file: maps/rough.png, wrap: clamp, raw: false}
shapes:
  s: {type: rectangle, material: m, emission: {file: maps/sky.exr}}
lights:
  sky: {type: envmap, file: maps/sky.exr, rotate: [0, 30, 0]}
""")
    return load_scene(tmp_path / "s.yaml")


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def changed(scene):
    return scene.replace({COLOR: RGB32 / 2, ROUGH: GREY32 / 2, "shapes.s.emission.image": RGB32 * 2,
                          "lights.sky.image": RGB32 * 4})


def test_an_unchanged_scene_refers_to_its_images(scene, out):
    scene.dump(out / "r.yaml")
    assert os.listdir(out) == ["r.yaml"]
    text = (out / "r.yaml").read_text()
    assert "{file: ../maps/rough.png, wrap: clamp, raw: false}" in text
    same(load_scene(out / "r.yaml"), scene)
    assert scene.document["lights"]["sky"]["file"] == str(scene.file.parent / "maps" / "sky.exr")
    same(Scene.from_dict(scene.document), scene)


def test_changed_images_are_in_the_document(scene):
    other = changed(scene)
    material = other.document["materials"]["m"]
    assert material["f0"] == {"scale": 3, "image": (RGB32 / 2).tolist()}
    assert material["roughness"] == {"wrap": "clamp", "image": (GREY32 / 2).tolist()}
    same(Scene.from_dict(other.document), other)


def test_changed_images_are_written_beside_it(scene, out):
    other = changed(scene)
    other.dump(out / "r.yaml")
    assert sorted(os.listdir(out)) == ["m-f0.exr", "m-roughness.exr", "r.yaml", "s-emission.exr", "sky-image.exr"]
    again = load_scene(out / "r.yaml")
    same(again, other)
    assert again.materials["m"].values["f0"].scale.tolist() == [3, 3]
    assert again.materials["m"].values["roughness"].wrap == "clamp"
    np.testing.assert_array_equal(read_image(out / "m-f0.exr"), RGB32 / 2)


def test_only_what_changed_is_written(scene, out):
    scene.replace({ROUGH: GREY32}).dump(out / "r.yaml")
    assert sorted(os.listdir(out)) == ["m-roughness.exr", "r.yaml"]
    assert "../maps/m-f0.exr" in (out / "r.yaml").read_text()


def test_images_from_python_are_written(out):
    data = document(reflectance={"image": RGB32, "wrap": "mirror"}, normal_map={"image": FLAT},
                    opacity={"checkerboard": {"a": 1, "b": 0.5}})
    scene = Scene.from_dict(data)
    scene.dump(out / "r.yaml")
    assert sorted(os.listdir(out)) == ["m-normal_map.exr", "m-reflectance.exr", "r.yaml"]
    same(load_scene(out / "r.yaml"), scene)


def test_a_dump_writes_over_what_it_wrote_and_over_nothing_else(scene, out):
    (out / "m-f0.exr").write_text("mine")
    changed(scene).dump(out / "r.yaml")
    assert (out / "m-f0.exr").read_text() == "mine"
    files = {"m-f0.exr", "r-m-f0.exr", "m-roughness.exr", "r.yaml", "s-emission.exr", "sky-image.exr"}
    assert set(os.listdir(out)) == files
    scene.replace({COLOR: RGB32 / 4}).dump(out / "r.yaml")
    np.testing.assert_array_equal(read_image(out / "r-m-f0.exr"), RGB32 / 4)
    changed(scene).dump(out / "other.yaml")
    assert set(os.listdir(out)) - files == {"other.yaml", "other-m-f0.exr", "other-m-roughness.exr",
                                            "other-s-emission.exr", "other-sky-image.exr"}
    assert (out / "m-f0.exr").read_text() == "mine"


def test_a_dump_never_overwrites_its_sources(scene, out):
    changed(scene).dump(out / "r.yaml")
    first = load_scene(out / "r.yaml")
    before = {name: (out / name).read_bytes() for name in os.listdir(out) if name.endswith(".exr")}
    second = first.replace({COLOR: RGB32 / 8})
    second.dump(out / "r.yaml")
    assert {name: (out / name).read_bytes() for name in before} == before
    same(load_scene(out / "r.yaml"), second)
    same(first, Scene.from_dict(first.document))


def test_a_link_that_leads_nowhere_is_not_followed(scene, out):
    (out / "m-f0.exr").symlink_to(out / "elsewhere.exr")
    scene.replace({COLOR: RGB32}).dump(out / "r.yaml")
    assert sorted(os.listdir(out)) == ["m-f0.exr", "r-m-f0.exr", "r.yaml"]


def test_images_where_they_cannot_be_written(scene, tmp_path):
    with pytest.raises(NrenderError, match="no such folder"):
        changed(scene).dump(tmp_path / "none" / "r.yaml")


# Meshes


@pytest.mark.parametrize("copies", [2, 400])
def test_a_changed_mesh_keeps_its_corners_and_colours(tmp_path, out, copies):
    """2 copies are written inline, 400 into a PLY."""
    rng = np.random.default_rng(0)
    vertices = rng.random((3 * copies, 3))
    uvs, normals = rng.random((3 * copies, 2)), rng.normal(size=(3 * copies, 3))
    lines = [f"{kind} {' '.join(map(str, row))}" for kind, rows in (("v", vertices), ("vt", uvs), ("vn", normals))
             for row in rows.tolist()]
    lines += ["f " + " ".join(f"{i}/{i}/{i}" for i in range(k, k + 3)) for k in range(1, 3 * copies, 3)]
    (tmp_path / "m.obj").write_text("\n".join(lines))
    data = document({"type": "mesh", "file": "m.obj", "colors": rng.random((3 * copies, 3))},
                    reflectance={"vertex": "colors"})
    scene = Scene.from_dict(data, base=tmp_path)
    other = scene.replace({"shapes.s.vertices": vertices / 3, "shapes.s.colors": rng.random((3 * copies, 3))})
    same_shapes(Scene.from_dict(other.document), other)
    other.dump(out / "r.yaml")
    assert sorted(os.listdir(out)) == (["r.yaml"] if copies == 2 else ["r.yaml", "s.ply"])
    same_shapes(load_scene(out / "r.yaml"), other)
    same_shapes(scene, Scene.from_dict(scene.document))


def test_many_changed_colours_alone_go_into_a_file_too(out):
    data = document({"type": "mesh", "vertices": np.random.default_rng(0).random((1200, 3)),
                     "faces": np.arange(1200).reshape(-1, 3), "uvs": np.random.default_rng(1).random((1200, 2)),
                     "colors": np.zeros((1200, 3))}, reflectance={"vertex": "colors"})
    scene = Scene.from_dict(data).replace({"shapes.s.colors": np.full((1200, 3), 0.1)})
    scene.dump(out / "r.yaml")
    assert sorted(os.listdir(out)) == ["r.yaml", "s.ply"]
    same_shapes(load_scene(out / "r.yaml"), scene)


def test_smooth_normals_stay_smooth(out):
    data = document({"type": "mesh", "vertices": np.eye(3), "faces": [[0, 1, 2]], "normals": "smooth",
                     "corner_normals": np.ones((1, 3, 3))}, reflectance=[0, 0, 0])
    scene = Scene.from_dict(data).replace({"shapes.s.vertices": 2 * np.eye(3)})
    scene.dump(out / "r.yaml")
    same_shapes(load_scene(out / "r.yaml"), scene)
    assert load_scene(out / "r.yaml").shapes["s"].normals == "smooth"
