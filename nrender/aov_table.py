"""Arbitrary output variables: what of the first surface that a camera ray meets can be asked for, by name.

`AOVS` is the list; a new one is an entry here, a field of aov.Channels and of aov/values.Values, and its value, tangent
and adjoint in aov/shown.py. Beside these a scene has one for each of its meshes' `channels` (aov/own.py): `table_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .errors import NrenderError, did_you_mean

DIRECTION, COLOUR = ("X", "Y", "Z"), ("R", "G", "B")
OWN = "channels."  # begins the names of those that a scene brings
MOST = 16  # numbers of one of them
IMAGE = "image"  # names the picture beside them


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


def table_of(shapes: Mapping[str, Any]) -> dict[str, Aov]:
    """All that can be asked for in a scene: `AOVS`, and those of its shapes' `channels`."""
    return AOVS | {OWN + name: _own(count) for name, count in own_counts(shapes).items()}


def own_counts(shapes: Mapping[str, Any]) -> dict[str, int]:
    """{name: numbers} of the shapes' channels."""
    return {
        name: 1 if values.ndim == 1 else values.shape[1]
        for shape in shapes.values()
        for name, values in shape.channels.items()
    }


def _own(count: int) -> Aov:
    suffixes = DIRECTION[:count] if count <= 3 else tuple(f"{k:02}" for k in range(count))  # in a file's order
    return Aov(suffixes, True, "numbers of the vertices; 0 of a shape that has none")


def checked_names(names: Iterable[str], table: Mapping[str, Aov]) -> list[str]:
    """Each once, in their order. NrenderError for an unknown one, or none."""
    chosen = list(dict.fromkeys([names] if isinstance(names, str) else names))
    for name in chosen:
        if name not in table:
            hint = did_you_mean(name, table) or f"; there are {', '.join(table)}"
            raise NrenderError(f"aov: no AOV is named {name!r}{hint}")
    if not chosen:
        raise NrenderError(f"aov: expected names of AOVs, got none; there are {', '.join(table)}")
    return chosen


def file_channels(names: Iterable[str], table: Mapping[str, Aov]) -> list[str]:
    """The names in a file of the channels of these pictures, one after the other: R, G, B of the image, `depth.Z`, …"""
    found: list[str] = []
    for name in names:
        found += COLOUR if name == IMAGE else [f"{name}.{suffix}" for suffix in table[name].suffixes]
    return found


def picture_channels(scene: Any) -> list[str]:
    """The names of the channels of what `render` makes of a scene: R, G, B, or those of its integrator's AOVs."""
    return file_channels(scene.integrator.aovs or [IMAGE], table_of(scene.shapes))
