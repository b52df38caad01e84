"""OBJ in the world, its MTL, and PNG images beside it.

Roughness is written twice: as Pr, and as an exponent Ns = 2/alpha^2 - 2, alpha = roughness^2 (Walter et al. 2007).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..image import srgb_encode
from ..image.atomic import replacing
from ..scene import Scene
from ..scene.models import Textured
from .images import coded_png
from .notes import Notes, mean
from .parts import Part, in_world, part_of
from .surfaces import Image, Surface, image_of, surface_of

SHARPEST = 1e6
"""The largest exponent."""


def write_obj(scene: Scene, path: Path, notes: Notes) -> None:
    """Images and materials first, so that an OBJ never names what isn't there.  Raises OSError."""
    library = _Library(path, notes)
    lines = ["# nrender", f"mtllib {path.stem}.mtl"]
    counts = [1, 1, 1]
    for name, shape in scene.shapes.items():
        material = scene.materials[shape.material] if shape.material else None
        surface = surface_of(shape.material or "", material, notes)
        used = library.add(shape.material or name, surface, shape.emission)
        if shape.emission is not None and not shape.two_sided:
            notes.add("shape", name, "emits from both sides in OBJ", "emission")
        lines += [f"o {name}", f"usemtl {used}", *_mesh(in_world(part_of(shape)), counts)]
    for section in ("cameras", "lights"):
        if getattr(scene, section):
            notes.add("file", path.name, "left out: OBJ has none", section)
    for file, data in library.images.items():
        _write(path.with_name(file), data)
    _write(path.with_suffix(".mtl"), ("\n".join(library.lines) + "\n").encode())
    _write(path, ("\n".join(lines) + "\n").encode())


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _row(word: str, numbers: Any) -> str:
    return " ".join([word, *(repr(float(x)) for x in numbers)])


def _mesh(part: Part, counts: list[int]) -> list[str]:
    """Lines of a mesh; counts: the numbers that come next of v, vt and vn, which move on."""
    vertices = part.vertices if part.colors is None else np.concatenate([part.vertices, part.colors], axis=1)
    lines = [_row("v", row) for row in vertices]
    lines += [] if part.uvs is None else [_row("vt", row) for row in part.uvs]
    lines += [] if part.normals is None else [_row("vn", row) for row in part.normals]
    v, vt, vn = counts
    for face in part.faces.tolist():
        corners = [f"{v + i}/{'' if part.uvs is None else vt + i}/{'' if part.normals is None else vn + i}".rstrip("/")
                   for i in face]
        lines.append("f " + " ".join(corners))
    counts[0] += len(part.vertices)
    counts[1] += 0 if part.uvs is None else len(part.uvs)
    counts[2] += 0 if part.normals is None else len(part.normals)
    return lines


class _Library:
    """The lines of an MTL, and the images that it names."""

    def __init__(self, path: Path, notes: Notes) -> None:
        self.stem, self.notes = path.stem, notes
        self.lines = ["# nrender"]
        self.images: dict[str, bytes] = {}
        self._names: dict[str, list[str]] = {}

    def add(self, name: str, surface: Surface, emission: Any) -> str:
        """The name of a material with these values: `name`, or one with a number."""
        lines = self._material(name, surface, emission)
        count = 1
        used = name
        while used in self._names and self._names[used] != lines:
            count += 1
            used = f"{name}-{count}"
        if used not in self._names:
            self._names[used] = lines
            self.lines += [f"newmtl {used}", *lines]
        return used

    def _material(self, name: str, surface: Surface, emission: Any) -> list[str]:
        specular = ((surface.ior - 1) / (surface.ior + 1)) ** 2 / 0.08 * surface.specular
        alpha = max(surface.roughness**2, 1e-9)
        lines = [_row("Kd", surface.base), _row("Ks", [specular] * 3), _row("Ns", [min(2 / alpha**2 - 2, SHARPEST)]),
                 _row("Ni", [surface.ior]), _row("d", [surface.alpha]), _row("Pr", [surface.roughness]),
                 _row("Pm", [surface.metallic]), f"illum {7 if surface.transmission == 1 else 2}"]
        if 0 < surface.transmission < 1:
            self.notes.add("material", name, "left out: MTL has no part of it", "transmission")
        if surface.clearcoat:
            lines += [_row("Pc", [surface.clearcoat]), _row("Pcr", [1 - surface.gloss])]
        if surface.vertex_colors:
            self.notes.add("material", name, "colours of vertices stand behind positions, which not all programs read")
        base = surface.base_image
        if base is not None:
            lines.append(self._map("map_Kd", f"{name}-base", base._replace(values=base.values[..., :3])))
            if base.values.shape[2] == 4:
                lines.append(self._map("map_d", f"{name}-opacity", base._replace(values=base.values[..., 3:])))
        rough = surface.rough_image
        for key, channel, factor in (("map_Pr", 1, surface.roughness), ("map_Pm", 2, surface.metallic)):
            if rough is not None and factor == 1 and np.ptp(rough.values[..., channel]) > 0:
                values = rough.values[..., channel : channel + 1]
                lines.append(self._map(key, f"{name}-{key[4:]}", rough._replace(values=values)))
        if surface.normal_image is not None:
            lines.append(self._map("norm", f"{name}-normals", surface.normal_image))
        return lines + self._emission(name, emission)

    def _emission(self, name: str, emission: Any) -> list[str]:
        if emission is None:
            return []
        image = image_of(emission, encoded=False) if isinstance(emission, Textured) else None
        if image is None:
            return [_row("Ke", mean(emission))]
        if image.values.max() > 1:
            self.notes.add("material", name, "its image is cut to 1", "emission")
        image = image._replace(values=np.asarray(srgb_encode(np.clip(image.values, 0, 1))))
        return [_row("Ke", [1, 1, 1]), self._map("map_Ke", f"{name}-emission", image)]

    def _map(self, key: str, name: str, image: Image) -> str:
        file = f"{self.stem}-{name}.png"
        self.images[file] = coded_png(name, image.values, self.notes)
        words = [key]
        if (image.scale != 1).any():
            words += ["-s", *(repr(float(x)) for x in image.scale), "1"]
        if image.offset.any():
            words += ["-o", *(repr(float(x)) for x in image.offset), "0"]
        words += ["-clamp", "on"] if image.wrap == "clamp" else []
        if image.wrap == "mirror" or image.nearest:
            self.notes.add("image", name, "repeated, and bilinear")
        return " ".join([*words, file])
