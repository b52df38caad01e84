"""Arbitrary output variables (AOVs) and their derivatives: what of the first surface in view a user asks for.

The table nrender.aov_table.AOVS has their names. A pixel's value is the mean over its square of the value where there
is a surface and 0 elsewhere, with the samples of `render`: over `alpha`, it is the mean over the part that is
covered. Of a surface with an opacity the part that holds light is there, and the rest shows what is behind it.
`shape_id` and `material_id` are those at the pixel's centre, of the first surface whose opacity is at least a half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from .aov import Aov, channels_of
from .aov_table import OWN, checked_names, own_counts, table_of
from .backend.aovs import Outlines, View
from .compile_scene import visible_of
from .errors import NrenderError, did_you_mean
from .geometry.edges import topology
from .job import (
    Job,
    checked_directions,
    checked_gradients,
    checked_paths,
    crossing_pairs,
    job_of,
    report,
    warn_of_points,
    warn_once,
)
from .local import SIZE
from .params import moves_geometry, pull, push
from .scene import Scene
from .warm import ensure
from .warm_kernels import in_fixed_point

Pictures = dict[str, np.ndarray]

EVERY_EDGE = {"barycentric", "uv", "color", "normal"}  # may jump between two triangles of one plane
PER_EDGE_SAMPLE = 4  # rays, of which the boundary gets as many as the picture
FEWEST = 64  # samples of edges


class _Made(NamedTuple):
    """table: all AOVs of the scene; where: of those that have a derivative, in a pixel."""

    names: list[str]
    job: Job
    view: View
    table: dict[str, Aov]
    where: dict[str, slice]


def render_aovs(
    scene: Scene,
    names: Iterable[str],
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
) -> Pictures:
    """{name: (height, width, channels), (height, width) of one channel; float32}, row 0 at the top.

    names: of nrender.aov_table.AOVS, or `channels.NAME` of meshes' channels; spp, seed, device, camera, precision: as
    in `render`, whose samples these are. NrenderError for an unknown name.
    """
    made = _made(scene, names, spp, seed, device, camera, precision)
    _compiled(made, ["aovs"])
    return _pictures(made)


def render_aovs_vjp(
    scene: Scene,
    names: Iterable[str],
    wrt: Iterable[str],
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
    deterministic: bool = False,
) -> tuple[Pictures, Callable[[Mapping[str, Any]], dict[str, np.ndarray]]]:
    """The pictures, and `pullback`: {name: weights} = dLoss/dPicture, arrays of the pictures' shapes, for some or all
    names -> {path: dLoss/dparameter}, float64 arrays of the parameters' shapes. The rest as in `render_aovs`.

    Outlines count: where one surface ends before another the values jump, and the outline moves. Their samples are
    independent of the pictures'. An AOV that is not differentiable takes no weights. deterministic: as in `render_vjp`.
    """
    paths = checked_paths(scene, wrt)
    made = _made(scene, names, spp, seed, device, camera, precision)
    moving = _moving(paths)
    _compiled(made, ["aovs", "aovs_adj"], moving, deterministic)
    pictures = _pictures(made)

    def pullback(weights: Mapping[str, Any]) -> dict[str, np.ndarray]:
        array = _weights(made, weights, pictures)
        gradient = np.zeros(made.job.place.size)
        if array.any():
            outlines = _outlines(made, moving)
            launches = made.job.backend.aovs
            gradient, bad = launches.aovs_adj(made.view, array, bool(moving), deterministic)
            report(made.job, [bad])
            if outlines is not None:
                more, bad = launches.outlines_adj(made.view, outlines, array, deterministic)
                gradient += more
                report(made.job, [bad])
        return checked_gradients(pull(scene, made.job.place, gradient, paths))

    return pictures, pullback


def render_aovs_jvp(
    scene: Scene,
    names: Iterable[str],
    directions: Mapping[str, Any],
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
) -> tuple[Pictures, Pictures]:
    """(pictures, tangents): how the pictures change when the named parameters move in these directions; the transpose
    of `render_aovs_vjp`, with the same samples. Tangents, float64, are those of the AOVs that are differentiable."""
    paths = checked_paths(scene, directions)
    made = _made(scene, names, spp, seed, device, camera, precision)
    checked = checked_directions(scene, directions)
    moving = _moving(paths)
    _compiled(made, ["aovs_tan"], moving)
    tangents: Pictures = {}
    pictures = _named(made)
    if made.view.channels.number:
        d_theta: np.ndarray = push(made.job.place, checked).astype(made.job.width.literal)
        outlines = _outlines(made, moving)
        launches = made.job.backend.aovs
        image, d_image, bad = launches.aovs_tan(made.view, d_theta)
        report(made.job, [bad])
        if outlines is not None:
            more, bad = launches.outlines_tan(made.view, outlines, d_theta)
            d_image += more
            report(made.job, [bad])
        pictures |= _split(made, image)
        tangents = _split(made, d_image)
    return {name: pictures[name] for name in made.names}, tangents


def _made(
    scene: Scene, names: Iterable[str], spp: int | None, seed: int, device: str, camera: str | None, precision: str
) -> _Made:
    table = table_of(scene.shapes)
    chosen = checked_names(names, table)
    counts = own_counts(scene.shapes)
    own = {name: counts[name.removeprefix(OWN)] for name in chosen if name.startswith(OWN)}
    asked = [name.removeprefix(OWN) for name in own]
    job = job_of(scene, spp, seed, device, camera, precision, "color" in chosen, asked)
    colors = job.place.colors
    channels = channels_of(chosen, colors.start if colors.size else -1, own, job.place.channels.start)
    if channels.number > SIZE:
        raise NrenderError(f"aov: expected at most {SIZE} numbers a pixel at once, got {channels.number}")
    where = {n: getattr(channels, n) for n in chosen if n not in own and table[n].differentiable}
    first = channels.own
    for name, count in own.items():
        where[name], first = first, first + count
    places = {name: slice(at, at + table[name].channels) for name, at in where.items()}
    view = View(job.width, job.tables, channels, job.size, job.spp, job.seed)
    return _Made(chosen, job, view, table, places)


def _moving(paths: Iterable[str]) -> list[str]:
    """Those that move what is in view; a light that is a point is not."""
    return [path for path in paths if moves_geometry(path) and not path.startswith("lights.")]


def _compiled(made: _Made, kernels: list[str], moving: Iterable[str] = (), deterministic: bool = False) -> None:
    """See that these kernels are there, and those of the outlines if something moves."""
    if not made.job.single:
        return
    wanted = kernels if made.view.channels.number else []
    if wanted and list(moving):
        wanted = [*wanted, "aov_outlines", "crossings"]
    if len(made.where) < len(made.names):
        wanted = [*wanted, "centres"]
    ensure([*wanted, *in_fixed_point(wanted)] if deterministic else wanted, made.job.backend.name)


def _pictures(made: _Made) -> Pictures:
    found = _named(made)
    if made.view.channels.number:
        image, bad = made.job.backend.aovs.aovs(made.view)
        report(made.job, [bad])
        found |= _split(made, image)
    return {name: found[name] for name in made.names}


def _split(made: _Made, image: np.ndarray) -> Pictures:
    """By name; one channel is (height, width)."""
    found = {}
    for name in made.names:
        if name in made.where:
            at = made.where[name]
            found[name] = np.ascontiguousarray(image[..., at.start] if at.stop == at.start + 1 else image[..., at])
    return found


def _named(made: _Made) -> Pictures:
    """The numbers that name something."""
    wanted = [name for name in made.names if name not in made.where]
    if not wanted:
        return {}
    job = made.job
    shapes = job.scene.shapes
    number = {name: k for k, name in enumerate(job.scene.materials, 1)}
    of_shape = {
        "shape_id": np.arange(1, len(shapes) + 1),
        "material_id": np.array([number.get(shape.material or "", 0) for shape in shapes.values()]),
    }
    face = job.backend.aovs.centres(job.width, job.tables, job.size)
    counts = [len(shape.faces) for shape in shapes.values()]
    return {
        name: np.where(face >= 0, np.repeat(of_shape[name], counts)[face], 0).astype(job.width.literal)
        for name in wanted
    }


def _weights(made: _Made, weights: Mapping[str, Any], pictures: Pictures) -> np.ndarray:
    """(height, width, channels)."""
    channels = made.view.channels
    out = np.zeros((made.job.size[1], made.job.size[0], channels.number))
    for name, value in weights.items():
        if name not in pictures:
            raise NrenderError(f"weights: no picture is named {name!r}{did_you_mean(name, pictures)}")
        if name not in made.where:
            raise NrenderError(f"weights: '{name}' has no derivative")
        array, shape = np.asarray(value, np.float64), pictures[name].shape
        if array.shape != shape:
            raise NrenderError(f"weights: {name}: expected shape {shape}, got {array.shape}")
        if not np.isfinite(array).all():
            raise NrenderError(f"weights: {name}: expected finite numbers, got NaN or infinity")
        out[..., made.where[name]] = array.reshape(*out.shape[:2], -1)
    return out


def _outlines(made: _Made, moving: list[str]) -> Outlines | None:
    """The samples of the edges in view; None if nothing moves or no edge is in view."""
    if not moving:
        return None
    job = made.job
    _warn_of_missing(job, moving)
    every = not EVERY_EDGE.isdisjoint(made.names) or made.view.channels.own >= 0
    visible = visible_of(job.scene, job.compiled, job.size, job.width, every)
    if visible is None:
        return None
    return Outlines(visible, max(job.spp * job.size[0] * job.size[1] // PER_EDGE_SAMPLE, FEWEST))


def _warn_of_missing(job: Job, moving: list[str]) -> None:
    """Says once of each parameter which part of its derivative is not there."""
    warn_of_points(job, moving, "outlines")
    vertices = job.values[: 3 * job.place.geometry.vertices].reshape(-1, 3)
    for name in job.place.geometry.crowded:
        warn_once(f"how the checkerboard of shape '{name}' moves: it has too many lines", [""])
    for a, b in crossing_pairs(job, lambda: topology(vertices, job.mesh.faces)[0].reshape(-1)):
        concerned = [path for path in moving if path.startswith("cameras.") or path.split(".")[1] in (a, b)]
        warn_once(f"how the line moves where shapes '{a}' and '{b}' pass through each other", concerned)
