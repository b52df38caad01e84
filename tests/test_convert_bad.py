"""XML that is wrong or hostile ends in one line, at once, and with nothing written."""

import struct
import time

import pytest
from click.testing import CliRunner
from convert_files import write_all
from nrender_cli.main import cli

from nrender.convert import elements, serialized

CAMERA = '<sensor type="perspective"/>'
BOMB = '<!DOCTYPE s [<!ENTITY a "' + 99 * "x" + '">' + "".join(
    f'<!ENTITY {b} "{50 * f"&{a};"}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]>"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_all(tmp_path)
    return tmp_path


def run(text, *options):
    if isinstance(text, str):
        text = text.encode()
    with open("in.xml", "wb") as out:
        out.write(text)
    return CliRunner().invoke(cli, ["convert", "in.xml", "out.yaml", *options])


def scene(body):
    return f'<scene version="3.0.0">\n{body}\n{CAMERA}</scene>'


def value(tag, text):
    return scene(f'<shape type="sphere"><{tag} name="radius" value="{text}"/></shape>')


@pytest.mark.parametrize(
    "text, line",
    [
        ("", "in.xml:1: not proper XML: no element found"),
        ("<scene>", "in.xml:1: not proper XML"),
        ("\x00\x01", "in.xml:1: not proper XML"),
        ('<?xml version="1.0" encoding="no-such"?><scene/>', "in.xml:1: not proper XML: unknown encoding"),
        ("<html/>", "in.xml:1: expected <scene>, got <html>"),
        (f"{BOMB}<scene>&i;</scene>", "in.xml:1: expected no document type: DTDs and entities are not read"),
        ('<!DOCTYPE s SYSTEM "file:///etc/passwd"><scene/>', "in.xml:1: expected no document type"),
        (100 * "<shape type='merge'>", "expected at most 64 elements within each other"),
        ('<scene version="3.0.0"/>', "expected a sensor of type orthographic, perspective, thinlens, got none"),
        ('<scene version="x"/>', "in.xml:1: scene: version: expected a version such as 3.0.0, got 'x'"),
        (scene('<shap type="cube"/>'), "in.xml:2: scene 'scene': unknown tag <shap>; did you mean 'shape'?"),
        (scene('<shape type="cube"><ref id="wite"/></shape><bsdf type="diffuse" id="white"/>'),
         "in.xml:2: ref: id: there is no 'wite'; did you mean 'white'?"),
        (scene('<bsdf type="mask" id="a"><ref id="a"/></bsdf>'), "in.xml:2: bsdf 'a': it is within itself"),
        (scene('<bsdf type="mask" id="a"><bsdf type="mask"><ref id="a"/></bsdf></bsdf>'), "it is within itself"),
        (scene('<bsdf type="null" id="a"/><bsdf type="null" id="a"/>'),
         "bsdf 'a': this id is given twice, first in line 2"),
        (value("float", "nan"), "in.xml:2: <float> 'radius': value: expected 1 finite numbers up to 1e+18, got 'nan'"),
        (value("float", "1e999"), "got '1e999'"),
        (value("float", "1_000"), "got '1_000'"),
        (value("float", "1\n&#10;2"), "got '1 2'"),
        (value("string", "1"), "in.xml:2: shape 'sphere': radius: expected <float>, got <string>"),
        (scene('<shape type="cube"><transform name="to_world"><matrix value="1 2 3"/></transform></shape>'),
         "<matrix> '': value: expected 9 or 16 finite numbers"),
        (scene(f'<shape type="cube"><transform name="to_world">{2 * """<scale value="1e17"/>"""}</transform></shape>'),
         "in.xml:2: shapes 'cube': transform.scale: expected"),
        (scene('<shape type="cube"><float name="a" value="$b"/></shape>'), "in.xml:2: $b has no value"),
        (scene('<default name="a" value="aaaaaaaaaa"/>' + 20 * '<default name="a" value="$a$a"/>' +
               "".join(f'<default name="b{i + 1}" value="$b{i}$b{i}"/>' if i else '<default name="b1" value="$a$a"/>'
                       for i in range(30))), "expected at most 65536 characters"),
        (scene('<include filename="in.xml"/>'), "in.xml:2: include: filename: 'in.xml' includes itself"),
        (scene('<include filename="none.xml"/>'), "in.xml:2: include: filename: no such file: 'none.xml'"),
        (scene('<include filename="/dev/zero"/>'), "no such file: '/dev/zero'"),
        (scene('<shape type="obj"><string name="filename" value="none.obj"/></shape>'),
         "in.xml:2: shape 'obj': filename: no such file: 'none.obj'"),
        (scene('<shape type="serialized"><string name="filename" value="leaf.obj"/></shape>'),
         "filename: cannot read 'leaf.obj': not a serialized mesh"),
        (scene('<shape type="serialized"><string name="filename" value="balls.serialized"/>'
               '<integer name="shape_index" value="2"/></shape>'), "expected a shape_index below 2"),
        (scene('<bsdf type="conductor" id="a"><string name="material" value="Cux"/></bsdf><shape type="cube">'
               '<ref id="a"/></shape>'), "in.xml:2: bsdf 'a': material: no metal is named 'Cux'; did you mean 'Cu'?"),
        (scene('<shape type="cube"><bsdf type="dielectric"><string name="int_ior" value="watr"/></bsdf></shape>'),
         "int_ior: no medium is named 'watr'; did you mean 'water'?"),
        (scene(f'<shape type="{"a" * 5000}"/>') + "<", "in.xml:3: not proper XML"),
    ],
)  # fmt: skip
def test_one_line(folder, text, line):
    began = time.perf_counter()
    found = run(text)
    assert time.perf_counter() - began < 5  # 0.1 s on an idle machine
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.count("\n") == 1, found.stderr
    assert len(found.stderr) < 500
    assert line in found.stderr
    assert not (folder / "out.yaml").exists()


def test_circles_of_files(folder):
    (folder / "a.xml").write_text('<scene><include filename="b.xml"/></scene>')
    (folder / "b.xml").write_text('<scene><include filename="a.xml"/></scene>')
    assert "b.xml:1: include: filename: 'a.xml' includes itself" in run(scene('<include filename="a.xml"/>')).stderr


def test_files_that_multiply(folder, monkeypatch):
    monkeypatch.setattr(elements, "MAX_FILES", 100)
    for k in range(10):
        (folder / f"{k}.xml").write_text("<scene>" + 10 * f'<include filename="{k + 1}.xml"/>' + "</scene>")
    (folder / "10.xml").write_text("<scene/>")
    assert "expected at most 100 files" in run(scene('<include filename="0.xml"/>')).stderr


def test_every_problem_is_listed(folder):
    shapes = [f'<shape type="obj"><string name="filename" value="{k}.obj"/></shape>' for k in range(3)]
    assert run(scene("\n".join(shapes))).stderr.count("no such file") == 3


def test_materials_do_not_multiply(folder):
    """Each is a mixture of the next with itself."""
    mixtures = "".join(
        f'<bsdf type="blendbsdf" id="b{k}">{2 * f"""<ref id="b{k + 1}"/>"""}</bsdf>' for k in range(30))
    began = time.perf_counter()
    last = '<bsdf type="diffuse" id="b30"/><shape type="cube"><ref id="b0"/></shape>'
    assert run(scene(mixtures + last)).exit_code == 0
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("innermost", ['<shape type="cube"/>', ""])
def test_instances_do_not_multiply(folder, monkeypatch, innermost):
    from nrender.convert import shapes

    monkeypatch.setattr(shapes, "MOST", 50)
    groups = f'<shape type="shapegroup" id="g0">{innermost}</shape>' + "".join(
        f'<shape type="shapegroup" id="g{k + 1}">{10 * f"""<shape type="instance"><ref id="g{k}"/></shape>"""}</shape>'
        for k in range(12))
    found = run(scene(groups + '<shape type="instance"><ref id="g12"/></shape>'))
    assert (found.exit_code, found.stderr.count("\n")) == (2, 1)
    assert "expected at most 50 shapes" in found.stderr


def test_groups_that_are_deep(folder):
    deep = "".join(f'<shape type="merge" id="m{k}"><ref id="m{k + 1}"/></shape>' for k in range(5000))
    found = run(scene(f'<shape type="cube" id="m5000"/>{deep}'))
    assert (found.exit_code, found.stderr.count("\n")) == (2, 1)
    assert "32 groups within each other" in found.stderr


def test_meshes_larger_than_the_largest(folder, monkeypatch):
    monkeypatch.setattr(serialized, "LARGEST_MESH", 1000)
    with pytest.raises(ValueError, match="it can't hold as much as it says"):
        serialized.read_serialized(folder / "old.serialized", 0)


@pytest.mark.parametrize("counts", [(2**40, 1), (10**7, 10**7), (0, 0)])
def test_meshes_that_claim_much(folder, counts):
    import zlib

    data = zlib.compress(struct.pack("<I", 0x1000) + b"\0" + struct.pack("<QQ", *counts))
    blob = struct.pack("<HH", 0x041C, 4) + data + struct.pack("<QI", 0, 1)
    (folder / "m.serialized").write_bytes(blob)
    found = run(scene('<shape type="serialized"><string name="filename" value="m.serialized"/></shape>'))
    assert found.exit_code == 2
    assert "damaged" in found.stderr or "no triangles" in found.stderr


def test_damaged_meshes(folder):
    """Cut anywhere, it is an error of its own."""
    whole = (folder / "old.serialized").read_bytes()
    for end in (0, 3, 5, 20, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        (folder / "cut.serialized").write_bytes(whole[:end])
        with pytest.raises(ValueError, match="damaged|not a serialized|expected a shape_index"):
            serialized.read_serialized(folder / "cut.serialized", 0)


# Wrong use, and what is written


@pytest.mark.parametrize(
    "args, message",
    [
        (["in.xml"], "Missing argument 'SCENE.yaml'"),
        (["in.xml", "out.txt"], "expected a name ending in .yaml or .yml"),
        (["none.xml", "out.yaml"], "none.xml: no such file"),
        ([".", "out.yaml"], ".: expected an XML file, got a folder"),
        (["in.xml", "out.yaml", "-D", "a"], "-D a: expected NAME=VALUE"),
        (["in.xml", "out.yaml", "-D", "spq=1"], "-D spq: there is no $spq; did you mean 'spp'?"),
    ],
)
def test_wrong_use(folder, args, message):
    (folder / "in.xml").write_text(scene('<default name="spp" value="4"/>'))
    found = CliRunner().invoke(cli, ["convert", *args])
    assert (found.exit_code, found.stdout) == (2, "")
    assert message in found.stderr
    assert found.stderr.count("\n") == 1


def test_strict(folder):
    text = scene('<shape type="sphere"/>')
    assert run(text).exit_code == 0
    (folder / "out.yaml").unlink()
    found = run(text, "--strict", "--json")
    assert found.exit_code == 1
    assert '"output": null' in found.stdout
    assert "in.xml:2: shape 'sphere': 20480 triangles" in found.stderr
    assert not (folder / "out.yaml").exists()


def test_foreign_files_stay(folder):
    (folder / "ball.ply").write_text("mine")
    text = scene('<shape type="serialized" id="ball"><string name="filename" value="old.serialized"/></shape>')
    assert run(text).stdout == "out.yaml\nout-ball.ply\n"
    assert run(text).stdout == "out.yaml\nout-ball.ply\n"
    assert (folder / "ball.ply").read_text() == "mine"
    assert sorted(file.name for file in folder.glob("*.ply")) == ["ball.ply", "out-ball.ply", "solid.ply"]


def test_output_elsewhere(folder):
    (folder / "sub").mkdir()
    (folder / "in.xml").write_text(scene('<shape type="obj"><string name="filename" value="leaf.obj"/></shape>'))
    assert CliRunner().invoke(cli, ["convert", "in.xml", "sub/out.yaml"]).exit_code == 0
    assert "file: ../leaf.obj" in (folder / "sub/out.yaml").read_text()
    assert CliRunner().invoke(cli, ["check", "sub/out.yaml"]).exit_code == 0
