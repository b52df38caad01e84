"""Files that are made to hurt: few bytes that ask for much memory or time, or that lead elsewhere.

Each is refused in one line, quickly and without the memory that it asks for; `child` runs those that would take the test
down with them.
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
import nrender.scene, nrender.convert, nrender.image, OpenEXR, PIL.Image, trimesh, yaml
nrender.image.read_image(sys.argv[1]) if sys.argv[1] != "-" else None
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + {memory}, -1))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from nrender_cli.main import main
sys.argv = ["nrender", *sys.argv[2:]]
main()
"""


def command(*words, warm="-"):
    """(status, lines of stderr) of the command in a process that has not much memory."""
    code = CHILD.format(memory=MEMORY)
    done = subprocess.run([sys.executable, "-c", code, str(warm), *map(str, words)], capture_output=True, timeout=120,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stderr.decode().splitlines()


def refused(tmp_path, text, *patterns):
    """A scene of this text has these problems, and no others, one a line."""
    file = tmp_path / "s.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SceneError) as caught:
        load_scene(file)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    assert all(line.isprintable() and len(line) <= 2000 for line in lines)
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


def test_all_shapes_together_have_a_limit(tmp_path):
    """Each sphere is allowed, 100 of them are 131 million triangles."""
    spheres = "".join(f"  a{k}: {{type: sphere, subdivisions: 8, material: w}}\n" for k in range(100))
    file = tmp_path / "s.yaml"
    file.write_text(SCENE.replace("shapes:\n", f"shapes:\n{spheres}"))
    budget = "from nrender.scene import check; check.MOST_MADE = 2**16"
    code = f"{budget}; from nrender.scene import load_scene; load_scene({str(file)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "shapes 'a0': expected at most 65536 triangles of all spheres" in done.stderr


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
    "deep lists": ("[" * 10**5, "nested more than 32 levels"),
    "deep maps": ("{a: " * 10**5, "nested more than 32 levels"),
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
    status, lines = command("check", tmp_path / "s.yaml")
    assert status == 2
    assert len(lines) == 1
    assert lines[0].endswith("cannot read: expected at most 64 MiB; keep meshes in files of their own")


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
