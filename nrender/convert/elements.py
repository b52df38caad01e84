"""XML as a tree whose elements know their line.  Document types are refused, and with them a file's entities.

Bounded: bytes of a file, elements and files of a scene, how deep both are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from ..files import read_regular
from ..scene.place import Place, stop

MAX_BYTES = 2**26
MAX_ELEMENTS = 1_000_000
MAX_FILES = 1000
MAX_DEPTH = 64
"""Elements within elements."""


@dataclass
class Element:
    """A tag with its attributes; `place` is where it begins."""

    tag: str
    attributes: dict[str, str]
    place: Place
    children: list[Element] = field(default_factory=list)


@dataclass
class Budget:
    """What may still be read."""

    elements: int = field(default_factory=lambda: MAX_ELEMENTS)
    files: int = field(default_factory=lambda: MAX_FILES)


def read_xml(path: Path, name: str, budget: Budget) -> Element:
    """The root of a file.  name: the file for messages.  Raises SceneError."""
    start = Place(name, 0)
    budget.files -= 1
    if budget.files < 0:
        raise stop(start, "", f"expected at most {MAX_FILES} files")
    try:
        data = read_regular(path, MAX_BYTES)
    except FileNotFoundError:
        raise stop(start, "", "no such file") from None
    except IsADirectoryError:
        raise stop(start, "", "expected an XML file, got a folder") from None
    except OSError as error:
        raise stop(start, "", f"cannot read: {error.strerror or error}") from None
    return _parse(data, name, budget)


def _parse(data: bytes, name: str, budget: Budget) -> Element:
    parser = expat.ParserCreate()
    top = Element("", {}, Place(name, 1))
    open_ones = [top]

    def here() -> Place:
        return Place(name, parser.CurrentLineNumber)

    def begin(tag: str, attributes: dict[str, str]) -> None:
        budget.elements -= 1
        if budget.elements < 0:
            raise stop(here(), "", f"expected at most {MAX_ELEMENTS} elements")
        if len(open_ones) > MAX_DEPTH:
            raise stop(here(), "", f"expected at most {MAX_DEPTH} elements within each other")
        element = Element(tag, attributes, here())
        open_ones[-1].children.append(element)
        open_ones.append(element)

    def refuse(*_: object) -> None:
        raise stop(here(), "", "expected no document type: DTDs and entities are not read")

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: open_ones.pop()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise stop(Place(name, error.lineno), "", f"not proper XML: {expat.ErrorString(error.code)}") from None
    except (ValueError, LookupError) as error:  # an encoding that isn't known
        raise stop(here(), "", f"not proper XML: {error}") from None
    return top.children[0]
