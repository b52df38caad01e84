"""Textures of materials: images, their samplers and their places.

v runs downward in glTF: v here = 1 - v there, so that  u' = sx u + ox, v' = sy v + oy  of KHR_texture_transform becomes
scale (sx, sy), offset (ox, 1 - sy - oy).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...scene.gltf.container import Container
from ...scene.gltf.item import Item, refer
from ..context import Context
from ..pictures import Coded, read_coded
from ..transforms import tidy

WRAPS = {10497: "repeat", 33071: "clamp", 33648: "mirror"}
NEAREST = 9728


class Used(NamedTuple):
    """A texture where a material has it.  name: for files; keys: of the scene file, without the image."""

    name: str
    coded: Coded
    keys: dict[str, Any]
    uv_set: int


class Textures:
    """Those of a file; each image is decoded once."""

    def __init__(self, file: Container, context: Context) -> None:
        self.file, self.context = file, context
        self._images: dict[int, Coded | None] = {}

    def used(self, material: Item, key: str) -> Used | None:
        """What a material has under a key.  None if it isn't there, or, with a line, if it can't be used."""
        if key not in material:
            return None
        info = material.inner(key)
        texture = refer(self.file.root, info, "index", "textures")
        if "source" not in texture:
            self._refuse(info.of, "left out: an image in a format that nrender doesn't read")
            return None
        image = refer(self.file.root, texture, "source", "images")
        coded = self._coded(image)
        if coded is None:
            return None
        placed, uv_set = self._placed(info)
        return Used(image.text("name") or f"image-{image.index}", coded, {**self._sampler(texture), **placed}, uv_set)

    def _refuse(self, of: str, message: str) -> None:
        self.context.notes.refuse(self.file.place, of, message)

    def _coded(self, image: Item) -> Coded | None:
        if image.index not in self._images:
            if "uri" in image:
                data = self.file.resource(image)
            else:
                refer(self.file.root, image, "bufferView", "bufferViews")
                data, _ = self.file.view(image.integer("bufferView"))
            try:
                self._images[image.index] = read_coded(data)
            except ValueError as error:
                self._images[image.index] = None
                self._refuse(image.of, f"left out: {error}")
        return self._images[image.index]

    def _sampler(self, texture: Item) -> dict[str, Any]:
        if "sampler" not in texture:
            return {}
        sampler = refer(self.file.root, texture, "sampler", "samplers")
        wraps = [sampler.integer(key, 10497) for key in ("wrapS", "wrapT")]
        for key, wrap in zip(("wrapS", "wrapT"), wraps, strict=True):
            if wrap not in WRAPS:
                raise sampler.wrong(key, f"one of {', '.join(map(str, WRAPS))}")
        if wraps[0] != wraps[1]:
            self.context.notes.approximate(self.file.place, sampler.of, f"{WRAPS[wraps[0]]}, as along u", "wrapT")
        if sampler.integer("magFilter", 9729) == NEAREST:
            self.context.notes.approximate(self.file.place, sampler.of, "bilinear instead of nearest", "magFilter")
        return {} if wraps[0] == 10497 else {"wrap": WRAPS[wraps[0]]}

    def _placed(self, info: Item) -> tuple[dict[str, Any], int]:
        uv_set = info.integer("texCoord", 0, 0, 1000)
        if not info.has_extension("KHR_texture_transform"):
            return {}, uv_set
        place = info.extension("KHR_texture_transform")
        uv_set = place.integer("texCoord", uv_set, 0, 1000)
        scale, shift = place.numbers("scale", 2, (1, 1)), place.numbers("offset", 2, (0, 0))
        if place.number("rotation", 0.0):
            self.context.notes.approximate(self.file.place, info.of, "without its rotation", "KHR_texture_transform")
        offset = np.array([shift[0], 1 - scale[1] - shift[1]])
        keys: dict[str, Any] = {} if (scale == 1).all() else {"scale": tidy(scale)}
        return {**keys, **({"offset": tidy(offset)} if np.abs(offset).max() > 1e-12 else {})}, uv_set
