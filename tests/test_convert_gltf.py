"""glTF files with one feature each, and what becomes of it."""

import json
import math

import numpy as np
import pytest
from gltf_files import QUAD, STRIP, Tiny, quad

import nrender as nr
from nrender.convert import convert
from nrender.image import srgb_decode
from nrender.scene.transform import world_vertices


@pytest.fixture
def read(tmp_path):
    def call(tiny, name="in.glb"):
        data = tiny.glb() if name.endswith("glb") else tiny.text().encode()
        (tmp_path / name).write_bytes(data)
        result = convert(tmp_path / name, tmp_path / "out.yaml")
        scene = nr.load_scene(tmp_path / "out.yaml")
        return scene, [str(problem).partition(": ")[2] for problem in result.approximated + result.refused]

    return call


def one(scene):
    (shape,) = scene.shapes.values()
    return shape


@pytest.mark.parametrize("name", ["in.glb", "in.gltf"])
def test_a_strip_from_a_chunk_and_from_a_data_uri(read, name):
    scene, notes = read(quad(), name)
    shape = one(scene)
    assert shape.vertices.tolist() == QUAD.tolist()
    assert shape.faces.tolist() == [[0, 1, 2], [1, 3, 2]]
    np.testing.assert_allclose(shape.uvs, QUAD[:, :2][shape.faces])  # v is turned over
    assert sorted(note.split(":")[0] for note in notes) == ["cameras", "lights"]


def test_a_fan_with_indices_and_a_strip_joined_by_flat_triangles(read):
    fan = Tiny(mode=6).give("POSITION", QUAD[[0, 1, 3, 2]])
    fan.primitive["indices"] = fan.accessor(STRIP, "SCALAR")
    assert one(read(fan)[0]).faces.tolist() == [[1, 2, 0], [2, 3, 0]]
    strip = Tiny(mode=5).give("POSITION", QUAD)
    strip.primitive["indices"] = strip.accessor(np.array([0, 1, 2, 2, 2, 1, 1, 3, 2], dtype="u1"), "SCALAR")
    faces = one(read(strip)[0]).faces
    normals = np.cross(QUAD[faces[:, 1]] - QUAD[faces[:, 0]], QUAD[faces[:, 2]] - QUAD[faces[:, 0]])
    assert len(faces) == 2
    assert normals[:, 2].min() > 0


def test_strides_and_sparse_rows(read):
    strided = Tiny(mode=5)
    rows = np.concatenate([QUAD, np.full((4, 2), 7, "<f4")], axis=1)
    view = strided.view(rows.tobytes(), byteStride=20)
    strided.json["accessors"].append({"bufferView": view, "componentType": 5126, "count": 4, "type": "VEC3"})
    strided.primitive["attributes"]["POSITION"] = 0
    assert one(read(strided)[0]).vertices.tolist() == QUAD.tolist()

    sparse = Tiny(mode=5).give("POSITION", QUAD)
    sparse.json["accessors"][0]["sparse"] = {
        "count": 1, "indices": {"bufferView": sparse.view(b"\x03"), "componentType": 5121},
        "values": {"bufferView": sparse.view(np.array([2, 2, 1], "<f4").tobytes())}}
    assert one(read(sparse)[0]).vertices.tolist() == [*QUAD[:3].tolist(), [2, 2, 1]]


def test_colours_of_vertices_in_bytes_are_parts_of_255(read):
    colors = np.array([[255, 0, 51], [0, 0, 0], [255] * 3, [51] * 3], dtype="u1")
    tiny = quad().give("COLOR_0", colors, "VEC3", normalized=True)
    tiny.material(pbrMetallicRoughness={"baseColorFactor": [0.5, 1, 1, 1], "metallicFactor": 0})
    scene, _ = read(tiny)
    np.testing.assert_allclose(one(scene).colors, colors / 255 * [0.5, 1, 1])
    assert scene.document["materials"]["paint"]["base_color"] == {"vertex": "colors"}


