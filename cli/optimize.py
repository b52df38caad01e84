"""nrender optimize SCENE TARGET... -o DIR"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from .console import error_line, one_line, print_json
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
@click.option(
    "--method", help="l-bfgs-b, trust-constr, least-squares, adam (for noisy gradients) or sgd.  [default: the scene's]"
)
@click.option("--iterations", type=click.IntRange(min=1), help="At most.  [default: the scene's]")
@click.option("--loss", metavar="NAME", help="l2, l1, huber, relative_l2, log or ssim.  [default: the scene's]")
@click.option(
    "--starts", type=click.IntRange(min=1), default=1, show_default=True, help="So many fits; the best counts."
)
@spp_option
@click.option(
    "--max-spp",
    type=click.IntRange(min=1),
    help="What --spp may be raised to where noise stalls the fit; least-squares averages so many samples.  "
    "[default: the scene's, or 4 times --spp]",
)
@seed_option
@device_option
@click.option("--no-intervals", is_flag=True, help="Don't say how certain the parameters are.")
@click.option("--gradcheck", is_flag=True, help="Check the gradient of the start first (a minute or so).")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in DIR, if there is one.")
@set_option
@json_option
def optimize(
    scene: str,
    targets: tuple[str, ...],
    output: str,
    method: str | None,
    iterations: int | None,
    loss: str | None,
    starts: int,
    spp: int | None,
    max_spp: int | None,
    seed: int,
    device: str,
    no_intervals: bool,
    gradcheck: bool,
    resume: bool,
    settings: tuple[str, ...],
    as_json: bool,
) -> int:
    """Fit parameters to TARGET images.

    Which ones, and how, is in SCENE's `optimize` section.  TARGET is an image file, for camera
    main, then for the others in their order; or CAMERA=FILE; or what else a camera sees, depth for
    instance: AOV=FILE, CAMERA.AOV=FILE.  Ctrl-C ends the run and keeps the best so far; --resume
    goes on from there.  --set gives the start.
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
            loss=loss,
            starts=starts,
            max_spp=max_spp,
            intervals=not no_intervals,
            gradcheck=gradcheck,
        )
    _print(result, output, as_json)
    return EXIT[result.status_name]


def read_targets(scene: Any, targets: tuple[str, ...]) -> dict[str, Any]:
    """{camera: file, or {AOV: file}} of the arguments."""
    from nrender.optimize.asked import AskedError, name_targets

    try:
        return name_targets(scene, targets)
    except AskedError as error:
        raise click.UsageError(str(error)) from None


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
        print_json(_report(result, output))
        return
    click.echo(f"{result.status_name}: {result.message}")
    counts = f"{result.nit} iterations, {result.nfev} evaluations, {result.seconds:.2f} s"
    click.echo(f"loss {result.loss_initial:.4e} -> {result.fun:.4e} in {counts}")
    for line in _parameters(result):
        click.echo(line)
    for line in (*result.notes, *result.findings):
        click.echo(one_line(line))
    click.echo(f"results in {output}")


def _report(result: Any, output: str) -> dict[str, Any]:
    return {
        "status": result.status_name,
        "iterations": result.nit,
        "evaluations": result.nfev,
        "loss_initial": result.loss_initial,
        "loss_final": result.fun,
        "parameters": result.parameters,
        "seconds": result.seconds,
        "output": output,
        "intervals": _intervals(result),
        "findings": result.findings,
        "notes": result.notes,
        "starts": result.starts,
    }


def _intervals(result: Any) -> dict[str, list[float] | None] | None:
    """{name: [low, high]}, None for a number that isn't determined; None where nothing is known of any."""
    if result.interval is None:
        return None
    pairs = zip(result.names, result.interval.tolist(), strict=True)
    return {name: pair if all(map(math.isfinite, pair)) else None for name, pair in pairs}


def _parameters(result: Any) -> list[str]:
    """`name = value ± half`, of the first."""
    from nrender.optimize.half_width import half_widths, with_half

    halves = half_widths(result.interval)
    if halves is None:
        texts = [f"{value:.6g}" for value in result.x[:MAX_SHOWN]]
    else:
        texts = [with_half(value, half) for value, half in zip(result.x, halves, strict=True)]
    lines = [f"{name} = {text}" for name, text in zip(result.names[:MAX_SHOWN], texts, strict=False)]
    if len(result.names) > MAX_SHOWN:
        lines.append(f"… and {len(result.names) - MAX_SHOWN} more")
    return lines
