"""The six fits that benchmarks/fits.py times: the truth, what is fitted, from where, what counts as found, and how."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from boundary_setups import setup
from common import ROOT
from fit_problem import NONE, Own, Peer, Problem, Values
from fit_scenes import blob, icosphere, picture, radius, room
from textured_scenes import smooth_image

import nrender as nr


def square() -> Problem:
    scene = nr.load_scene(ROOT / "scenes" / "square.yaml")
    turned = scene.replace({"shapes.square.transform.rotate": [0.0, 0.0, 0.0]})
    s = setup(turned, "square", "rotate", [0.0, 0.0, 1.0], 1.0, 64)

    def start(rng: np.random.Generator) -> Values:
        return {s.path: np.array([0.0, 0.0, rng.choice([-1, 1]) * rng.uniform(20, 35)])}

    return Problem(
        "The angle of scenes/square.yaml, 64 x 64, depth 4, from 20 to 35 degrees off: its outline and its shadow.",
        "0.1 degrees",
        s.scene,
        {s.path: {"mask": [0, 0, 1], "bounds": [-60, 60], "step": 10.0}},
        start,
        lambda values: float(np.abs(values[s.path]).max() / 0.1),
        {
            "least-squares": Own("least-squares", 32, 30),
            "l-bfgs-b": Own("l-bfgs-b", 32, 30),
            "adam": Own("adam", 16, 120, 0.3),
        },
        "turn",
        "square",
        {"adam": Peer("prb_projective", 16, 0.3, NONE)},
    )


GLAZE = {
    "materials.glaze.reflectance": 0.01,
    "materials.glaze.specular": 0.02,
    "materials.glaze.roughness": 0.01,
}


def materials() -> Problem:
    scene = nr.load_scene(ROOT / "scenes" / "teapot.yaml").with_resolution("main", 96, 60)
    true = {path: scene.parameters[path] for path in GLAZE}
    low_high = ([0.02, 0.98], [0.0, 1.0], [0.05, 0.6])

    def start(rng: np.random.Generator) -> Values:
        numbers = rng.uniform(0.1, 0.9, 3), np.array(rng.uniform(0.3, 1)), np.array(rng.uniform(0.15, 0.5))
        return dict(zip(GLAZE, numbers, strict=True))

    return Problem(
        "Reflectance, specular and roughness of scenes/teapot.yaml, 96 x 60, depth 3, the camera fixed.",
        "0.01 of reflectance and roughness, 0.02 of specular",
        scene,
        {path: {"bounds": list(b), "step": 0.1} for path, b in zip(GLAZE, low_high, strict=True)},
        start,
        lambda values: max(float(np.abs(values[path] - true[path]).max() / goal) for path, goal in GLAZE.items()),
        {
            "least-squares": Own("least-squares", 512, 30),
            "l-bfgs-b": Own("l-bfgs-b", 512, 60),
            "adam": Own("adam", 16, 200, 0.6),
        },
        "glaze",
        "teapot",
        {"adam": Peer("prb", 16, 0.3)},
    )


ORIGIN, AIM = "cameras.main.origin", "cameras.main.target"


def pose() -> Problem:
    scene = room(64)
    origin, aim = scene.parameters[ORIGIN], scene.parameters[AIM]
    distance = float(np.linalg.norm(aim - origin))

    def start(rng: np.random.Generator) -> Values:
        return {ORIGIN: origin + rng.uniform(-0.5, 0.5, 3), AIM: aim + rng.uniform(-0.25, 0.25, 3)}

    def error(values: Values) -> float:
        a, b = ((v / np.linalg.norm(v)) for v in (aim - origin, values[AIM] - values[ORIGIN]))
        angle = np.degrees(2 * np.arcsin(min(1.0, np.linalg.norm(a - b) / 2)))
        return float(max(np.linalg.norm(values[ORIGIN] - origin) / (0.005 * distance), angle / 0.1))

    return Problem(
        "Origin and target of a camera in a painted room with a box and a ball, 64 x 64, depth 3; the origin up to 0.5 "
        "off in x, y and z (of 4.7 to the target), the target 0.25. Mitsuba's camera moves no outlines, so there the "
        "world moves.",
        "0.1 degrees of the line of sight and 0.5 % of the distance",
        scene,
        {ORIGIN: {"step": 0.3}, AIM: {"step": 0.3}},
        start,
        error,
        {
            "least-squares": Own("least-squares", 128, 30),
            "l-bfgs-b": Own("l-bfgs-b", 128, 60),
            "adam": Own("adam", 4, 150, 0.3),
        },
        "pose",
        "",
        {"adam": Peer("prb_projective", 16, 0.3, NONE)},
    )


def shadow() -> Problem:
    s = setup(nr.load_scene(ROOT / "scenes" / "shadow.yaml"), "teapot", "translate", [1.0, 0.0, 0.0], 0.1, 64)
    low, high = np.array([-0.8, -0.15, -0.8]), np.array([0.8, 1.9, 0.8])
    return Problem(
        "The place of the teapot of scenes/shadow.yaml, 64 x 64, depth 3, by its shadow alone.",
        "1 % of the teapot's height",
        s.scene,
        {s.path: {"bounds": [low.tolist(), high.tolist()], "step": 0.15}},
        lambda rng: {s.path: rng.uniform([-0.5, -0.14, -0.5], [0.5, 0.6, 0.5])},
        lambda values: float(np.linalg.norm(values[s.path]) / 0.01),
        {
            "least-squares": Own("least-squares", 128, 30),
            "l-bfgs-b": Own("l-bfgs-b", 128, 60),
            "adam": Own("adam", 8, 80, 0.3),
        },
        "shift",
        "teapot",
        {"adam": Peer("prb_projective", 64, 0.3, (*NONE, ("sppp", 0)))},
    )


TEXELS = "materials.picture.reflectance.image"


def texture() -> Problem:
    image = smooth_image(16, 16, 3, 0.15, 0.85, seed=4)
    return Problem(
        "A reflectance image of 16 x 16 texels on the back wall of a room, 64 x 64, depth 4: 768 numbers.",
        "a root mean square of 0.02",
        picture(image, 64),
        {TEXELS: {"bounds": [0.02, 0.98], "step": 0.1}},
        lambda rng: {TEXELS: np.broadcast_to(rng.uniform(0.3, 0.7, 3), image.shape).copy()},
        lambda values: float(np.sqrt(np.mean((values[TEXELS] - image) ** 2)) / 0.02),
        {
            "least-squares": Own("least-squares", 64, 20),
            "l-bfgs-b": Own("l-bfgs-b", 64, 60),
            "adam": Own("adam", 16, 100, 0.3),
        },
        "texels",
        "wall",
        {"adam": Peer("prb", 16, 0.3)},
    )


BLOB = "shapes.blob.vertices"


def mesh() -> Problem:
    ball, size = icosphere(3)[0], 48

    def error(values: Values) -> float:
        length = np.linalg.norm(values[BLOB], axis=1, keepdims=True)
        return float(np.sqrt(np.mean((length[:, 0] - radius(values[BLOB] / length)) ** 2)) / 0.04)

    smooth = (("transform", "large_steps"),)
    return Problem(
        f"{len(ball)} vertices of a sphere in 8 views of {size} x {size}, depth 2, become a blob: {ball.size} numbers.",
        "a root mean square of 0.04 of the vertices' distance from the blob along its radius, which is 0.67 to 1.24",
        blob(size),
        {BLOB: {"step": 0.1}},
        lambda rng: {BLOB: rng.uniform(0.9, 1.1) * ball},
        error,
        {
            "adam, large steps": Own("adam", 4, 60, 2.5, smooth),
            "l-bfgs-b, large steps": Own("l-bfgs-b", 4, 40, None, smooth),
            "least-squares, large steps": Own("least-squares", 4, 20, None, smooth),
            "adam": Own("adam", 4, 60, 0.3),
        },
        "vertices",
        "blob",
        {
            "adam": Peer("prb_projective", 8, 0.1, (*NONE, ("sppi", 0))),
        },
        seconds=30.0,
    )


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "square": square,
    "materials": materials,
    "pose": pose,
    "shadow": shadow,
    "texture": texture,
    "mesh": mesh,
}
