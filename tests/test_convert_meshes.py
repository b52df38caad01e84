"""OBJ with its MTL, PLY and STL as scenes that render as they are."""

from pathlib import Path

import numpy as np
import pytest
import yaml

import nrender as nr
from nrender.convert import convert
from nrender.image import write_image
from nrender.scene.look_at import pose
from nrender.scene.transform import world_vertices

OBJ = """mtllib a.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl first
f 1/1 2/2 3/3
usemtl second
f -4 -2 -1
"""


@pytest.fixture
def read(tmp_path):
    def call(mtl, obj=OBJ):
        write_image(tmp_path / "tiles.png", np.full((2, 3, 3), 0.5))
        write_image(tmp_path / "tiles.exr", np.full((2, 3, 3), 0.25))
        (tmp_path / "a.obj").write_text(obj)
        (tmp_path / "a.mtl").write_text(mtl)
        result = convert(tmp_path / "a.obj", tmp_path / "out.yaml")
        notes = [str(p).removeprefix(f"{tmp_path}/") for p in result.approximated + result.refused]
        return nr.load_scene(tmp_path / "out.yaml"), [note for note in notes if "added" not in note]

    return call


def test_a_shape_for_each_material(read, tmp_path):
    scene, notes = read("newmtl first\nKd 0.1 0.2 0.3\nmap_Kd -s 2 3 1 -clamp on tiles.png\nnewmtl second\nKd 1 0 0\n")
    assert notes == ["a.mtl:2: material 'first': Kd: map_Kd alone"]
    assert list(scene.shapes) == ["first", "second"]
    assert scene.shapes["first"].uvs.tolist() == [[[0, 0], [1, 0], [1, 1]]]
    assert scene.shapes["second"].uvs is None
    assert scene.shapes["second"].vertices[scene.shapes["second"].faces].tolist() == [[[0, 0, 0], [1, 1, 0], [0, 1, 0]]]
    texture = yaml.safe_load((tmp_path / "out.yaml").read_text())["materials"]["first"]["base_color"]
    assert texture == {"file": "tiles.png", "scale": [2.0, 3.0], "wrap": "clamp"}
    assert scene.document["materials"]["second"] == {
        "type": "principled", "base_color": [1, 0, 0], "metallic": 0.0, "roughness": 1.0, "specular": 0.0}


@pytest.mark.parametrize(
    "mtl, entry, notes",
    [
        # alpha^2 = 2/(Ns + 2) = 1/16, roughness = sqrt(1/4)
        ("Kd 0.5 0.5 0.5\nKs 0.3 0.3 0.3\nNs 30",
         {"base_color": [0.5] * 3, "metallic": 0.0, "roughness": 0.5, "specular": 0.3}, []),
        ("Kd 0.5 0.5 0.5\nKs 0.3 0.3 0.3\nNs 30\nillum 1",
         {"base_color": [0.5] * 3, "metallic": 0.0, "roughness": 0.5, "specular": 0.0}, []),
        ("Kd 0.1 0.2 0.3\nPr 0.25\nPm 1\nTr 0.25",
         {"base_color": [0.1, 0.2, 0.3], "metallic": 1.0, "roughness": 0.25, "opacity": 0.75}, []),
        ("Kd 0 0 0\nKs 0.9 0.7 0.3\nNs 30",
         {"base_color": [0.9, 0.7, 0.3], "metallic": 1.0, "roughness": 0.5}, ["Ks: more than Kd"]),
        ("Kd 2 0 0\nmap_Bump bumps.png\nfoo 1",
         {"base_color": [1, 0, 0], "metallic": 0.0, "roughness": 1.0, "specular": 0.0},
         ["Kd: cut to [0, 1]", "foo: ignored", "map_Bump: left out: nrender has no height maps"]),
        ("Kd 1 1 1\nmap_Kd ../tiles.png", {"base_color": [1] * 3, "metallic": 0.0, "roughness": 1.0, "specular": 0.0},
         ["map_Kd: left out: not in the folder of the source"]),
        ("Kd 1 1 1\nmap_Kd none.png", {"base_color": [1] * 3, "metallic": 0.0, "roughness": 1.0, "specular": 0.0},
         ["map_Kd: left out: no such file"]),
    ],
)
def test_materials(read, mtl, entry, notes):
    scene, found = read(f"newmtl first\n{mtl}\nnewmtl second\n")
    assert scene.document["materials"]["first"] == {"type": "principled", **entry}
    assert len(found) == len(notes)
    assert all(note in line for note, line in zip(notes, found, strict=True)), found


def test_glass_and_light(read):
    scene, _ = read("newmtl first\nillum 7\nNi 1.4\nnewmtl second\nKe 3 2 1\n")
    assert scene.document["materials"]["first"] == {"type": "dielectric", "ior": 1.4, "roughness": 0.0}
    assert scene.shapes["second"].emission.tolist() == [3, 2, 1]
    assert not scene.lights  # one shines


def test_what_is_wrong_with_a_material_has_its_line(read):
    with pytest.raises(nr.SceneError, match=r"a.mtl:2: material 'first': Kd: expected numbers, got 'red'"):
        read("newmtl first\nKd red\n")


def test_a_missing_library_is_grey(read):
    scene, notes = read("", OBJ.replace("a.mtl", "../b.mtl"))
    assert scene.materials["first"].values["reflectance"].tolist() == [0.5] * 3
    assert notes == ["a.obj: material 'first': not in an MTL file: grey",
                     "a.obj: material 'second': not in an MTL file: grey",
                     "a.obj: mtllib '../b.mtl': left out: not in the folder of the source"]


@pytest.mark.parametrize("kind", ["ply", "stl", "obj", "glb"])
def test_the_default_camera_sees_every_vertex(tmp_path, kind):
    trimesh = pytest.importorskip("trimesh")
    mesh = trimesh.creation.box((1, 20, 3))
    mesh.apply_translation([30, 0, -5])
    mesh.export(tmp_path / f"a.{kind}")
    convert(tmp_path / f"a.{kind}", Path(tmp_path, "out.yaml"))
    scene = nr.load_scene(tmp_path / "out.yaml")
    (shape,) = scene.shapes.values()
    world = world_vertices(shape.vertices, shape.transform)
    np.testing.assert_allclose(world.min(axis=0), [29.5, -10, -6.5], atol=1e-5)
    origin, x, y, forward = pose(scene.cameras["main"].values)
    depth = (world - origin) @ forward
    assert depth.min() > 0
    for axis in (x, y):
        assert np.abs((world - origin) @ axis / depth).max() < np.tan(np.radians(45 / 2))
    assert list(scene.lights) == ["sky"]


def test_colours_of_a_ply_are_its_material(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    mesh = trimesh.creation.icosphere(1)
    mesh.visual.vertex_colors = np.random.default_rng(0).integers(0, 256, (len(mesh.vertices), 3))
    mesh.export(tmp_path / "a.ply")
    convert(tmp_path / "a.ply", tmp_path / "out.yaml")
    scene = nr.load_scene(tmp_path / "out.yaml")
    assert scene.document["materials"]["default"]["reflectance"] == {"vertex": "colors"}
    assert "file: a.ply" in (tmp_path / "out.yaml").read_text()  # relative: the folder may be moved
