"""optimize: settings, one run of a method, its end (whatever it is), the output folder."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from nrender.errors import NrenderError, did_you_mean
from nrender.optimize import checkpoint
from nrender.optimize.methods import DEFAULT_METHOD, METHODS
from nrender.optimize.objective import Objective, Renderer
from nrender.optimize.output import Folder
from nrender.optimize.report import View
from nrender.optimize.result import (
    CONVERGED,
    FAILED,
    INTERRUPTED,
    ITERATIONS,
    STATUS_NUMBERS,
    Outcome,
    Progress,
)
from nrender.optimize.run import Failed, Run, Stopped
from nrender.optimize.targets import Target, read_targets
from nrender.optimize.variables import free_variables

if TYPE_CHECKING:
    from nrender.optimize.scipy_result import OptimizeResult

PICTURES = 0x50494354  # the stream of random numbers of the report's pictures


class OptionError(NrenderError):
    """A setting of `optimize` that can't be."""


def optimize(
    scene: Any,
    target: Target | Mapping[str, Target],
    method: str | None = None,
    iterations: int | None = None,
    spp: int | None = None,
    seed: int = 0,
    device: str = "auto",
    callback: Callable[[Progress], None] | None = None,
    output: str | PathLike[str] | None = None,
    resume: bool = False,
    renderer: Renderer | None = None,
) -> OptimizeResult:
    """Fit the parameters of the scene's `optimize` section to target images.

    target      (H, W, 3) linear radiance or the path of an image, for "main" or the first
                camera; or a map from camera to either: the losses are added
    method      'l-bfgs-b' or 'adam'; None: the scene's
    iterations  at most; None: the scene's
    spp         samples per pixel of one evaluation (two renders of half of them); None: the scene's
    seed        names all random numbers of the run
    callback    called with a `Progress` after each iteration; StopIteration from it ends the run
    output      a folder for result.yaml, final.exr, final.png, history.csv, checkpoint.npz and
                report.html
    resume      go on from the folder's checkpoint, if there is one; the result is, bit for bit,
                that of an unbroken run
    renderer    what has `render` and `render_vjp`; None: `nrender.render`

    The result has the best scene seen, however the run ended; Ctrl-C ends it with status_name
    'interrupted'.  SceneError, ImageError, OptionError, OutputError and CheckpointError are raised
    before anything is rendered.
    """
    spec = scene.optimize
    method = method or (spec.method if spec else DEFAULT_METHOD)
    iterations = iterations if iterations is not None else (spec.iterations if spec else 0)
    spp = spp if spp is not None else scene.integrator.spp
    _check_options(method, iterations, spp, seed, resume, output)
    variables = free_variables(scene)
    targets = read_targets(scene, target)
    identity = checkpoint.digests(scene, targets, method, spec.loss, seed, spp)
    folder = Folder(output, identity) if output is not None else None
    renderer = renderer or importlib.import_module("nrender.render")
    objective = Objective(targets, variables.paths, renderer, spec.loss, spp, seed, device)
    run = Run(variables, objective, iterations, spec.step, _on_iteration(folder, callback))
    if resume and folder:
        checkpoint.load(folder.checkpoint, run, identity)

    outcome = _go(METHODS[method], run, folder)
    result = _result(run, outcome, output)
    if folder:
        folder.save(run)
        folder.write_numbers(result, run)
        views = [_view(run, result, camera) for camera in targets]
        settings = {
            "scene": scene.file or "from a dict",
            "method": method,
            "iterations": iterations,
            "loss": spec.loss,
            "spp": spp,
            "seed": seed,
            "device": device,
        }
        folder.write_pictures(result, run, views, settings)
    return result


def _check_options(
    method: str, iterations: int, spp: int, seed: int, resume: bool, output: object
) -> None:
    if method not in METHODS:
        hint = did_you_mean(method, METHODS)
        raise OptionError(f"method: expected one of {', '.join(METHODS)}, got '{method}'{hint}")
    for name, value, least in (("iterations", iterations, 0), ("spp", spp, 1), ("seed", seed, 0)):
        if value < least:
            raise OptionError(f"{name}: expected at least {least}, got {value}")
    if resume and output is None:
        raise OptionError("resume: expected an output folder to go on from, got none")


def _on_iteration(
    folder: Folder | None, callback: Callable[[Progress], None] | None
) -> Callable[[Run, Progress], None]:
    def act(run: Run, progress: Progress) -> None:
        if folder:
            folder.save_now_and_then(run)
        if callback:
            try:
                callback(progress)
            except StopIteration:
                raise Stopped from None

    return act


def _go(method: Callable[[Run], Outcome], run: Run, folder: Folder | None) -> Outcome:
    try:
        return method(run)
    except KeyboardInterrupt:
        return Outcome(INTERRUPTED, "ended early; the best so far is kept")
    except Stopped:
        return Outcome(INTERRUPTED, "stopped by the callback; the best so far is kept")
    except Failed as failure:
        return Outcome(FAILED, str(failure))
    except BaseException:
        # Not ours to handle, but the work that is done must not be lost with it.
        if folder:
            folder.save(run)
        raise
    finally:
        run.stop_clock()


def _result(run: Run, outcome: Outcome, output: object) -> OptimizeResult:
    from nrender.optimize.scipy_result import OptimizeResult

    x = run.best.x if run.best else run.x0
    values = run.variables.values(x)
    return OptimizeResult(
        x=run.variables.scalars(x),
        names=run.variables.names,
        fun=run.best.loss if run.best else np.nan,
        nit=run.iteration,
        nfev=run.evaluations,
        status=STATUS_NUMBERS[outcome.status],
        status_name=outcome.status,
        success=outcome.status in (CONVERGED, ITERATIONS),
        message=outcome.message,
        scene=run.variables.scene.replace(values),
        parameters=values,
        history=run.rows,
        loss_initial=run.rows[0]["loss"] if run.rows else np.nan,
        seconds=run.seconds,
        rejected=run.rejected,
        output=output,
    )


def _view(run: Run, result: OptimizeResult, camera: str) -> View:
    objective = run.objective
    # Neither the fit's samples nor, likely, the target's: what the difference shows is no noise in common.
    seed, _ = objective.seeds(PICTURES, list(objective.targets).index(camera))

    def render(scene: Any) -> np.ndarray:
        return objective.renderer.render(
            scene, spp=objective.spp, seed=seed, device=objective.device, camera=camera
        )

    start, final = render(run.variables.scene), render(result.scene)
    return View(camera, start, objective.targets[camera], final)
