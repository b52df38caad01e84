"""Docstrings as Sphinx reads them: the package writes them for people, nearly as Markdown.

A list of names, in columns (`name   what it is`) or with a colon and indented lines below, becomes a list, and stars
and bars mean themselves.
"""

import re

COLUMN = re.compile(r"\w+ {2,}(?=\S)")
COLON = re.compile(r"(\w+): (?=\S)")
QUOTED = re.compile(r"(`[^`]+`)")


def restructured(lines: list[str]) -> list[str]:
    out: list[str] = []
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        else:
            out += [*_block(block), ""]
            block = []
    return out[:-1]


def _block(block: list[str]) -> list[str]:
    """A paragraph, or a list with what follows it."""
    start = next((match.end() for match in map(COLUMN.match, block) if match), 0)
    nested = [n for n, line in enumerate(block) if line.startswith(" ")]
    if not start and not (nested and all(map(COLON.match, block[: nested[0]]))):
        return [_escaped(line) for line in block]
    out, in_list = [], True
    for line in block:
        name, text = line[:start].rstrip(), line[start:]
        if not start and (match := COLON.match(line)):
            name, text = match[1], line[match.end() :]
        if line.startswith(" "):
            out.append("  " + _escaped(line.strip()))
        elif in_list and re.fullmatch(r"\w+", name):
            out.append(f"- ``{name}``: {_escaped(text)}")
        else:
            out += [*[""] * in_list, _escaped(line)]
            in_list = False
    return out


def _escaped(line: str) -> str:
    parts = QUOTED.split(line)
    parts[::2] = [re.sub(r"([*|])", r"\\\1", re.sub(r"\b_\b|(?<=\w)_(?=\W)", r"\\_", part)) for part in parts[::2]]
    return "".join(parts)


def _process(app, what, name, obj, options, lines: list[str]) -> None:
    if name.startswith("nrender"):
        lines[:] = restructured(lines)


def setup(app):
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True}
