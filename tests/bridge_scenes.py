"""What the tests of both bridges render: 16x16, a few samples; and how noisy gradients are compared."""

import subprocess
import sys

import numpy as np
from estimates import Estimate, z_between
from scene_library import camera, faceted, quad

import nrender as nr

COLOUR = "materials.paint.reflectance"
PLACE = "shapes.thing.transform.translate"
VALUES = {COLOUR: [0.5, 0.4, 0.3], PLACE: [0.25, -0.25, 0.0]}  # exact in float32, but for the colours


def small():
    """A cube and a lamp: shadows, outlines, light to and fro."""
    return faceted(size=16)


def weights(shape=(16, 16, 3), seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def by_nrender(scene, values, of_image, spp=4, seed=3, **keys):
    """Image and gradient without a bridge, of float32 values."""
    moved = scene.replace({path: np.asarray(value, np.float32) for path, value in values.items()})
    image, pullback = nr.render_vjp(moved, list(values), spp=spp, seed=seed, **keys)
    return image, pullback(of_image)


def noisy():
    """A matt wall close to a large lamp, with one sample a pixel: light varies much over the lamp, so the gradient of a
    loss from the image's own paths is off by some percent."""
    document = {
        "nrender": 1,
        "cameras": {"main": camera([0, 0, 4], [0, 0, 0], size=4)},
        "integrator": {"type": "path", "max_depth": 3, "spp": 1},
        "materials": {"paint": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]}},
        "shapes": {
            "wall": quad([-3, -3, 0], [3, -3, 0], [3, 3, 0], [-3, 3, 0], material="paint"),
            "back": {
                "type": "rectangle",
                "emission": [2, 2, 2],
                "transform": {"translate": [0.5, 0.8, 1.0], "rotate": [0, 180, 0], "scale": 0.5},
            },
        },
    }
    return nr.Scene.from_dict(document)


def biases(gradient, truth):
    """z-scores of the means over many seeds, of one seed for both and of a pair, against `truth`, an Estimate.

    gradient(seed) -> array."""
    count = 400
    same = [gradient(k) for k in range(count)]
    pair = [gradient((k, 10_000 + k)) for k in range(count)]
    return tuple(z_between(_estimate(found), truth) for found in (same, pair))


def _estimate(found):
    found = np.asarray(found, np.float64)
    return Estimate(found.mean(0), found.std(0, ddof=1) / np.sqrt(len(found)))


def imported_by(code, *libraries):
    """Which of the libraries a fresh process has after this code."""
    check = f"{code}\nimport sys\nprint(sorted({set(libraries)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    return done.stdout.strip()
