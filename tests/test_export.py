"""Scenes out and in again: what glTF can say is the same, and what it can't has a line."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from nrender_cli.main import cli

import nrender as nr
from nrender.bsdf import transmittance
from nrender.convert import bsdfs, convert
from nrender.export import surfaces
from nrender.scene.models import Texture
from nrender.scene.transform import world_normals, world_vertices

RNG = np.random.default_rng(5)
TETRA = {"type": "mesh", "vertices": RNG.normal(size=(4, 3)), "faces": [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]]}
IMAGE = RNG.integers(0, 256, (3, 4, 3)) / 255


def scene(**sections):
    return nr.Scene.from_dict({
        "nrender": 1,
        "cameras": {
            "main": {"type": "perspective", "origin": [1, 2, 5], "target": [0.5, 0, 0], "up": [0.1, 1, 0], "fov": 50,
                     "fov_axis": "x", "resolution": [40, 30]},
            "flat": {"type": "orthographic", "origin": [0, 0, 5], "target": [0, 0, 0], "height": 3,
                     "resolution": [20, 30]}},
        "materials": {
            "white": {"type": "diffuse", "reflectance": [0.7, 0.6, 0.5]},
            "gold": {"type": "principled", "base_color": [0.9, 0.7, 0.2], "metallic": 1, "roughness": 0.3,
                     "two_sided": False},
            "paint": {"type": "principled", "base_color": {"image": nr.image.srgb_decode(IMAGE), "wrap": "clamp",
                                                           "scale": [2, 3], "offset": [0.25, 0.5]},
                      "metallic": {"image": IMAGE[..., 0]}, "roughness": {"image": IMAGE[..., 1]}, "specular": 0.3,
                      "opacity": 0.5, "normal_map": {"image": np.full((2, 2, 3), [128 / 255, 128 / 255, 1.0])}},
            "tinted": {"type": "diffuse", "reflectance": {"vertex": "colors"}},
            "glass": {"type": "dielectric", "ior": 1.4, "roughness": 0.1}},
        "shapes": {
            "ball": {"type": "sphere", "subdivisions": 1, "material": "gold", "normals": "smooth",
                     "transform": {"scale": [1, 2, 0.5], "rotate": [10, 20, 30], "translate": [1, 0, 0]}},
            "square": {"type": "rectangle", "material": "paint"},
            "mirrored": {**TETRA, "material": "tinted", "colors": RNG.uniform(size=(4, 3)),
                         "transform": {"matrix": [[-1, 0.2, 0, 1], [0, 2, 0, 0], [0, 0.1, 1, 0]]}},
            "seams": {**TETRA, "material": "glass", "uvs": RNG.uniform(size=(4, 3, 2))},
            "floor": {"type": "rectangle", "material": "white", "transform": {"translate": [0, -2, 0]}},
            "lamp": {"type": "rectangle", "emission": [10, 5, 0], "two_sided": True}},
        "lights": {"sun": {"type": "directional", "direction": [1, -2, 0.5], "irradiance": [3, 2, 1]},
                   "bulb": {"type": "point", "position": [0, 3, 0], "intensity": [0.5, 0.25, 1]},
                   "beam": {"type": "spot", "position": [0, 3, 1], "target": [0, 0, 0], "intensity": [4, 4, 2],
                            "cutoff": 35, "beam_width": 20}},
        **sections})


def close(a, b, tolerance=1e-6):
    """Float32 in the file: half a unit in its last place is 6e-8 of a number."""
    np.testing.assert_allclose(a, b, atol=tolerance, rtol=tolerance)


@pytest.fixture(params=[".glb", ".gltf"])
def again(request, tmp_path):
    def call(before):
        path = tmp_path / f"out{request.param}"
        notes = nr.export(before, path)
        convert(path, tmp_path / "again.yaml")
        return nr.load_scene(tmp_path / "again.yaml"), notes

    return call


def test_all_sides_have_one_index_of_the_coat():
    """These folders don't import kernels."""
    assert surfaces.COAT == bsdfs.PLASTIC_INDEX == transmittance.INDEX


