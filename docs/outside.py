"""Markdown files from outside docs/ as pages of the site: README, the examples' and the benchmarks' results.

A link in a source is a path from the file that it stands in, as code hosts want it, wherever it leads. In the site a
link to a page that lies outside is one to its copy in docs/_outside, which has the same place there as in the project;
a link to any other file is a download.
"""

import os
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
COPIES = DOCS / "_outside"
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/**/README.md", "benchmarks/results/*.md")
CODE = re.compile(r"^( *)(```+|~~~+).*?^\1\2`*~*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")


def pages() -> list[Path]:
    return sorted(path for pattern in PAGES for path in ROOT.glob(pattern))


def copy_of(page: Path) -> Path:
    return COPIES / page.relative_to(ROOT)


def relinked(text: str, source: Path, place: Path) -> str:
    """The text of `source` with its links changed so that they work in the site, where it is at `place`."""
    outside = set(pages())

    def link(match: re.Match[str]) -> str:
        if re.match(r"[a-z]+:|/", match[2]):
            return match[0]
        target = (source.parent / match[2]).resolve()
        if target in outside:
            target = copy_of(target)
        return match[1] + os.path.relpath(target, place.parent).replace(os.sep, "/") + match[3]

    parts, end = [], 0
    for code in CODE.finditer(text):
        parts += [LINK.sub(link, text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, LINK.sub(link, text[end:])])


def _copy(app, config) -> None:
    """Write what has changed, so that a second build reads only that."""
    wanted = {copy_of(page): page for page in pages()}
    for old in COPIES.rglob("*.md"):
        if old not in wanted:
            old.unlink()
    for place, page in wanted.items():
        text = "---\norphan: true\n---\n" + relinked(page.read_text("utf-8"), page, place)
        if not place.exists() or place.read_text("utf-8") != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")


def _read(app, name, content) -> None:
    path = Path(app.env.doc2path(name))
    if COPIES not in path.parents:
        content[0] = relinked(content[0], path, path)


def setup(app):
    app.connect("config-inited", _copy)
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}
