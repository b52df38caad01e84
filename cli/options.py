"""Options that several commands have, and checks of what they were given."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

scene_argument = click.argument("scene")
spp_option = click.option(
    "--spp", type=click.IntRange(min=1), help="Samples per pixel.  [default: the scene's]"
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Names all random numbers.",
)
device_option = click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
camera_option = click.option("--camera", help="Name of a camera.  [default: main, or the first]")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout, and nothing else."
)
set_option = click.option(
    "--set",
    "settings",
    metavar="PATH=VALUE",
    multiple=True,
    help="Change a parameter: numbers with commas, or [..]; one number for all. Repeatable.",
)


def device_name(device: str) -> str:
    """The device that `auto` stands for on this machine."""
    from nrender.backend.devices import resolve

    return resolve(device)


def check_camera(scene: Any, camera: str | None) -> str:
    """The name of the camera to use."""
    from nrender.scene.cameras import default_camera

    if camera is None:
        return default_camera(scene.cameras)
    if camera not in scene.cameras:
        from nrender.errors import did_you_mean

        hint = did_you_mean(camera, scene.cameras) or f"; there are {', '.join(scene.cameras)}"
        raise click.UsageError(f"no camera is named '{camera}'{hint}")
    return camera


def check_output_file(path: str, suffixes: Iterable[str]) -> None:
    """UsageError unless a file can be written there, so far as that can be told beforehand."""
    file = Path(path)
    if file.suffix.lower() not in suffixes:
        raise click.UsageError(f"-o {path}: expected a name ending in {' or '.join(suffixes)}")
    if os.path.isdir(file):
        raise click.UsageError(f"-o {path}: expected the name of a file, got a folder")
    if not os.path.isdir(file.parent):
        raise click.UsageError(f"-o {path}: no such folder: {file.parent}")
    try:
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise click.UsageError(f"-o {path}: can't write in {file.parent}: {error.strerror or error}") from None
