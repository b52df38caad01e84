"""Files that are made to hurt: few bytes that ask for much memory or time, or that lead elsewhere.

Each is refused in one line, quickly and without the memory that it asks for.
"""

import io
import os
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest

from nrender.errors import ImageError, NrenderError, SceneError, did_you_mean
from nrender.files import open_regular, read_npz, read_regular
from nrender.image import read_image, write_image
from nrender.scene import Scene, load_scene
from nrender.scene.values import Bad
from nrender.scene.shapes import SHAPES
from nrender.scene.shapes.mesh import read_mesh

SCENE = """\
nrender: 1
cameras: {main: {type: perspective, origin: [0, 0, 5], target: [0, 0, 0], resolution: [8, 8]}}
integrator: {max_depth: 3, spp: 4}
materials: {w: {type: diffuse, reflectance: [1, 1, 1]}}
shapes:
  a: {type: sphere, subdivisions: 1, material: w}
"""
MEMORY = 700 * 2**20
"""Bytes beyond what is there after the imports."""

CHILD = """
import resource, sys
import numba, OpenEXR, PIL.Image
from nrender.errors import ImageError
from nrender.image import read_image
for file in {warm!r}:
    read_image(file)
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + {memory}, -1))
for file in {files!r}:
    try:
        read_image(file)
    except ImageError as error:
        print(error)
"""


def refused(tmp_path, text, *patterns):
    """A scene of this text has these problems, and no others, one a line."""
    file = tmp_path / "s.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SceneError) as caught:
        load_scene(file)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    assert all(line.isprintable() and len(line) <= 2500 for line in lines)
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.search(pattern, line), line


# Few words that ask for much

MUCH = {
    "subdivisions": ("subdivisions: 1", "subdivisions: 1000000000", r"subdivisions: expected an integer in \[0, 8\]"),
    "segments": ("type: sphere, subdivisions: 1", "type: disk, segments: 1000000000", r"segments: .* \[3, 65536\]"),
    "resolution": ("[8, 8]", "[1000000, 1000000]", r"resolution: expected integers in \[1, 65536\]"),
    "pixels": ("[8, 8]", "[65536, 65536]", r"resolution: expected at most 268435456 pixels"),
    "spp": ("spp: 4", "spp: 1000000000000", r"spp: expected an integer in \[1, 2147483647\]"),
    "max_depth": ("max_depth: 3", "max_depth: 1000000000", r"max_depth: expected an integer in \[1, 65536\]"),
    "a crop": ("[8, 8]", "[8, 8], crop: [0, 0, 9999999, 1]", r"crop: expected integers in \[0, 65536\]"),
}


@pytest.mark.parametrize("old, new, expected", MUCH.values(), ids=MUCH)
def test_numbers_have_limits(tmp_path, old, new, expected):
    assert SCENE.count(old) == 1
    refused(tmp_path, SCENE.replace(old, new), expected)


def test_all_shapes_together_have_a_limit(tmp_path, monkeypatch):
    """Each sphere is allowed, 100 of them are 131 million triangles."""
    spheres = "".join(f"  a{k}: {{type: sphere, subdivisions: 8, material: w}}\n" for k in range(100))
    file = tmp_path / "s.yaml"
    file.write_text(SCENE.replace("shapes:\n", f"shapes:\n{spheres}"))
    monkeypatch.setattr("nrender.scene.check.MOST_MADE", 2**16)
    with pytest.raises(SceneError, match="shapes 'a0': expected at most 65536 triangles of all spheres"):
        load_scene(file)


