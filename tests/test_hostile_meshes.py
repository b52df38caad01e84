"""Meshes whose headers lie, and glTF files whose numbers and names lead elsewhere."""

import json

import pytest
from gltf_files import QUAD, Tiny, as_gltf
from hostile import SCENE, refused

from nrender.scene.shapes.mesh import read_mesh

PLY = "ply\nformat {}\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\nelement face {}\n" \
      "property list uchar int vertex_indices\nend_header\n"
VERTICES = "v 0 0 0\nv 1 0 0\nv 0 1 0\n"
MESHES = {
    "PLY of 10^9 vertices": ("a.ply", PLY.format("binary_little_endian 1.0", 10**9, 1), "not a proper PLY"),
    "PLY of 10^9 faces": ("a.ply", PLY.format("binary_little_endian 1.0", 0, 10**9), "not a proper PLY|no triangles"),
    "PLY text of 10^9 vertices": ("a.ply", PLY.format("ascii 1.0", 10**9, 1) + "0 0 0\n", "no triangles"),
    "PLY of 10^20 vertices": ("a.ply", PLY.format("binary_little_endian 1.0", 10**20, 1), "not a proper PLY"),
    "PLY of -1 vertices": ("a.ply", PLY.format("ascii 1.0", -1, 1), "not a proper PLY|no triangles"),
    "STL of 10^9 triangles": ("a.stl", b"x".ljust(80) + (10**9).to_bytes(4, "little"), "not a proper STL|no triangles"),
    "OBJ out of range": ("a.obj", VERTICES + "f 1 2 4\n", "face 0 has vertex 3, but the mesh has 3 vertices"),
    "OBJ far out of range": ("a.obj", VERTICES + f"f 1 2 {10**30}\n", "not a proper OBJ|face 0"),
    "OBJ of 0": ("a.obj", VERTICES + "f 0 1 2\n", "not a proper OBJ file \\(face line"),
    "OBJ before the first": ("a.obj", VERTICES + "f -1 -2 -4\n", "face 0 has a vertex before the first"),
    "OBJ of NaN": ("a.obj", VERTICES + "v nan 0 0\nf 1 2 4\n", "nan"),
    "OBJ of 1e400": ("a.obj", VERTICES + "v 1e400 0 0\nf 1 2 4\n", "inf"),
    "OBJ of many digits": ("a.obj", VERTICES + f"f 1 2 {'9' * 10**5}\n", "not a proper OBJ"),
    "OBJ of escapes": ("a.obj", "v \x1b[2J\n", "not a proper OBJ"),
}


@pytest.mark.parametrize("name, data, expected", MESHES.values(), ids=MESHES)
def test_meshes(tmp_path, name, data, expected):
    (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    text = SCENE.replace("type: sphere, subdivisions: 1", f"type: mesh, file: {name}")
    refused(tmp_path, text, f"shapes 'a': (file|faces): .*({expected})")


def test_a_face_of_many_corners(tmp_path):
    (tmp_path / "a.obj").write_text(VERTICES + "f " + "1 2 3 2 " * 75_000 + "\n")
    assert len(read_mesh(tmp_path / "a.obj", "a.obj").faces) == 300_000 - 2


def gltf(tmp_path, change):
    tiny = Tiny(mode=5).give("POSITION", QUAD)
    document = json.loads(as_gltf(tiny.json, tiny.data))
    change(document)
    (tmp_path / "a.gltf").write_text(json.dumps(document))
    return SCENE.replace("type: sphere, subdivisions: 1", "type: mesh, file: a.gltf")


def instances(document, count=3000):
    """Many nodes with a mesh of as many triangles as an accessor without a buffer may have."""
    del document["accessors"][0]["bufferView"]
    document["accessors"][0]["count"] = 2**20
    document["nodes"] = [{"mesh": 0} for _ in range(count)]
    document["meshes"][0]["primitives"][0]["mode"] = 4
    document["scenes"][0]["nodes"] = list(range(count))


GLTFS = {
    "count": (lambda d: d["accessors"][0].update(count=10**9), "accessors 0: count: out of range"),
    "zeros": (lambda d: (d["accessors"][0].pop("bufferView"), d["accessors"][0].update(count=10**9)),
              "at most 1048576 rows"),
    "view": (lambda d: d["bufferViews"][0].update(byteLength=10**9), "byteLength: expected an end within"),
    "circle": (lambda d: d["nodes"][0].update(children=[0]), "expected a tree"),
    "chain": (lambda d: d.update(nodes=[{"children": [k + 1]} for k in range(10**5 + 1)] + [{}]), "expected a tree"),
    "base64": (lambda d: d["buffers"][0].update(uri="data:;base64,%%%"), "expected data in base64"),
    "data": (lambda d: d["buffers"][0].update(uri="data:text/plain,x"), "expected data in base64"),
    "elsewhere": (lambda d: d["buffers"][0].update(uri="../../../../../etc/passwd"), "in the folder of the source"),
    "elsewhere, hidden": (lambda d: d["buffers"][0].update(uri="%2e%2e/%2e%2e/etc/passwd"),
                          "in the folder of the source"),
    "elsewhere, absolute": (lambda d: d["buffers"][0].update(uri="/etc/passwd"), "in the folder of the source"),
    "net": (lambda d: d["buffers"][0].update(uri="http://localhost/x"), "in the folder of the source"),
    "sparse": (lambda d: d["accessors"][0].update(sparse={"count": 10**9, "indices": {}, "values": {}}),
               "sparse: count"),
    "sparse beyond": (lambda d: d["accessors"][0].update(sparse={
        "count": 1, "indices": {"bufferView": 0, "componentType": 5126}, "values": {"bufferView": 9}}), "sparse"),
    "negative": (lambda d: d["bufferViews"][0].update(byteOffset=-1), "byteOffset: expected a whole number"),
}


@pytest.mark.parametrize("change, expected", GLTFS.values(), ids=GLTFS)
def test_gltf(tmp_path, change, expected):
    refused(tmp_path, gltf(tmp_path, change), f"shapes 'a': file: cannot read 'a.gltf': .*({expected})")


def test_gltf_of_many_nodes(tmp_path, monkeypatch):
    from nrender.scene.gltf import container

    monkeypatch.setattr(container, "MOST_TRIANGLES", 2**19)
    refused(tmp_path, gltf(tmp_path, instances), "expected at most 5.* triangles in all nodes")


def test_gltf_nested_deeply(tmp_path):
    (tmp_path / "a.gltf").write_text('{"asset": ' + "[" * 10**5)
    refused(tmp_path, SCENE.replace("type: sphere, subdivisions: 1", "type: mesh, file: a.gltf"), "not proper JSON")
