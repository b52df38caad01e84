"""The Scene object: parameters, replace, document, dump, where."""

import os
import pickle
import time

import numpy as np
import pytest

from nrender.errors import NrenderError, SceneError, SceneWarning
from nrender.scene import Scene, load_scene

TEXT = """\
nrender: 1
cameras:
  main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [64, 48]}
materials:
  white: {type: diffuse, reflectance: [0.7, 0.7, 0.7]}
shapes:
  square: {type: rectangle, material: white, transform: {rotate: [0, 0, 30]}}
  lamp: {type: mesh, file: meshes/lamp.obj, emission: [10, 10, 10],
         transform: {scale: [1, 2, 3]}}
  tri:
    type: mesh
    vertices: [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    faces: [[0, 1, 2]]
    material: white
    transform: {matrix: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 2], [0, 0, 0, 1]]}
lights:
  sky: {type: constant, radiance: [1, 1, 1]}
"""
SHAPES = {
    "cameras.main.origin": (3,), "cameras.main.target": (3,), "cameras.main.up": (3,),
    "cameras.main.fov": (), "cameras.main.principal_point": (2,),
    "materials.white.reflectance": (3,), "lights.sky.radiance": (3,),
    "shapes.square.transform.scale": (), "shapes.square.transform.rotate": (3,),
    "shapes.square.transform.translate": (3,), "shapes.square.transform.pivot": (3,),
    "shapes.lamp.emission": (3,), "shapes.lamp.transform.scale": (3,),
    "shapes.lamp.transform.rotate": (3,), "shapes.lamp.transform.translate": (3,),
    "shapes.lamp.transform.pivot": (3,), "shapes.lamp.vertices": (4, 3),
    "shapes.tri.transform.matrix": (3, 4), "shapes.tri.vertices": (3, 3),
}


@pytest.fixture
def file(tmp_path):
    (tmp_path / "meshes").mkdir()
    (tmp_path / "meshes" / "lamp.obj").write_text(
        "v 0 5 0\nv 1 5 0\nv 1 5 1\nv 0 5 0.1\nf 1 2 3 4\n")
    path = tmp_path / "s.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def scene(file):
    return load_scene(file)


def same(a, b):
    assert list(a.parameters) == list(b.parameters)
    for path, value in a.parameters.items():
        np.testing.assert_array_equal(value, b.parameters[path], err_msg=path)
    for name, shape in a.shapes.items():
        np.testing.assert_array_equal(shape.faces, b.shapes[name].faces)


def test_what_the_renderer_sees(scene, file):
    camera = scene.cameras["main"]
    np.testing.assert_array_equal(camera.values["up"], [0, 1, 0])
    assert (camera.values["fov"], camera.values["fov_axis"], camera.width, camera.height) == (45.0, "y", 64, 48)
    assert (scene.integrator.type, scene.integrator.max_depth, scene.integrator.spp) == (
        "path", 6, 64)
    assert scene.materials["white"].type == "diffuse"
    np.testing.assert_array_equal(scene.materials["white"].values["reflectance"], [0.7] * 3)
    np.testing.assert_array_equal(scene.lights["sky"].values["radiance"], [1, 1, 1])
    lamp = scene.shapes["lamp"]
    assert (lamp.material, lamp.two_sided, lamp.faces.shape) == (None, False, (2, 3))
    np.testing.assert_array_equal(lamp.emission, [10, 10, 10])
    assert scene.shapes["tri"].transform.matrix.shape == (3, 4)
    assert scene.optimize is None
    assert scene.file == file


def test_parameters_have_their_paths_order_and_shapes(scene):
    assert {path: value.shape for path, value in scene.parameters.items()} == SHAPES
    assert list(scene.parameters) == list(SHAPES)
    assert all(value.dtype == np.float64 for value in scene.parameters.values())


def test_parameters_are_copies(scene):
    scene.parameters["cameras.main.origin"][:] = 7
    np.testing.assert_array_equal(scene.parameters["cameras.main.origin"], [0, 0, 5])
    with pytest.raises(KeyError, match="did you mean 'cameras.main.origin'"):
        scene.parameters["cameras.main.orign"]


