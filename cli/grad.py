"""nrender grad SCENE --wrt PATH"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from .console import print_json
from .options import (
    camera_option,
    check_camera,
    device_option,
    json_option,
    scene_argument,
    seed_option,
    set_option,
    spp_option,
)
from .settings import Index, apply_settings, read_selection

MAX_COMPONENTS = 64


@click.command()
@scene_argument
@click.option(
    "--wrt",
    required=True,
    multiple=True,
    metavar="PATH",
    help="A parameter, or one component of it: PATH[2].  Repeatable.",
)
@click.option("-o", "--output", default=".", show_default=True, metavar="DIR", help="A folder.")
@spp_option
@seed_option
@device_option
@camera_option
@set_option
@json_option
def grad(
    scene: str,
    wrt: tuple[str, ...],
    output: str,
    spp: int | None,
    seed: int,
    device: str,
    camera: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write derivative images.

    There is one for every component of the parameter: DIR/PATH.I.exr for component I.  The .png
    beside it shows its luminance (of AOVs the mean), blue below zero, white at it, red above.
    """
    from nrender.optimize.output import make_folder
    from nrender.render import render_jacobian
    from nrender.scene import load_scene

    loaded = apply_settings(load_scene(scene), settings)
    chosen = [read_selection(loaded, text, "--wrt") for text in wrt]
    for path, index in chosen:
        _check_count(loaded.parameters[path], path, index)
    view = check_camera(loaded, camera)
    folder = Path(output)
    make_folder(folder)
    options: dict[str, Any] = {"spp": spp, "seed": seed, "device": device, "camera": view}
    began = time.perf_counter()
    files: dict[str, list[str]] = {path: [] for path, _ in chosen}
    whole = [path for path, index in chosen if index is None]
    if whole:
        _, derivatives = render_jacobian(loaded, list(dict.fromkeys(whole)), **options)
        for path, derivative in derivatives.items():
            for index in _indices(derivative.shape[3:]):
                component: Any = (..., *index)
                files[path].append(_write(loaded, folder, path, index, derivative[component]))
    for path, index in chosen:
        if index is not None and path not in whole:
            tangent = _one(loaded, path, index, options)
            files[path].append(_write(loaded, folder, path, index, tangent))
    seconds = time.perf_counter() - began
    if as_json:
        print_json({"parameters": files, "seconds": seconds})
    else:
        for name in (name for names in files.values() for name in names):
            click.echo(name)


def _check_count(value: Any, path: str, index: Index | None) -> None:
    if index is None and value.size > MAX_COMPONENTS:
        first = ",".join("0" for _ in value.shape)
        raise click.UsageError(
            f"--wrt {path}: expected at most {MAX_COMPONENTS} components, got {value.size}; "
            f"choose some as {path}[{first}]"
        )


def _indices(shape: tuple[int, ...]) -> list[Index]:
    import numpy as np

    return [tuple(int(i) for i in index) for index in np.ndindex(*shape)]


def _one(scene: Any, path: str, index: Index, options: dict[str, Any]) -> Any:
    """The derivative by one component: its direction, forward."""
    from nrender.render import render_jvp

    direction = scene.parameters[path]
    direction[...] = 0.0
    direction[index] = 1.0
    _, tangent = render_jvp(scene, {path: direction}, **options)
    return tangent


def _write(scene: Any, folder: Path, path: str, index: Index, derivative: Any) -> str:
    """The EXR and its preview; the name of the first.  A path's names are plain words."""
    from nrender.aov_table import picture_channels
    from nrender.compare import signed_to_rgb
    from nrender.image import write_image

    stem = ".".join([path, *map(str, index)])
    file = folder / f"{stem}.exr"
    write_image(file, derivative, picture_channels(scene))
    shown = derivative.mean(axis=2) if scene.integrator.aovs else derivative
    write_image(folder / f"{stem}.png", signed_to_rgb(shown))
    return str(file)
