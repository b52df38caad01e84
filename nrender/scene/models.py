"""What a checked scene is made of: frozen objects with read-only float64 arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, NoReturn, TypeVar

import numpy as np

V = TypeVar("V")


class Frozen(dict[str, V]):
    """A dict that refuses changes.  (A MappingProxyType could not be pickled to a worker.)"""

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("a scene is immutable; use scene.replace({path: value})")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[Frozen[V]], tuple[dict[str, V]]]:
        return type(self), (dict(self),)


def read_only(value: Any) -> np.ndarray:
    """A new float64 array that can't be written to."""
    array = np.array(value, dtype=np.float64)
    array.flags.writeable = False
    return array


def numbers_text(array: np.ndarray) -> str:
    """`[0, 0.5, 1]`: a small array for a repr."""
    text = np.array2string(np.asarray(array), separator=", ", precision=4, threshold=12)
    return " ".join(text.split()).replace("[ ", "[")


def value_text(value: Any) -> str:
    """A value for a repr: an image by its size only."""
    if not isinstance(value, np.ndarray):
        return repr(value)
    return numbers_text(value) if value.ndim < 3 else f"image {value.shape[1]} x {value.shape[0]}"


@dataclass(frozen=True, repr=False)
class Integrator:
    """max_depth: path segments from the camera (1 = emission only); spp: samples a pixel; aovs: what a picture shows in
    the place of light."""

    type: str
    max_depth: int
    spp: int
    aovs: tuple[str, ...] = ()

    @property
    def shadows(self) -> bool:
        """Whether surfaces hide lights, and light goes from one to another."""
        return self.type != "deferred"

    def __repr__(self) -> str:
        more = f", aovs={list(self.aovs)}" if self.aovs else ""
        return f"Integrator(type={self.type!r}, max_depth={self.max_depth}, spp={self.spp}{more})"


@dataclass(frozen=True, eq=False)
class Textured:
    """What stands for a constant; `parameters` names those of its fields that are."""

    kind: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Texture(Textured):
    """An image at uv * scale + offset, bilinear between texel centres.

    image: (H, W, C) float64, linear, row 0 at the top (v = 1), C = 3 for a colour, 1 for a number;
    wrap: 'repeat', 'clamp' or 'mirror'; scale, offset: (2,); filter: 'bilinear' or 'mipmap'.
    """

    kind = "image"
    parameters = ("image",)
    image: np.ndarray
    wrap: str
    scale: np.ndarray
    offset: np.ndarray
    filter: str

    def __repr__(self) -> str:
        height, width, channels = self.image.shape
        return f"Texture({width} x {height}, {channels} channel{'s' * (channels > 1)}, {self.wrap})"


@dataclass(frozen=True, eq=False)
class Checkerboard(Textured):
    """a where floor(u') + floor(v') is even, else b, with (u', v') = uv * scale + offset.

    a, b: (3,), or 0-d for a number; scale, offset: (2,).
    """

    kind = "checkerboard"
    parameters = ("a", "b")
    a: np.ndarray
    b: np.ndarray
    scale: np.ndarray
    offset: np.ndarray

    def __repr__(self) -> str:
        return f"Checkerboard({numbers_text(self.a)}, {numbers_text(self.b)})"


@dataclass(frozen=True, eq=False)
class VertexColors(Textured):
    """The shape's `colors`, linear over each triangle; a number is the mean of the three."""

    kind = "vertex"
    parameters = ()


class _Values:
    """A type and its values, by key."""

    type: str
    values: Mapping[str, Any]

    def __repr__(self) -> str:
        inside = "".join(f", {key}={value_text(value)}" for key, value in self.values.items())
        return f"{type(self).__name__}({self.type}{inside})"


@dataclass(frozen=True, eq=False, repr=False)
class Material(_Values):
    """values: key -> (3,) float64 for a colour, 0-d for a number, or what stands for one (Textured);
    `normal_map`, `opacity` and `two_sided`, a bool, are there only if they are given."""

    type: str
    values: Mapping[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Light(_Values):
    """values: key -> float64 array."""

    type: str
    values: Mapping[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Camera(_Values):
    """values: key -> float64 array, or str; width, height: of its picture in pixels, the crop's if there is one."""

    type: str
    values: Mapping[str, Any]
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Transform:
    """x_world = R(rotate) (scale * (x - pivot)) + pivot + translate, or the (3, 4) matrix.

    rotate: rotation vector, axis times degrees; scale: shape () or (3,).  With a matrix the others
    are at their defaults and not parameters.
    """

    translate: np.ndarray = field(default_factory=lambda: read_only([0, 0, 0]))
    rotate: np.ndarray = field(default_factory=lambda: read_only([0, 0, 0]))
    scale: np.ndarray = field(default_factory=lambda: read_only(1))
    pivot: np.ndarray = field(default_factory=lambda: read_only([0, 0, 0]))
    matrix: np.ndarray | None = None

    def __repr__(self) -> str:
        if self.matrix is not None:
            return f"Transform(matrix={numbers_text(self.matrix)})"
        default = Transform()
        given = [f"{key}={numbers_text(getattr(self, key))}"
                 for key in ("translate", "rotate", "scale", "pivot")
                 if not np.array_equal(getattr(self, key), getattr(default, key))]
        return f"Transform({', '.join(given)})"


class Mesh(NamedTuple):
    """What a shape type builds.  vertices: (N, 3) float64, local; faces: (M, 3), counter-clockwise
    seen from the front; uvs: (M, 3, 2) and normals: (M, 3, 3), of face corners; colors: (N, 3)."""

    vertices: np.ndarray
    faces: np.ndarray
    uvs: np.ndarray | None = None
    normals: np.ndarray | None = None
    colors: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Shape:
    """A triangle mesh.  vertices: (N, 3) float64, local; faces: (M, 3) int32, counter-clockwise
    seen from the front; material: a name, or None for a black emitter; emission: (3,) radiance, or a
    texture of it, or None; options: the other values of its type (`subdivisions`, …).

    uvs: (M, 3, 2) float64 of face corners, or None; normals: where shading normals come from, 'flat',
    'smooth' (from the vertices, weighted by angle) or 'file'; corner_normals: (M, 3, 3) unit vectors,
    local, for 'file', else None; colors: (N, 3) in [0, 1], linear, or None; channels: {name: (N,) or (N, k)}.
    """

    type: str
    vertices: np.ndarray
    faces: np.ndarray
    material: str | None
    emission: Any
    two_sided: bool
    transform: Transform
    options: Mapping[str, Any] = field(default_factory=Frozen)
    uvs: np.ndarray | None = None
    normals: str = "flat"
    corner_normals: np.ndarray | None = None
    colors: np.ndarray | None = None
    channels: Mapping[str, np.ndarray] = field(default_factory=Frozen)

    def __repr__(self) -> str:
        emits = "" if self.emission is None else f", emission={value_text(self.emission)}"
        return (f"Shape({self.type}, {len(self.vertices)} vertices, {len(self.faces)} faces, "
                f"material={self.material}{emits}, {self.transform!r})")


def textures_of(shape: Shape, materials: Mapping[str, Material]) -> list[Textured]:
    """All that a shape bears: of its emission and of its material."""
    values = [shape.emission, *(materials[shape.material].values.values() if shape.material else ())]
    return [value for value in values if isinstance(value, Textured)]
