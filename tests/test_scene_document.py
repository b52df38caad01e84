"""Reading YAML: values, lines, and what is refused before any meaning is looked at."""

import math

import pytest

from nrender.errors import SceneError
from nrender.scene import document
from nrender.scene.document import read_document, resolve_scalar


def read(tmp_path, text):
    path = tmp_path / "s.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(path)


def lines_of(info, tmp_path):
    return str(info.value).replace(f"{tmp_path}/", "").splitlines()


@pytest.mark.parametrize("text, value", [
    ("1", 1), ("-7", -7), ("0x1F", 31), ("0o17", 15), ("017", 17), ("1e-3", 0.001), ("1E3", 1000.0),
    (".5", 0.5), ("5.", 5.0), ("-.inf", -math.inf), ("true", True), ("False", False), ("", None),
    ("~", None), ("null", None), ("yes", "yes"), ("on", "on"), ("1:30", "1:30"), ("y", "y"),
    ("2020-01-01", "2020-01-01"), ("nan", "nan"), ("<<", "<<"), ("1_000", "1_000"),
    ("9" * 5000, math.inf),
])
def test_scalars_follow_the_core_schema(text, value):
    result = resolve_scalar(text)
    assert result == value
    assert type(result) is type(value)


def test_values_and_lines(tmp_path):
    doc = read(tmp_path, "a: 1\nb:\n  c: [1.5, 'x', \"2\"]\n  d:\n    - 1\n    - [2,\n       3]\n")
    assert doc.data == {"a": 1, "b": {"c": [1.5, "x", "2"], "d": [1, [2, 3]]}}
    where = {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "c", 1): 3, ("b", "d"): 4, ("b", "d", 0): 5,
             ("b", "d", 1, 0): 6, ("b", "d", 1, 1): 7, ("b", "missing"): 2, ("z",): 1}
    assert {path: doc.line(path) for path in where} == where


def test_keys_are_names_whatever_they_look_like(tmp_path):
    assert read(tmp_path, "1: a\ntrue: b\n1e5: c\n").data == {"1": "a", "true": "b", "1e5": "c"}


def test_aliases_stand_for_their_values(tmp_path):
    doc = read(tmp_path, "a: &x [1, 2]\nb: *x\nc: &y 5\nd: *y\n")
    assert doc.data == {"a": [1, 2], "b": [1, 2], "c": 5, "d": 5}
    assert doc.line(("b", 1)) == 2


def test_byte_order_mark_and_unicode(tmp_path):
    assert read(tmp_path, "\ufeffn: Würfel\n".encode()).data == {"n": "Würfel"}


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!!python/name:os.system",
                                 "!thing", "!!binary", "!!timestamp"])
def test_tags_outside_the_core_are_refused(tmp_path, tag):
    with pytest.raises(SceneError) as info:
        read(tmp_path, f"a: 1\nb: {tag} 'echo'\n")
    assert lines_of(info, tmp_path) == [f"s.yaml:2: tag '{tag}' is not allowed"]


@pytest.mark.parametrize("tag", ["!!python/object:os.thing", "!!set", "!!omap"])
def test_tags_on_lists_and_maps_are_refused(tmp_path, tag):
    with pytest.raises(SceneError) as info:
        read(tmp_path, f"b: {tag} {{a: 1}}\n")
    assert lines_of(info, tmp_path) == [f"s.yaml:1: tag '{tag}' is not allowed"]


def test_core_tags_are_understood(tmp_path):
    assert read(tmp_path, "a: !!str 1\nb: !!float 2\nc: !!map {d: ! 3}\n").data == {
        "a": "1", "b": 2, "c": {"d": "3"}}


def test_duplicate_keys_are_all_reported_and_the_first_is_kept(tmp_path):
    doc = read(tmp_path, "shapes:\n  a: {type: x}\n  a: {type: y, b: [1]}\n  a: 3\n")
    assert doc.data == {"shapes": {"a": {"type": "x"}}}
    assert [str(p).replace(f"{tmp_path}/", "") for p in doc.problems] == [
        "s.yaml:3: shapes 'a': given twice; the first is on line 2",
        "s.yaml:4: shapes 'a': given twice; the first is on line 2"]
    assert doc.line(("shapes", "a", "type")) == 2


