"""Adjoint against finite differences, for every parameter class of the test scenes: a table of z-scores.

    python benchmarks/gradients.py [--scale 1]

The cases of tests/test_gradients*.py and the scenes of tests/textured_scenes.py, with `scale` times their samples; in
float64, since a difference of images that are linear in a parameter is exact but for rounding.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from common import machine, save, table
from gradcheck import check
from test_gradients import cases, maker
from test_gradients_models import cases as model_cases
from test_gradients_models import maker as model_maker
from textured_scenes import CASES

import nrender as nr


def everything() -> Iterator[tuple[str, str, Callable[[], nr.Scene], int, int]]:
    """(scene, parameter, maker, samples a pixel of the adjoint and of the difference)."""
    for name, form, path in cases():
        yield name, path + (" (3)" if form == "axes" else ""), maker(name, form), 128, 192
    for name, path in model_cases():
        yield name, path, model_maker(name), 128, 96
    for name, case in CASES.items():
        yield from ((name, path, case.make, 96, 96) for path in case.paths)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("ignore", nr.RenderWarning)
    about, found = machine(), []
    for name, parameter, make, spp, differences in everything():
        path = parameter.removesuffix(" (3)")
        result = check(make, path, spp * options.scale, differences * options.scale, precision="float64")
        found.append(
            {
                "scene": name,
                "parameter": parameter,
                "adjoint": float(result.adjoint.mean),
                "adjoint_sigma": float(result.adjoint.sigma),
                "difference": float(result.difference.mean),
                "difference_sigma": float(result.difference.sigma),
                "z": result.z,
                "relative_sigma": result.relative_sigma,
            }
        )
    rows = [
        [
            row["scene"],
            row["parameter"],
            f"{row['adjoint']:.5g} ± {row['adjoint_sigma']:.1g}",
            f"{row['difference']:.5g} ± {row['difference_sigma']:.1g}",
            f"{row['z']:+.2f}",
            f"{100 * row['relative_sigma']:.1f} %",
        ]
        for row in found
    ]
    z = np.array([row["z"] for row in found])
    page = (
        "Of a smoothly weighted sum of the image, in one direction for each parameter, 24 x 24 pixels; standard errors"
    )
    page += f" of 12 seeds. Largest |z| {np.abs(z).max():.2f}, root mean square {np.sqrt((z**2).mean()):.2f}, of"
    page += f" {len(z)}.\n\n" + table(
        ["scene", "parameter", "adjoint", "finite difference", "z", "relative sigma"], rows
    )
    save("gradients", "Gradients against finite differences", about, {"cases": found}, page)


if __name__ == "__main__":
    main()
