"""Materials of MTL files as `principled` and `dielectric`.

    alpha = sqrt(2 / (Ns + 2)),  roughness = sqrt(alpha):  Blinn and Phong's exponent against the width of a
                                                           microfacet distribution (Walter et al. 2007, section 5.2)
    specular = luminance(Ks), 0 with illum 0 and 1:        half is a reflectance of 0.04, as Blender's OBJ files have it
A Ks of more than the luminance of Kd, and of more than 0.2, is taken for a metal's colour. Pr, Pm, Pc, Pcr are those of
principled models as they are.  A map stands in the place of its number, as most programs write it.
Source: the MTL format of Wavefront's Advanced Visualizer, with Exocortex' extension for physically based materials.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..image import LUMINANCE, read_image
from ..scene.gltf.container import inside
from ..scene.place import Place, one_line, stop
from .context import Context
from .pictures import Entry
from .transforms import tidy

Lines = dict[str, tuple[list[str], Place]]
"""Words and place by key."""
KNOWN = {"Kd", "Ks", "Ke", "Ns", "Ni", "d", "Tr", "illum", "Pr", "Pm", "Pc", "Pcr", "Ps", "norm", "map_Kd", "map_Ke",
         "map_Pr", "map_Pm", "map_d", "map_Bump", "map_bump", "bump", "Ka", "map_Ka", "Tf"}
GLASS = (4, 6, 7, 9)


def read_mtl(data: bytes, file: str) -> dict[str, Lines]:
    """The lines of each material."""
    found: dict[str, Lines] = {}
    lines: Lines | None = None
    for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if words[0] == "newmtl":
            lines = found.setdefault(" ".join(words[1:]), {})
        elif lines is not None:
            lines[words[0]] = (words[1:], Place(file, number))
    return found


class Mtl:
    """One material; `entry` and `emission` are for the scene file."""

    def __init__(self, context: Context, name: str, lines: Lines, place: Place) -> None:
        self.context, self.name, self.lines, self.place = context, f"material '{one_line(name)}'", lines, place
        self.emission: Any = self._colour("Ke", 0.0, np.inf)
        glow = self._map("map_Ke", colour=True)
        self.emission = glow if glow is not None else self.emission if any(self.emission) else None
        self.entry = self._entry()
        for key, (_, where) in lines.items():
            if key not in KNOWN:
                context.notes.approximate(where, self.name, "ignored: nrender has nothing like it", key)

    def _entry(self) -> Entry:
        illum = int(self._number("illum", 2, 0, 10))
        opacity = self._opacity()
        if illum in GLASS and (opacity == 1.0 or not isinstance(opacity, dict)):
            ior = self._number("Ni", 1.5, 0.0, 100.0)
            if not 1.001 <= ior <= 5:
                self._note("Ni", "an index in [1.001, 5]")
            self._note("illum", "clear glass")
            return {"type": "dielectric", "ior": tidy(min(max(ior, 1.001), 5.0)), "roughness": self._roughness(0.0)}
        kd, ks = self._colour("Kd", 0.8), self._colour("Ks", 0.0)
        bright, shine = float(np.dot(LUMINANCE, kd)), float(np.dot(LUMINANCE, ks))
        base = self._map("map_Kd", colour=True)
        entry: Entry = {"type": "principled", "base_color": kd if base is None else base}
        if base is not None and 0 < min(kd) < 1:
            self._note("Kd", "map_Kd alone")
        metallic: Any = self._map("map_Pm", colour=False)
        metallic = self._number("Pm", 0.0, 0.0, 1.0) if metallic is None else metallic
        if base is None and "Pm" not in self.lines and shine > max(bright, 0.2) and illum >= 2:
            self._note("Ks", "more than Kd: taken for the colour of a metal")
            entry["base_color"], metallic = ks, 1.0
        entry["metallic"] = metallic
        entry["roughness"] = self._roughness(1.0)
        if metallic != 1.0:
            given = "Ks" in self.lines and illum >= 2
            entry["specular"] = tidy(shine, 6) if given else 0.5 if "Pr" in self.lines else 0.0
            if given and max(ks) - min(ks) > 0.01:
                self._note("Ks", "its luminance, as `specular`")
        for theirs, ours in (("Ps", "sheen"), ("Pc", "clearcoat")):
            if theirs in self.lines and self._number(theirs, 0.0, 0.0, 1.0):
                entry[ours] = self._number(theirs, 0.0, 0.0, 1.0)
        if "clearcoat" in entry and "Pcr" in self.lines:
            entry["clearcoat_gloss"] = tidy(1 - self._number("Pcr", 0.0, 0.0, 1.0))
        normals = self._map("norm", colour=True, raw=True)
        if normals is not None:
            entry["normal_map"] = normals
        for key in ("map_Bump", "map_bump", "bump"):
            if key in self.lines:
                self.context.notes.refuse(self.lines[key][1], self.name, "left out: nrender has no height maps", key)
        return entry if opacity == 1.0 else entry | {"opacity": opacity}

    def _roughness(self, default: float) -> Any:
        image = self._map("map_Pr", colour=False)
        if image is not None:
            return image
        if "Pr" in self.lines:
            return self._number("Pr", default, 0.0, 1.0)
        if "Ns" not in self.lines or not any(self._colour("Ks", 0.0)):
            return default
        return tidy((2 / (self._number("Ns", 0.0, 0.0, 1e9) + 2)) ** 0.25, 6)

    def _opacity(self) -> Any:
        image = self._map("map_d", colour=False)
        if image is not None:
            return image
        if "d" in self.lines:
            return self._number("d", 1.0, 0.0, 1.0)
        return tidy(1 - self._number("Tr", 0.0, 0.0, 1.0))

    def _note(self, key: str, message: str) -> None:
        self.context.notes.approximate(self.lines.get(key, ([], self.place))[1], self.name, message, key)

    def _numbers(self, key: str) -> list[float]:
        words, place = self.lines[key]
        try:
            numbers = [float(word) for word in words if word != "-halo"]
        except ValueError:
            numbers = []
        if not numbers or not np.isfinite(numbers).all():
            raise stop(place, self.name, f"expected numbers, got '{one_line(' '.join(words))[:60]}'", key)
        return numbers

    def _number(self, key: str, default: float, low: float, high: float) -> float:
        if key not in self.lines:
            return default
        found = self._numbers(key)[0]
        if not low <= found <= high:
            self._note(key, f"{found:g} is cut to [{low:g}, {high:g}]")
        return float(tidy(min(max(found, low), high)))

    def _colour(self, key: str, default: float, high: float = 1.0) -> list[float]:
        if key not in self.lines:
            return [default] * 3
        words, place = self.lines[key]
        if words[:1] in (["spectral"], ["xyz"]):
            self._note(key, f"{default:g} instead of a spectrum or XYZ")
            return [default] * 3
        found = self._numbers(key)
        found = found * 3 if len(found) == 1 else found
        if len(found) != 3:
            raise stop(place, self.name, f"expected 3 numbers, got {len(found)}", key)
        if min(found) < 0 or max(found) > high:
            self._note(key, f"cut to [0, {high:g}]")
        return list(tidy(np.clip(found, 0.0, high)))

    def _map(self, key: str, colour: bool, raw: bool = False) -> Any:
        """The map of a texture; None if there is none, or, with a line, if it can't be used."""
        if key not in self.lines:
            return None
        words, place = self.lines[key]
        keys, name = self._options(key, list(words))
        path = inside(self.context.folder, name.replace("\\", "/"))
        if path is None:
            self.context.notes.refuse(place, self.name, "left out: not in the folder of the source", key)
            return None
        try:
            pixels = read_image(path)
        except Exception as error:  # an ImageError, or what the system says of a name
            self.context.notes.refuse(place, self.name, f"left out: {str(error).removeprefix(f'{path}: ')}", key)
            return None
        if not colour and np.ptp(pixels, axis=2).max() > 1 / 64:
            self._note(key, "the mean of an image that isn't grey")
            return None if key == "map_d" else tidy(float(pixels.mean()))
        self.context.sources.add(path.resolve())
        return {"file": self.context.relative(path), **({"raw": True} if raw else {}), **keys}

    def _options(self, key: str, words: list[str]) -> tuple[Entry, str]:
        """(keys, name of the file) of a map's words."""
        keys: Entry = {}
        while words and words[0].startswith("-") and len(words) > 1:
            option = words.pop(0)
            values: list[str] = []
            while len(words) > 1 and (_is_number(words[0]) or words[0] in ("on", "off") or option in
                                      ("-imfchan", "-type") and not values):
                values.append(words.pop(0))
            numbers = [float(value) for value in values if _is_number(value)]
            if option in ("-s", "-o") and numbers:
                usual = 1.0 if option == "-s" else 0.0
                pair = (numbers + [usual])[:2]
                keys |= {"scale" if option == "-s" else "offset": tidy(pair)}
            elif option == "-clamp":
                keys |= {"wrap": "clamp"} if values == ["on"] else {}
            else:
                self._note(key, f"without {option}")
        return keys, " ".join(words)


def _is_number(word: str) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False
