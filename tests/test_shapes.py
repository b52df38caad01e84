"""Every shape type: closed where it should be, oriented, the right size; mesh files."""

import struct

import numpy as np
import pytest

from nrender.errors import SceneError, SceneWarning
from nrender.scene import Scene
from nrender.scene.dump import write_ply
from nrender.scene.shapes import SHAPES, mesh

TRIANGLE = {"vertices": [[0, 0, 0], [1, 0, 0], [0, 1, 0]], "faces": [[0, 1, 2]]}
EXAMPLES = {name: (TRIANGLE if name == "mesh" else {}) for name in SHAPES.types}
CUBE_OBJ = """\
# a comment
mtllib missing.mtl
o first
v -1 -1 -1 0.1 0.2 0.3
v 1 -1 -1
v 1 1 -1
v -1 1 -1
vt 0 0
vt 1 0
vt 1 1
vn 0 0 1
usemtl red
f 1/1/1 2/2/1 3/3/1
f 1/3/1 3/2/1 4/1/1
o second
v 0.12345678901234567 0 1
usemtl blue
f 1//1 \\
2 -1
f 1 2 3 4
"""


def scene(base=None, **shape):
    return Scene.from_dict({
        "nrender": 1,
        "cameras": {"main": {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0],
                             "resolution": [4, 4]}},
        "materials": {"white": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]}},
        "shapes": {"s": {"material": "white", **shape}}}, base=base)


def build(**shape):
    return scene(**shape).shapes["s"]


def normals(vertices, faces):
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return np.cross(b - a, c - a) / 2, (a + b + c) / 3


def is_closed(faces):
    """Each directed edge once, and its opposite once."""
    edges = [tuple(e) for e in faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2).tolist()]
    return len(set(edges)) == len(edges) and {(b, a) for a, b in edges} == set(edges)


@pytest.mark.parametrize("name", SHAPES.types)
def test_every_type_builds_a_mesh(name):
    shape = build(type=name, **EXAMPLES[name])
    assert shape.vertices.dtype == np.float64
    assert shape.faces.dtype == np.int32
    assert not shape.vertices.flags.writeable
    assert not shape.faces.flags.writeable
    assert 0 <= shape.faces.min() <= shape.faces.max() < len(shape.vertices)
    area, _ = normals(shape.vertices, shape.faces)
    assert (np.linalg.norm(area, axis=1) > 0).all()


def test_rectangle_is_the_square_of_side_2_facing_z():
    shape = build(type="rectangle")
    area, _ = normals(shape.vertices, shape.faces)
    np.testing.assert_array_equal(area.sum(axis=0), [0, 0, 4])
    np.testing.assert_array_equal(shape.vertices.min(axis=0), [-1, -1, 0])
    np.testing.assert_array_equal(shape.vertices.max(axis=0), [1, 1, 0])


def test_disk_is_the_unit_disk_facing_z():
    shape = build(type="disk", segments=360)
    area, _ = normals(shape.vertices, shape.faces)
    assert (area[:, 2] > 0).all()
    np.testing.assert_allclose(area.sum(axis=0), [0, 0, 180 * np.sin(np.pi / 180)], atol=1e-15)
    np.testing.assert_allclose(np.linalg.norm(shape.vertices[1:], axis=1), 1)
    assert len(build(type="disk").faces) == 64


@pytest.mark.parametrize("name", ["cube", "sphere"])
def test_solids_are_closed_and_face_outward(name):
    shape = build(type=name)
    assert is_closed(shape.faces)
    area, centre = normals(shape.vertices, shape.faces)
    assert (np.einsum("ij,ij->i", area, centre) > 0).all()


def test_cube_has_volume_8():
    area, centre = (lambda s: normals(s.vertices, s.faces))(build(type="cube"))
    assert np.einsum("ij,ij->i", area, centre).sum() / 3 == pytest.approx(8, rel=1e-15)
    np.testing.assert_allclose(sorted(np.abs(area).max(axis=1)), 2)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
