"""What shading needs of shapes: uvs, normals, colours, built in, inline and from files."""

import configparser

import numpy as np
import pytest
from sources import ROOT
from test_scene_materials import make

from nrender.errors import SceneError, SceneWarning
from nrender.image import srgb_decode
from nrender.scene import load_scene
from nrender.scene.dump import write_ply
from nrender.scene.shapes import SHAPES

VERTICES = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
FACES = [[0, 1, 2], [0, 2, 3]]
UVS = np.array(VERTICES)[:, :2] * [0.5, 0.25]
BUILT_IN = [name for name in SHAPES.types if name != "mesh"]
QUAD_OBJ = """\
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 0.5 0
vt 0.5 0.25 7
vt 0 0.25
vt 0.9 0.9
vn 0 0 2
vn 0 3 4
f 1/1/1 2/2/1 3/3/1 4/4/2
f 1/-1/-1 3/3/1 2/2/1
"""


def shape(base=None, **given):
    return make(given, base, reflectance=[0.5] * 3).shapes["s"]


def mesh(**given):
    return shape(type="mesh", vertices=VERTICES, faces=FACES, **given)


def from_file(folder, name, text, **given):
    (folder / name).write_text(text)
    return shape(folder, type="mesh", file=name, **given)


def turning(uvs):
    """Twice the area of each triangle in uv, with its sign."""
    one, two = uvs[:, 1] - uvs[:, 0], uvs[:, 2] - uvs[:, 0]
    return one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]


# Built-in shapes


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_shapes_have_uvs_and_are_flat_unless_they_are_told(name):
    built = shape(type=name)
    assert built.uvs.shape == (len(built.faces), 3, 2)
    assert built.uvs.dtype == np.float64
    assert not built.uvs.flags.writeable
    assert (built.normals, built.corner_normals, built.colors) == ("flat", None, None)
    assert shape(type=name, normals="smooth").normals == "smooth"
    with pytest.raises(SceneError, match="normals: expected a mesh with normals of its own, got one without"):
        shape(type=name, normals="file")


def test_uv_of_the_rectangle_starts_at_the_lower_left():
    built = shape(type="rectangle")
    np.testing.assert_array_equal(built.uvs, (built.vertices[built.faces][..., :2] + 1) / 2)
    assert built.uvs[0, 0].tolist() == [0, 0]


@pytest.mark.parametrize("name", ["rectangle", "disk", "cube", "sphere"])
def test_pictures_are_not_mirrored(name):
    assert (turning(shape(type=name).uvs) > 0).all()


def test_each_side_of_the_cube_shows_the_whole_picture_upright():
    built = shape(type="cube")
    assert np.abs(turning(built.uvs)).tolist() == [1] * 12
    corners = built.vertices[built.faces]
    sides = np.abs(corners.mean(axis=1)[:, 1]) < 0.9
    np.testing.assert_array_equal(built.uvs[sides, :, 1], (corners[sides, :, 1] + 1) / 2)
    top = corners[..., 1].min(axis=1) == 1
    np.testing.assert_array_equal(built.uvs[top], (corners[top][..., [0, 2]] * [1, -1] + 1) / 2)


def test_uv_of_the_disk_is_its_position():
    built = shape(type="disk", segments=4)
    np.testing.assert_array_equal(built.uvs, (built.vertices[built.faces][..., :2] + 1) / 2)


@pytest.mark.parametrize("subdivisions", [1, 3])
def test_uv_of_the_sphere_is_longitude_and_latitude(subdivisions):
    built = shape(type="sphere", subdivisions=subdivisions)
    x, y, z = np.moveaxis(built.vertices[built.faces], 2, 0)
    off = np.hypot(x, z) > 1e-9
    angle = 2 * np.pi * (built.uvs[..., 0] - 0.5)
    np.testing.assert_allclose(np.stack([np.sin(angle), np.cos(angle)])[:, off],
                               (np.stack([x, z]) / np.maximum(np.hypot(x, z), 1e-9))[:, off], atol=1e-12)
    np.testing.assert_allclose(np.sin(np.pi * (built.uvs[..., 1] - 0.5)), y, atol=1e-12)
    assert np.ptp(built.uvs[..., 0], axis=1).max() < 0.5