def test_a_mesh_file_that_is_named_again_and_again_counts(tmp_path, monkeypatch):
    monkeypatch.setattr("nrender.scene.check.MOST_MADE", 100)
    (tmp_path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n" + "f 1 2 3\n" * 30)
    shape = "  {}: {{type: mesh, file: m.obj, material: w}}\n"
    text = SCENE.split("  a:")[0]
    (tmp_path / "s.yaml").write_text(text + "".join(map(shape.format, "abcd")))
    load_scene(tmp_path / "s.yaml")
    refused(tmp_path, text + "".join(map(shape.format, "abcde")), "shapes 'e': expected at most 100 triangles")


@pytest.mark.parametrize("name, values", [("sphere", {"subdivisions": 2}), ("disk", {"segments": 7}), ("teapot", {})])
def test_triangles_are_counted_before_they_are_made(tmp_path, name, values):
    model = SHAPES.types[name]
    assert model.triangles(values) == len(model.build(values, tmp_path).faces)


def test_an_image_of_many_textures_is_in_memory_once(tmp_path):
    write_image(tmp_path / "a.png", np.full((4, 4, 3), 0.5))
    shape = "  s{0}: {{type: rectangle, material: m{0}}}\n"
    material = "  m{0}: {{type: diffuse, reflectance: {{file: a.png}}}}\n"
    text = SCENE.split("materials")[0] + "materials:\n" + "".join(map(material.format, "abc"))
    (tmp_path / "s.yaml").write_text(text + "shapes:\n" + "".join(map(shape.format, "abc")))
    images = [material.values["reflectance"].image for material in load_scene(tmp_path / "s.yaml").materials.values()]
    assert images[0] is images[1] is images[2]
    write_image(tmp_path / "a.png", np.full((4, 5, 3), 0.5))
    assert load_scene(tmp_path / "s.yaml").materials["ma"].values["reflectance"].image.shape == (4, 5, 3)


# YAML

def laughs(count):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, count)]
    return "\n".join(lines)


YAMLS = {
    "laughs": (laughs(9), "more than 4000000 values"),
    "laughs in depth": (laughs(40), "more than 4000000 values"),
    "merge keys": ("a: &a {b: 1}\nc: {<<: *a}\n" + SCENE, r"a: unknown key", r"c: unknown key"),
    "merge bomb": ("\n".join(["a0: &a0 {k0: 1}"] + [f"a{k}: &a{k} {{<<: [*a{k - 1}, *a{k - 1}], k{k}: 1}}"
                                                   for k in range(1, 30)]), "nested more than 32 levels|more than"),
    "deep lists": ("[" * 10**5, "nested more than 32 levels|maximum nesting depth"),
    "deep maps": ("{a: " * 10**5, "nested more than 32 levels|maximum nesting depth"),
    "deep blocks": ("- " * 10**5 + "1", "nested more than 32 levels"),
    "twice": (SCENE.replace("spp: 4", "spp: 4, spp: 5"), "given twice"),
    "an anchor of itself": ("a: &a [*a]", "alias '\\*a' has nothing to stand for"),
    "1e400": (SCENE.replace("spp: 4", "spp: 1e400"), "spp: expected an integer, got inf"),
    "many digits": (SCENE.replace("spp: 4", "spp: " + "1" * 10**5), "spp: expected an integer, got inf"),
    "based digits": (SCENE.replace("spp: 4", "spp: 0x" + "f" * 10**5), "spp: expected an integer, got 'ff|got '0x"),
    "nan": (SCENE.replace("[0, 0, 5]", "[0, .nan, 5]"), "origin: expected finite numbers, got nan"),
    "inf": (SCENE.replace("[0, 0, 5]", "[0, -.inf, 5]"), "origin: expected finite numbers, got -inf"),
    "sexagesimal": (SCENE.replace("spp: 4", "spp: 1:30"), "spp: expected an integer, got '1:30'"),
    "date": (SCENE.replace("spp: 4", "spp: 2001-12-14"), "spp: expected an integer, got '2001-12-14'"),
    "python": (SCENE.replace("spp: 4", "spp: !!python/object/apply:os.system [x]"), "tag '!!python/.*' is not allowed"),
    "own tag": (SCENE.replace("spp: 4", "spp: !x 4"), "tag '!x' is not allowed"),
    "UTF-16": (SCENE.encode("utf-16"), "not a UTF-8 text file"),
    "not UTF-8": (SCENE.encode() + b"\xff", "not a UTF-8 text file"),
    "NUL": (SCENE.encode() + b"\0", "not YAML"),
    "a long key": (SCENE + "x" * 10**6 + ": 1\n", "unknown key|not YAML"),
    "a long line": (SCENE + "light" + "s" * 900 + ": {}\n", "unknown key"),
    "a long name": (SCENE + f"lights: {{{'x' * 900}: {{type: constant, radiance: [1, 1, 1]}}}}\n", "at most 100"),
    "a key that clears the screen": (SCENE + '"\\e[2J\\n\\r": 1\n', r"\\x1b\[2J\\n\\r: unknown key"),
    "a name that clears the screen": (SCENE + 'lights: {"\\e[2J": {type: constant, radiance: [1, 1, 1]}}\n',
                                      r"lights '\\x1b\[2J': expected a name"),
}