def test_shapes_come_back(again):
    before = scene()
    after, _ = again(before)
    assert list(after.shapes) == list(before.shapes)
    for name, old in before.shapes.items():
        new = after.shapes[name]
        assert len(new.faces) == len(old.faces), name
        close(*(world_vertices(shape.vertices, shape.transform)[shape.faces] for shape in (new, old)))
        if name not in ("seams", "ball"):  # each vertex has one uv: none is torn apart
            close(new.vertices, old.vertices)
            assert np.array_equal(new.faces, old.faces)
        assert (old.uvs is None) == (new.uvs is None)
        if old.uvs is not None:
            close(new.uvs, old.uvs)
    close(after.shapes["mirrored"].colors, before.shapes["mirrored"].colors)
    close(after.shapes["mirrored"].transform.matrix, before.shapes["mirrored"].transform.matrix)
    close(after.shapes["lamp"].emission, [10, 5, 0])
    assert after.shapes["lamp"].two_sided


def test_smooth_normals_are_written(again):
    """Of a stretched ball: in the world each is the mean of the triangles around it, weighted by angle."""
    before = scene()
    new, shape = again(before)[0].shapes["ball"], before.shapes["ball"]
    world = world_vertices(shape.vertices, shape.transform)[shape.faces]
    flat = np.cross(world[:, 1] - world[:, 0], world[:, 2] - world[:, 0])
    normals = world_normals(new.corner_normals, new.transform)
    total = np.zeros_like(shape.vertices)
    for k in range(3):
        a, b = (world[:, (k + j) % 3] - world[:, k] for j in (1, 2))
        angle = np.arccos((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))
        np.add.at(total, shape.faces[:, k], angle[:, None] * flat / np.linalg.norm(flat, axis=1, keepdims=True))
    close(normals, (total / np.linalg.norm(total, axis=1, keepdims=True))[shape.faces], 1e-5)


@pytest.mark.parametrize("name", ["a.glb", "a.obj", "a.ply"])
def test_the_front_of_a_mirrored_shape_stays_its_front(tmp_path, name):
    normals = RNG.normal(size=(4, 3))[np.array(TETRA["faces"])]
    shape = {**TETRA, "emission": [1, 1, 1], "corner_normals": normals,
             "transform": {"matrix": [[-1, 0.2, 0, 1], [0, 2, 0, 0], [0, 0.1, 1, 0]]}}
    before = scene(materials={}, shapes={"a": shape})
    nr.export(before, tmp_path / name)
    convert(tmp_path / name, tmp_path / "b.yaml")
    (new,), (old,) = (s.shapes.values() for s in (nr.load_scene(tmp_path / "b.yaml"), before))

    def by_triangle(shape):
        """Centres, directions of the fronts, and means of the normals, in the order of the centres."""
        world = world_vertices(shape.vertices, shape.transform)[shape.faces]
        front = np.cross(world[:, 1] - world[:, 0], world[:, 2] - world[:, 0])
        mean = world_normals(shape.corner_normals, shape.transform).mean(axis=1)
        return np.hstack([world.mean(axis=1), front, mean])[np.argsort(world.mean(axis=1)[:, 0])]

    close(by_triangle(new), by_triangle(old), 1e-5)


def test_materials_come_back(again):
    before = scene()
    after, notes = again(before)
    for name, old in before.materials.items():
        new = after.materials[name]
        assert new.type == old.type, name
        for key, value in old.values.items():
            if isinstance(value, Texture):
                close(new.values[key].image, value.image)
                close(new.values[key].scale, value.scale)
                close(new.values[key].offset, value.offset)
                assert new.values[key].wrap == value.wrap
            elif isinstance(value, np.ndarray):
                close(new.values[key], value)
    assert after.materials["gold"].values["two_sided"] is False
    assert notes == ["light 'beam': between its two angles glTF's falls in proportion to the cosine, squared"]