@pytest.mark.parametrize("text, message", [
    ("a: [1, 2\nb: 3", "s.yaml:2: not YAML: did not find expected ',' or ']' (column 2)"),
    ("a: b: c", "s.yaml:1: not YAML: mapping values are not allowed in this context (column 5)"),
    ("a: 1\n---\nb: 2\n", "s.yaml:2: expected one YAML document, got several"),
    (b"a: 1\nb: \xff\n", "s.yaml:2: not a UTF-8 text file"),
    ("a: *nothing", "s.yaml:1: alias '*nothing' has nothing to stand for"),
    ("a: &x [*x]", "s.yaml:1: alias '*x' has nothing to stand for"),
    ("? [1, 2]\n: 3", "s.yaml:1: expected a name as key, got a list or a map"),
    ("a: &x b\n*x : 3", "s.yaml:2: expected a name as key, got an alias"),
    ("[" * 40 + "]" * 40, "s.yaml:1: nested more than 32 levels deep"),
    ("a: &x " + "[" * 20 + "]" * 20 + "\nb: " + "[" * 20 + "*x" + "]" * 20,
     "s.yaml:2: nested more than 32 levels deep"),
])
def test_what_is_not_a_document(tmp_path, text, message):
    pytest.importorskip("yaml._yaml", reason="the wording is libyaml's")
    with pytest.raises(SceneError) as info:
        read(tmp_path, text)
    assert lines_of(info, tmp_path) == [message]


def test_very_deep_nesting_ends_in_one_line(tmp_path):
    with pytest.raises(SceneError) as info:
        read(tmp_path, "a:\n" + "[" * 100_000)
    (line,) = lines_of(info, tmp_path)
    assert line.startswith("s.yaml:2: ")
    assert "nest" in line


@pytest.mark.parametrize("loader", ["SafeLoader", "CSafeLoader"])
def test_both_parsers_of_the_library_give_the_same(tmp_path, monkeypatch, loader):
    import yaml

    monkeypatch.setattr(yaml, "CSafeLoader", getattr(yaml, loader, yaml.SafeLoader), raising=False)
    doc = read(tmp_path, "a: &x [1, 'b']\nc:\n  - *x\n  - {d: !!str 1}\n")
    assert doc.data == {"a": [1, "b"], "c": [[1, "b"], {"d": "1"}]}
    assert doc.line(("c", 1, "d")) == 4
    with pytest.raises(SceneError, match="tag '!x' is not allowed"):
        read(tmp_path, "a: !x 1")
    with pytest.raises(SceneError, match="s.yaml:1: not YAML: "):
        read(tmp_path, "a: b: c")


def test_control_characters_are_refused_in_one_line(tmp_path):
    with pytest.raises(SceneError) as info:
        read(tmp_path, "a: \x07\n")
    (line,) = lines_of(info, tmp_path)
    assert "not YAML: " in line


def test_alias_bombs_are_refused(tmp_path):
    text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for i in range(1, 10):
        text += f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n"
    with pytest.raises(SceneError) as info:
        read(tmp_path, text)
    assert lines_of(info, tmp_path) == [
        "s.yaml:7: more than 4000000 values; keep meshes in files of their own"]


def test_large_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(document, "MAX_BYTES", 2**20)
    with pytest.raises(SceneError) as info:
        read(tmp_path, b"#" * (2**20 + 1))
    assert lines_of(info, tmp_path) == [
        "s.yaml: cannot read: expected at most 1 MiB; keep meshes in files of their own"]
    assert read(tmp_path, b"#" * 2**20).data is None


def test_missing_file_and_folder(tmp_path):
    for name, reason in (("none.yaml", "No such file or directory"), (".", "Is a directory")):
        with pytest.raises(SceneError) as info:
            read_document(tmp_path / name)
        assert str(info.value) == f"{tmp_path / name}: cannot read: {reason}"
