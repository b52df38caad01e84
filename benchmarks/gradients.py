"""Adjoint against finite differences, for every parameter class of the test scenes: a table of z-scores.

    python benchmarks/gradients.py [--suite models|visibility] [--scale 1] [--only WORD]

`models`: the cases of tests/test_gradients*.py and the scenes of tests/textured_scenes.py, with `scale` times their
samples; in float64, since a difference of images that are linear in a parameter is exact but for rounding.
`visibility`: the motions of tests/boundary_cases.py, in float32. A case is repeated with four times the samples, of
whichever side has the larger error, until the standard error of the two is 1 % or it has had SECONDS.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from common import machine, save, table
from gradcheck import Check, adjoints, check, check_along, step_of
from test_gradients import cases, maker
from test_gradients_models import cases as model_cases
from test_gradients_models import maker as model_maker
from textured_scenes import CASES

import nrender as nr

GOAL, SECONDS = 0.01, 60.0


class Item(NamedTuple):
    """What is compared, in which directions (None: gradcheck's own), and samples a pixel of the adjoint and of the
    difference."""

    scene: str
    parameter: str
    make: Callable[[], nr.Scene]
    directions: Mapping[str, np.ndarray] | None
    step: float
    spp: int
    differences: int


def models() -> Iterator[Item]:
    """The directions are those of gradcheck."""
    for name, form, path in cases():
        yield Item(name, path + (" (3)" if form == "axes" else ""), maker(name, form), None, step_of(path), 128, 192)
    for name, path in model_cases():
        yield Item(name, path, model_maker(name), None, step_of(path), 128, 96)
    for name, case in CASES.items():
        yield from (Item(name, path, case.make, None, step_of(path), 96, 96) for path in case.paths)


def visibility() -> Iterator[Item]:
    from boundary_cases import CASES as moving

    for name, case in moving.items():
        for parameter, motion in case.motions.items():
            yield Item(name, parameter, case.make, motion.directions, motion.step, case.spp, motion.samples)


def measure_models(item: Item, scale: int) -> Check:
    path = item.parameter.removesuffix(" (3)")
    return check(item.make, path, item.spp * scale, item.differences * scale, precision="float64")


def measure_visibility(item: Item, scale: int) -> Check:
    assert item.directions is not None
    spp, differences, start = item.spp * scale, item.differences * scale, time.perf_counter()
    while True:
        found = check_along(item.make, item.directions, item.step, spp, differences)
        adjoints.cache_clear()
        took = time.perf_counter() - start
        if found.relative_sigma <= GOAL or 5 * took > SECONDS * scale:  # the next one takes four times this one's
            return found
        low = 0.5 * GOAL * abs(float(found.difference.mean))
        spp *= 4 if found.adjoint.sigma > low else 1
        differences *= 4 if found.difference.sigma > low else 1


SUITES = {
    "models": (models, measure_models, "gradients", "Gradients against finite differences"),
    "visibility": (visibility, measure_visibility, "visibility", "Gradients of visibility against finite differences"),
}


def record(item: Item, result: Check) -> dict[str, Any]:
    return {
        "scene": item.scene,
        "parameter": item.parameter,
        "adjoint": float(result.adjoint.mean),
        "adjoint_sigma": float(result.adjoint.sigma),
        "difference": float(result.difference.mean),
        "difference_sigma": float(result.difference.sigma),
        "z": result.z,
        "relative_sigma": result.relative_sigma,
    }


def cells(row: dict[str, Any]) -> list[str]:
    return [
        row["scene"],
        row["parameter"],
        f"{row['adjoint']:.5g} ± {row['adjoint_sigma']:.1g}",
        f"{row['difference']:.5g} ± {row['difference_sigma']:.1g}",
        f"{row['z']:+.2f}",
        f"{100 * row['relative_sigma']:.1f} %",
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--suite", choices=SUITES, default="models")
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--only", default="", help="part of the names of scenes")
    options = parser.parse_args()
    warnings.simplefilter("ignore", nr.RenderWarning)
    items, measure, name, title = SUITES[options.suite]
    about = machine()
    found = [record(item, measure(item, options.scale)) for item in items() if options.only in item.scene]
    z = np.array([row["z"] for row in found])
    page = (
        "Of a smoothly weighted sum of the image, in one direction for each parameter, 24 x 24 pixels; standard errors"
    )
    page += f" of 12 seeds. Largest |z| {np.abs(z).max():.2f}, root mean square {np.sqrt((z**2).mean()):.2f}, of"
    page += f" {len(z)}.\n\n" + table(
        ["scene", "parameter", "adjoint", "finite difference", "z", "relative sigma"], [cells(row) for row in found]
    )
    save(name, title, about, {"cases": found}, page)


if __name__ == "__main__":
    main()
