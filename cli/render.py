"""nrender render SCENE -o OUT"""

from __future__ import annotations

import time

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
@json_option
def render(
    scene: str,
    output: str,
    spp: int | None,
    seed: int,
    device: str,
    camera: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Render SCENE to an image file."""
    check_output_file(output, (".exr", ".png"))
    from nrender.image import write_image
    from nrender.render import render as trace
    from nrender.scene import load_scene

    loaded = apply_settings(load_scene(scene), settings)
    view = check_camera(loaded, camera)
    samples = spp if spp is not None else loaded.integrator.spp
    began = time.perf_counter()
    image = trace(loaded, spp=samples, seed=seed, device=device, camera=view)
    seconds = time.perf_counter() - began
    write_image(output, image)
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
