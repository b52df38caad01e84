"""From a scene's named parameters to theta, the kernels' vector, and derivatives back: NumPy, float64.

theta is a row of blocks. Each knows its parameters: `fill` writes its part of theta, `push` the velocity of that for
given directions of the parameters, and `pull`, its transpose, turns a gradient of theta into theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..scene import Scene
from .camera import View
from .channels import Channels
from .colors import Colors
from .geometry import Geometry
from .lights import Lights
from .values import Values


@dataclass(frozen=True)
class Layout:
    """The blocks of theta; that of the geometry begins with the vertices."""

    geometry: Geometry
    view: View
    colors: Colors
    values: Values
    lights: Lights
    channels: Channels

    @property
    def blocks(self) -> tuple[Geometry, View, Colors, Values, Lights, Channels]:
        return self.geometry, self.view, self.colors, self.values, self.lights, self.channels

    @property
    def size(self) -> int:
        return self.channels.start + self.channels.size


def layout(scene: Scene, camera: str, with_colors: bool = False, channels: Sequence[str] = ()) -> Layout:
    """For one camera, by name. with_colors: the vertices' colours are there even if no texture reads them; channels:
    names of those of the meshes that are there."""
    geometry = Geometry(scene)
    view = View(scene, camera, geometry.size)
    colors = Colors(scene, geometry.rows, view.start + view.size, with_colors)
    values = Values(scene, colors.start, colors.start + colors.size)
    lights = Lights(scene, values.start + values.size)
    own = Channels(scene, geometry.rows, lights.start + lights.size, channels)
    return Layout(geometry, view, colors, values, lights, own)


def theta(place: Layout) -> np.ndarray:
    """The kernels' vector."""
    out = np.zeros(place.size)
    for block in place.blocks:
        block.fill(out[block.start : block.start + block.size])
    return out


def push(place: Layout, directions: Mapping[str, np.ndarray]) -> np.ndarray:
    """Velocity of theta when the named parameters move in these directions."""
    out = np.zeros(place.size)
    for block in place.blocks:
        block.push(directions, out[block.start : block.start + block.size])
    return out


def pull(scene: Scene, place: Layout, gradient: np.ndarray, wrt: Iterable[str]) -> dict[str, np.ndarray]:
    """Gradient of each named parameter, given that of theta; zero for another camera's."""
    wanted = list(wrt)
    found: dict[str, np.ndarray] = {}
    for block in place.blocks:
        found.update(block.pull(gradient[block.start : block.start + block.size], wanted))
    shapes = scene.parameters
    return {path: np.array(found[path]) if path in found else np.zeros(shapes[path].shape) for path in wanted}


def moves_geometry(path: str) -> bool:
    """Whether a parameter moves vertices, the camera or a light, so that what is visible changes."""
    section, _, key = path.split(".", 2)
    if section == "lights":
        return key in ("position", "direction")
    return section == "cameras" or (section == "shapes" and key.split(".")[0] in ("vertices", "transform"))
