"""Arbitrary output variables: what of the first surface that a camera ray meets can be asked for, by name.

`AOVS` is the list; a new one is an entry here, a field of `Channels` and of values.Values, and its value, tangent and
adjoint in shown.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

DIRECTION, COLOUR = ("X", "Y", "Z"), ("R", "G", "B")


class Aov(NamedTuple):
    """suffixes: of its channels' names in a file, one a channel; differentiable: whether it has a derivative; if not it
    is a number that names something, of the pixel's centre; text: what it is."""

    suffixes: tuple[str, ...]
    differentiable: bool
    text: str

    @property
    def channels(self) -> int:
        return len(self.suffixes)


AOVS: dict[str, Aov] = {
    "depth": Aov(("Z",), True, "distance from the camera along its axis"),
    "distance": Aov(("Z",), True, "distance from the camera along the ray"),
    "position": Aov(DIRECTION, True, "the point, in world space"),
    "normal": Aov(DIRECTION, True, "unit shading normal, after smoothing and normal map, on the side that is shaded"),
    "geometric_normal": Aov(DIRECTION, True, "unit normal of the triangle, on the same side as `normal`"),
    "albedo": Aov(COLOUR, True, "the material's colour: reflectance, f0 or base_color; 1 of a dielectric"),
    "roughness": Aov(("X",), True, "the material's roughness; 0 of a diffuse one"),
    "uv": Aov(("U", "V"), True, "texture coordinates; 0 of a shape that has none"),
    "barycentric": Aov(DIRECTION, True, "weights of the triangle's three corners"),
    "color": Aov(COLOUR, True, "colours of the vertices; 0 of a shape that has none"),
    "alpha": Aov(("A",), True, "1 where there is a surface: the covered part of a pixel"),
    "shape_id": Aov(("X",), False, "which shape of the file it is, from 1; 0 is none"),
    "material_id": Aov(("X",), False, "which material of the file it has, from 1; 0 is none"),
}


class Channels(NamedTuple):
    """Where in a pixel of `number` numbers each one is that is wanted; -1: it is not. colors: where in theta the
    vertices' colours are, or -1."""

    depth: int
    distance: int
    position: int
    normal: int
    geometric_normal: int
    albedo: int
    roughness: int
    uv: int
    barycentric: int
    color: int
    alpha: int
    number: int
    colors: int


def channels_of(names: Sequence[str], colors: int) -> Channels:
    """One after the other, those that are differentiable. colors: offset in theta, or -1."""
    at = dict.fromkeys([name for name, aov in AOVS.items() if aov.differentiable], -1)
    count = 0
    for name in names:
        if AOVS[name].differentiable:
            at[name], count = count, count + AOVS[name].channels
    return Channels(**at, number=count, colors=colors if at["color"] >= 0 else -1)
