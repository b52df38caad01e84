"""optimize: settings, the runs of a method, their end (whatever it is), the output folder."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nrender.errors import NrenderError, did_you_mean
from nrender.loss import Loss, LossError, from_callable
from nrender.optimize import checkpoint
from nrender.optimize.certainty import certainty
from nrender.optimize.checked import checked
from nrender.optimize.methods import DEFAULT_METHOD, METHODS
from nrender.optimize.objective import Objective, Term
from nrender.optimize.output import Folder
from nrender.optimize.pictures import extras_of, final_pictures, views_of
from nrender.optimize.prior_sum import PriorSum, priors_of
from nrender.optimize.result import (
    CONVERGED,
    FAILED,
    INTERRUPTED,
    ITERATIONS,
    STATUS_NUMBERS,
    Outcome,
    Progress,
)
from nrender.optimize.run import Run, Stopped
from nrender.optimize.runs import run_all
from nrender.optimize.starts import StartRow, start_points
from nrender.optimize.targets import Target, make_terms, read_targets, read_weights
from nrender.optimize.variables import Variables, free_variables, without_inits

if TYPE_CHECKING:
    from nrender.optimize.scipy_result import OptimizeResult

RAISE = 4  # times `spp` a method may take where noise stalls it, if nothing is said


class OptionError(NrenderError):
    """A setting of `optimize` that can't be."""


class Settings(NamedTuple):
    """What all runs of one fit share."""

    method: str
    iterations: int
    spp: int
    max_spp: int
    seed: int
    starts: int


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
    renderer: Any = None,
    loss: str | Mapping[str, Any] | Loss | Callable[..., Any] | None = None,
    weights: Any = None,
    starts: int = 1,
    max_spp: int | None = None,
    intervals: bool = True,
    gradcheck: bool = False,
) -> OptimizeResult:
    """Fit the parameters of the scene's `optimize` section to target images.

    target      (H, W, 3) linear radiance or the path of an image, for "main" or the first camera; or a map from
                camera to either, or to a map from "image" and AOVs ("depth", "alpha", ...) to either: all losses are
                added
    method      'l-bfgs-b', 'trust-constr', 'least-squares', 'adam' or 'sgd'; None: the scene's
    iterations  at most; None: the scene's
    spp         samples per pixel of one evaluation (two renders of half of them); None: the scene's
    seed        names all random numbers of the run
    device      as of `nrender.render`
    callback    called with a `Progress` after each iteration; StopIteration from it ends the run
    output      a folder for result.yaml, final.exr, final.png, history.csv, checkpoint.npz and report.html
    resume      go on from the folder's checkpoint, if there is one; the result is, bit for bit, that of an unbroken run
    renderer    what has `render`, `render_vjp` and `render_tangents`; None: `nrender.render`
    loss        as in a scene file, 'huber' or {'type': 'huber', 'delta': 0.1}; or a function of an image (H, W, C), or
                of an image and its target, that returns (loss, dloss/dimage); None: the scene's
    weights     of the pixels, (H, W) >= 0 or the path of an image, or a map from camera to either; None: the scene's
    starts      so many fits, from the scene's start and from Sobol' points within the bounds; the best counts
    max_spp     what l-bfgs-b and trust-constr may raise `spp` to where noise stalls them, and how many samples a pixel
                least-squares averages in the end; None: the scene's, or 4 times `spp`
    intervals   say how certain the parameters are (losses that are sums of squares, up to 64 free scalars)
    gradcheck   hold the gradient of the first picture against finite differences before the fit (`nrender.gradcheck`,
                of a small picture: a minute or so); the result has it, and the report

    The result, an `OptimizeResult`, has the best scene seen, however the run ended; Ctrl-C ends it with status_name
    'interrupted'. SceneError (also without an `optimize` section), ImageError, OptionError, OutputError and
    CheckpointError, all of them NrenderError, are raised before anything is rendered.
    """
    if isinstance(loss, str | Mapping):
        scene, loss = scene.with_optimize({**scene.document.get("optimize", {}), "loss": loss}), None
    settings = _settings(scene, method, iterations, spp, seed, starts, max_spp)
    if resume and output is None:
        raise OptionError("resume: expected an output folder to go on from, got none")
    how = _How(renderer or importlib.import_module("nrender.render"), device, callback, resume)
    return _run(_fit(scene, target, weights, loss, settings, output, how), output, intervals, gradcheck)


class _How(NamedTuple):
    """What all runs of a fit share beside its settings: they say how it is done, not what is found."""

    renderer: Any
    device: str
    callback: Callable[[Progress], None] | None
    resume: bool


class _Fit(NamedTuple):
    """What is fitted to what, all of it sound; nothing is rendered yet. camera: the first one; loss: its name."""

    variables: Variables
    camera: str
    terms: Sequence[Term]
    priors: PriorSum
    loss: str
    settings: Settings
    folder: Folder | None
    how: _How


def _fit(
    scene: Any,
    target: Target | Mapping[str, Target],
    weights: Any,
    loss: Any,
    settings: Settings,
    output: str | PathLike[str] | None,
    how: _How,
) -> _Fit:
    variables = free_variables(scene)
    priors = priors_of(variables)
    targets = read_targets(scene, target)
    spec = scene.optimize
    weight = read_weights(scene, targets, spec.loss.weights if weights is None else weights)
    chosen = spec.loss if loss is None else _loss(loss)
    terms = make_terms(scene, targets, weight, chosen)
    identity = checkpoint.digests(scene, {"target": targets, "weights": weight}, settings, _name(chosen))
    folder = Folder(output, identity) if output is not None else None
    return _Fit(variables, next(iter(targets)), terms, priors, _name(chosen), settings, folder, how)