def test_a_scene_is_immutable(scene):
    with pytest.raises(AttributeError):
        scene.integrator = None
    with pytest.raises(TypeError):
        scene.cameras["other"] = scene.cameras["main"]
    with pytest.raises(AttributeError):
        scene.shapes["tri"].material = None
    with pytest.raises(ValueError, match="read-only"):
        scene.shapes["tri"].vertices[0] = 1
    with pytest.raises(TypeError):
        Scene()


@pytest.mark.parametrize("path", SHAPES)
def test_each_parameter_can_be_replaced(scene, path):
    value = scene.parameters[path] * 0.9 + 0.01
    other = scene.replace({path: value})
    np.testing.assert_array_equal(other.parameters[path], value)
    for unchanged in set(SHAPES) - {path}:
        np.testing.assert_array_equal(other.parameters[unchanged], scene.parameters[unchanged])
    np.testing.assert_array_equal(scene.parameters[path], load_scene(scene.file).parameters[path])


def test_replace_shares_what_does_not_change(scene):
    other = scene.replace({"shapes.square.transform.rotate": [0, 0, 1]})
    assert other.shapes["lamp"] is scene.shapes["lamp"]
    assert other.shapes["square"].vertices is scene.shapes["square"].vertices
    assert other.cameras is scene.cameras


def test_replace_copies_what_it_is_given(scene):
    value = np.zeros(3)
    other = scene.replace({"shapes.square.transform.rotate": value})
    value[:] = 5
    assert not other.parameters["shapes.square.transform.rotate"].any()


def test_replace_takes_numbers_lists_and_arrays(scene):
    for value in (30, 30.0, np.float32(30), np.array(30)):
        assert scene.replace({"cameras.main.fov": value}).cameras["main"].values["fov"] == 30.0
    for value in ([1, 2, 3], (1.0, 2, 3), np.array([1, 2, 3], dtype=np.float32)):
        other = scene.replace({"cameras.main.origin": value})
        np.testing.assert_array_equal(other.cameras["main"].values["origin"], [1, 2, 3])


def test_replace_is_cheap(tmp_path):
    data = {"nrender": 1,
            "cameras": {"c": {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0],
                              "resolution": [4, 4]}},
            "materials": {"m": {"type": "diffuse", "reflectance": [0, 0, 0]}},
            "shapes": {"s": {"type": "sphere", "subdivisions": 7, "material": "m"}}}
    scene = Scene.from_dict(data)
    start = time.perf_counter()
    for i in range(100):
        scene = scene.replace({"shapes.s.transform.rotate": [0, 0, i]})
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("path, value, message", [
    ("cameras.main.orign", [0, 0, 0],
     "3: cameras 'main': orign: no such parameter; did you mean 'cameras.main.origin'?"),
    ("cameras.main.fov", [1, 2], "3: cameras 'main': fov: expected a number, got a list of 2"),
    ("cameras.main.fov", 180, "3: cameras 'main': fov: expected a number in (0, 180), got 180.0"),
    ("cameras.main.origin", [0, 0, 0], "3: cameras 'main': target: expected a point other than the "
     "camera's origin, got the same"),
    ("materials.white.reflectance", 0.5,
     "5: materials 'white': reflectance: expected 3 numbers, got 0.5"),
    ("materials.white.reflectance", [0, np.nan, 0],
     "5: materials 'white': reflectance: expected finite numbers, got nan at index 1"),
    ("materials.white.reflectance", [0, 0, 1.5],
     "5: materials 'white': reflectance: expected numbers in [0, 1], got 1.5 at index 2"),
    ("shapes.tri.vertices", np.zeros((4, 3)), "12: shapes 'tri': vertices: expected 3 rows of 3 "
     "numbers, got an array of shape (4, 3) and type float64"),
    ("shapes.lamp.vertices", np.zeros((4, 3)), "8: shapes 'lamp': expected a light with an area"),
    ("shapes.lamp.transform.scale", [1, 2, 0], "8: shapes 'lamp': expected a light with an area"),
])
def test_replace_refuses(scene, path, value, message):
    with pytest.raises(SceneError) as info:
        scene.replace({path: value})
    assert str(info.value) == f"{scene.file}:{message}"


def test_replace_reports_everything(scene):
    with pytest.raises(SceneError) as info:
        scene.replace({"a.b": 1, "cameras.main.fov": "x", "cameras.main.up": [0, 0, 1]})
    assert len(info.value.problems) == 3