def test_nested_nodes_and_a_node_that_mirrors(read):
    tiny = Tiny(mode=5).give("POSITION", QUAD)
    normals = np.tile(np.array([[0, 0, 1]], "<f4"), (4, 1))
    tiny.give("NORMAL", normals)
    turn = [0, 0, math.sqrt(0.5), math.sqrt(0.5)]
    tiny.json["nodes"] = [{"children": [1], "translation": [1, 0, 0], "rotation": turn},
                          {"mesh": 0, "scale": [-2, 1, 1], "name": "leaf"}]
    scene, _ = read(tiny)
    shape = scene.shapes["leaf"]
    world = world_vertices(shape.vertices, shape.transform)
    np.testing.assert_allclose(world, [[1, 0, 0], [1, -2, 0], [0, 0, 0], [0, -2, 0]], atol=1e-6)
    # The front of the file stays the front: in the world its normal is still +z.
    a, b, c = (world[shape.faces[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()
    from nrender.scene.transform import world_normals

    np.testing.assert_allclose(world_normals(shape.corner_normals, shape.transform)[..., 2], 1)


def test_textures_go_where_they_were(read, tmp_path):
    tiny = quad()
    colour = [[[200, 100, 50, 255], [10, 20, 30, 0]]]
    number = tiny.image(colour)
    orm = tiny.image([[[0, 51, 255], [0, 102, 255]]])
    transform = {"KHR_texture_transform": {"scale": [2, 3], "offset": [0.25, 0.5]}}
    tiny.json["samplers"] = [{"wrapS": 33071, "wrapT": 33071}]
    tiny.json["textures"][number]["sampler"] = 0
    tiny.material(
        alphaMode="MASK", doubleSided=True,
        pbrMetallicRoughness={"baseColorTexture": {"index": number, "extensions": transform},
                              "metallicRoughnessTexture": {"index": orm}, "metallicFactor": 0.5})
    scene, _ = read(tiny)
    values = scene.materials["paint"].values
    np.testing.assert_allclose(values["base_color"].image, srgb_decode(np.array(colour)[..., :3] / 255), atol=1e-7)
    assert values["base_color"].wrap == "clamp"
    assert values["base_color"].scale.tolist() == [2, 3]
    # v' = 1 - (3 (1 - v) + 0.5)
    assert values["base_color"].offset.tolist() == [0.25, -2.5]
    assert values["opacity"].image[..., 0].tolist() == [[1, 0]]
    np.testing.assert_allclose(values["roughness"].image[..., 0], [[0.2, 0.4]])
    assert values["metallic"] == 0.5  # its channel is the same everywhere
    assert "two_sided" not in values
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_a_factor_is_multiplied_into_its_image(read):
    tiny = quad()
    tiny.material(pbrMetallicRoughness={"baseColorTexture": {"index": tiny.image([[[255, 128, 0]]])},
                                        "baseColorFactor": [0.5, 0.5, 1, 1]},
                  emissiveTexture={"index": 0}, emissiveFactor=[1, 0, 0],
                  extensions={"KHR_materials_emissive_strength": {"emissiveStrength": 3}})
    scene, _ = read(tiny)
    linear = srgb_decode([1, 128 / 255, 0])
    base = scene.materials["paint"].values["base_color"]
    np.testing.assert_allclose(base.image[0, 0], linear * [0.5, 0.5, 1], atol=1e-6)
    np.testing.assert_allclose(one(scene).emission.image[0, 0], [3, 0, 0], atol=1e-6)


@pytest.mark.parametrize(
    "material, entry",
    [
        ({"doubleSided": True}, {"type": "principled", "base_color": [1.0] * 3, "metallic": 1.0, "roughness": 1.0}),
        ({}, {"type": "principled", "base_color": [1.0] * 3, "metallic": 1.0, "roughness": 1.0, "two_sided": False}),
        ({"doubleSided": True, "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0.25},
          "extensions": {"KHR_materials_ior": {"ior": 1.4}, "KHR_materials_specular": {"specularFactor": 0.5}}},
         {"type": "principled", "base_color": [1.0] * 3, "metallic": 0.0, "roughness": 0.25,
          "specular": pytest.approx((0.4 / 2.4) ** 2 / 0.08 / 2)}),
        ({"pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0},
          "extensions": {"KHR_materials_ior": {"ior": 1.33}, "KHR_materials_volume": {"thicknessFactor": 1},
                         "KHR_materials_transmission": {"transmissionFactor": 1}}},
         {"type": "dielectric", "ior": 1.33, "roughness": 0.0}),
        ({"alphaMode": "BLEND", "doubleSided": True, "pbrMetallicRoughness": {
            "metallicFactor": 0, "baseColorFactor": [0.2, 0.3, 0.4, 0.5]},
          "extensions": {"KHR_materials_specular": {"specularFactor": 0}}},
         {"type": "diffuse", "reflectance": [0.2, 0.3, 0.4], "opacity": 0.5}),
    ],
)
def test_materials(read, material, entry):
    scene, notes = read(quad().material(**material))
    assert scene.document["materials"]["paint"] == entry
    assert len(notes) == 2


def test_cameras_and_lights(read):
    tiny = quad()
    tiny.json |= {
        "cameras": [{"type": "perspective", "perspective": {"yfov": math.pi / 3, "aspectRatio": 2, "znear": 1}},
                    {"type": "orthographic", "orthographic": {"xmag": 3, "ymag": 1.5, "znear": 1, "zfar": 9}}],
        "extensions": {"KHR_lights_punctual": {"lights": [
            {"type": "point", "intensity": 3, "color": [1, 0.5, 0]}, {"type": "directional", "intensity": 2},
            {"type": "spot", "spot": {"outerConeAngle": math.pi / 6}}]}}}
    tiny.json["nodes"] += [{"camera": 0, "translation": [0, 0, 5]}, {"camera": 1, "rotation": [0, 1, 0, 0]}]
    tiny.json["nodes"] += [{"name": f"l{k}", "translation": [0, 2, 0],
                            "extensions": {"KHR_lights_punctual": {"light": k}}} for k in range(3)]
    tiny.json["scenes"][0]["nodes"] = list(range(6))
    document = read(tiny)[0].document
    assert document["cameras"]["main"] == {
        "type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 4], "up": [0, 1, 0], "fov": 60.0,
        "resolution": [1024, 512]}
    assert document["cameras"]["camera"]["height"] == 3
    np.testing.assert_allclose(document["cameras"]["camera"]["target"], [0, 0, 1], atol=1e-9)
    assert document["lights"] == {
        "l0": {"type": "point", "position": [0, 2, 0], "intensity": [3, 1.5, 0]},
        "l1": {"type": "directional", "direction": [0, 0, -1], "irradiance": [2, 2, 2]},
        "l2": {"type": "spot", "position": [0, 2, 0], "target": [0, 2, -1], "intensity": [1, 1, 1], "cutoff": 30.0,
               "beam_width": 0.0}}


@pytest.mark.parametrize(
    "change, note",
    [
        (lambda t: t.json.update(animations=[{}]), "animations: left out"),
        (lambda t: t.json.update(extensionsUsed=["EXT_lights_image_based"]), "'EXT_lights_image_based'"),
        (lambda t: t.primitive.update(targets=[{}]), "targets: without its morph targets"),
        (lambda t: t.material(extensions={"KHR_materials_sheen": {}}), "KHR_materials_sheen: ignored"),
        (lambda t: t.material(extensions={"KHR_materials_transmission": {"transmissionFactor": 1}}), "thin film"),
        (lambda t: t.material(normalTexture={"index": t.image([[[128, 128, 255]]]), "texCoord": 1}), "(0, 0)"),
    ],
)
def test_what_is_lost_has_a_line(read, change, note):
    tiny = quad()
    change(tiny)
    _, notes = read(tiny)
    assert [line for line in notes if note in line], notes


def test_a_mesh_of_trimesh_is_where_trimesh_has_it(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    scene = trimesh.Scene()
    turn = trimesh.transformations.rotation_matrix(0.7, [1, 2, 3], [0.1, 0.2, 0.3])
    scene.add_geometry(trimesh.creation.box((1, 2, 3)), transform=turn, node_name="box")
    scene.add_geometry(trimesh.creation.icosphere(1), node_name="ball")
    for name in ("a.glb", "a.gltf"):
        if name.endswith("glb"):
            (tmp_path / name).write_bytes(scene.export(file_type="glb"))
        else:
            for file, data in scene.export(file_type="gltf").items():
                (tmp_path / ("a.gltf" if file.endswith(".gltf") else file)).write_bytes(data)
        convert(tmp_path / name, tmp_path / "out.yaml")
        found = nr.load_scene(tmp_path / "out.yaml")
        ours = np.concatenate([world_vertices(s.vertices, s.transform)[s.faces].reshape(-1, 9)
                               for s in found.shapes.values()])
        theirs = trimesh.load_scene(tmp_path / name).to_geometry().triangles.reshape(-1, 9)
        assert len(ours) == len(theirs)
        np.testing.assert_allclose(ours[np.lexsort(ours.round(5).T)], theirs[np.lexsort(theirs.round(5).T)], atol=1e-6)
    json.loads((tmp_path / "a.gltf").read_text())
