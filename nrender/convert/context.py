"""What the converters share: notes, names, files, and the document that grows."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import ImageError
from ..image import read_image
from ..scene.place import Place
from .notes import Notes
from .pictures import Pictures
from .plugins import Plugin


class Picture(NamedTuple):
    """What is to be known of an image without its pixels. mean (3,), linear; grey: its channels are alike."""

    file: str
    mean: np.ndarray
    low: float
    high: float
    grey: bool
    height: int


class Context:
    """folder: that of the source; out: that of the scene file.

    document: the sections of the scene; places: where an object of it, (section, name), comes from. surfaces: what was
    made of a material, by whether v is turned over; materials: the names under which it is in the document.
    embedded: images to write.
    visits: of shapes, those of instances, too; counts: objects that wanted the same name.
    """

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder, self.out = folder, out.resolve()
        self.notes = Notes()
        self.document: dict[str, dict[str, Any]] = {"cameras": {}, "materials": {}, "shapes": {}, "lights": {}}
        self.places: dict[tuple[str, str], Place] = {}
        self.pictures: dict[Path, Picture | None] = {}
        self.counts: dict[tuple[str, str], int] = {}
        self.visits = 0
        self.surfaces: dict[tuple[Plugin, bool], Any] = {}
        self.materials: dict[Plugin | None, list[str]] = {}
        self.sources: set[Path] = set()
        self.embedded = Pictures()

    def add(self, section: str, wanted: str, entry: dict[str, Any], place: Place) -> str:
        """Put an object into the document; its name is the wanted one or, if that's taken, one with a number."""
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted).strip("-")[:60] or section.removesuffix("s")
        name = base
        while name in self.document[section]:
            self.counts[section, base] = self.counts.get((section, base), 1) + 1
            name = f"{base}-{self.counts[section, base]}"
        self.document[section][name] = entry
        self.places[section, name] = place
        return name

    def approximate(self, plugin: Plugin, message: str, key: str = "") -> None:
        self.notes.approximate(_of_key(plugin, key), str(plugin), message, key)

    def refuse(self, plugin: Plugin, message: str, key: str = "") -> None:
        self.notes.refuse(_of_key(plugin, key), str(plugin), message, key)

    def error(self, plugin: Plugin, message: str, key: str = "") -> None:
        self.notes.error(_of_key(plugin, key), str(plugin), message, key)

    def check_untaken(self, plugin: Plugin) -> None:
        """A line for each value that nothing was made of."""
        for key, place in plugin.untaken():
            self.notes.approximate(place, str(plugin), "ignored: nrender has nothing like it", key)
            plugin.skip(key)

    def path(self, plugin: Plugin, key: str = "filename") -> Path | None:
        """Of a file that a plugin names, relative to the file in which the plugin stands, or to the scene's.

        None, and an error, if there isn't one."""
        name = plugin.text(key)
        if not name:
            self.error(plugin, "missing", key)
            return None
        folders = dict.fromkeys((Path(plugin.place.file).parent, self.folder))
        for folder in folders:
            for spelled in (name, name.replace("\\", "/")):
                try:
                    if (folder / spelled).is_file():
                        self.sources.add((folder / spelled).resolve())
                        return folder / spelled
                except (OSError, ValueError):
                    continue
        self.error(plugin, f"no such file: '{name}'", key)
        return None

    def relative(self, path: Path) -> str:
        """As the scene file names it."""
        try:
            return Path(os.path.relpath(path.resolve(), self.out)).as_posix()
        except ValueError:  # on another drive
            return path.resolve().as_posix()

    def picture(self, plugin: Plugin) -> Picture | None:
        """Of the image that a plugin names.  None, and a line, for one that can't be used."""
        path = self.path(plugin)
        if path is None:
            return None
        if path not in self.pictures:
            try:
                pixels = read_image(path)
            except ImageError as error:
                self.pictures[path] = None
                self.refuse(plugin, str(error).removeprefix(f"{path}: "), "filename")
                return None
            spread = float(np.ptp(pixels, axis=2).max())
            grey = spread <= max(1.0, float(np.abs(pixels).max())) / 64
            mean = pixels.mean(axis=(0, 1), dtype=np.float64)
            self.pictures[path] = Picture(
                self.relative(path), mean, float(pixels.min()), float(pixels.max()), grey, len(pixels))
        return self.pictures[path]


def _of_key(plugin: Plugin, key: str) -> Place:
    return plugin.values[key].place if key in plugin.values else plugin.place