def test_the_teapot_is_closed_stands_on_the_plane_and_pours_to_x():
    built = shape(type="teapot")
    assert len(built.faces) == 15704
    edges = np.sort(built.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    low, high = built.vertices.min(axis=0), built.vertices.max(axis=0)
    assert (low[1], high[1]) == (0, 1)
    assert high[0] > -low[0]
    np.testing.assert_allclose(high[2], -low[2])
    corners = built.vertices[built.faces]
    volume = np.einsum("ij,ij->i", np.cross(corners[:, 0], corners[:, 1]), corners[:, 2]).sum() / 6
    assert 0 < volume < 1
    assert 0 <= built.uvs.min() < built.uvs.max() <= 1


def test_the_files_of_shapes_are_installed_with_them():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    files = {path.name for path in (ROOT / "nrender/scene/shapes").iterdir() if path.is_file() and path.suffix != ".py"}
    assert set(config["options.package_data"]["nrender.scene.shapes"].split(", ")) == files


# Inline


def test_uvs_of_vertices_and_of_corners():
    built = mesh(uvs=UVS)
    np.testing.assert_array_equal(built.uvs, UVS[FACES])
    np.testing.assert_array_equal(mesh(uvs=UVS[FACES] + 1).uvs, UVS[FACES] + 1)
    assert mesh().uvs is None


def test_corner_normals_are_made_unit_and_used_by_default():
    normals = np.broadcast_to([0, 3.0, 4], (2, 3, 3)).copy()
    normals[1, 2] = 0
    built = mesh(corner_normals=normals)
    assert built.normals == "file"
    expected = np.broadcast_to([0, 0.6, 0.8], (2, 3, 3)).copy()
    expected[1, 2] = [0, 0, 1]
    np.testing.assert_allclose(built.corner_normals, expected, rtol=1e-15)
    for normal in ("flat", "smooth"):
        other = mesh(corner_normals=normals, normals=normal)
        assert (other.normals, other.corner_normals) == (normal, None)


def test_corners_of_dropped_triangles_are_dropped():
    uvs = np.arange(18).reshape(3, 3, 2)
    with pytest.warns(SceneWarning, match="1 of 3 triangles dropped"):
        built = shape(type="mesh", vertices=VERTICES, faces=[FACES[0], [0, 1, 1], FACES[1]], uvs=uvs,
                      corner_normals=np.ones((3, 3, 3)))
    np.testing.assert_array_equal(built.uvs, uvs[[0, 2]])
    assert built.corner_normals.shape == (2, 3, 3)


# Files


def test_obj_corners_have_their_own_uvs_and_normals(tmp_path):
    built = from_file(tmp_path, "m.obj", QUAD_OBJ)
    np.testing.assert_array_equal(built.vertices, VERTICES)
    assert built.faces.tolist() == [*FACES, [0, 2, 1]]
    np.testing.assert_array_equal(built.uvs, [*UVS[FACES], [[0.9, 0.9], UVS[2], UVS[1]]])
    assert built.normals == "file"
    up, tilted = [0, 0, 1], [0, 0.6, 0.8]
    np.testing.assert_allclose(built.corner_normals, [[up] * 3, [up, up, tilted], [tilted, up, up]], rtol=1e-15)


def test_obj_attributes_count_only_if_every_corner_has_them(tmp_path):
    built = from_file(tmp_path, "m.obj", QUAD_OBJ + "f 2/2 1/1 4/4\n")
    assert built.uvs is not None
    assert (built.normals, built.corner_normals) == ("flat", None)
    built = from_file(tmp_path, "m.obj", QUAD_OBJ + "f 2//1 1//1 4//1\n")
    assert (built.uvs, built.normals) == (None, "file")


@pytest.mark.parametrize("face, message", [
    ("f 1/9 2/1 3/1", "face 2 has texture vertex 8, but the mesh has 5 texture vertices, from 0 to 4"),
    ("f 1//1 2//3 3//1", "face 2 has normal 2, but the mesh has 2 normals, from 0 to 1"),
    ("f 1/-6 2/1 3/1", "face 2 has a vertex before the first"),
    ("vt 1", "not a proper OBJ file (line 'vt 1')"),
    ("f 1/a 2/1 3/1", "not a proper OBJ file (invalid literal for int() with base 10: 'a')"),
])
def test_bad_obj_attributes(tmp_path, face, message):
    with pytest.raises(SceneError) as info:
        from_file(tmp_path, "m.obj", QUAD_OBJ + face + "\n")
    assert str(info.value) == f"<dict>: shapes 's': file: cannot read 'm.obj': {message}"


def test_infinite_uvs_in_a_file(tmp_path):
    with pytest.raises(SceneError) as info:
        from_file(tmp_path, "m.obj", QUAD_OBJ.replace("vt 0.9 0.9", "vt 0.9 inf"))
    assert str(info.value) == ("<dict>: shapes 's': file: expected finite numbers up to 1e+18, got inf at uv of "
                               "triangle 2 of 'm.obj'")


PLY = """\
ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
property float nx
property float ny
property float nz
property {color} red
property {color} green
property {color} blue
property float {u}
property float {v}
element face 1
property list uchar int vertex_indices
end_header
0 0 0 0 0 2 {one} 0 0 0 0
1 0 0 0 0 1 0 {one} 0 0.5 0
1 1 0 0 0 1 0 0 {half} 0.5 0.25
0 1 0 0 3 4 0 0 0 0 0.25
4 0 1 2 3
"""


@pytest.mark.parametrize("u, v", [("s", "t"), ("u", "v"), ("texture_u", "texture_v")])
@pytest.mark.parametrize("color, one, half, value", [("uchar", 255, 51, srgb_decode(0.2)), ("float", 1, 0.25, 0.25)])
def test_ply_attributes_of_vertices(tmp_path, u, v, color, one, half, value):
    built = from_file(tmp_path, "m.ply", PLY.format(u=u, v=v, color=color, one=one, half=half))
    np.testing.assert_array_equal(built.uvs, UVS[built.faces])
    assert built.normals == "file"
    np.testing.assert_allclose(built.corner_normals[built.faces == 3], [[0, 0.6, 0.8]], rtol=1e-15)
    np.testing.assert_allclose(built.colors, [[1, 0, 0], [0, 1, 0], [0, 0, value], [0, 0, 0]], rtol=1e-12)


def test_what_is_given_inline_stands_for_what_the_file_has(tmp_path):
    text = PLY.format(u="s", v="t", color="uchar", one=255, half=51)
    built = from_file(tmp_path, "m.ply", text, uvs=UVS + 1, colors=np.ones((4, 3)), corner_normals=np.ones((2, 3, 3)))
    np.testing.assert_array_equal(built.uvs, (UVS + 1)[built.faces])
    assert (built.colors == 1).all()
    np.testing.assert_allclose(built.corner_normals, 3**-0.5, rtol=1e-15)


def test_ply_round_trip_of_corners_is_exact(tmp_path):
    rng = np.random.default_rng(0)
    vertices, faces = rng.normal(size=(9, 3)), np.array([[0, 1, 2], [8, 3, 4], [5, 6, 7]])
    uvs, colors = rng.normal(size=(3, 3, 2)), rng.random((9, 3))
    normals = rng.normal(size=(3, 3, 3))
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    with open(tmp_path / "m.ply", "wb") as out:
        write_ply(out, vertices, faces, "a test", uvs, normals, colors)
    built = shape(tmp_path, type="mesh", file="m.ply")
    for array, expected in ((built.vertices, vertices), (built.faces, faces), (built.uvs, uvs),
                            (built.corner_normals, normals), (built.colors, colors)):
        np.testing.assert_array_equal(array, expected)


# What is refused


TEXT = """\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [64, 48]}
materials:
  m: {type: conductor}
shapes:
  s:
    type: mesh
    material: m
    vertices: [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    faces: [[0, 1, 2]]
"""
CASES = {
    "too few uvs": ("uvs: [[0, 0], [1, 0]]", "12: shapes 's': uvs: expected one row for each of the 3 vertices, got 2 "
                    "rows"),
    "too many corners": ("uvs: [[[0, 0], [1, 0], [0, 1]], [[0, 0], [1, 0], [0, 1]]]", "12: shapes 's': uvs: expected "
                         "one row for each of the 1 faces, got 2 rows"),
    "uvs of 3": ("uvs: [[0, 0, 0]]", "12: shapes 's': uvs: expected rows of 2 numbers or rows of 3 rows of 2 numbers, "
                 "got a list of 1"),
    "uv NaN": ("uvs: [[0, 0], [1, 0], [0, .nan]]", "12: shapes 's': uvs: expected finite numbers, got nan at index "
               "[2, 1]"),
    "normals": ("normals: smoth", "12: shapes 's': normals: expected one of flat, smooth, file, got 'smoth'; did you "
                "mean 'smooth'?"),
    "no normals": ("normals: file", "12: shapes 's': normals: expected a mesh with normals of its own, got one "
                   "without"),
    "too few normals": ("corner_normals: []", "12: shapes 's': corner_normals: expected rows of 3 rows of 3 numbers, "
                        "got a list of 0"),
    "colors above 1": ("colors: [[0, 0, 0], [0, 2, 0], [0, 0, 0]]", "12: shapes 's': colors: expected numbers in "
                       "[0, 1], got 2.0 at index [1, 1]"),
    "too few colors": ("colors: [[0, 0, 0]]", "12: shapes 's': colors: expected one row for each of the 3 vertices, "
                       "got 1 rows"),
    "uvs of another shape": ("normals: flat\n  t: {type: cube, material: m, uvs: [[0, 0]]}", "13: shapes 't': uvs: "
                             "unknown key; expected one of type, material, emission, two_sided, normals, transform"),
    "face and uvs": ("uvs: [[0, 0], [1, 0], [0, 1]]\n    FACE", "12: shapes 's': faces: face 0 has vertex 5, but the "
                     "mesh has 3 vertices, from 0 to 2"),
}


@pytest.mark.parametrize("name", CASES)
def test_message(tmp_path, monkeypatch, name):
    lines, expected = CASES[name]
    text = TEXT + f"    {lines}\n"
    if "FACE" in text:
        text = text.replace("    faces: [[0, 1, 2]]\n", "").replace("FACE", "faces: [[0, 1, 5]]")
    monkeypatch.chdir(tmp_path)
    with open("s.yaml", "w") as out:
        out.write(text)
    with pytest.raises(SceneError) as info:
        load_scene("s.yaml")
    assert str(info.value) == f"s.yaml:{expected}"
