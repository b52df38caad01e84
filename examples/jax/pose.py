"""Where a box stands, how it is turned and what colour it has, from one photograph, by Gauss-Newton: the derivative
image of each of its six numbers is a column of the Jacobian, and a step is one compiled function.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import nrender as nr
import nrender.jax

PLACE, TURN, COLOUR = "shapes.box.transform.translate", "shapes.box.transform.rotate", "materials.box.reflectance"
TRUTH = np.array([0.25, -0.15, 20.0, 0.7, 0.35, 0.15])
START = np.array([-0.15, 0.25, -10.0, 0.4, 0.4, 0.4])
UNIT = np.array([0.1, 0.1, 10.0, 0.1, 0.1, 0.1])  # a usual step of each: the damping's scale
HERE = Path(__file__).parent


def table(width: int) -> nr.Scene:
    """A box on a table, under a lamp."""
    return nr.Scene.from_dict(
        {
            "nrender": 1,
            "cameras": {
                "main": {
                    "type": "perspective",
                    "origin": [0, 2.2, 3.2],
                    "target": [0, 0.1, 0],
                    "fov": 38,
                    "resolution": [width, width * 3 // 4],
                }
            },
            "integrator": {"type": "path", "max_depth": 3, "spp": 16},
            "materials": {
                "box": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]},
                "wood": {"type": "diffuse", "reflectance": [0.6, 0.55, 0.5]},
            },
            "shapes": {
                "table": {"type": "rectangle", "material": "wood", "transform": {"rotate": [-90, 0, 0], "scale": 1.6}},
                "box": {"type": "cube", "material": "box", "transform": {"scale": [0.5, 0.3, 0.2]}},
                "lamp": {
                    "type": "rectangle",
                    "emission": [20, 19, 18],
                    "transform": {"translate": [-0.9, 2.4, 0.6], "rotate": [90, 0, 0], "scale": 0.5},
                },
            },
            "lights": {"sky": {"type": "constant", "radiance": [0.2, 0.22, 0.25]}},
        }
    )


def parameters(x: Any) -> dict[str, Any]:
    """Six numbers to what the scene calls them: x and z on the table, the turn about the vertical, the colour."""
    return {PLACE: jnp.stack([x[0], 0.3, x[1]]), TURN: jnp.stack([0.0, x[2], 0.0]), COLOUR: x[3:6]}


def fit(width: int = 64, steps: int = 20, spp: int = 64) -> dict[str, Any]:
    """way: the numbers, (6,) at the start and after every step; losses of each; seconds."""
    scene = table(width)

    def image(x: Any, seed: Any, spp: int = spp) -> Any:
        return nrender.jax.render(scene, parameters(x), spp=spp, seed=seed)

    target = image(jnp.asarray(TRUTH), 99, 1024)

    @jax.jit
    def step(x: Any, key: Any) -> tuple[Any, Any]:
        """Residuals and Jacobian by random numbers of their own, which the key gives as a pair."""
        residual = (image(x, key) - target).reshape(-1)
        jacobian = jax.jacfwd(lambda y: image(y, key))(x).reshape(-1, x.size) * UNIT
        normal = jacobian.T @ jacobian
        normal = normal + 1e-2 * jnp.diag(jnp.diag(normal))
        move = jnp.clip(jnp.linalg.solve(normal, -jacobian.T @ residual), -2, 2)
        moved = x + UNIT * move
        return moved.at[3:6].set(jnp.clip(moved[3:6], 0.01, 0.99)), jnp.mean(residual**2)

    x = jnp.asarray(START, jnp.float32)
    way, losses, start = [np.asarray(x)], [], time.perf_counter()
    for key in jax.random.split(jax.random.key(0), steps):
        x, loss = step(x, key)
        way.append(np.asarray(x))
        losses.append(float(loss))
    seconds = time.perf_counter() - start
    return {"way": way, "losses": losses, "seconds": seconds}


def picture(found: np.ndarray, width: int = 256, spp: int = 64) -> np.ndarray:
    """The start, the target, what was found."""
    scene = table(width)
    views = [nrender.jax.render(scene, parameters(jnp.asarray(x)), spp=spp) for x in (START, TRUTH, found)]
    return np.concatenate(views, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("-o", "--output", type=Path, default=HERE / "pose.png")
    options = parser.parse_args()
    result = fit(options.width, options.steps)
    nr.write_image(options.output, picture(result["way"][-1]))
    print(f"loss     {result['losses'][0]:.1e} to {result['losses'][-1]:.1e} in {result['seconds']:.0f} s")
    for name, numbers in (("truth", TRUTH), ("start", START), ("found", result["way"][-1])):
        print(f"{name:8} " + " ".join(f"{number:8.3f}" for number in numbers))
    print(f"picture  {options.output}")


if __name__ == "__main__":
    main()
