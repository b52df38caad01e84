"""YAML that is made to hurt: each ends in a line a problem, quickly."""

import pytest
from hostile import SCENE, refused

from nrender.errors import SceneError, did_you_mean
from nrender.scene import load_scene


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