def test_sphere_has_20_times_4_to_the_n_triangles_on_the_unit_sphere(n):
    shape = build(type="sphere", subdivisions=n)
    assert len(shape.faces) == 20 * 4**n
    assert len(shape.vertices) == 10 * 4**n + 2
    np.testing.assert_allclose(np.linalg.norm(shape.vertices, axis=1), 1, rtol=1e-15)
    assert is_closed(shape.faces)


def test_sphere_volume_converges_with_the_square_of_the_edge():
    def missing(n):
        shape = build(type="sphere", subdivisions=n)
        area, centre = normals(shape.vertices, shape.faces)
        return 4 / 3 * np.pi - np.einsum("ij,ij->i", area, centre).sum() / 3

    assert missing(3) / missing(4) == pytest.approx(4, rel=0.02)


def test_obj_keeps_its_vertices_and_their_numbers(tmp_path):
    (tmp_path / "m.obj").write_text(CUBE_OBJ)
    shape = scene(tmp_path, type="mesh", file="m.obj").shapes["s"]
    np.testing.assert_array_equal(shape.vertices, [
        [-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1], [0.12345678901234567, 0, 1]])
    assert shape.faces[:3].tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 4]]
    assert len(shape.faces) == 5
    area, _ = normals(shape.vertices, shape.faces[3:])
    np.testing.assert_allclose(area.sum(axis=0), [0, 0, 4])


def test_ply_round_trip_is_exact(tmp_path):
    rng = np.random.default_rng(0)
    vertices, faces = rng.normal(size=(9, 3)), np.array([[0, 1, 2], [8, 3, 4], [5, 6, 7]])
    with open(tmp_path / "m.ply", "wb") as out:
        write_ply(out, vertices, faces, "a test")
    shape = scene(tmp_path, type="mesh", file="m.ply").shapes["s"]
    np.testing.assert_array_equal(shape.vertices, vertices)
    np.testing.assert_array_equal(shape.faces, faces)


def test_text_ply_with_quads_and_texture_is_read(tmp_path):
    (tmp_path / "m.ply").write_text(
        "ply\nformat ascii 1.0\ncomment TextureFile missing.png\nelement vertex 4\n"
        "property float x\nproperty float y\nproperty float z\nproperty float s\n"
        "property float t\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
        "0 0 0 0 0\n1 0 0 1 0\n1 1 0 1 1\n0 1 0 0 1\n4 0 1 2 3\n")
    shape = scene(tmp_path, type="mesh", file="m.ply").shapes["s"]
    area, _ = normals(shape.vertices, shape.faces)
    assert shape.vertices.shape == (4, 3)
    np.testing.assert_allclose(area.sum(axis=0), [0, 0, 1])


def test_stl_triangles_are_joined_at_equal_corners(tmp_path):
    cube = build(type="cube")
    corners = cube.vertices[cube.faces].astype("<f4")
    body = b"".join(struct.pack("<12fH", 0, 0, 0, *t.ravel(), 0) for t in corners)
    (tmp_path / "m.stl").write_bytes(b" " * 80 + struct.pack("<I", len(corners)) + body)
    shape = scene(tmp_path, type="mesh", file="m.stl").shapes["s"]
    assert shape.vertices.shape == (8, 3)
    assert is_closed(shape.faces)
    np.testing.assert_array_equal(shape.vertices[shape.faces], cube.vertices[cube.faces])


def test_negative_zero_and_zero_are_the_same_corner():
    vertices, faces = mesh.join_equal(
        np.array([[0.0, 0, 0], [1, 0, 0], [-0.0, 0, 0]]), np.array([[0, 1, 2]]))
    assert len(vertices) == 2
    assert faces.tolist() == [[0, 1, 0]]


