"""The Markdown of the project: its links lead somewhere, and what its pages name is there. Without Sphinx."""

import functools
import importlib
import importlib.util
import re

import pytest
from page_blocks import FENCE, blocks
from PIL import Image
from sources import ROOT

import nrender as nr

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "examples/**/*.md", "benchmarks/**/*.md")
    for path in ROOT.glob(pattern)
    if ".venv" not in path.parts
)
DOCS = [path for path in PAGES if path.parent == ROOT / "docs"]
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
MADE = re.compile(r"(?:fit|fits|derivative|out|output|docs/_build|host)/")  # what commands write
OF_EXTENDING = {path for block in blocks("extending.md") for path in re.findall(r"\A# (\S+\.\w+)\n", block.text)}
SUFFIXES = ("py", "md", "yaml", "json", "cfg", "toml", "png", "obj", "exr")
FILE = re.compile(rf"[\w./-]+\.(?:{'|'.join(SUFFIXES)})")
HOMES = ("", "nrender", "docs", "tests")


@functools.cache
def prose(path):
    """Its text without blocks of code."""
    return FENCE.sub("", path.read_text("utf-8"))


def anchor(heading):
    """As GitHub makes it of a heading: lower case, no marks but - and _, spaces to hyphens."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


@functools.cache
def anchors(path):
    seen = {}
    found = set()
    for heading in HEADING.findall(prose(path)):
        name = anchor(heading)
        count = seen.get(name, 0)
        found.add(f"{name}-{count}" if count else name)
        seen[name] = count + 1
    return found


def links(path):
    return [link for link in LINK.findall(CODE.sub("``", prose(path))) if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("heading, expected", [
    ("7. The gradient check", "7-the-gradient-check"), ("cameras: `opencv`", "cameras-opencv"),
    ("[A](b.md), twice", "a-twice"), ("Mitsuba 3", "mitsuba-3"),
])  # fmt: skip
def test_anchors_are_those_of_code_hosts(heading, expected):
    assert anchor(heading) == expected


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_relative_link_leads_somewhere(page):
    for link in links(page):
        name, _, place = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert ROOT in target.parents, f"{link} leads out of the project"
        if place:
            assert place in anchors(target), link


def test_every_page_is_in_a_table_of_contents():
    text = (ROOT / "docs" / "index.md").read_text("utf-8")
    trees = re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.M | re.S)
    listed = [line for tree in trees for line in tree.split("\n") if line and not line.startswith(":")]
    assert len(listed) == len(set(listed))
    assert sorted([*listed, "index"]) == [path.stem for path in DOCS]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_no_formula_is_cut_by_a_list(page):
    """Each `$` has its other one in its paragraph, and no line within a formula looks like an item of a list."""
    text = re.sub(r"\$\$.*?\$\$", "", CODE.sub("", prose(page)), flags=re.DOTALL)
    for paragraph in text.split("\n\n"):
        assert paragraph.count("$") % 2 == 0, paragraph
        for formula in paragraph.split("$")[1::2]:
            assert not re.search(r"\n *([-+*]|\d+\.) ", formula), formula


def is_there(name):
    if "/" not in name:
        return any((ROOT / "nrender").rglob(name)) or (ROOT / name).exists()
    return any((ROOT / home / name).exists() for home in HOMES) or name in OF_EXTENDING


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page):
    """`bsdf/diffuse.py` as `nrender/bsdf/diffuse.py`: of what has a folder in its name, and of all code."""
    for quoted in CODE.findall(prose(page)):
        for name in FILE.findall(quoted):
            if re.search(r"[A-Z]{3}|//", quoted) or MADE.match(name) or ("/" not in name and not name.endswith(".py")):
                continue
            assert is_there(name) or (page.parent / name).exists(), name


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_dotted_name_is_there(page):
    text = page.read_text("utf-8")
    names = set(re.findall(r"(?<![\w/.-])(?:nrender|nr)(?:\.[A-Za-z_]\w*)+", text))
    for name in names:
        if name.endswith((".py", ".git")):
            continue
        assert resolved(name), name


def resolved(name):
    parts = ["nrender", *name.split(".")[1:]]
    if len(parts) > 1 and parts[1] in ("torch", "jax") and importlib.util.find_spec(parts[1]) is None:
        return True
    return any(has(parts[:k], parts[k:]) for k in range(len(parts), 0, -1))


def has(module, attributes):
    """Whether there is such a module, and this in it. (`nrender.optimize` is a function and a package.)"""
    try:
        value = importlib.import_module(".".join(module))
        for name in attributes:
            value = getattr(value, name)
    except (ModuleNotFoundError, AttributeError):
        return False
    return True


def test_all_that_is_public_is_in_the_api():
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    told = re.findall(r"^\.\. auto(?:function|class|exception):: ([\w.]+)", text, re.M)
    assert len(told) == len(set(told))
    assert {name for name in told if "." not in name} == set(nr.__all__)
    bridges = {f"nrender.torch.{name}" for name in ("render", "RenderModule")} | {"nrender.jax.render"}
    assert bridges <= set(told)


@pytest.mark.parametrize("name", nr.__all__)
def test_all_that_is_public_has_a_docstring(name):
    assert getattr(nr, name).__doc__


def gallery():
    return (ROOT / "docs" / "gallery.md").read_text("utf-8")


def test_the_gallery_has_every_scene_and_every_example():
    linked = set(links(ROOT / "docs" / "gallery.md"))
    scenes = [*ROOT.glob("scenes/*.yaml"), *(p for p in ROOT.glob("scenes/redner/*.yaml") if p.stem != "all")]
    for path in scenes:
        assert f"../{path.relative_to(ROOT).as_posix()}" in linked
        assert path.stem == "batch" or f"pictures/{path.stem}.jpg" in linked, path
    for path in ROOT.glob("examples/*/README.md"):
        assert f"../{path.relative_to(ROOT).as_posix()}" in linked
        assert f"pictures/example-{path.parent.name}.jpg" in linked


def test_the_gallery_s_pictures_are_small_and_all_used():
    files = sorted((ROOT / "docs" / "pictures").iterdir())
    assert {f"pictures/{path.name}" for path in files} == set(re.findall(r"\((pictures/[\w.-]+)\)", gallery()))
    for path in files:
        assert path.stat().st_size <= 60_000, path.name
        with Image.open(path) as image:
            assert image.width <= 640


def test_the_table_of_proofs_names_files_that_are_there():
    text = (ROOT / "docs" / "theory.md").read_text("utf-8").split("\n## 12.")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")][1:]
    sections = {int(n) for n in re.findall(r"^## (\d+)\.", prose(ROOT / "docs" / "theory.md"), re.M)}
    for formula, section, code, tests in rows:
        assert set(map(int, section.split(","))) <= sections, formula
        assert all((ROOT / "nrender" / name).is_file() for name in re.findall(r"`(.+?)`", code)), formula
        assert all((ROOT / "tests" / f"test_{name}.py").is_file() for name in re.findall(r"`(.+?)`", tests)), formula
    proven = {name for row in rows for name in re.findall(r"`(.+?)`", row[3])}
    assert len(rows) >= 40
    assert len(proven) >= 50
