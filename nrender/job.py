"""What the public functions that render share: a scene made ready for a device, checks of arguments, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .backend.devices import Backend, pick
from .backend.strata import crossing_shapes
from .compile_scene import Compiled, Mesh, compile_scene
from .device import Width
from .errors import NrenderError, did_you_mean, no_such_parameter, warn
from .params import Layout
from .pixel_filter import POINT
from .real import FLOAT32, FLOAT64
from .scene import Scene
from .scene.cameras import default_camera
from .tables import Tables
from .warm import ensure


class RenderWarning(UserWarning):
    """An image or a gradient is less than complete, and why."""


class Job(NamedTuple):
    """size: (width, height); from place on: `compiled`."""

    scene: Scene
    camera: str
    size: tuple[int, int]
    spp: int
    seed: int
    width: Width
    backend: Backend
    place: Layout
    values: np.ndarray
    mesh: Mesh
    tables: Tables
    power: np.ndarray

    @property
    def compiled(self) -> Compiled:
        return Compiled(self.place, self.values, self.mesh, self.tables, self.power)

    @property
    def single(self) -> bool:
        """In float32, whose kernels are compiled ahead."""
        return self.width is not FLOAT64


def job_of(
    scene: Scene,
    spp: int | None,
    seed: int,
    device: str,
    camera: str | None,
    precision: str,
    with_colors: bool = False,
    channels: Sequence[str] = (),
) -> Job:
    """with_colors, channels: as for `compile_scene`. NrenderError for a bad argument."""
    if precision not in ("float32", "float64"):
        raise NrenderError(f"precision: expected 'float32' or 'float64', got {precision!r}")
    backend = pick(device, precision)
    name = camera_of(scene, camera)
    samples = scene.integrator.spp if spp is None else spp
    if not isinstance(samples, int | np.integer) or samples < 1:
        raise NrenderError(f"spp: expected a whole number from 1, got {samples!r}")
    if not isinstance(seed, int | np.integer):
        raise NrenderError(f"seed: expected a whole number, got {seed!r}")
    width = backend.width if precision == "float32" else FLOAT64
    compiled = compile_scene(scene, name, width, with_colors, channels)
    view = scene.cameras[name]
    return Job(
        scene, name, (view.width, view.height), int(samples), int(seed) & 0xFFFFFFFF, width, backend, *compiled
    )


def camera_of(scene: Scene, camera: str | None) -> str:
    """The name of the camera that is meant; NrenderError if there is none of this name."""
    name = default_camera(scene.cameras) if camera is None else camera
    if name not in scene.cameras:
        raise NrenderError(f"camera: no camera {name!r}{did_you_mean(name, scene.cameras)}")
    return name


def checked_paths(scene: Scene, wrt: Iterable[str]) -> list[str]:
    paths = [wrt] if isinstance(wrt, str) else list(wrt)
    known = scene.parameters
    for path in paths:
        if path not in known:
            raise NrenderError(f"{path}: {no_such_parameter(path, known)}")
    return paths


def checked_directions(scene: Scene, directions: Mapping[str, Any]) -> dict[str, np.ndarray]:
    out = {}
    for path, value in directions.items():
        shape = scene.parameters[path].shape
        array = np.asarray(value, np.float64)
        if array.shape != shape:
            raise NrenderError(f"{path}: expected a direction of shape {shape}, got {array.shape}")
        if not np.isfinite(array).all():
            raise NrenderError(f"{path}: expected finite numbers, got NaN or infinity")
        out[path] = array
    return out


def unit_directions(shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """One of 1 for each number of a parameter, in their order."""
    for index in np.ndindex(shape):
        direction = np.zeros(shape)
        direction[index] = 1.0
        yield direction


_warned: set[tuple[str, str]] = set()


def warn_once(missing: str, paths: list[str]) -> None:
    """Say once of each of these parameters what is missing in its derivative; [""]: of all together."""
    new = [path for path in paths if (missing, path) not in _warned]
    if new:
        _warned.update((missing, path) for path in new)
        names = ": " + ", ".join(new) if any(new) else ""
        warn(f"without the derivative of {missing}{names}", RenderWarning)


def warn_of_points(job: Job, moving: list[str], what: str) -> None:
    """Says what a picture without antialiasing has no derivative of."""
    if job.tables.filter == POINT:
        warn_once(f"{what} in the picture of camera '{job.camera}', whose filter is 'point'", moving)


def crossing_pairs(job: Job, edges: Callable[[], np.ndarray | None]) -> list[tuple[str, str]]:
    """Pairs of shapes that pass through each other; looked for once for a mesh. edges: () -> (2 k,) two vertices of
    each edge, or None."""
    if len(job.scene.shapes) < 2:
        return []
    if job.mesh.crossing is None:
        ends = edges()
        if ends is None:
            return []
        names = list(job.scene.shapes)
        count = [len(job.scene.shapes[name].faces) for name in names]
        of_face = np.repeat(np.arange(len(names)), count)
        of_vertex = np.zeros(job.place.geometry.vertices, np.int64)
        of_vertex[job.mesh.faces.reshape(-1)] = np.repeat(of_face, 3)
        width, tables = job.width, job.tables
        if job.backend.name != "cpu":  # the search is the host's, by the host's tree
            ensure(["crossings"])
            width, tables = FLOAT32, compile_scene(job.scene, job.camera, FLOAT32).tables
        pairs = crossing_shapes(width, tables, ends, of_vertex, of_face)
        job.mesh.crossing = [(names[a], names[b]) for a, b in sorted(pairs)]
    return job.mesh.crossing


def checked_gradients(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """As they are, with a warning if some are not finite."""
    bad = [path for path, value in found.items() if not np.isfinite(value).all()]
    if bad:
        warn(f"the gradient isn't finite of {', '.join(bad)}", RenderWarning)
    return found


def report(job: Job, all_bad: Iterable[Any]) -> None:
    """Warn of samples that were not finite."""
    for bad in all_bad:
        first = bad.first()
        if first:
            count, pixel, sample = first
            y, x = divmod(pixel, job.size[0])
            warn(
                f"{count} samples were not finite and are left out, the first at pixel ({x}, {y}), sample "
                f"{sample}, seed {job.seed}",
                RenderWarning,
            )