BAD_FILES = {
    "none.obj": (None, "cannot read 'none.obj': No such file or directory"),
    "m.txt": ("", "expected a file in one of .obj, .ply, .stl, .gltf, .glb, got 'm.txt'"),
    "none.glb": (None, "cannot read 'none.glb': No such file or directory"),
    "old.gltf": ('{"asset": {"version": "1.0"}}',
                 "cannot read 'old.gltf': asset: version: expected version 2.0, got '1.0'"),
    "empty.gltf": ('{"asset": {"version": "2.0"}}', "'empty.gltf' holds no triangles"),
    "empty.obj": ("", "'empty.obj' holds no triangles"),
    "points.obj": ("v 0 0 0\nv 1 0 0\n", "'points.obj' holds no triangles"),
    "word.obj": ("v 0 0 0\nf 1 2 x\n", "cannot read 'word.obj': not a proper OBJ file (invalid "
                 "literal for int() with base 10: 'x')"),
    "zero.obj": ("v 0 0 0\nf 0 1 2\n", "cannot read 'zero.obj': not a proper OBJ file (face line "
                 "'f 0 1 2')"),
    "nan.obj": ("v 0 0 0\nv 1 nan 0\nv 0 1 0\nf 1 2 3\n",
                "expected finite numbers up to 1e+18, got nan at vertex 1 of 'nan.obj'"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_mesh_files(tmp_path, name):
    text, message = BAD_FILES[name]
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(SceneError) as info:
        scene(tmp_path, type="mesh", file=name)
    assert str(info.value) == f"<dict>: shapes 's': file: {message}"


@pytest.mark.parametrize("name", ["broken.ply", "broken.stl", "words.obj"])
def test_damaged_mesh_files_are_one_line(tmp_path, name):
    text = {"broken.ply": "ply\nformat ascii 1.0\nelement vertex 3\n", "broken.stl": "solid x",
            "words.obj": "v 0 0 zero\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"}[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(SceneError) as info:
        scene(tmp_path, type="mesh", file=name)
    assert len(info.value.problems) == 1
    assert str(info.value).startswith("<dict>: shapes 's': file: ")
    assert "\n" not in str(info.value)
    assert name in str(info.value)


PLY_OUT_OF_RANGE = """\
ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
element face 2
property list uchar int vertex_indices
end_header
0 0 0
1 0 0
0 1 0
3 0 1 2
3 0 1 8
"""


@pytest.mark.parametrize("name, text, prefix", [
    ("m.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf 1 2 9\n", "file: cannot read 'm.obj': "),
    ("m.ply", PLY_OUT_OF_RANGE, "faces: "),
])
def test_face_out_of_range_in_a_file(tmp_path, name, text, prefix):
    (tmp_path / name).write_text(text)
    with pytest.raises(SceneError) as info:
        scene(tmp_path, type="mesh", file=name)
    assert str(info.value) == (f"<dict>: shapes 's': {prefix}face 1 has vertex 8, but the mesh has "
                               "3 vertices, from 0 to 2")


def test_triangles_without_area_are_dropped_with_one_warning():
    vertices = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0.1, 0, 0], [0.3, 0, 0]]
    faces = [[0, 0, 1], [0, 1, 2], [0, 3, 4], [2, 2, 2]]
    with pytest.warns(SceneWarning) as caught:
        shape = build(type="mesh", vertices=vertices, faces=faces)
    assert [str(w.message) for w in caught] == [
        "<dict>: shapes 's': 3 of 4 triangles dropped: they have no area"]
    assert shape.faces.tolist() == [[0, 1, 2]]
    assert len(shape.vertices) == 5


@pytest.mark.parametrize("size", [1e-12, 1e-3, 1e9])
def test_small_thin_and_far_triangles_are_kept(size):
    vertices = size * np.array([[5.0, 0, 0], [6, 0, 0], [5.5, 1e-9, 0]])
    assert len(build(type="mesh", vertices=vertices, faces=[[0, 1, 2]]).faces) == 1
