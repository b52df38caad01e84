"""Shapes of Mitsuba scenes: which side is the front, normals, meshes of files, instances."""

import numpy as np
import pytest
from convert_files import converter, octahedron

import nrender as nr
from nrender.convert.transforms import place, rotation_vector
from nrender.scene.transform import world_vertices


@pytest.fixture
def converted(tmp_path):
    return converter(tmp_path)


def mesh_of(tmp_path, name):
    scene = nr.load_scene(tmp_path / "out.yaml")
    return scene.shapes[name]


def normal(shape):
    corners = world_vertices(shape.vertices, shape.transform)[shape.faces[0]]
    n = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    return n / np.linalg.norm(n)


@pytest.mark.parametrize("kind", ["rectangle", "disk"])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("flipped", [False, True])
def test_fronts(converted, tmp_path, kind, mirrored, flipped):
    """Mitsuba's normal is that of the local shape however the map to the world mirrors."""
    converted(
        f'<shape type="{kind}"><boolean name="flip_normals" value="{str(flipped).lower()}"/><transform name="to_world">'
        f'<scale x="{-2 if mirrored else 2}"/></transform></shape>')
    assert normal(mesh_of(tmp_path, kind))[2] == pytest.approx(-1 if flipped else 1)


@pytest.mark.parametrize("mirrored", [False, True])
def test_normals_of_a_file_are_in_front_of_its_triangles(converted, tmp_path, mirrored):
    converted(
        '<shape type="obj"><string name="filename" value="leaf.obj"/><transform name="to_world">'
        f'<scale x="{-1 if mirrored else 1}"/></transform></shape>')
    leaf = mesh_of(tmp_path, "obj")
    assert leaf.normals == "file"
    assert normal(leaf)[2] > 0.9


def test_normals_of_meshes(converted, tmp_path):
    def of(file, extra=""):
        kind = file.split(".")[-1]
        converted(f'<shape type="{kind}"><string name="filename" value="{file}"/>{extra}</shape>')
        return mesh_of(tmp_path, kind).normals

    flat = '<boolean name="face_normals" value="true"/>'
    assert (of("leaf.obj"), of("leaf.obj", flat)) == ("file", "flat")
    assert (of("solid.ply"), of("solid.ply", flat)) == ("smooth", "flat")


def test_serialized_meshes(converted, tmp_path):
    converted('<shape type="serialized"><string name="filename" value="balls.serialized"/></shape>'
              '<shape type="serialized" id="ball"><string name="filename" value="balls.serialized"/>'
              '<integer name="shape_index" value="1"/></shape>'
              '<shape type="serialized" id="old"><string name="filename" value="old.serialized"/></shape>')
    np.testing.assert_array_equal(mesh_of(tmp_path, "serialized").vertices, octahedron().vertices)
    ball, old = mesh_of(tmp_path, "ball"), mesh_of(tmp_path, "old")
    assert (len(ball.faces), ball.normals) == (20 * 4**4, "file")
    np.testing.assert_allclose(old.vertices, ball.vertices, atol=1e-7)
    assert (tmp_path / "out.yaml").read_text().startswith("# nrender wrote beside this file: ball.ply, old.ply\n")


def test_colours_of_a_ply(converted, tmp_path):
    converted('<shape type="ply"><string name="filename" value="solid.ply"/><bsdf type="diffuse">'
              '<texture name="reflectance" type="mesh_attribute"/></bsdf></shape>')
    np.testing.assert_allclose(mesh_of(tmp_path, "ply").colors, octahedron().colors)


def test_instances(converted, tmp_path):
    document, _ = converted(
        '<shape type="shapegroup" id="g"><shape type="cube" id="c"><transform name="to_world"><scale value="2"/>'
        '</transform></shape></shape>'
        + 2 * '<shape type="instance"><ref id="g"/><transform name="to_world"><translate x="3"/></transform></shape>')
    assert document["shapes"] == dict.fromkeys(("c", "c-2"), {
        "type": "cube", "material": "default", "transform": {"scale": 2.0, "translate": [3.0, 0.0, 0.0]}})


def test_what_cannot_be_seen_is_left_out(converted):
    document, notes = converted('<shape type="sphere"><bsdf type="null"/></shape><shape type="cube"/>')
    assert list(document["shapes"]) == ["cube"]
    assert notes == []


def test_names(converted):
    """Of an id, else of what the scene calls it, else of the type."""
    body = '<shape type="cube" id="a" name="b"/><shape type="cube" name="c"/><shape type="cube"/>'
    assert list(converted(body)[0]["shapes"]) == ["a", "c", "cube"]


def test_transforms_are_taken_apart():
    """Into scale, rotation and translation where that is what they are."""
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_rotvec([20.0, -30.0, 170.0], degrees=True)
    matrix = np.eye(4)
    matrix[:3, :3] = turn.as_matrix() * [1.0, 2.0, 3.0]
    matrix[:3, 3] = [1, 2, 3]
    assert place(matrix) == {
        "scale": [1.0, 2.0, 3.0], "rotate": pytest.approx([20, -30, 170]), "translate": [1.0, 2.0, 3.0]}
    sheared = matrix.copy()
    sheared[0, 1] += 0.1
    assert place(sheared) == {"matrix": sheared[:3].tolist()}
    assert place(np.eye(4)) == {}
    assert rotation_vector(np.diag([1.0, -1.0, -1.0])) == [180.0, 0.0, 0.0]


def test_what_is_denser_outside_is_turned_inside_out(converted, tmp_path):
    bsdf = '<bsdf type="dielectric"><string name="int_ior" value="air"/><string name="ext_ior" value="water"/></bsdf>'
    document, _ = converted(f'<shape type="rectangle">{bsdf}</shape>')
    (entry,) = document["materials"].values()
    assert entry["ior"] == pytest.approx(1.333 / 1.000277, rel=1e-5)
    assert normal(mesh_of(tmp_path, "rectangle"))[2] == pytest.approx(-1)
