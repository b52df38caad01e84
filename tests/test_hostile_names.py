"""Names that lead to what is no file, or that a terminal would obey."""

import os

import pytest
from hostile import SCENE

from nrender.errors import NrenderError, SceneError
from nrender.files import open_regular, read_npz, read_regular
from nrender.image import read_image
from nrender.scene import Scene, load_scene
from nrender.scene.shapes.mesh import read_mesh
from nrender.scene.values import Bad


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


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, "none", "a\nb", "\x1b[31m", "/dev/stdin",
                                  "../../../../etc/passwd", "http://localhost/a.obj"])
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


@pytest.mark.parametrize("words", [("check", "{}"), ("convert", "{}.xml", "o.yaml"), ("batch", "{}"),
                                   ("compare", "{}", "b.png"), ("convert", "a.xml", "{}.yaml"),
                                   ("render", "{}", "-o", "x.png"), ("optimize", "s.yaml", "{}.exr", "-o", "out")])
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
