"""nrender optimize SCENE TARGET... -o DIR"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from .console import error_line, print_json
from .options import (
    device_option,
    json_option,
    scene_argument,
    seed_option,
    set_option,
    spp_option,
)
from .progress import ProgressLine
from .settings import apply_settings

EXIT = {"converged": 0, "iterations": 0, "failed": 1, "interrupted": 130}
MAX_SHOWN = 12


@click.command()
@scene_argument
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("-o", "--output", required=True, metavar="DIR", help="A folder for the results.")
@click.option("--method", help="l-bfgs-b, or adam for noisy gradients.  [default: the scene's]")
@click.option("--iterations", type=click.IntRange(min=1), help="At most.  [default: the scene's]")
@spp_option
@seed_option
@device_option
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in DIR, if there is one.")
@set_option
@json_option
def optimize(
    scene: str,
    targets: tuple[str, ...],
    output: str,
    method: str | None,
    iterations: int | None,
    spp: int | None,
    seed: int,
    device: str,
    resume: bool,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Fit parameters to TARGET images.

    Which ones, and how, is in SCENE's `optimize` section.  TARGET is an image file, for camera
    main, then for the others in their order; or CAMERA=FILE.  Ctrl-C ends the run and keeps the
    best so far; --resume goes on from there.  --set gives the start.
    """
    from nrender.optimize import optimize as fit
    from nrender.scene import load_scene

    loaded = apply_settings(load_scene(scene), settings, to_fit=True)
    images = read_targets(loaded, targets)
    if resume and not (Path(output) / "checkpoint.npz").exists():
        error_line(f"no checkpoint in {output}: starting from the beginning")
    with sigterm_interrupts(), ProgressLine() as progress:
        result = fit(
            loaded,
            images,
            method=method,
            iterations=iterations,
            spp=spp,
            seed=seed,
            device=device,
            callback=progress,
            output=output,
            resume=resume,
        )
    _print(result, output, as_json)
    return EXIT[result.status_name]


def read_targets(scene: Any, targets: tuple[str, ...]) -> dict[str, str]:
    """{camera: file} of the arguments: `CAMERA=FILE`, or files, the default camera first."""
    from nrender.optimize.targets import default_camera

    found: dict[str, str] = {}
    first = default_camera(scene)
    free = [first, *(camera for camera in scene.cameras if camera != first)]
    for target in targets:
        camera, equals, file = target.partition("=")
        if not equals or camera not in scene.cameras:
            if not free:
                raise click.UsageError(
                    f"{target}: more targets than cameras ({len(scene.cameras)})"
                )
            camera, file = free[0], target
        if camera in found:
            raise click.UsageError(f"{target}: camera '{camera}' has a target already")
        if camera in free:
            free.remove(camera)
        found[camera] = file
    return found


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Within, SIGTERM is what Ctrl-C is: what schedulers send must not lose the best so far."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(result: Any, output: str, as_json: bool) -> None:
    if result.status_name in ("failed", "interrupted"):
        error_line(f"{result.status_name}: {result.message}")
    if as_json:
        print_json(
            {
                "status": result.status_name,
                "iterations": result.nit,
                "evaluations": result.nfev,
                "loss_initial": result.loss_initial,
                "loss_final": result.fun,
                "parameters": result.parameters,
                "seconds": result.seconds,
                "output": output,
            }
        )
        return
    click.echo(f"{result.status_name}: {result.message}")
    counts = f"{result.nit} iterations, {result.nfev} evaluations, {result.seconds:.2f} s"
    click.echo(f"loss {result.loss_initial:.4e} -> {result.fun:.4e} in {counts}")
    for name, value in list(zip(result.names, result.x, strict=True))[:MAX_SHOWN]:
        click.echo(f"{name} = {value:.6g}")
    if len(result.names) > MAX_SHOWN:
        click.echo(f"… and {len(result.names) - MAX_SHOWN} more")
    click.echo(f"results in {output}")
