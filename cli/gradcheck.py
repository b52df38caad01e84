"""nrender gradcheck SCENE"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

import click

from .console import print_json
from .options import camera_option, check_camera, device_option, json_option, scene_argument, seed_option, set_option
from .progress import PLAIN_INTERVAL
from .settings import apply_settings, read_selection


@click.command()
@scene_argument
@click.option(
    "--wrt",
    multiple=True,
    metavar="PATH",
    help="A parameter, or one number of it: PATH[2].  Repeatable.  [default: all]",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Numbers of each larger parameter.",
)
@click.option(
    "--spp", type=click.IntRange(min=1), help="Samples per pixel of an image.  [default: the budget is 128 images]"
)
@click.option(
    "--width", type=click.IntRange(min=1), help="Check a smaller picture, of so many pixels in a row: it is quicker."
)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    help="Camera samples for the differences of a number, at most.  [default: 4 million]",
)
@seed_option
@device_option
@camera_option
@set_option
@json_option
def gradcheck(
    scene: str,
    wrt: tuple[str, ...],
    samples: int,
    spp: int | None,
    width: int | None,
    budget: int | None,
    seed: int,
    device: str,
    camera: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Are the gradients of SCENE right?

    The adjoint's derivative of a weighted sum of the image is held against finite differences of
    whole images, with the noise of both.  Of a parameter with more than --samples numbers so many
    are checked, and all at once along one line: its index is "all" (null in JSON).

    Exit status 0 if the numbers agree, 1 if one disagrees or all are too noisy to tell.
    """
    from nrender.gradcheck import gradcheck as check
    from nrender.scene import load_scene

    loaded = apply_settings(load_scene(scene), settings)
    chosen = [read_selection(loaded, text, "--wrt") for text in wrt] or None
    view = check_camera(loaded, camera)
    with _Progress() as progress:
        found = check(
            loaded,
            chosen,
            spp=spp,
            seed=seed,
            device=device,
            camera=view,
            width=width,
            samples=samples,
            budget=budget,
            callback=progress,
        )
    if as_json:
        print_json(_report(found))
    else:
        click.echo(str(found))
    return 0 if found.ok else 1


def _report(found: Any) -> dict[str, Any]:
    rows = [
        {
            "path": row.path,
            "index": row.index,
            "adjoint": row.adjoint,
            "adjoint_sigma": row.adjoint_sigma,
            "difference": row.difference,
            "difference_sigma": row.difference_sigma,
            "z": row.z,
            "step": row.step,
            "verdict": verdict,
        }
        for row, verdict in zip(found.rows, found.verdicts, strict=True)
    ]
    return {
        "parameters": rows,
        "max_abs_z": found.max_abs_z,
        "threshold": found.threshold,
        "verdict": found.verdict,
        "seconds": found.seconds,
    }


class _Progress:
    """Where the check is, on stderr: one line that changes on a terminal, else a line now and then, not at once: what
    is wrong with the arguments is then the only line."""

    def __init__(self) -> None:
        self._terminal, self._next = sys.stderr.isatty(), time.monotonic() + PLAIN_INTERVAL

    def __enter__(self) -> _Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal:
            click.echo("\r\x1b[K", err=True, nl=False)

    def __call__(self, done: int, total: int, name: str) -> None:
        text = f"{done}/{total} {name}" if total else name
        if self._terminal:
            click.echo(f"\r\x1b[K{text}", err=True, nl=False)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_INTERVAL
            click.echo(text, err=True)