def test_cameras_and_lights_come_back(again):
    from nrender.scene.look_at import pose

    before = scene()
    after, _ = again(before)
    for name, old in before.cameras.items():
        new = after.cameras[name]
        close(pose(new.values), pose(old.values))
        assert (new.width, new.height) == (old.width, old.height)
    vertical = 2 * np.degrees(np.arctan(np.tan(np.radians(25)) * 30 / 40))
    close(after.cameras["main"].values["fov"], vertical)
    close(after.cameras["flat"].values["height"], 3)
    for name, old in before.lights.items():
        new = after.lights[name]
        for key in set(old.values) - {"direction", "target"}:
            close(new.values[key], old.values[key])
    close(after.lights["sun"].values["direction"], np.array([1, -2, 0.5]) / np.linalg.norm([1, -2, 0.5]))
    axis = after.lights["beam"].values["target"] - [0, 3, 1]
    close(axis, np.array([0, -3, -1]) / np.sqrt(10))


def test_what_a_fit_has_changed_goes_out(again, tmp_path):
    """As `best.yaml` of a fit: dumped with its texture and vertices changed, read, and exported."""
    image, vertices = np.zeros((3, 4, 3)), TETRA["vertices"] + 0.5
    image[0, 1] = 1.0
    changed = scene().replace({"materials.paint.base_color.image": image, "shapes.mirrored.vertices": vertices})
    changed.dump(tmp_path / "best.yaml")
    after, _ = again(nr.load_scene(tmp_path / "best.yaml"))
    close(after.shapes["mirrored"].vertices, vertices)
    close(after.materials["paint"].values["base_color"].image, image)


def test_what_cannot_be_said_has_a_line(tmp_path):
    materials = {"a": {"type": "plastic", "reflectance": {"checkerboard": {"a": [0.1] * 3, "b": [0.9] * 3}}},
                 "b": {"type": "principled", "base_color": {"image": np.full((1, 1, 3), 0.3)}, "sheen": 0.5}}
    shapes = {"s": {"type": "rectangle", "material": "a"}, "t": {"type": "rectangle", "material": "b"}}
    before = scene(materials=materials, shapes=shapes, lights={"sky": {"type": "constant", "radiance": [1, 1, 1]}})
    text = "\n".join(nr.export(before, tmp_path / "a.glb"))
    for part in ("material 'a': metallic-roughness instead of plastic", "material 'b': sheen: left out",
                 "image 'b-base': rounded to 8 bits", "light 'sky': left out"):
        assert part in text


def test_a_checkerboard_comes_back_as_an_image_with_sharp_squares(again):
    board = {"checkerboard": {"a": [0.2] * 3, "b": [0.8, 0.6, 0.4], "scale": [3, 5], "offset": [0.5, 0]}}
    shapes = {"s": {"type": "rectangle", "material": "paint"}}
    after, _ = again(scene(materials={"paint": {"type": "diffuse", "reflectance": board}}, shapes=shapes, lights={}))
    texture = after.materials["paint"].values["reflectance"]
    n = len(texture.image) // 2
    close(texture.image[n:, :n], np.broadcast_to([0.2] * 3, (n, n, 3)), 0.005)  # (0, 0) of uv is the lower left
    close(texture.image[:n, :n], np.broadcast_to([0.8, 0.6, 0.4], (n, n, 3)), 0.005)
    close(texture.scale, [1.5, 2.5])


def test_a_lens_is_a_pinhole_there(tmp_path):
    lens = {"type": "thinlens", "aperture_radius": 0.1, "focus_distance": 3, "filter": "tent"}
    camera = {"origin": [1, 2, 5], "target": [0.5, 0, 0], "fov": 50, "resolution": [40, 30]}
    notes = nr.export(scene(cameras={"main": {**camera, **lens}}), tmp_path / "a.glb")
    convert(tmp_path / "a.glb", tmp_path / "b.yaml")
    after = nr.load_scene(tmp_path / "b.yaml").cameras["main"]
    assert (after.type, after.values["filter"]) == ("perspective", "box")
    close(after.values["fov"], 50)
    assert any("aperture_radius: a pinhole: all is in focus" in note for note in notes)
    assert any("filter: left out" in note for note in notes)


