"""The teapot as a mesh, and displacements of its vertices that stay smooth."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch

import nrender as nr
from nrender.optimize.mesh import LargeSteps, uniform_laplacian


class Surface(NamedTuple):
    vertices: np.ndarray  # (N, 3)
    faces: np.ndarray  # (M, 3)
    uvs: np.ndarray  # (M, 3, 2), of the faces' corners


def teapot() -> Surface:
    """The Utah teapot that nrender has, of height 1 and standing on y = 0."""
    scene = nr.Scene.from_dict({
        "nrender": 1,
        "cameras": {"main": {"type": "perspective", "origin": [0, 0, 4], "target": [0, 0, 0], "resolution": [8, 8]}},
        "materials": {"clay": {"type": "diffuse", "reflectance": [0.5, 0.5, 0.5]}},
        "shapes": {"teapot": {"type": "teapot", "material": "clay"}},
    })  # fmt: skip
    shape = scene.shapes["teapot"]
    return Surface(*(np.array(a) for a in (shape.vertices, shape.faces, shape.uvs)))


class _Smooth(torch.autograd.Function):
    """(steps, u (P, 3)) -> (N, 3), and the transpose of that: both solve with a Laplacian that was factorised once."""

    @staticmethod
    def forward(ctx: Any, steps: LargeSteps, u: torch.Tensor) -> torch.Tensor:
        ctx.steps = steps
        return torch.from_numpy(steps.to_vertices(u.detach().numpy()))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[None, torch.Tensor]:
        return None, torch.from_numpy(ctx.steps.pull(gradient.numpy()))


class _Sparse(torch.autograd.Function):
    """(A, its transpose, x) -> A x, of SciPy's sparse matrices."""

    @staticmethod
    def forward(ctx: Any, matrix: Any, transposed: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.transposed = transposed
        return torch.from_numpy(matrix @ x.detach().numpy())

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[None, None, torch.Tensor]:
        return None, None, torch.from_numpy(ctx.transposed @ gradient.numpy())


class SmoothField:
    """Displacements of all vertices, (N, 3) float64, of numbers u (P, 3): a step in u moves the mesh smoothly, over
    about sqrt(smoothness) edges (Nicolet, Jacobson, Jakob 2021, "Large Steps in Inverse Rendering of Geometry")."""

    def __init__(self, surface: Surface, smoothness: float) -> None:
        self.steps = LargeSteps(surface.faces, surface.vertices, smoothness)
        self.laplacian = uniform_laplacian(surface.vertices, surface.faces)
        self.transposed = self.laplacian.T.tocsr()

    def zeros(self) -> torch.Tensor:
        return torch.zeros((self.steps.size, 3), dtype=torch.float64)

    def __call__(self, u: torch.Tensor) -> torch.Tensor:
        return _Smooth.apply(self.steps, u)

    def smoothed(self, gradient: torch.Tensor) -> torch.Tensor:
        """(N, 3) of a gradient by the vertices: how they move where u goes along it."""
        return torch.from_numpy(self.steps.to_vertices(self.steps.pull(gradient.numpy())))

    def rough(self, values: torch.Tensor) -> torch.Tensor:
        """(N, 3): what each vertex's value has more than the mean of its neighbours."""
        return _Sparse.apply(self.laplacian, self.transposed, values)


def within(vectors: torch.Tensor, bound: float) -> torch.Tensor:
    """(..., 3) to vectors shorter than bound, smoothly: short ones, times bound, stay as they are."""
    return bound * vectors / (1.0 + vectors.square().sum(-1, keepdim=True)).sqrt()
