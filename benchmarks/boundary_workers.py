"""One renderer on one scene, in a process of its own: benchmarks/boundary.py starts it and reads its peak memory.

    python benchmarks/boundary_workers.py RENDERER SETUP [options as JSON]

RENDERER is `nrender` or `mitsuba`. Reads lines of JSON, answers each with one:
{"do": "gradient", "seed": 1} -> {"value", "image": seconds, "pullback": seconds, "memory": MB so far}
{"do": "value", "h": 0.1, "seed": 1, "spp": 64} -> {"value"}: the weighted sum with the thing moved
{"do": "picture", "seed": 1, "spp": 64, "file": "x.npy"} -> {}: writes the derivative image in forward mode, (H, W, 3)
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from typing import Any

import common  # noqa: F401  (puts the package and the tests on the path)
import numpy as np
from boundary_setups import SETUPS, Setup
from gradcheck import smooth_weights

import nrender as nr


class Nrender:
    def __init__(self, setup: Setup, spp: int):
        self.setup, self.spp, self.weights = setup, spp, smooth_weights(setup.scene)

    def gradient(self, seed: int) -> dict[str, float]:
        start = time.perf_counter()
        _, pullback = nr.render_vjp(self.setup.scene, [self.setup.path], spp=self.spp, seed=seed)
        middle = time.perf_counter()
        found = float(np.sum(pullback(self.weights)[self.setup.path] * self.setup.direction))
        return {"value": found, "image": middle - start, "pullback": time.perf_counter() - middle}

    def value(self, h: float, seed: int, spp: int) -> float:
        return float(np.sum(self.weights * nr.render(self.setup.moved(h), spp=spp, seed=seed)))

    def picture(self, seed: int, spp: int) -> np.ndarray:
        return nr.render_jvp(self.setup.scene, {self.setup.path: self.setup.direction}, spp=spp, seed=seed)[1]


class Mitsuba:
    """`sppc`, `sppp`, `sppi`: samples a pixel of the continuous part, and of the boundaries that the camera sees and
    that it doesn't; the image has `sppc`. Continuous derivatives alone come from the same integrator."""

    def __init__(self, setup: Setup, plugin: str, guiding: str, sppc: int, sppp: int, sppi: int):
        from mitsuba_twin import mitsuba_scene, use_mitsuba

        self.mi = mi = use_mitsuba()
        mi.set_log_level(mi.LogLevel.Error)
        self.setup, self.spp = setup, sppc
        self.scene = mitsuba_scene(mi, setup.scene)
        self.weights = smooth_weights(setup.scene)
        depth = {"max_depth": setup.scene.integrator.max_depth} if plugin != "direct_projective" else {}
        samples = {"sppc": sppc, "sppp": sppp, "sppi": sppi}
        self.integrator = mi.load_dict({"type": plugin, "guiding": guiding, **samples, **depth})
        self.parameters = mi.traverse(self.scene)
        self.key = self._key()

    def _key(self) -> str:
        """Of the moving shape's vertices; shapes of meshes made in Python have no names of their own."""
        truth = self.setup.vertices(0.0).astype(np.float32).ravel()
        for key in self.parameters.keys():  # noqa: SIM118  (not a dict)
            if key.endswith("vertex_positions"):
                found = np.array(self.parameters[key])
                if found.shape == truth.shape and np.allclose(found, truth):
                    return key
        raise LookupError(f"{self.setup.shape}: not among the shapes of the twin")

    def _place(self, vertices: Any) -> None:
        self.parameters[self.key] = vertices
        self.parameters.update()

    def gradient(self, seed: int) -> dict[str, float]:
        import drjit as dr

        mi, start = self.mi, time.perf_counter()
        np.array(mi.render(self.scene, spp=self.spp, seed=seed))
        middle = time.perf_counter()
        vertices = mi.Float(self.setup.vertices(0.0).astype(np.float32).ravel())
        dr.enable_grad(vertices)
        self._place(vertices)
        weights = mi.TensorXf(self.weights.astype(np.float32))
        self.integrator.render_backward(self.scene, self.parameters, weights, seed=seed, spp=0)
        slopes = np.array(dr.grad(vertices), np.float64).reshape(-1, 3)
        found = float(np.sum(slopes * self.setup.velocity()))
        return {"value": found, "image": middle - start, "pullback": time.perf_counter() - middle}

    def value(self, h: float, seed: int, spp: int) -> float:
        self._place(self.mi.Float(self.setup.vertices(h).astype(np.float32).ravel()))
        return float(np.sum(self.weights * np.array(self.mi.render(self.scene, spp=spp, seed=seed), np.float64)))

    def picture(self, seed: int, spp: int) -> np.ndarray:
        """In forward mode, with `spp` samples for each of the three parts."""
        import drjit as dr

        mi = self.mi
        h = mi.Float(0.0)
        dr.enable_grad(h)
        start, velocity = (x.astype(np.float32).ravel() for x in (self.setup.vertices(0.0), self.setup.velocity()))
        self._place(mi.Float(start) + h * mi.Float(velocity))
        dr.forward(h, dr.ADFlag.ClearEdges)
        return np.array(self.integrator.render_forward(self.scene, self.parameters, seed=seed, spp=spp), np.float64)


def memory() -> float:
    """Peak, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def answer(renderer: Any, do: str, file: str = "", **keys: Any) -> dict[str, float]:
    if do == "gradient":
        return {**renderer.gradient(**keys), "memory": memory()}
    if do == "value":
        return {"value": renderer.value(**keys)}
    np.save(file, renderer.picture(**keys))
    return {}


def main() -> None:
    warnings.simplefilter("ignore", nr.RenderWarning)
    name, setup, options = sys.argv[1], SETUPS[sys.argv[2]](), json.loads(sys.argv[3])
    out, sys.stdout = sys.stdout, sys.stderr  # what libraries print does not come between the answers
    renderer = {"nrender": Nrender, "mitsuba": Mitsuba}[name](setup, **options)
    for line in sys.stdin:
        try:
            found = answer(renderer, **json.loads(line))
        except Exception as error:  # the report says so
            found = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        print(json.dumps(found), file=out, flush=True)


if __name__ == "__main__":
    main()
