"""Files into one tree: `<include>`, `<default>`, and `$name` in attributes.

A default counts from where it stands on, the first of a name wins, and those of the command line win over all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import did_you_mean
from ..scene.place import Place, stop
from .elements import Budget, Element, read_xml

LONGEST = 2**16
"""Characters of an attribute in which names were replaced: they could double again and again."""
MAX_INCLUDES = 16
"""Files within files."""
NAME = re.compile(r"\$(\w+)")


def read_tree(path: Path, defines: Mapping[str, str]) -> Element:
    """The `<scene>` with all that it includes.  Raises SceneError."""
    tree = _Tree(path.parent, defines)
    root = tree.read(path, str(path), ())
    unused = [name for name in defines if name not in tree.asked]
    if unused:
        hint = did_you_mean(unused[0], tree.asked)
        raise stop(Place(str(path), 0), "", f"-D {unused[0]}: there is no ${unused[0]}{hint}")
    return root


class _Tree:
    def __init__(self, folder: Path, defines: Mapping[str, str]) -> None:
        self.folder, self.given, self.asked = folder, dict(defines), set[str]()
        self.budget = Budget()

    def read(self, path: Path, name: str, within: tuple[Path, ...]) -> Element:
        root = read_xml(path, name, self.budget)
        if root.tag != "scene":
            raise stop(root.place, "", f"expected <scene>, got <{root.tag}>")
        self.expand(root, path, (*within, path.resolve()))
        return root

    def expand(self, element: Element, path: Path, within: tuple[Path, ...]) -> None:
        """Replace names in it, and includes in it by what they include."""
        children: list[Element] = []
        for child in element.children:
            child.attributes = {key: self.replaced(text, child.place) for key, text in child.attributes.items()}
            if child.tag == "include":
                children += self.included(child, path, within)
            elif child.tag == "default":
                name = attribute(child, "name")
                self.asked.add(name)
                self.given.setdefault(name, attribute(child, "value"))
            else:
                self.expand(child, path, within)
                children.append(child)
        element.children = children

    def included(self, element: Element, path: Path, within: tuple[Path, ...]) -> list[Element]:
        """A name is relative to the file that it stands in, else to the scene's."""
        name = attribute(element, "filename").replace("\\", "/")
        found = next((folder / name for folder in (path.parent, self.folder) if os.path.isfile(folder / name)), None)
        if found is None:
            raise stop(element.place, "include", f"no such file: '{name}'", "filename")
        if found.resolve() in within:
            raise stop(element.place, "include", f"'{name}' includes itself", "filename")
        if len(within) >= MAX_INCLUDES:
            raise stop(element.place, "include", f"expected at most {MAX_INCLUDES} files within each other")
        return self.read(found, str(found), within).children

    def replaced(self, text: str, place: Place) -> str:
        if "$" not in text:
            return text

        def value(match: re.Match[str]) -> str:
            word = match[1]
            self.asked.add(word)
            # `$size2` is $size followed by a 2 if only that is known.
            for end in range(len(word), 0, -1):
                if word[:end] in self.given:
                    self.asked.add(word[:end])
                    return self.given[word[:end]] + word[end:]
            raise stop(place, "", f"${word} has no value{did_you_mean(word, self.given)}")

        found = NAME.sub(value, text)
        if len(found) > LONGEST:
            raise stop(place, "", f"expected at most {LONGEST} characters, got {len(found)}")
        return found


def attribute(element: Element, key: str) -> str:
    """Raises SceneError if it isn't there."""
    if key not in element.attributes:
        raise stop(element.place, f"<{element.tag}>", "missing", key)
    return element.attributes[key]