def _run(fit: _Fit, output: object, intervals: bool, gradcheck: bool) -> OptimizeResult:
    variables, settings, folder, how = fit.variables, fit.settings, fit.folder, fit.how

    def make_run(start: np.ndarray, number: int, saves: Folder | None) -> Run:
        objective = Objective(fit.terms, variables.paths, how.renderer, settings.spp, settings.seed, how.device)
        on_iteration = _on_iteration(saves, how.callback, number, settings.starts)
        step = variables.scene.optimize.step
        run = Run(variables, objective, settings.iterations, step, settings.max_spp, fit.priors, on_iteration)
        run.x0 = start
        if how.resume and saves:
            saves.clear()
            checkpoint.load(saves.checkpoint, run, saves.identity)
        return run

    check = checked(variables, fit.camera, how.device, settings.seed) if gradcheck else None
    points = start_points(variables, settings.starts, settings.seed)
    run, outcome, rows = run_all(METHODS[settings.method], points, settings.spp, make_run, folder)
    run.objective.spp = max(run.objective.spp, settings.spp)  # ended before it came to them, maybe
    result = _result(run, outcome, output, rows)
    if folder:
        _save(folder, result, run)
    if intervals:
        result.update(_certainty(run, outcome))
    if check is not None:
        result.update(gradcheck=check, notes=[*result.notes, f"gradient check of the start: {check.summary}"])
    if folder:
        _write_report(folder, result, run, _shown(variables.scene, settings, fit.loss, how.device))
    return result


def _settings(
    scene: Any, method: str | None, iterations: int | None, spp: int | None, seed: int, starts: int, max_spp: int | None
) -> Settings:
    spec = scene.optimize
    method = method or (spec.method if spec else DEFAULT_METHOD)
    iterations = iterations if iterations is not None else (spec.iterations if spec else 0)
    spp = spp if spp is not None else scene.integrator.spp
    most = max_spp if max_spp is not None else spec.max_spp if spec else None
    if method not in METHODS:
        hint = did_you_mean(method, METHODS)
        raise OptionError(f"method: expected one of {', '.join(METHODS)}, got '{method}'{hint}")
    numbers = (("iterations", iterations, 0), ("spp", spp, 1), ("seed", seed, 0), ("starts", starts, 1))
    for name, value, least in numbers:
        if value < least:
            raise OptionError(f"{name}: expected at least {least}, got {value}")
    return Settings(method, iterations, spp, max(spp, RAISE * spp if most is None else most), seed, starts)


def _loss(loss: Any) -> Loss:
    if isinstance(loss, Loss):
        return loss
    if not callable(loss):
        raise LossError(f"loss: expected a name, a map or a function, got {type(loss).__name__}")
    return from_callable(loss)


def _name(loss: Any) -> str:
    return "a function" if isinstance(loss, Loss) else str(loss)


def _on_iteration(
    folder: Folder | None, callback: Callable[[Progress], None] | None, start: int, starts: int
) -> Callable[[Run, Progress], None]:
    def act(run: Run, progress: Progress) -> None:
        if folder:
            folder.save_now_and_then(run)
        if callback:
            try:
                callback(progress._replace(start=start, starts=starts))
            except StopIteration:
                raise Stopped from None

    return act


def _certainty(run: Run, outcome: Outcome) -> dict[str, Any]:
    if outcome.status in (FAILED, INTERRUPTED) or run.best is None:
        return {}
    known = certainty(run, run.best.x)
    return {} if known is None else known._asdict()


def _shown(scene: Any, settings: Settings, loss: str, device: str) -> dict[str, object]:
    """The settings that the report lists."""
    return {
        "scene": scene.file or "from a dict",
        "method": settings.method,
        "iterations": settings.iterations,
        "loss": loss,
        "spp": settings.spp,
        "seed": settings.seed,
        "device": device,
    }


def _save(folder: Folder, result: OptimizeResult, run: Run) -> None:
    """What matters most, before what takes time."""
    try:
        folder.save(run)
    finally:  # on a full disk there may be room for so little
        folder.write_numbers(result, run)


def _write_report(folder: Folder, result: OptimizeResult, run: Run, shown: dict[str, object]) -> None:
    """The final pictures, and report.html."""
    views = views_of(run, result)
    folder.write_pictures(final_pictures(run, result, views))
    folder.write_report(result, run, views, shown, extras_of(run, result))


def _result(run: Run, outcome: Outcome, output: object, rows: list[StartRow]) -> OptimizeResult:
    from nrender.optimize.scipy_result import OptimizeResult

    x = run.best.x if run.best else run.x0
    values = run.variables.values(x)
    scene = without_inits(run.variables.scene.replace(values), values)
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
        scene=scene,
        parameters=values,
        coefficients=run.variables.coefficients(x) or None,  # scipy's repr stumbles over an empty dict
        history=run.rows,
        loss_initial=run.rows[0]["loss"] if run.rows else np.nan,
        seconds=run.seconds,
        rejected=run.rejected,
        notes=run.notes,
        spp=run.objective.spp,
        covariance=None,
        standard_error=None,
        interval=None,
        findings=[],
        gradcheck=None,
        starts=[row._asdict() for row in rows],
        output=output,
    )
