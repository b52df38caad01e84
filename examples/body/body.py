"""A parametric body (Anny) in a room, as an nrender scene, and what of it is fitted."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch

import nrender as nr

VERTICES, SKIN = "shapes.body.vertices", "materials.skin.reflectance"
JOINTS = ("upperarm01.L", "upperarm01.R", "lowerarm01.L", "lowerarm01.R", "upperleg01.L", "upperleg01.R", "head")
SHAPE = ("gender", "age", "muscle", "weight", "height", "proportions")
TRUTH = {
    "shape": [0.75, 0.6, 0.55, 0.7, 0.6, 0.35],
    "turn": [
        [0.0, -0.3, 0.1],
        [0.1, 0.4, 0.0],
        [0.0, 0.0, 0.3],
        [0.0, 0.2, -0.3],
        [0.1, 0.1, 0.0],
        [-0.15, 0.0, 0.0],
        [0.0, 0.0, 0.2],
    ],
    "root": [0.0, 0.2, 0.1],
    "place": [0.05, 0.04, 0.06],
    "skin": [0.55, 0.36, 0.27],
}
START = {"shape": [0.5] * 6, "turn": [[0.0] * 3] * 7, "root": [0.0] * 3, "place": [0.0] * 3, "skin": [0.5] * 3}
"""shape: Anny's phenotypes, in [0, 1]; turn: of each joint, root: of all, as rotation vectors in radians; place: of the
root, in metres; skin: reflectance."""

Numbers = dict[str, torch.Tensor]


class Body:
    """Vertices (N, 3), in metres, y up, of the numbers above."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import anny

            self.model = anny.Anny().to(dtype=torch.float64)
        self.faces = np.asarray(self.model.faces)
        self.bones = [list(self.model.bone_labels).index(name) for name in JOINTS]

    def vertices(self, numbers: Numbers) -> torch.Tensor:
        pose = torch.eye(4, dtype=torch.float64).repeat(1, self.model.bone_count, 1, 1)
        pose[0, self.bones, :3, :3] = rotations(numbers["turn"])
        shape = dict(zip(SHAPE, numbers["shape"][:, None], strict=True))
        z_up = self.model(pose_parameters=pose, phenotype_kwargs=shape)["vertices"][0]
        return z_up[:, [0, 2, 1]] * z_up.new_tensor([1, 1, -1]) @ rotations(numbers["root"]).T + numbers["place"]


def rotations(vectors: torch.Tensor) -> torch.Tensor:
    """(..., 3, 3) of rotation vectors (..., 3): the exponential map."""
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*vectors.shape, 3)
    return torch.linalg.matrix_exp(cross)


def numbers_of(values: dict[str, Any]) -> Numbers:
    return {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}


def scene_of(body: Body, size: tuple[int, int]) -> nr.Scene:
    """The body at the start, before a wall, as a camera with depth sees it."""
    vertices = body.vertices(numbers_of(START)).numpy()
    camera = {"type": "perspective", "origin": [0, 0.1, 2.8], "target": [0, -0.08, 0], "fov": 43}
    shown = {"type": "mesh", "vertices": vertices, "faces": body.faces, "normals": "smooth", "material": "skin"}
    lamp = {"type": "rectangle", "emission": [14.0, 13.5, 12.5],
            "transform": {"rotate": [0, 145, 0], "translate": [-1.6, 1.2, 2.2], "scale": 0.5}}
    return nr.Scene.from_dict({
        "nrender": 1,
        "cameras": {"main": {**camera, "resolution": list(size)}},
        "integrator": {"max_depth": 2, "spp": 16},
        "materials": {"skin": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]},
                      "wall": {"type": "diffuse", "reflectance": [0.35, 0.4, 0.45]}},
        "shapes": {
            "body": shown,
            "wall": {"type": "rectangle", "material": "wall", "transform": {"translate": [0, 0, -0.8], "scale": 4}},
            "lamp": lamp,
        },
        "lights": {"sky": {"type": "constant", "radiance": [0.25, 0.27, 0.3]}},
    })  # fmt: skip
