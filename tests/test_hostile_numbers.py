"""Few words that ask for much memory or time are refused before they get it."""

import numpy as np
import pytest
from hostile import SCENE, refused

from nrender.errors import SceneError
from nrender.image import write_image
from nrender.scene import load_scene
from nrender.scene.shapes import SHAPES

MUCH = {
    "subdivisions": ("subdivisions: 1", "subdivisions: 1000000000", r"subdivisions: expected an integer in \[0, 8\]"),
    "segments": ("type: sphere, subdivisions: 1", "type: disk, segments: 1000000000", r"segments: .* \[3, 65536\]"),
    "resolution": ("[8, 8]", "[1000000, 1000000]", r"resolution: expected integers in \[1, 65536\]"),
    "pixels": ("[8, 8]", "[65536, 65536]", r"resolution: expected at most 268435456 pixels"),
    "spp": ("spp: 4", "spp: 1000000000000", r"spp: expected an integer in \[1, 2147483647\]"),
    "max_depth": ("max_depth: 3", "max_depth: 1000000000", r"max_depth: expected an integer in \[1, 65536\]"),
    "a crop": ("[8, 8]", "[8, 8], crop: [0, 0, 9999999, 1]", r"crop: expected integers in \[0, 65536\]"),
}


@pytest.mark.parametrize("old, new, expected", MUCH.values(), ids=MUCH)
def test_numbers_have_limits(tmp_path, old, new, expected):
    assert SCENE.count(old) == 1
    refused(tmp_path, SCENE.replace(old, new), expected)


def test_all_shapes_together_have_a_limit(tmp_path, monkeypatch):
    """Each sphere is allowed, 100 of them are 131 million triangles."""
    spheres = "".join(f"  a{k}: {{type: sphere, subdivisions: 8, material: w}}\n" for k in range(100))
    file = tmp_path / "s.yaml"
    file.write_text(SCENE.replace("shapes:\n", f"shapes:\n{spheres}"))
    monkeypatch.setattr("nrender.scene.check.MOST_MADE", 2**16)
    with pytest.raises(SceneError, match="shapes 'a0': expected at most 65536 triangles of all spheres"):
        load_scene(file)


def test_a_mesh_file_that_is_named_again_and_again_counts(tmp_path, monkeypatch):
    monkeypatch.setattr("nrender.scene.check.MOST_MADE", 100)
    (tmp_path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n" + "f 1 2 3\n" * 30)
    shape = "  {}: {{type: mesh, file: m.obj, material: w}}\n"
    text = SCENE.split("  a:")[0]
    (tmp_path / "s.yaml").write_text(text + "".join(map(shape.format, "abcd")))
    load_scene(tmp_path / "s.yaml")
    refused(tmp_path, text + "".join(map(shape.format, "abcde")), "shapes 'e': expected at most 100 triangles")


@pytest.mark.parametrize("name, values", [("sphere", {"subdivisions": 2}), ("disk", {"segments": 7}), ("teapot", {})])
def test_triangles_are_counted_before_they_are_made(tmp_path, name, values):
    model = SHAPES.types[name]
    assert model.triangles(values) == len(model.build(values, tmp_path).faces)


def test_an_image_of_many_textures_is_in_memory_once(tmp_path):
    write_image(tmp_path / "a.png", np.full((4, 4, 3), 0.5))
    shape = "  s{0}: {{type: rectangle, material: m{0}}}\n"
    material = "  m{0}: {{type: diffuse, reflectance: {{file: a.png}}}}\n"
    text = SCENE.split("materials")[0] + "materials:\n" + "".join(map(material.format, "abc"))
    (tmp_path / "s.yaml").write_text(text + "shapes:\n" + "".join(map(shape.format, "abc")))
    images = [material.values["reflectance"].image for material in load_scene(tmp_path / "s.yaml").materials.values()]
    assert images[0] is images[1] is images[2]
    write_image(tmp_path / "a.png", np.full((4, 5, 3), 0.5))
    assert load_scene(tmp_path / "s.yaml").materials["ma"].values["reflectance"].image.shape == (4, 5, 3)