@pytest.mark.parametrize("text, patterns", [(text, rest) for text, *rest in YAMLS.values()], ids=YAMLS)
def test_yaml(tmp_path, text, patterns):
    refused(tmp_path, text, *patterns)


def test_a_byte_order_mark_is_no_fault(tmp_path):
    (tmp_path / "s.yaml").write_bytes(b"\xef\xbb\xbf" + SCENE.encode())
    assert load_scene(tmp_path / "s.yaml").shapes


def test_a_line_of_100_megabytes(tmp_path):
    (tmp_path / "s.yaml").write_bytes(b"a: " + b"1" * 10**8)
    with pytest.raises(SceneError, match="cannot read: expected at most 64 MiB; keep meshes in files of their own"):
        load_scene(tmp_path / "s.yaml")
    (tmp_path / "s.yaml").write_bytes(b"a: " + b"1" * 10**7)
    refused(tmp_path, b"a: " + b"1" * 10**7, "a: unknown key", "nrender: expected", "cameras: expected at least one")


def test_a_million_problems(tmp_path):
    """Each key is unknown: the first thousand are listed."""
    file = tmp_path / "s.yaml"
    file.write_text(SCENE + "".join(f"k{k}: 1\n" for k in range(10**5)))
    with pytest.raises(SceneError) as caught:
        load_scene(file)
    assert len(caught.value.problems) == 1001
    assert "only the first are listed" in str(caught.value)
    file.write_text("".join("k: 1\n" for k in range(10**5)))
    with pytest.raises(SceneError, match="only the first are listed"):
        load_scene(file)


def test_no_name_is_looked_for_in_a_book():
    assert did_you_mean("reflectance" * 10**6, ["reflectance"]) == ""


# Where names lead

@pytest.fixture
def odd(tmp_path):
    """Files that aren't files, with every suffix that is read."""
    for suffix in ("yaml", "obj", "ply", "stl", "gltf", "glb", "exr", "png", "jpg", "hdr", "npz", "xml"):
        os.mkfifo(tmp_path / f"fifo.{suffix}")
        (tmp_path / f"zero.{suffix}").symlink_to("/dev/zero")
        (tmp_path / f"loop.{suffix}").symlink_to(tmp_path / f"loop.{suffix}")
        (tmp_path / f"folder.{suffix}").mkdir()
        with open(tmp_path / f"huge.{suffix}", "wb") as stream:
            stream.truncate(2**40)
    return tmp_path


NAMES = ("fifo", "zero", "loop", "folder", "huge")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", ["obj", "ply", "stl", "gltf", "glb"])
def test_meshes_are_files(odd, name, suffix):
    with pytest.raises(Bad, match=f"cannot read '{name}.{suffix}'"):
        read_mesh(odd / f"{name}.{suffix}", f"{name}.{suffix}")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", ["exr", "png", "jpg", "hdr"])
def test_images_are_files(odd, name, suffix, error_of):
    assert error_of(read_image, odd / f"{name}.{suffix}").startswith(f"{odd / name}.{suffix}: ")


@pytest.mark.parametrize("name", NAMES)
def test_scenes_are_files(odd, name):
    with pytest.raises(SceneError, match="cannot read|larger"):
        load_scene(odd / f"{name}.yaml")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", ["xml", "obj", "ply", "stl", "gltf", "glb"])
