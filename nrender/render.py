"""Images and their derivatives: what a user calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .aov_image import picture, picture_jacobian, picture_jvp, picture_tangents, picture_vjp
from .backend.strata import Work, work_of
from .boundary.plan import LONG, Boundary
from .compile_scene import boundary_of, least_roughness
from .errors import DeviceError, NrenderError
from .geometry.wedges import wedges
from .job import (
    Job,
    RenderWarning,
    checked_directions,
    checked_gradients,
    checked_paths,
    crossing_pairs,
    job_of,
    report,
    unit_directions,
    warn_of_points,
    warn_once,
)
from .params import moves_geometry, pull, push
from .scene import Scene
from .scene.models import Textured
from .warm import ensure
from .warm_kernels import OF_MOTION, in_fixed_point

__all__ = [
    "RenderWarning",
    "render",
    "render_jacobian",
    "render_jvp",
    "render_pullback",
    "render_tangents",
    "render_vjp",
    "renderer",
]

CLEAR = 0.1  # roughness below which a connection to the eye finds nothing any more
SIZELESS = ("point", "spot", "directional")
BOUNDARY = 1.0  # of the interior's rays, so many for the boundary


def render(
    scene: Scene,
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
    on_device: bool = False,
) -> Any:
    """The image of a camera: (height, width, 3) float32, linear RGB radiance, row 0 at the top.

    spp: samples a pixel (default: the scene's); seed: any integer, the same one gives the same bits; device: "cpu",
    "cuda" for an NVIDIA GPU, or "auto": the GPU where one can be used; camera: a name (default: "main", or the first);
    precision: "float32", or "float64" for checks, on the CPU; on_device: the image stays on the GPU, an array with
    `__cuda_array_interface__` that PyTorch, CuPy and Numba take as it is.

    With the integrator `aov` it is (height, width, channels) of its AOVs, here and in what follows. Raises DeviceError
    for a device that isn't there or on_device without one, NrenderError for another bad argument.
    """
    if scene.integrator.aovs:
        _check_on_host(on_device)
        return picture(scene, spp=spp, seed=seed, device=device, camera=camera, precision=precision)
    job = job_of(scene, spp, seed, device, camera, precision)
    _check_on_device(job, on_device)
    _compiled(job, ["render"])
    return _image(job, on_device)


def renderer(
    scene: Scene, spp: int | None, device: str, camera: str | None, precision: str
) -> Callable[[int], np.ndarray]:
    """`render` of one scene with many seeds: image(seed). What no seed changes is made once."""
    if scene.integrator.aovs:
        return lambda seed: picture(scene, spp=spp, seed=seed, device=device, camera=camera, precision=precision)
    job = job_of(scene, spp, 0, device, camera, precision)
    return lambda seed: _image(job._replace(seed=seed & 0xFFFFFFFF))


def render_vjp(
    scene: Scene,
    wrt: Iterable[str],
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
    deterministic: bool = False,
    on_device: bool = False,
) -> tuple[Any, Callable[[Any], dict[str, np.ndarray]]]:
    """The image, and `pullback`: weights (height, width, 3) = dLoss/dImage -> {path: dLoss/dparameter}, float64
    arrays of the parameters' shapes. On a GPU the weights may be an array of any library that is there
    (`__cuda_array_interface__`); on_device: so is the image.

    deterministic: the same bits every time on a GPU too, where the last ones otherwise depend on the order in which its
    threads add; for twice the time. On the CPU it is always so.

    The pullback replays the image's own paths; its silhouette samples are independent. It is unbiased for weights
    that do not depend on this image's noise: for a loss, take them from an image with another seed (`nrender.loss`
    does).

    The other arguments and errors are those of `render`; NrenderError too for a path that is no parameter, and, from
    the pullback, for weights of another shape or that aren't finite.
    """
    paths = checked_paths(scene, wrt)
    if scene.integrator.aovs:
        _check_on_host(on_device)
        keys = {"device": device, "camera": camera, "precision": precision}
        return picture_vjp(scene, paths, deterministic, spp=spp, seed=seed, **keys)
    job = job_of(scene, spp, seed, device, camera, precision)
    _check_on_device(job, on_device)
    _compiled(job, ["render", "render_adj"], paths, deterministic)
    return _image(job, on_device), _pullback(job, paths, deterministic)


def render_pullback(
    scene: Scene,
    wrt: Iterable[str],
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
    deterministic: bool = False,
) -> Callable[[Any], dict[str, np.ndarray]]:
    """The pullback of `render_vjp`, for those who have no use for its image."""
    paths = checked_paths(scene, wrt)
    if scene.integrator.aovs:
        return render_vjp(scene, paths, spp, seed, device, camera, precision, deterministic)[1]
    job = job_of(scene, spp, seed, device, camera, precision)
    _compiled(job, ["render_adj"], paths, deterministic)
    return _pullback(job, paths, deterministic)


def _pullback(job: Job, paths: list[str], deterministic: bool) -> Callable[[Any], dict[str, np.ndarray]]:
    def pullback(weights: Any) -> dict[str, np.ndarray]:
        array = _checked_weights(job, weights, (job.size[1], job.size[0], 3))
        work = _boundary(job, paths)
        moving = work is not None
        gradient, bad = job.backend.render_adj(
            job.width, job.tables, array, job.size, job.spp, job.seed, moving, deterministic
        )
        report(job, [bad])
        if work is not None:
            more, all_bad = job.backend.boundary_adj(work, array, deterministic)
            gradient += more
            report(job, all_bad)
        return checked_gradients(pull(job.scene, job.place, gradient, paths))

    return pullback


def render_jvp(
    scene: Scene,
    directions: Mapping[str, Any],
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
) -> tuple[np.ndarray, np.ndarray]:
    """(image, tangent): how the image changes when the named parameters move in these directions; the transpose of
    `render_vjp`, with the same samples.

    directions: {path: array of the parameter's shape}, in the parameter's units, degrees of an angle. image, tangent:
    (height, width, 3), the tangent in radiance for a unit of the directions together. The rest is as in `render`;
    NrenderError for an unknown path or a direction of another shape.
    """
    if scene.integrator.aovs:
        return picture_jvp(scene, directions, spp=spp, seed=seed, device=device, camera=camera, precision=precision)
    paths = checked_paths(scene, directions)
    job = job_of(scene, spp, seed, device, camera, precision)
    checked = checked_directions(scene, directions)
    _compiled(job, ["render_tan"], paths)
    return _tangent(job, checked, _boundary(job, paths))


def render_tangents(
    scene: Scene,
    directions: Sequence[Mapping[str, Any]],
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
) -> tuple[np.ndarray, list[np.ndarray]]:
    """`render_jvp` for many directions, with the same samples for all: (image, a tangent image of each).

    What doesn't depend on the direction is made once: tables, and where the boundary is sampled.
    """
    if scene.integrator.aovs:
        keys = {"device": device, "camera": camera, "precision": precision}
        return picture_tangents(scene, directions, spp=spp, seed=seed, **keys)
    paths = checked_paths(scene, dict.fromkeys(path for direction in directions for path in direction))
    checked = [checked_directions(scene, direction) for direction in directions]
    job = job_of(scene, spp, seed, device, camera, precision)
    _compiled(job, ["render_tan"] if checked else ["render"], paths)
    work = _boundary(job, paths)
    found = [_tangent(job, d, work if any(map(moves_geometry, d)) else None) for d in checked]
    return (found[0][0], [tangent for _, tangent in found]) if found else (_image(job), [])


def render_jacobian(
    scene: Scene,
    wrt: Iterable[str],
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    camera: str | None = None,
    precision: str = "float32",
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(image, {path: (height, width, 3, *shape)}): a derivative image of every number of each parameter, one after the
    other; float64. Each costs a `render_jvp`, so this is for few numbers. The rest is as there."""
    paths = checked_paths(scene, wrt)
    if scene.integrator.aovs:
        return picture_jacobian(scene, paths, spp=spp, seed=seed, device=device, camera=camera, precision=precision)
    job = job_of(scene, spp, seed, device, camera, precision)
    _compiled(job, ["render", "render_tan"], paths)
    image = _image(job)
    jacobian = {}
    for path in paths:
        work = _boundary(job, [path])
        shape = scene.parameters[path].shape
        columns = [_tangent(job, {path: unit}, work)[1] for unit in unit_directions(shape)]
        jacobian[path] = np.stack(columns, axis=-1).reshape(image.shape + shape)
    return image, jacobian


def _compiled(job: Job, names: list[str], paths: Iterable[str] = (), deterministic: bool = False) -> None:
    """See that these kernels are there, and those of the boundary if one of the parameters moves anything."""
    if not job.single:
        return
    wanted = [*names, *OF_MOTION] if any(map(moves_geometry, paths)) else names
    ensure([*wanted, *in_fixed_point(wanted)] if deterministic else wanted, job.backend.name)


def _check_on_device(job: Job, on_device: bool) -> None:
    if on_device and job.backend.name == "cpu":
        raise DeviceError("on_device: the image is rendered on the CPU; device='cuda' leaves it on the GPU")


def _check_on_host(on_device: bool) -> None:
    if on_device:
        raise DeviceError("on_device: a picture of AOVs is put together on the host")


def _image(job: Job, on_device: bool = False) -> Any:
    image, bad = job.backend.render(job.width, job.tables, job.size, job.spp, job.seed, on_device)
    report(job, [bad])
    return image


def _tangent(job: Job, directions: Mapping[str, np.ndarray], work: Work | None) -> tuple[np.ndarray, np.ndarray]:
    d_theta: np.ndarray = push(job.place, directions).astype(job.width.literal)
    image, tangent, bad = job.backend.render_tan(job.width, job.tables, d_theta, job.size, job.spp, job.seed)
    report(job, [bad])
    if work is not None:
        more, _, all_bad = job.backend.boundary_tan(work, d_theta)
        tangent += more
        report(job, all_bad)
    return image, tangent


def _boundary(job: Job, paths: Iterable[str]) -> Work | None:
    """The boundary samples for derivatives by these parameters; None if none of them moves anything."""
    moving = [path for path in paths if moves_geometry(path)]
    if not moving:
        return None
    boundary = boundary_of(job.scene, job.compiled, job.size, job.width)
    _warn_of_missing(job, boundary, moving)
    rng = np.random.default_rng([job.seed, 2])
    probe = push(job.place, {path: rng.normal(size=job.scene.parameters[path].shape) for path in moving})
    path = 2.0 * min(job.tables.max_depth, LONG)  # rays, about
    rays = BOUNDARY * path * job.spp * job.size[0] * job.size[1]
    probe = probe.astype(job.width.literal)
    return work_of(job.backend.pilot, job.width, job.tables, boundary, job.size, job.seed, rays, probe)


def _checked_weights(job: Job, weights: Any, shape: tuple[int, ...]) -> Any:
    """As the backend takes them; those on a GPU stay there."""
    if hasattr(weights, "__cuda_array_interface__"):
        if job.backend.name == "cpu":
            raise NrenderError("weights: are on a GPU, and the image was rendered on the CPU; device='cuda' takes them")
        return job.backend.weights(weights, shape)
    array = np.asarray(weights, np.float64)
    if array.shape != shape:
        raise NrenderError(f"weights: expected shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise NrenderError("weights: expected finite numbers, got NaN or infinity")
    return job.backend.weights(array, shape)


def _warn_of_missing(job: Job, boundary: Boundary, moving: list[str]) -> None:
    """Says once of each parameter, and of each such board, which part of its derivative is not there."""
    scene = job.scene
    for name in job.place.geometry.crowded:
        warn_once(f"how the checkerboard of shape '{name}' moves: it has too many lines", [""])
    shadows = scene.integrator.shadows
    veils = any(isinstance(material.values.get("opacity"), Textured) for material in scene.materials.values())
    if veils and shadows:
        warn_once("where shadows and indirect light meet a textured opacity", moving)
    hard = [name for name, light in scene.lights.items() if light.type in SIZELESS]
    warn_of_points(job, moving, "outlines and hard shadows" if hard and shadows else "outlines")
    if hard and shadows and least_roughness(scene) < CLEAR:
        warn_once(f"the hard shadows of light '{hard[0]}' as smooth surfaces show them", moving)

    def ends() -> np.ndarray | None:
        if shadows:
            return None if boundary.edges is None else np.asarray(boundary.edges.ends)
        return wedges(job.values[: 3 * job.place.geometry.vertices].reshape(-1, 3), job.mesh.faces).ends.reshape(-1)

    for a, b in crossing_pairs(job, ends):
        concerned = [path for path in moving if path.startswith("cameras.") or path.split(".")[1] in (a, b)]
        warn_once(f"how the line moves where shapes '{a}' and '{b}' pass through each other", concerned)