def test_trimesh_reads_it(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    before = scene()
    nr.export(before, tmp_path / "a.glb")
    loaded = trimesh.load_scene(tmp_path / "a.glb")
    theirs = loaded.to_geometry().triangles.reshape(-1, 9)
    ours = np.concatenate([world_vertices(s.vertices, s.transform)[s.faces].reshape(-1, 9)
                           for s in before.shapes.values()])
    assert len(ours) == len(theirs)
    # Of a mirrored node trimesh turns the triangles over, so that compare the sets of corners.
    key = [np.sort(np.linalg.norm(rows.reshape(-1, 3, 3) - [9, 8, 7], axis=2), axis=1) for rows in (ours, theirs)]
    close(*(rows[np.lexsort(rows.round(4).T)] for rows in key), 1e-5)


def test_obj_comes_back(tmp_path):
    before = scene()
    notes = nr.export(before, tmp_path / "a.obj")
    assert any("cameras: left out" in note for note in notes)
    result = convert(tmp_path / "a.obj", tmp_path / "b.yaml")
    after = nr.load_scene(tmp_path / "b.yaml")
    assert [str(p) for p in result.refused] == []
    ours = np.concatenate([world_vertices(s.vertices, s.transform)[s.faces] for s in before.shapes.values()])
    theirs = np.concatenate([s.vertices[s.faces] for s in after.shapes.values()])
    close(ours.mean(axis=1)[np.lexsort(ours.mean(axis=1).round(6).T)],
          theirs.mean(axis=1)[np.lexsort(theirs.mean(axis=1).round(6).T)])
    gold, paint = (after.materials[name].values for name in ("gold", "paint"))
    close(gold["base_color"], [0.9, 0.7, 0.2])
    close([gold["metallic"], gold["roughness"]], [1, 0.3])
    close(paint["base_color"].image, before.materials["paint"].values["base_color"].image)
    close(paint["base_color"].offset, [0.25, 0.5])
    close([paint["specular"], paint["opacity"]], [0.3, 0.5])
    close(after.materials["glass"].values["ior"], 1.4)
    (lamp,) = [shape for shape in after.shapes.values() if shape.emission is not None]
    close(lamp.emission, [10, 5, 0])


def test_ply_comes_back(tmp_path):
    before = scene(materials={}, shapes={"a": {**TETRA, "emission": [1, 1, 1], "transform": {"translate": [1, 2, 3]}}})
    nr.export(before, tmp_path / "a.ply")
    convert(tmp_path / "a.ply", tmp_path / "b.yaml")
    after = nr.load_scene(tmp_path / "b.yaml")
    np.testing.assert_allclose(after.shapes["a"].vertices, TETRA["vertices"] + [1, 2, 3], rtol=1e-15)


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene().dump(tmp_path / "scene.yaml")
    found = CliRunner().invoke(cli, ["export", "scene.yaml", "out.glb", "--json"])
    assert found.exit_code == 0
    assert json.loads(found.stdout)["notes"] == [line for line in found.stderr.splitlines() if "warning" not in line]
    for output, message in (("out.fbx", "expected a name ending in .glb or .gltf or .obj or .ply"),
                            ("no/out.glb", "no such folder")):
        found = CliRunner().invoke(cli, ["export", "scene.yaml", output])
        assert found.exit_code == 2
        assert message in found.stderr
        assert found.stderr.count("\n") == 1
    with pytest.raises(nr.NrenderError, match=r"out.gbl: expected a name ending in .*did you mean '.glb'"):
        nr.export(scene(), "out.gbl")


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    (tmp_path / "a.glb").write_text("old")

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(nr.NrenderError, match="a.glb: can't write: No space left on device"):
        nr.export(scene(), tmp_path / "a.glb")
    assert [path.name for path in tmp_path.iterdir()] == ["a.glb"]
    assert (tmp_path / "a.glb").read_text() == "old"
