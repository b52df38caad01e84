"""nrender render SCENE -o OUT"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from .console import print_json
from .options import (
    camera_option,
    check_camera,
    check_output_file,
    device_name,
    device_option,
    json_option,
    scene_argument,
    seed_option,
    set_option,
    spp_option,
)
from .settings import apply_settings


@click.command()
@scene_argument
@click.option("-o", "--output", required=True, metavar="OUT", help="An .exr or .png file.")
@spp_option
@seed_option
@device_option
@camera_option
@set_option
@click.option(
    "--aov",
    "aovs",
    metavar="NAME",
    multiple=True,
    help="Write this too, as further channels of an .exr file: depth, normal, albedo, ... Repeatable.",
)
@json_option
def render(
    scene: str,
    output: str,
    spp: int | None,
    seed: int,
    device: str,
    camera: str | None,
    settings: tuple[str, ...],
    aovs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Render SCENE to an image file."""
    check_output_file(output, (".exr", ".png"))
    from nrender.aov_table import file_channels, picture_channels, table_of
    from nrender.image import write_image
    from nrender.render import render as trace
    from nrender.scene import load_scene

    loaded = apply_settings(load_scene(scene), settings)
    view = check_camera(loaded, camera)
    names = _check_aovs(loaded, aovs, output)
    samples = spp if spp is not None else loaded.integrator.spp
    began = time.perf_counter()
    image = trace(loaded, spp=samples, seed=seed, device=device, camera=view)
    pixels = image
    if names:
        pixels = _with_aovs(image, loaded, names, spp=samples, seed=seed, device=device, camera=view)
    seconds = time.perf_counter() - began
    channels = [*picture_channels(loaded), *file_channels(names, table_of(loaded.shapes))]
    write_image(output, pixels, channels if names or loaded.integrator.aovs else None)
    height, width = image.shape[:2]
    rate = width * height * samples / seconds
    if as_json:
        print_json(
            {
                "output": output,
                "width": width,
                "height": height,
                "spp": samples,
                "seed": seed,
                "device": device_name(device),
                "seconds": seconds,
                "samples_per_second": rate,
            }
        )
    else:
        size = f"{width}x{height}, {samples} spp"
        click.echo(f"{output}: {size}, {seconds:.2f} s, {rate / 1e6:.2f} M samples/s")


def _check_aovs(scene: Any, names: tuple[str, ...], output: str) -> list[str]:
    """UsageError for a name that there isn't, or is in the picture anyway, or a file that can't hold them."""
    own = scene.integrator.aovs
    if Path(output).suffix.lower() != ".exr" and (names or own):
        what = f"--aov {names[0]}" if names else f"integrator aov, {', '.join(own)}"
        raise click.UsageError(f"{what}: -o {output} has room for a colour only; expected an .exr file")
    if not names:
        return []
    from nrender.aov_table import checked_names, table_of
    from nrender.errors import NrenderError

    try:
        return [name for name in checked_names(names, table_of(scene.shapes)) if name not in own]
    except NrenderError as error:
        raise click.UsageError(f"--{error}") from None


def _with_aovs(image: Any, scene: Any, names: list[str], **options: Any) -> Any:
    """The picture and the AOVs as one, (height, width, channels)."""
    import numpy as np

    from nrender.render_aovs import render_aovs

    pictures = render_aovs(scene, names, **options)
    return np.concatenate([image, *(np.atleast_3d(pictures[name]) for name in names)], axis=2)
