"""Adjoint against finite differences, for every parameter class of the test scenes: a table of z-scores.

    python benchmarks/gradients.py [--scale 4]

The cases of tests/test_gradients.py, with `scale` times the samples.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from common import machine, save, table
from gradcheck import check
from test_gradients import cases, maker

import nrender as nr


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=int, default=4)
    options = parser.parse_args()
    warnings.simplefilter("ignore", nr.RenderWarning)
    about, found = machine(), []
    for name, form, path in cases():
        result = check(maker(name, form), path, 128 * options.scale, 192 * options.scale)
        found.append(
            {
                "scene": name,
                "parameter": path + (" (3)" if form == "axes" else ""),
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