def test_document_is_plain_and_a_scene_again(scene):
    other = scene.replace({"cameras.main.fov": 30, "shapes.square.transform.scale": 2,
                           "shapes.tri.vertices": np.eye(3)})
    document = other.document
    assert document["cameras"]["main"]["fov"] == 30.0
    assert document["shapes"]["tri"]["vertices"] == np.eye(3).tolist()
    assert document["shapes"]["square"]["transform"] == {"rotate": [0, 0, 30], "scale": 2.0}
    assert os.path.isabs(document["shapes"]["lamp"]["file"])
    same(Scene.from_dict(document), other)

    def types(value):
        if isinstance(value, (dict, list)):
            return set().union({type(value)}, *map(types, value.values() if isinstance(value, dict)
                                                   else value))
        return {type(value)}

    assert types(document) <= {dict, list, int, float, str, bool}
    document["cameras"]["main"]["fov"] = 1
    assert other.document["cameras"]["main"]["fov"] == 30.0
    assert "fov" not in scene.document["cameras"]["main"]


def test_dump_round_trip_is_exact(scene, tmp_path):
    rng = np.random.default_rng(0)
    values = {path: np.clip(value + 0.1 * rng.random(value.shape), 0, None)
              if "materials" not in path else rng.random(3)
              for path, value in scene.parameters.items() if "file" not in path}
    other = scene.replace(values)
    (tmp_path / "out").mkdir()
    other.dump(tmp_path / "out" / "result.yaml")
    same(load_scene(tmp_path / "out" / "result.yaml"), other)
    assert sorted(os.listdir(tmp_path / "out")) == ["result.yaml"]


def test_dump_refers_to_mesh_files_relatively(scene, tmp_path):
    (tmp_path / "out").mkdir()
    scene.dump(tmp_path / "out" / "result.yaml")
    assert "file: ../meshes/lamp.obj" in (tmp_path / "out" / "result.yaml").read_text()
    same(load_scene(tmp_path / "out" / "result.yaml"), scene)


def large(scene_file, count=1500):
    rng = np.random.default_rng(1)
    (scene_file.parent / "lamp.ply").write_text(
        "ply\nformat ascii 1.0\n" f"element vertex {count}\nproperty double x\nproperty double y\n"
        f"property double z\nelement face {count // 3}\nproperty list uchar int vertex_indices\n"
        "end_header\n" + "".join(f"{x} {y} {z}\n" for x, y, z in rng.random((count, 3)).tolist())
        + "".join(f"3 {i} {i + 1} {i + 2}\n" for i in range(0, count, 3)))
    scene_file.write_text(TEXT.replace("meshes/lamp.obj", "lamp.ply"))
    return load_scene(scene_file)


def test_large_changed_meshes_are_written_beside_it(file, tmp_path):
    scene = large(file)
    other = scene.replace({"shapes.lamp.vertices": scene.parameters["shapes.lamp.vertices"] / 3})
    (tmp_path / "out").mkdir()
    other.dump(tmp_path / "out" / "result.yaml")
    assert sorted(os.listdir(tmp_path / "out")) == ["lamp.ply", "result.yaml"]
    same(load_scene(tmp_path / "out" / "result.yaml"), other)


def test_dump_never_overwrites_a_mesh_it_came_from(file, tmp_path):
    scene = large(file)
    before = (tmp_path / "lamp.ply").read_bytes()
    other = scene.replace({"shapes.lamp.vertices": scene.parameters["shapes.lamp.vertices"] / 3})
    other.dump(tmp_path / "result.yaml")
    assert (tmp_path / "lamp.ply").read_bytes() == before
    again = load_scene(tmp_path / "result.yaml")
    same(again, other)
    assert "file: result-lamp.ply" in (tmp_path / "result.yaml").read_text()
    doubled = 2 * other.parameters["shapes.lamp.vertices"]
    once_more = again.replace({"shapes.lamp.vertices": doubled})
    once_more.dump(tmp_path / "result.yaml")
    assert (tmp_path / "lamp.ply").read_bytes() == before
    same(load_scene(tmp_path / "result.yaml"), once_more)


def test_dump_overwrites_only_what_an_earlier_dump_wrote(file, tmp_path):
    scene = large(file)
    out = tmp_path / "out"
    out.mkdir()
    for factor in (0.5, 0.25):
        other = scene.replace({"shapes.lamp.vertices": factor * np.array(
            scene.parameters["shapes.lamp.vertices"])})
        other.dump(out / "result.yaml")
        assert sorted(os.listdir(out)) == ["lamp.ply", "result.yaml"]
        same(load_scene(out / "result.yaml"), other)
    other.dump(out / "second.yaml")
    assert sorted(os.listdir(out)) == ["lamp.ply", "result.yaml", "second-lamp.ply", "second.yaml"]