def test_sources_are_files(odd, name, suffix):
    from nrender.convert import convert

    with pytest.raises(NrenderError):
        convert(odd / f"{name}.{suffix}", odd / "out.yaml")
    assert not (odd / "out.yaml").exists()


@pytest.mark.parametrize("name", NAMES)
def test_archives_are_files(odd, name):
    with pytest.raises((OSError, ValueError)):
        read_npz(odd / f"{name}.npz")


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, "none", "a\nb", "\x1b[31m", "/dev/stdin", "../../../../etc/passwd",
                                  "http://localhost/a.obj"])
@pytest.mark.parametrize("suffix", ["", ".obj", ".png"])
def test_odd_names(tmp_path, name, suffix):
    """In a scene: a mesh, and a texture."""
    shape = {"type": "mesh", "material": "w", "file": name + suffix}
    document = {
        "nrender": 1, "shapes": {"a": shape},
        "cameras": {"main": {"type": "perspective", "origin": [0, 0, 5], "target": [0, 0, 0], "resolution": [8, 8]}},
        "materials": {"w": {"type": "diffuse", "reflectance": {"file": name + suffix}}}}
    with pytest.raises(SceneError) as caught:
        Scene.from_dict(document, tmp_path)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems) == 2
    assert all(line.isprintable() for line in lines)
    with pytest.raises(SceneError) as caught:
        load_scene(tmp_path / f"{name}{suffix}" if "\0" in name or name else tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_mesh_may_lie_in_another_folder(tmp_path):
    """Paths are relative to the file, and may lead out of its folder: scenes share meshes."""
    (tmp_path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    (tmp_path / "in").mkdir()
    text = SCENE.replace("type: sphere, subdivisions: 1", "type: mesh, file: ../m.obj")
    (tmp_path / "in" / "s.yaml").write_text(text)
    assert load_scene(tmp_path / "in" / "s.yaml").shapes


@pytest.mark.parametrize("words", [("check", "{}"), ("convert", "{}.xml", "o.yaml"), ("batch", "{}"), ("compare", "{}", "b.png"),
                                   ("convert", "a.xml", "{}.yaml"), ("render", "{}", "-o", "x.png"),
                                   ("optimize", "s.yaml", "{}.exr", "-o", "out")])
@pytest.mark.parametrize("name", ["a\nb", "\x1b[2Ja", "x" * 5000, ""])
def test_the_command_shows_names_as_they_can_be_shown(tmp_path, monkeypatch, words, name):
    from click.testing import CliRunner
    from nrender_cli.main import cli

    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(SCENE)
    done = CliRunner().invoke(cli, [word.format(name) for word in words])
    assert done.exit_code == 2, done.output
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].isprintable()
    assert "internal error" not in lines[0]


def test_open_regular_opens_what_a_link_leads_to(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with open_regular(tmp_path / "b") as stream:
        assert stream.read() == b"abc"
    assert read_regular(tmp_path / "b", most=3) == b"abc"
    with pytest.raises(OSError, match="expected at most 2 bytes"):
        read_regular(tmp_path / "b", most=2)


# Images

def exr_header(width, height, *, compression=3, kind=b"scanlineimage", tiles=None, channels=b"BGR", version=2):
    """The header of an EXR file, as its format's description has it."""
    def attribute(name, type_, data):
        return name + b"\0" + type_ + b"\0" + struct.pack("<I", len(data)) + data

    listed = b"".join(struct.pack("<2sIIII", bytes((c, 0)), 2, 0, 1, 1) for c in channels) + b"\0"
    box = struct.pack("<iiii", 0, 0, width - 1, height - 1)
    return b"\x76\x2f\x31\x01" + struct.pack("<I", version) + b"".join((
        attribute(b"channels", b"chlist", listed), attribute(b"compression", b"compression", bytes((compression,))),
        attribute(b"dataWindow", b"box2i", box), attribute(b"displayWindow", b"box2i", box),
        attribute(b"lineOrder", b"lineOrder", b"\0"), attribute(b"pixelAspectRatio", b"float", struct.pack("<f", 1)),
        attribute(b"screenWindowCenter", b"v2f", bytes(8)), attribute(b"screenWindowWidth", b"float", struct.pack("<f", 1)),
        *([attribute(b"tiles", b"tiledesc", struct.pack("<IIB", *tiles, 0))] if tiles else []),
        *([attribute(b"type", b"string", kind)] if version & 0x1A00 else []))) + b"\0"


def png(width, height, packed, *, bits=8, colour=2):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


ZEROS = zlib.compress(bytes(10**7))
IMAGES = {
    "EXR of 100k x 100k": ("a.exr", lambda: exr_header(100_000, 100_000) + bytes(1000)),
    "EXR of 16k x 16k": ("a.exr", lambda: exr_header(2**14, 2**14) + bytes(1000)),
    "EXR of 2^31": ("a.exr", lambda: exr_header(2**31 - 1, 2**31 - 1) + bytes(1000)),
    "EXR with large tiles": ("a.exr", lambda: exr_header(64, 64, tiles=(2**31 - 1, 2**31 - 1), version=0x202) + bytes(99)),
    "EXR with tiles of nothing": ("a.exr", lambda: exr_header(64, 64, tiles=(0, 0), version=0x202) + bytes(99)),
    "EXR, deep": ("a.exr", lambda: exr_header(8, 8, kind=b"deepscanline", version=0x802) + bytes(999)),
    "EXR of many parts": ("a.exr", lambda: exr_header(8, 8, version=0x1002) + bytes(999)),
    "EXR without channels": ("a.exr", lambda: exr_header(8, 8, channels=b"") + bytes(999)),
    "EXR of 200 channels": ("a.exr", lambda: exr_header(4096, 4096, channels=bytes(range(33, 127)) * 2) + bytes(999)),
    "EXR cut short": ("a.exr", lambda: exr_header(8, 8)[:100]),
    "EXR whose block unpacks to much": ("a.exr", lambda: exr_header(8, 8) + struct.pack("<Q", 400) + struct.pack(
        "<iI", 0, len(ZEROS)) + ZEROS),
    "PNG of 100k x 100k": ("a.png", lambda: png(100_000, 100_000, ZEROS)),
    "PNG of 16k x 16k": ("a.png", lambda: png(2**14, 2**14, ZEROS)),
    "PNG of 16 bits of 16k x 16k": ("a.png", lambda: png(2**14, 2**14, ZEROS, bits=16)),
    "PNG of no pixels": ("a.png", lambda: png(0, 8, ZEROS)),
    "PNG of more than it says": ("a.png", lambda: png(8, 8, b"x" + ZEROS)),
    "HDR of 10^9 pixels": ("a.hdr", lambda: b"#?RADIANCE\n\n-Y 31622 +X 31622\n" + bytes(10**5)),
    "HDR of wide rows": ("a.hdr", lambda: b"#?RADIANCE\n\n-Y 1 +X 268435455\n" + bytes(100)),
    "HDR of zeros": ("a.hdr", lambda: b"#?RADIANCE\n\n-Y 0 +X 0\n" + bytes(100)),
    "HDR without an end": ("a.hdr", lambda: b"#?RADIANCE\n" + b"x" * 10**6),
    "HDR of long runs": ("a.hdr", lambda: b"#?RADIANCE\n\n-Y 1 +X 2000\n\0\0\0\0" + b"\1\1\1\xff" * 9),
    "PostScript": ("a.png", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"),
    "a GIF": ("a.png", lambda: b"GIF89a\x01\0\x01\0\0\0\0;"),
}


GOOD = {"good.png": png(1, 1, zlib.compress(bytes(4))), "deep.png": png(1, 1, zlib.compress(bytes(7)), bits=16),
        "good.hdr": b"#?RADIANCE\n\n-Y 1 +X 1\n\1\2\3\x80"}
"""Of which the readers are compiled."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux'")
def test_images_that_ask_for_much(tmp_path):
    """In a process that has not much memory; in one for all, since starting it takes longer than reading them."""
    for good, content in GOOD.items():
        (tmp_path / good).write_bytes(content)
    files = []
    for number, (name, data) in enumerate(IMAGES.values()):
        files.append(tmp_path / f"{number}{name}")
        files[-1].write_bytes(data())
    code = CHILD.format(memory=MEMORY, files=list(map(str, files)), warm=[str(tmp_path / good) for good in GOOD])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    for what, file, line in zip(IMAGES, files, lines, strict=True):
        assert line.startswith(f"{file}: "), what
        assert line.isprintable(), what


def test_a_picture_of_one_colour_is_no_bomb(tmp_path):
    (tmp_path / "a.png").write_bytes(png(2000, 2000, zlib.compress(bytes(2000 * 6001))))
    assert read_image(tmp_path / "a.png").shape == (2000, 2000, 3)


# Meshes

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
    import json

    from gltf_files import QUAD, Tiny
    sys.path.append(os.path.join(os.path.dirname(__file__), "fuzz"))
    from fuzz_seeds import as_gltf

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
    "zeros": (lambda d: (d["accessors"][0].pop("bufferView"), d["accessors"][0].update(count=10**9)), "at most 1048576 rows"),
    "view": (lambda d: d["bufferViews"][0].update(byteLength=10**9), "byteLength: expected an end within"),
    "circle": (lambda d: d["nodes"][0].update(children=[0]), "expected a tree"),
    "chain": (lambda d: d.update(nodes=[{"children": [k + 1]} for k in range(10**5 + 1)] + [{}]), "expected a tree"),
    "base64": (lambda d: d["buffers"][0].update(uri="data:;base64,%%%"), "expected data in base64"),
    "data": (lambda d: d["buffers"][0].update(uri="data:text/plain,x"), "expected data in base64"),
    "elsewhere": (lambda d: d["buffers"][0].update(uri="../../../../../etc/passwd"), "in the folder of the source"),
    "elsewhere, hidden": (lambda d: d["buffers"][0].update(uri="%2e%2e/%2e%2e/etc/passwd"), "in the folder of the source"),
    "elsewhere, absolute": (lambda d: d["buffers"][0].update(uri="/etc/passwd"), "in the folder of the source"),
    "net": (lambda d: d["buffers"][0].update(uri="http://localhost/x"), "in the folder of the source"),
    "sparse": (lambda d: d["accessors"][0].update(sparse={"count": 10**9, "indices": {}, "values": {}}), "sparse: count"),
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


# Archives

def test_an_archive_that_unpacks_to_much(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", basis=np.zeros(2**22))
    with pytest.raises(ValueError, match="it holds 32.* MiB, at most 1 MiB are read"):
        read_npz(tmp_path / "a.npz", most=2**20)


def test_an_archive_that_claims_much(tmp_path):
    """The header of an array says how long it is, whatever the archive says."""
    import zipfile

    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<f8", "fortran_order": False, "shape": (2**50,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("basis.npy", out.getvalue())
    with pytest.raises(ValueError, match="."):
        read_npz(tmp_path / "a.npz")


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


def test_nothing_is_unpickled(tmp_path, monkeypatch):
    import zipfile

    monkeypatch.chdir(tmp_path)
    array = np.empty(1, object)
    array[0] = Evil()
    out = io.BytesIO()
    np.lib.format.write_array(out, array, allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("basis.npy", out.getvalue())
    with pytest.raises(ValueError, match="allow_pickle"):
        read_npz(tmp_path / "a.npz")
    assert not (tmp_path / "evil").exists()


def test_checkpoints_of_another_kind(tmp_path):
    """Truncated, of another version, pickled, of wrong shapes: one line, and the file stays as it is."""
    from fake_renderer import FakeRenderer, blob_scene, truth

    from nrender.optimize import CheckpointError, optimize

    def fit(resume):
        optimize(blob_scene(), truth(blob_scene()), method="adam", iterations=3, output=tmp_path, resume=resume,
                 renderer=FakeRenderer(), intervals=False)

    fit(resume=False)
    file = tmp_path / "checkpoint.npz"
    good = file.read_bytes()
    arrays = read_npz(file)
    wrong = {
        "format": np.array(1), "identity": np.array("[1]"), "table": np.zeros((2, 3)), "best_x": np.zeros((1, 4)),
        "frames_kept": np.zeros((1, 2, 2, 3)), "evaluations": np.array("x"), "state_turn": np.array([1.5, 2.0]),
        "state_x": np.full(5, np.nan), "state_draw": np.array(2**40), "state_window": np.zeros((3, 4)), "state_more": good}
    for name, value in wrong.items():
        with open(file, "wb") as stream:
            np.savez(stream, **{**arrays, name: np.frombuffer(value, np.uint8) if isinstance(value, bytes) else value})
        refused_whole(fit, file, CheckpointError)
    for data in (good[: len(good) // 2], b"", b"PK", good[:-30]):
        file.write_bytes(data)
        refused_whole(fit, file, CheckpointError)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(CheckpointError, match="expected a file, got a FIFO"):
        fit(resume=True)


def refused_whole(fit, file, kind):
    before = file.read_bytes()
    with pytest.raises(kind) as caught:
        fit(resume=True)
    assert str(caught.value).isprintable()
    assert file.read_bytes() == before


# Jobs

@pytest.mark.parametrize("text, expected", [
    ("sweep: {name: a, scene: s.yaml, targets: [t.exr], seed: [" + ", ".join(map(str, range(200))) + "], iterations: ["
     + ", ".join(map(str, range(1, 200))) + "]}", "expected at most 10000 jobs, got 39800"),
    ("sweep: {name: a, scene: s.yaml, targets: [t.exr], set: {materials.w.reflectance: {uniform: [0, 1], count: 1000000000}}}",
     r"count: expected an integer in \[1, 10000\]"),
    ("workers: 1000000000\njobs: []", r"workers: expected an integer in \[1, 1024\]"),
    ("jobs: [{name: ../../a, scene: s.yaml, targets: [t.exr]}]", "name: expected letters, digits"),
    ('jobs: [{name: a, scene: "s\\0", targets: ["t\\0"]}]', "NUL"),
    ("jobs: [{name: a, scene: " + "x" * 5000 + ", targets: [x=" + "x" * 5000 + "]}]", "File name too long"),
    ('output: "a\\0"\njobs: [{name: a, scene: s.yaml, targets: [t.exr]}]', "NUL|null"),
])
def test_jobs(tmp_path, text, expected):
    from nrender.batch import load_batch

    (tmp_path / "s.yaml").write_text(SCENE + "optimize: {parameters: {materials.w.reflectance: {}}}\n")
    write_image(tmp_path / "t.exr", np.zeros((8, 8, 3)))
    (tmp_path / "jobs.yaml").write_text(text if text.startswith("output") else f"output: out\n{text}")
    with pytest.raises(NrenderError, match=expected) as caught:
        load_batch(tmp_path / "jobs.yaml")
    assert all(line.isprintable() for line in str(caught.value).split("\n"))
    assert not (tmp_path / "out").exists()


def test_random_ranges_of_many_numbers(tmp_path):
    from nrender.batch import load_batch

    (tmp_path / "s.yaml").write_text(SCENE.replace("type: sphere, subdivisions: 1", "type: mesh, file: m.obj")
                                     + "optimize: {parameters: {shapes.a.vertices: {}}}\n")
    (tmp_path / "m.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n" * 10**4 + "f 1 2 3\n")
    write_image(tmp_path / "t.exr", np.zeros((8, 8, 3)))
    (tmp_path / "jobs.yaml").write_text(
        "output: out\nsweep: {scene: s.yaml, targets: [t.exr], set: {shapes.a.vertices: {uniform: [0, 1], count: 9}}}")
    with pytest.raises(NrenderError, match="random ranges of at most 1000 numbers, got 90000"):
        load_batch(tmp_path / "jobs.yaml")
