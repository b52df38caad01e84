"""glTF, OBJ, PLY and STL that are wrong or hostile end in one line, at once, with nothing written."""

import json
import struct
import time

import numpy as np
import pytest
from click.testing import CliRunner
from gltf_files import Tiny, quad
from nrender_cli.main import cli

from nrender.convert import convert
from nrender.errors import NrenderError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    (tmp_path / "secret.bin").write_bytes(bytes(400))
    return inner


def line_of(name, data, *options):
    """The one line of a conversion that fails."""
    with open(name, "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())
    found = CliRunner().invoke(cli, ["convert", name, "out.yaml", *options])
    assert found.exit_code == 2, found.output
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1, found.stderr
    return found.stderr


def changed(**keys):
    tiny = quad()
    tiny.json |= keys
    return tiny.text()


def with_(path, value):
    """A sound file but for one value."""
    tiny = json.loads(quad().text())
    here = tiny
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return json.dumps(tiny)


PRIMITIVE = ("meshes", 0, "primitives", 0)


@pytest.mark.parametrize(
    "text, line",
    [
        ("", "in.gltf:1: not proper JSON: Expecting value (column 1)"),
        ('{\n"asset": {,', "in.gltf:2: not proper JSON: Expecting property name"),
        (10_000 * "[", "not proper JSON"),
        ("[]", "in.gltf: expected a map"),
        ("{}", "in.gltf: asset: version: expected version 2.0, got ''"),
        (changed(extensionsRequired=["KHR_texture_tranform"]),
         "extensionsRequired: the file needs 'KHR_texture_tranform', which nrender doesn't have; did you mean "
         "'KHR_texture_transform'?"),
        (changed(nodes=3), "in.gltf: nodes: expected a list, got 3"),
        (changed(nodes=[{"children": [0]}]), "nodes 0: children: expected a tree"),
        (changed(nodes=[{"children": [7]}]), "nodes 0: children: expected numbers below 1, got 7"),
        (changed(nodes=[{"mesh": 1}]), "nodes 0: mesh: expected the number of one of 1 meshes, got 1"),
        (changed(nodes=[{"mesh": "a"}]), "nodes 0: mesh: expected a whole number in [0, 1099511627776], got 'a'"),
        (changed(nodes=[{"matrix": [1] * 15}]), "nodes 0: matrix: expected 16 finite numbers, got a list of 15"),
        (changed(nodes=[{"rotation": [0, 0, 0, 0]}]), "nodes 0: rotation: expected a quaternion"),
        (with_(("accessors", 0, "count"), 5), "accessors 0: count: out of range: 5 rows end at byte 60"),
        (with_(("accessors", 0, "count"), 2**35), "accessors 0: count: out of range"),
        (with_(("accessors", 0, "componentType"), 5127), "accessors 0: componentType: expected one of 5120"),
        (with_(("accessors", 0, "type"), "VEC2"), "accessors 0: type: expected VEC3 for meshes 0: primitives 0"),
        (with_(("accessors", 0, "bufferView"), 9), "accessors 0: bufferView: expected the number of one of 2"),
        (with_(("accessors", 1, "count"), 3), "attributes: TEXCOORD_0: expected 4 rows, as POSITION has, got 3"),
        (with_(("bufferViews", 0, "byteLength"), 4000), "bufferViews 0: byteLength: expected an end within"),
        (with_(("buffers", 0, "byteLength"), 4000), "buffers 0: byteLength: expected at least 4000 bytes, got 80"),
        (with_(("buffers", 0, "uri"), "none.bin"), "buffers 0: uri: none.bin: cannot read: No such file"),
        (with_(("buffers", 0, "uri"), "../secret.bin"), "buffers 0: uri: expected a file in the folder of the source"),
        (with_(("buffers", 0, "uri"), "%2e%2e/secret.bin"), "expected a file in the folder of the source"),
        (with_(("buffers", 0, "uri"), "/etc/passwd"), "expected a file in the folder of the source"),
        (with_(("buffers", 0, "uri"), "https://example.com/a.bin"), "expected a file in the folder of the source"),
        (with_(("buffers", 0, "uri"), "file:///etc/passwd"), "expected a file in the folder of the source"),
        (with_(("buffers", 0, "uri"), "data:text/plain,abc"), "buffers 0: uri: expected data in base64"),
        (with_((*PRIMITIVE, "mode"), 9), "primitives 0: mode: expected a whole number in [0, 6], got 9"),
        (with_((*PRIMITIVE, "indices"), 0), "accessors 0: type: expected SCALAR"),
    ],
)
def test_gltf(folder, text, line):
    start = time.monotonic()
    assert line in line_of("in.gltf", text)
    assert time.monotonic() - start < 10
    assert [path.name for path in folder.iterdir()] == ["in.gltf"]


def test_a_link_out_of_the_folder_is_not_followed(folder):
    (folder / "link.bin").symlink_to(folder.parent / "secret.bin")
    assert "expected a file in the folder" in line_of("in.gltf", with_(("buffers", 0, "uri"), "link.bin"))


def test_an_index_out_of_range(folder):
    tiny = Tiny().give("POSITION", np.eye(3, dtype="<f4"))
    tiny.primitive["indices"] = tiny.accessor(np.array([0, 1, 3], "u1"), "SCALAR")
    assert "primitives 0: indices: out of range: expected numbers below 3, got 3" in line_of("in.gltf", tiny.text())


def test_numbers_that_are_not_finite(folder):
    tiny = Tiny().give("POSITION", np.array([[0, 0, 0], [1, 0, np.nan], [0, 1, 0]], "<f4"))
    assert "accessors 0: expected finite numbers, got nan in row 1" in line_of("in.gltf", tiny.text())


def test_a_glb_cut_anywhere_is_one_line(folder):
    data = quad().material(emissiveFactor=[1, 1, 1]).glb()
    for length in range(0, len(data), 7):
        line_of("in.glb", data[:length])
    assert "the file ends too soon" in line_of("in.glb", data[:-4])


def test_damage_is_one_line_or_none(folder):
    """Whatever byte is changed: no traceback, and no hang."""
    tiny = quad()
    tiny.material(normalTexture={"index": tiny.image([[[128, 128, 255]]])})
    data = tiny.glb()
    rng = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(data)
        for place in rng.integers(20, len(data), rng.integers(1, 4)):
            damaged[place] = rng.integers(0, 256)
        (folder / "in.glb").write_bytes(damaged)
        try:
            convert("in.glb", "out.yaml")
        except NrenderError as error:
            assert str(error).startswith("in.glb"), error  # noqa: PT017 - there may be none


@pytest.mark.parametrize(
    "name, data, line",
    [
        ("in.obj", "v 0 0 0\n", "in.obj: holds no triangles"),
        ("in.obj", "v 0 0\n", "in.obj: not a proper OBJ file (line 'v 0 0')"),
        ("in.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4\n", "in.obj: face 0 has vertex 3, but the mesh has 3 vertices"),
        ("in.obj", "v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "in.obj: expected finite numbers up to 1e+18"),
        ("in.ply", b"ply\nformat", "in.ply: cannot read 'in.ply': not a proper PLY file"),
        ("in.stl", b"abc", "in.stl: "),
        ("in.stl", struct.pack("<80sI", b"", 10**9), "in.stl: "),
        ("in.fbx", b"", "in.fbx: expected a file in one of .xml, .gltf, .glb, .obj, .ply, .stl, got '.fbx'"),
    ],
)
def test_meshes(folder, name, data, line):
    assert line in line_of(name, data)


def test_values_are_for_xml(folder):
    assert "only XML has them" in line_of("in.gltf", changed(), "-D", "a=1")
