"""A mesh of a scene from a glTF file: all its nodes, where they are in the file's world."""

import math

import numpy as np
import pytest
import trimesh
from gltf_files import QUAD, Tiny, quad

from nrender.errors import SceneError
from nrender.scene.gltf import read_gltf
from nrender.scene.shapes.mesh import read_mesh

TURN = [0, 0, math.sqrt(0.5), math.sqrt(0.5)]  # a quarter about z


@pytest.fixture
def read(tmp_path):
    def mesh(tiny, name="m.glb"):
        (tmp_path / name).write_bytes(tiny.glb() if name.endswith(".glb") else tiny.text().encode())
        return read_mesh(tmp_path / name, name)

    return mesh


def placed(*nodes, normals=True):
    """The square at several nodes."""
    tiny = Tiny(mode=5).give("POSITION", QUAD)
    if normals:
        tiny.give("NORMAL", np.tile(np.array([[0, 0, 1]], "<f4"), (4, 1)))
    tiny.json["nodes"] = [{"mesh": 0, **node} for node in nodes]
    tiny.json["scenes"] = [{"nodes": list(range(len(nodes)))}]
    return tiny


@pytest.mark.parametrize("name", ["m.glb", "m.gltf"])
def test_texture_coordinates_run_upward(read, name):
    mesh = read(quad(), name)
    np.testing.assert_array_equal(mesh.vertices, QUAD)
    np.testing.assert_allclose(mesh.uvs, QUAD[mesh.faces][..., :2])  # the file's v runs downward


def test_nodes_are_where_they_are_in_the_world(read):
    mesh = read(placed({"translation": [1, 0, 0], "rotation": TURN}, {"scale": [2, 1, 3]}))
    np.testing.assert_allclose(mesh.vertices[:4], [[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]], atol=1e-6)
    np.testing.assert_allclose(mesh.vertices[4:], QUAD * [2, 1, 3])
    assert mesh.faces.shape == (4, 3)
    np.testing.assert_allclose(mesh.normals, np.broadcast_to([0, 0, 1.0], (4, 3, 3)), atol=1e-6)


@pytest.mark.parametrize("scale", [[-2, 1, 1], [-1, -1, -1], [1, 3, -1], [-1, -2, 1]])
def test_a_mirrored_square_keeps_its_front_and_its_normals_point_there(read, scale):
    """The glTF specification, 3.7.4: a determinant below zero turns the order of corners."""
    mesh = read(placed({"scale": scale, "rotation": [0.6, 0, 0, 0.8]}))
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    front = np.cross(b - a, c - a)
    front /= np.linalg.norm(front, axis=1, keepdims=True)
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=-1), 1)
    np.testing.assert_allclose(mesh.normals, np.repeat(front[:, None], 3, axis=1), atol=1e-6)


def test_normals_of_a_slant_that_is_stretched_stay_upright(read):
    slant = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 1], [1, 1, 1]], "<f4")
    tiny = Tiny(mode=5).give("POSITION", slant)
    tiny.give("NORMAL", np.tile(np.array([[0, -math.sqrt(0.5), math.sqrt(0.5)]], "<f4"), (4, 1)))
    tiny.json["nodes"] = [{"mesh": 0, "scale": [1, 1, 5]}]
    mesh = read(tiny)
    edge = mesh.vertices[2] - mesh.vertices[0]
    np.testing.assert_allclose(mesh.normals @ edge, 0, atol=1e-6)


def test_what_only_a_part_has_is_left_out(read):
    tiny = placed({})
    bare = {"attributes": {"POSITION": 0}, "mode": 5}
    tiny.json["meshes"][0]["primitives"].append(bare)
    mesh = read(tiny)
    assert len(mesh.vertices) == 8
    assert mesh.normals is None


def test_trimesh_reads_the_same(tmp_path):
    box = trimesh.creation.box(extents=[1, 2, 3])
    scene = trimesh.Scene()
    for angle in (0.3, 1.1):
        place = trimesh.transformations.rotation_matrix(angle, [1, 2, 3], [0.5, 0, 0])
        scene.add_geometry(box, transform=place)
    (tmp_path / "m.glb").write_bytes(scene.export(file_type="glb"))
    mesh = read_gltf(tmp_path / "m.glb")
    theirs = trimesh.load_scene(tmp_path / "m.glb").to_mesh()
    corners = [np.sort(m.vertices[m.faces].reshape(-1, 9).round(5), axis=0) for m in (mesh, theirs)]
    np.testing.assert_allclose(*corners, atol=2e-5)


def test_a_file_outside_of_the_folder_is_not_read(tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(48))
    folder = tmp_path / "in"
    folder.mkdir()
    tiny = placed({}, normals=False)
    text = tiny.text()
    start = text.index("data:")
    (folder / "m.gltf").write_text(text[:start] + "../secret.bin" + text[text.index('"', start) :])
    with pytest.raises(SceneError, match="secret"):
        read_gltf(folder / "m.gltf")
