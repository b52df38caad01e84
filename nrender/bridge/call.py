"""What does not change from one step of a fit to the next: which picture, how."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, NoReturn

from ..aov_table import IMAGE, checked_names, picture_channels, table_of
from ..errors import NrenderError, no_such_parameter
from ..job import camera_of
from ..scene import Scene


class Call(NamedTuple):
    """Hashable, and the same for the same scene (by identity) and arguments.

    paths: of the parameters, in the order in which their values come; aovs: names, or None for the image.
    """

    scene: Scene
    paths: tuple[str, ...]
    spp: int | None
    device: str
    camera: str
    precision: str
    aovs: tuple[str, ...] | None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the pictures, in the order in which they come."""
        return (IMAGE,) if self.aovs is None else self.aovs

    @property
    def joined(self) -> bool:
        """The image is AOVs, one after the other: the integrator says so."""
        return self.aovs is None and bool(self.scene.integrator.aovs)

    @property
    def on_host(self) -> bool:
        """The pictures are the host's, and their weights too, wherever they are rendered."""
        return self.aovs is not None or self.joined

    def one_or_all(self, pictures: Iterable[object]) -> object:
        """What a user gets: the image, or {name: picture}."""
        found = tuple(pictures)
        return found[0] if self.aovs is None else dict(zip(self.names, found, strict=True))


def call_of(
    scene: Scene,
    paths: Iterable[str],
    spp: int | None,
    device: str,
    camera: str | None,
    precision: str,
    aovs: Iterable[str] | None,
) -> Call:
    """NrenderError for a camera or an AOV that isn't there; the rest is checked where it is used."""
    if not isinstance(scene, Scene):
        raise NrenderError(f"scene: expected a nrender.Scene, got {type(scene).__name__}")
    names = None if aovs is None else tuple(checked_names(aovs, table_of(scene.shapes)))
    return Call(scene, tuple(paths), spp, device, camera_of(scene, camera), precision, names)


def shapes(call: Call) -> list[tuple[int, ...]]:
    """Of the pictures, in order."""
    view, table = call.scene.cameras[call.camera], table_of(call.scene.shapes)
    if call.joined:
        return [(view.height, view.width, len(picture_channels(call.scene)))]
    channels = [3 if name == IMAGE else table[name].channels for name in call.names]
    return [(view.height, view.width, *([count] * (count > 1))) for count in channels]


def kinds(call: Call) -> list[bool]:
    """Which of the pictures have derivatives."""
    table = table_of(call.scene.shapes)
    return [name == IMAGE or table[name].differentiable for name in call.names]


def no_such(path: str, known: Iterable[str]) -> NoReturn:
    """NrenderError with the nearest name."""
    raise NrenderError(f"{path}: {no_such_parameter(path, known)}")
