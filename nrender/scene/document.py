"""A scene document: a nested dict of plain values, and the line of every key.

`read_document` reads YAML from its event stream.  Scalars are resolved here, by the YAML 1.2 core
schema (so `1e-3` is a number and `yes` is a word); no constructor of the YAML library runs, tags
outside the core are refused, and file size, depth and expanded size are bounded.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FROM_DICT, Problem, SceneError
from ..files import read_regular
from .paths import KeyPath, describe
from .values import show

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 32
MAX_VALUES = 4_000_000
MAX_PROBLEMS = 1000
"""After so many nobody reads on."""
CORE = "tag:yaml.org,2002:"

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_REAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True)
_WORDS |= dict.fromkeys(("false", "False", "FALSE"), False)
_WORDS |= {sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in
           (".inf", ".Inf", ".INF")}
_WORDS |= {word: float("nan") for word in (".nan", ".NaN", ".NAN")}


@dataclass
class Document:
    """`data`: the nested dict; `lines`: 1-based line of each key path; `file`: as the user named
    it; `base`: the folder that relative paths start from; `problems`: found while reading."""

    data: Any
    base: Path
    file: str = FROM_DICT
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest thing around it that has one; 0 if none has."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0


def read_document(path: str | Path) -> Document:
    """Read a YAML file.  SceneError if it can't be read, or isn't YAML, or is too large."""
    file = str(path)
    try:
        text = read_regular(path, MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SceneError([Problem(file, line, "", "", "not a UTF-8 text file")]) from None
    except OSError as error:
        more = "; keep meshes in files of their own" if error.errno == errno.EFBIG else ""
        raise SceneError([Problem(file, 0, "", "", f"cannot read: {error.strerror or error}{more}")]) from None
    document = Document(None, Path(path).resolve().parent, file)
    _Builder(document).run(text)
    return document


def from_plain(data: Any, base: str | Path | None = None) -> Document:
    """A document from a Python dict.  Everything in it is copied; arrays stay arrays."""
    document = Document(None, Path(base if base is not None else ".").resolve())
    count = [0]

    def copy(value: Any, path: KeyPath) -> Any:
        count[0] += 1
        if len(path) > MAX_DEPTH or count[0] > MAX_VALUES:
            raise SceneError([Problem(FROM_DICT, 0, "", "", "nested too deeply, or too large")])
        if isinstance(value, Mapping):
            bad = [key for key in value if not isinstance(key, str)]
            for key in bad:
                where = ".".join(str(part) for part in path)
                document.problems.append(
                    Problem(FROM_DICT, 0, "", where, f"expected names as keys, got {show(key)}"))
            return {str(k): copy(v, (*path, k)) for k, v in value.items() if isinstance(k, str)}
        if isinstance(value, (list, tuple)):
            return [copy(item, (*path, i)) for i, item in enumerate(value)]
        if isinstance(value, np.generic):
            return value.item()
        if hasattr(value, "__array__"):
            array = np.array(value)
            return array if array.ndim else array.item()
        return str(value) if isinstance(value, Path) else value

    document.data = copy(data, ())
    return document


def resolve_scalar(text: str) -> Any:
    """The value of a plain (unquoted) scalar by the YAML 1.2 core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text) and len(text) < 400:
        return int(text)
    if _BASED.match(text) and len(text) < 400:
        return int(text, 0)
    return float(text) if _REAL.match(text) else text


@dataclass
class _Open:
    """A list or map whose end hasn't come yet."""

    value: Any
    path: KeyPath
    line: int
    anchor: str | None
    key: str | None = None
    size: int = 1
    height: int = 1


