"""The pictures of a fit for its report: what each camera saw at the start, should see, and sees at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nrender.aov_table import AOVS, IMAGE, file_channels, table_of
from nrender.image import tonemap
from nrender.optimize.report.contents import Derivative, Extras, Film, View
from nrender.optimize.result import FAILED, INTERRUPTED
from nrender.optimize.run import Run
from nrender.optimize.shown import first_term, shown_as

if TYPE_CHECKING:
    from nrender.optimize.scipy_result import OptimizeResult

PICTURES = 0x50494354  # the stream of random numbers of the report's pictures
DERIVATIVES = 0x44455249  # the same, of its derivatives
MOST = 6  # derivatives


def views_of(run: Run, result: OptimizeResult) -> list[View]:
    """A view for each term, those of colour first."""
    objective, start = run.objective, run.variables.apply(run.x0)
    found = []
    for number, camera in enumerate(objective.cameras):
        # Neither the fit's samples nor, likely, the target's: what the difference shows is no noise in common.
        seed, _ = objective.seeds(PICTURES, number)

        def images(scene: Any, camera: str = camera, seed: int = seed) -> Any:
            return objective.views.images(scene, camera, objective.spp, seed)

        first, last = images(start), images(result.scene)
        for term in objective.terms:
            if term.camera == camera:
                found.append(View(camera, first[term.what], term.target, last[term.what], shown_as(term)))
    return sorted(found, key=lambda view: view.shown.what != IMAGE)


class Final(NamedTuple):
    """What a camera sees of the fitted scene: (H, W, C) with the channels' names, and as on a screen."""

    image: np.ndarray
    channels: list[str]
    screen: np.ndarray


def final_pictures(run: Run, result: OptimizeResult, views: list[View]) -> list[Final]:
    """The fitted scene as each camera sees it, whatever it was fitted to: its colour, or what of the AOVs of the
    integrator `aov` was fitted."""
    objective = run.objective
    if result.scene.integrator.aovs:
        return [_final_aovs(result.scene, [v for v in views if v.camera == camera]) for camera in objective.cameras]
    seen = {view.camera: view.final for view in views if view.shown.what == IMAGE}
    found = []
    for number, camera in enumerate(objective.cameras):
        if camera in seen:
            found.append(_final(seen[camera]))
            continue
        seed, _ = objective.seeds(PICTURES, number)
        image = objective.views.renderer.render(
            result.scene, spp=objective.spp, seed=seed, device=objective.views.device, camera=camera
        )
        found.append(_final(np.asarray(image)))
    return found


def _final(image: np.ndarray) -> Final:
    return Final(image, file_channels([IMAGE], AOVS), tonemap(image))


def _final_aovs(scene: Any, views: list[View]) -> Final:
    """The screen shows the first."""
    names = file_channels([view.shown.what for view in views], table_of(scene.shapes))
    first = views[0]
    return Final(np.concatenate([view.final for view in views], axis=2), names, first.shown.pixels(first.final))


def extras_of(run: Run, result: OptimizeResult) -> Extras:
    """What takes no renders, and the derivatives of a fit that came to its end."""
    ended = result.status_name not in (FAILED, INTERRUPTED)
    return Extras(
        film=film_of(run),
        derivatives=derivatives_of(run, run.best.x) if ended and run.best else [],
        check=result.gradcheck,
        rendering=run.rendering,
        around=run.seconds - run.earlier_seconds - sum(run.rendering),
    )


def film_of(run: Run) -> Film:
    """The frames of the run, and its target as they show it."""
    frames = [(iteration, pixels) for iteration, pixels in run.frames.kept.items() if pixels is not None]
    target = run.frames.thumbnail(first_term(run.objective.terms).target)
    return Film(run.frames.camera, [i for i, _ in frames], [pixels for _, pixels in frames], target)


def derivatives_of(run: Run, x: np.ndarray) -> list[Derivative]:
    """How the picture of the first camera changes at x with each of the first MOST free scalars, by a typical step."""
    variables, objective = run.variables, run.objective
    names, steps = variables.names[:MOST], variables.steps(x, MOST)
    directions = [variables.directions(x, axis) for axis in np.eye(len(names), x.size)]
    term = first_term(objective.terms)
    seed, _ = objective.seeds(DERIVATIVES, 0)
    _, tangents = objective.views.jvp(variables.apply(x), term.camera, directions, objective.spp, seed)
    return [
        Derivative(name, tangent[term.what], float(step))
        for name, tangent, step in zip(names, tangents, steps, strict=False)
    ]