def test_dump_quotes_words_that_would_be_numbers(tmp_path):
    scene = Scene.from_dict({
        "nrender": 1,
        "cameras": {"c": {"type": "perspective", "origin": [0, 0, 1e-7], "target": [1e17, 0, 0],
                          "resolution": [4, 4]}},
        "materials": {"1e5": {"type": "diffuse", "reflectance": [0, 0, 0]},
                      "yes": {"type": "diffuse", "reflectance": [0, 0, 0]}},
        "shapes": {"a": {"type": "cube", "material": "1e5"},
                   "12": {"type": "cube", "material": "yes"}}})
    scene.dump(tmp_path / "s.yaml")
    same(load_scene(tmp_path / "s.yaml"), scene)


def test_dump_where_it_cannot(scene, tmp_path):
    with pytest.raises(NrenderError, match="can't write: No such file or directory"):
        scene.dump(tmp_path / "none" / "s.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(NrenderError, match="can't write: Is a directory"):
        scene.dump(tmp_path / "folder.yaml")
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_arrays_are_allowed_in_dicts_and_copied(scene):
    document = scene.document
    vertices = np.array(document["shapes"]["tri"]["vertices"], dtype=np.float32)
    document["shapes"]["tri"]["vertices"] = vertices
    document["shapes"]["tri"]["faces"] = np.array([[0, 1, 2]], dtype=np.uint32)
    document["cameras"]["main"]["resolution"] = np.array([64, 48])
    document["cameras"]["main"]["fov"] = np.float64(45)
    document["cameras"]["main"]["origin"] = (0, 0, np.float32(5))
    other = Scene.from_dict(document)
    vertices[:] = 9
    same(other, scene)
    assert other.file is None
    assert other.document["cameras"]["main"]["resolution"] == [64, 48]


def test_base_is_where_relative_paths_start(file, monkeypatch, tmp_path):
    document = load_scene(file).document
    document["shapes"]["lamp"]["file"] = "lamp.obj"
    same(Scene.from_dict(document, base=tmp_path / "meshes"), load_scene(file))
    monkeypatch.chdir(tmp_path / "meshes")
    scene = Scene.from_dict(document)
    monkeypatch.chdir(tmp_path)
    assert scene.document["shapes"]["lamp"]["file"] == str(tmp_path / "meshes" / "lamp.obj")


def test_where_names_the_line(scene):
    for path, line in {"cameras.main.origin": 3, "shapes.lamp.transform.scale": 9,
                       "shapes.lamp.transform.pivot": 9, "shapes.tri.vertices": 12,
                       "lights.sky.radiance": 17, "nothing": 1}.items():
        assert scene.where(path) == (str(scene.file), line)
    assert Scene.from_dict(scene.document).where("cameras.main.origin") == ("<dict>", 0)


def test_scenes_can_be_pickled(scene):
    other = scene.replace({"cameras.main.fov": 30})
    again = pickle.loads(pickle.dumps(other))
    same(again, other)
    assert again.where("cameras.main.fov") == other.where("cameras.main.fov")
    with pytest.raises(TypeError):
        again.cameras["x"] = None


def test_repr_is_short(scene):
    text = repr(scene)
    assert "shapes.lamp: Shape(mesh, 4 vertices, 2 faces, material=None" in text
    assert len(text) < 1500
    assert "materials.white.reflectance (3,)" in repr(scene.parameters)


def test_warnings_carry_the_line_and_come_only_with_a_good_scene(file):
    text = file.read_text().replace("[[0, 1, 2]]", "[[0, 1, 2], [0, 0, 0]]")
    file.write_text(text)
    with pytest.warns(SceneWarning) as caught:
        load_scene(file)
    assert [str(w.message) for w in caught] == [
        f"{file}:10: shapes 'tri': 1 of 2 triangles dropped: they have no area"]
    assert caught[0].filename == __file__
    file.write_text(text.replace("[1, 1, 1]", "[1, 1, -1]"))
    with pytest.raises(SceneError, match="radiance"):
        load_scene(file)