class _Builder:
    """Turns YAML events into a Document, with a stack of its own: depth can't exhaust Python's."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int, int]] = {}   # name: value, size, height
        self.documents = 0
        self.total = 0

    def run(self, text: str) -> None:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        events: Any = yaml.parse(text, Loader=loader)
        try:
            for event in events:
                self.take(event, type(event).__name__, event.start_mark.line + 1)
        except yaml.YAMLError as error:
            mark: Any = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
            where = f" (column {mark.column + 1})" if mark else ""
            line = mark.line + 1 if mark else 0
            raise self.failed(line, "not YAML: " + " ".join(str(what).split()) + where) from None

    def failed(self, line: int, message: str) -> SceneError:
        return SceneError(
            [*self.document.problems, Problem(self.document.file, line, "", "", message)])

    def take(self, event: Any, kind: str, line: int) -> None:
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                raise self.failed(line, "expected one YAML document, got several")
        elif kind == "ScalarEvent":
            self.scalar(event, line)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self.check_tag(event.tag, line, ("map", "seq"))
            path = self.place(line)
            # The line that a look-up of the path gives: entries that differ get their own.
            noted = self.document.lines.get(path, self.stack[-1].line if self.stack else line)
            self.stack.append(_Open({} if kind[0] == "M" else [], path, noted, event.anchor))
            if len(self.stack) > MAX_DEPTH:
                raise self.failed(line, f"nested more than {MAX_DEPTH} levels deep")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            top = self.stack.pop()
            self.finish(top.value, top.size, top.height, top.anchor)
        elif kind == "AliasEvent":
            self.alias(event.anchor, line)

    def scalar(self, event: Any, line: int) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            top.key = self.new_key(top, event.value, line)
            return
        self.check_tag(event.tag, line, ("str", "int", "float", "bool", "null"))
        self.place(line)
        plain = event.implicit[0] if event.tag is None else event.tag not in (CORE + "str", "!")
        value = resolve_scalar(event.value) if plain else event.value
        self.finish(value, 1, 0, event.anchor)

    def new_key(self, top: _Open, key: str, line: int) -> str:
        path = (*top.path, key)
        if key in top.value:
            first = self.document.lines[path]
            self.report(path, line, f"given twice; the first is on line {first}")
            key += "\0"            # read on, to find what else is wrong, but keep the first
        self.document.lines[(*top.path, key)] = line
        return key

    def alias(self, name: str, line: int) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            raise self.failed(line, "expected a name as key, got an alias")
        if name not in self.anchors:
            raise self.failed(line, f"alias '*{name}' has nothing to stand for")
        value, size, height = self.anchors[name]
        if len(self.stack) + height > MAX_DEPTH:
            raise self.failed(line, f"nested more than {MAX_DEPTH} levels deep")
        self.place(line)
        self.finish(value, size, height, None)

    def place(self, line: int) -> KeyPath:
        """The path of the value that begins here; its line is noted where it differs."""
        if not self.stack:
            self.document.lines[()] = line
            return ()
        top = self.stack[-1]
        if isinstance(top.value, dict):
            if top.key is None:
                raise self.failed(line, "expected a name as key, got a list or a map")
            return (*top.path, top.key)
        path = (*top.path, len(top.value))
        if line != top.line:
            self.document.lines[path] = line
        return path

    def finish(self, value: Any, size: int, height: int, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, size, height)
        if not self.stack:
            self.document.data = value
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            if top.key is not None and not top.key.endswith("\0"):
                top.value[top.key] = value
            top.key = None
        top.size += size
        top.height = max(top.height, height + 1)
        self.total = max(self.total, top.size)
        if self.total > MAX_VALUES:
            raise self.failed(top.line, f"more than {MAX_VALUES} values; keep meshes in files of "
                              "their own")

    def check_tag(self, tag: str | None, line: int, allowed: tuple[str, ...]) -> None:
        if tag is not None and tag != "!" and tag not in [CORE + name for name in allowed]:
            raise self.failed(line, f"tag '{tag.replace(CORE, '!!')}' is not allowed")

    def report(self, path: KeyPath, line: int, message: str) -> None:
        name, key = describe(path)
        self.document.problems.append(Problem(self.document.file, line, name, key, message))
        if len(self.document.problems) >= MAX_PROBLEMS:
            raise self.failed(line, "and more: only the first are listed")
