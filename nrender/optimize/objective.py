"""The loss of a scene and its derivatives, estimated from two independent renders per camera.

An evaluation at `spp` samples per pixel spends them in halves: image a and image b.  Its random
numbers are named by (seed, stream, camera): the same stream gives the same numbers (common random
numbers, what a line search needs), another stream fresh ones (what a stochastic method needs).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from nrender.aov_table import IMAGE
from nrender.loss import Loss, Residual, Two, half_weight, two
from nrender.optimize.views import Gradients, Images, Views

CURVATURE = 0x43555256  # the stream of the samples of derivative images
CURVATURE_SHARE = 4  # each is taken with so much fewer samples: they steer steps, and don't say where the end is


class Term(NamedTuple):
    """One loss: of what a camera sees ("image" or an AOV), factor * loss(image, target, weight).

    target: (H, W, C) float64; weight: (H, W, 1) >= 0.
    """

    camera: str
    what: str
    target: np.ndarray
    weight: np.ndarray
    loss: Loss
    factor: float = 1.0


class Evaluated(NamedTuple):
    """Loss, its noise (see `nrender.loss.two`), {path: gradient}, without sense if the loss isn't finite; where: the
    first pixel that isn't, in words."""

    loss: float
    noise: float
    gradients: Gradients
    where: str = ""


class Objective:
    """Sum of the losses of all terms."""

    def __init__(
        self, terms: Sequence[Term], wrt: list[str], renderer: Any, spp: int = 64, seed: int = 0, device: str = "auto"
    ) -> None:
        self.terms, self.wrt, self.spp, self.seed = list(terms), wrt, spp, seed
        self.cameras = list(dict.fromkeys(term.camera for term in terms))
        self.views = Views(renderer, device, {c: [t.what for t in terms if t.camera == c] for c in self.cameras})
        self.most_for_derivatives: int | None = None
        self.latest: dict[str, np.ndarray] = {}  # by camera: the last picture of a whole evaluation

    def seeds(self, stream: int, camera: int) -> tuple[int, int]:
        """Two different seeds of 31 bits; the same for the same arguments, on any machine."""
        state = np.random.SeedSequence((self.seed, stream, camera)).generate_state(2)
        first, second = (int(s) & 0x7FFFFFFF for s in state)
        return first, second if second != first else first ^ 1

    def value(self, scene: Any, stream: int = 0) -> tuple[float, float]:
        """(loss, noise) alone, from forward renders."""
        total = _Total()
        for camera, seed_a, seed_b in self._cameras(stream):
            a, b = (self.views.images(scene, camera, self._half_spp, seed) for seed in (seed_a, seed_b))
            for term in self.terms_of(camera):
                total.add(term, a, b)
        return total.loss, total.noise

    def exact(self, scene: Any, stream: int = 0) -> Evaluated:
        """Both halves differentiated: the gradient of this very estimate of the loss, of its smooth part.

        (How edges move is sampled on its own, and sampled directions don't move with a material.)
        """
        total = _Total()
        for camera, seed_a, seed_b in self._cameras(stream):
            (a, pull_a), (b, pull_b) = (
                self.views.vjp(scene, camera, self.wrt, self._half_spp, seed) for seed in (seed_a, seed_b)
            )
            weights_a, weights_b = {}, {}
            for term in self.terms_of(camera):
                found = total.add(term, a, b)
                weights_a[term.what] = term.factor * found.weight_a
                weights_b[term.what] = term.factor * found.weight_b
            if not np.isfinite(total.loss):
                break
            total.pull(pull_a(weights_a), pull_b(weights_b))
            self._keep(camera, a, b)
        return Evaluated(total.loss, total.noise, total.gradients, total.where)

    def half(self, scene: Any, stream: int) -> Evaluated:
        """One half differentiated, the other rendered only: its residual is independent, for less work."""
        total = _Total()
        for camera, seed_a, seed_b in self._cameras(stream):
            b, pull_b = self.views.vjp(scene, camera, self.wrt, self._half_spp, seed_b)
            a = self.views.images(scene, camera, self._half_spp, seed_a)
            weights = {}
            for term in self.terms_of(camera):
                total.add(term, a, b)
                weights[term.what] = term.factor * half_weight(term.loss, a[term.what], term.target, term.weight)
            if not np.isfinite(total.loss):
                break
            total.pull(pull_b(weights))
            self._keep(camera, a, b)
        return Evaluated(total.loss, total.noise, total.gradients, total.where)

    # Gauss-Newton: the residuals' derivative images

    def curvature(self, scene: Any, directions: Sequence[Gradients], stream: int) -> np.ndarray:
        """2 J^T J between the directions, (n, n), J the derivative of the residuals; with samples of its own.

        Unbiased, from two independent estimates of J: the square of one alone is too large by its variance, which
        makes steps too short, most of all where the picture changes least.  So it may have negative eigenvalues.
        """
        total = np.zeros((len(directions), len(directions)))
        for camera, *seeds in self._cameras(stream):
            halves = [self.views.jvp(scene, camera, directions, self._curvature_spp, seed) for seed in seeds]
            for term in self.terms_of(camera):
                a, b = (self._rows(term, images, tangents) for images, tangents in halves)
                product = a @ b.T
                total += term.factor * (product + product.T)
        return total

    def _rows(self, term: Term, images: Images, tangents: list[Images]) -> np.ndarray:
        """(n, numbers of a residual): J of one term."""
        jvp = self.residual(term, images[term.what]).jvp
        return np.array([jvp(tangent[term.what]).astype(np.float32) for tangent in tangents])

    def tangents(
        self, scene: Any, camera: str, directions: Sequence[Gradients], spp: int, stream: int
    ) -> list[list[np.ndarray]]:
        """Of each term of the camera, the tangent image of each direction."""
        seed, _ = self.seeds(stream, self.cameras.index(camera))
        _, tangents = self.views.jvp(scene, camera, directions, spp, seed)
        return [[tangent[term.what].astype(np.float32) for tangent in tangents] for term in self.terms_of(camera)]

    def pictures(self, scene: Any, camera: str, spp: int, stream: int) -> list[np.ndarray]:
        """Of each term of the camera, what it sees."""
        seed, _ = self.seeds(stream, self.cameras.index(camera))
        images = self.views.images(scene, camera, spp, seed)
        return [images[term.what] for term in self.terms_of(camera)]

    def residual(self, term: Term, image: np.ndarray) -> Residual:
        """Of a term whose loss is a sum of squares, without its factor."""
        assert term.loss.residual is not None, "a method that needs residuals asks `is_sum_of_squares` first"
        return term.loss.residual(image, term.target, term.weight)

    def curvature_product(self, scene: Any, direction: Gradients, stream: int) -> Gradients:
        """{path: 2 J^T J direction}, J the derivative of the residuals: two renders a camera."""
        total = _Total()
        for camera, seed, _ in self._cameras(stream):
            spp = self._curvature_spp
            images, (tangent,) = self.views.jvp(scene, camera, [direction], spp, seed)
            _, pull = self.views.vjp(scene, camera, self.wrt, spp, seed)
            weights = {}
            for term in self.terms_of(camera):
                residual = self.residual(term, images[term.what])
                weights[term.what] = 2 * term.factor * residual.vjp(residual.jvp(tangent[term.what]))
            total.pull(pull(weights))
        return total.gradients

    @property
    def is_sum_of_squares(self) -> bool:
        """Whether Gauss-Newton can take it."""
        return all(term.loss.residual is not None for term in self.terms)

    @property
    def size(self) -> int:
        """Numbers in all targets."""
        return sum(term.target.size for term in self.terms)

    def terms_of(self, camera: str) -> list[Term]:
        return [term for term in self.terms if term.camera == camera]

    def _cameras(self, stream: int) -> Iterator[tuple[str, int, int]]:
        for index, camera in enumerate(self.cameras):
            yield camera, *self.seeds(stream, index)

    def _keep(self, camera: str, a: Images, b: Images) -> None:
        first = self.terms_of(camera)[0].what
        what = IMAGE if IMAGE in a else first
        self.latest[camera] = 0.5 * (a[what] + b[what])

    @property
    def derivative_spp(self) -> int:
        """What derivative images have their share of: `spp`, or less where few evaluations have very many samples."""
        return self.spp if self.most_for_derivatives is None else min(self.spp, self.most_for_derivatives)

    @property
    def _half_spp(self) -> int:
        return (self.spp + 1) // 2

    @property
    def _curvature_spp(self) -> int:
        return max(1, self.derivative_spp // CURVATURE_SHARE)


class _Total:
    """Sums over terms and cameras."""

    def __init__(self) -> None:
        self.loss, self.noise = 0.0, 0.0
        self.gradients: Gradients = {}
        self.where = ""

    def add(self, term: Term, a: Images, b: Images) -> Two:
        """The term's estimate from two renders, added."""
        found = two(term.loss, a[term.what], b[term.what], term.target, term.weight)
        self.loss += term.factor * found.value
        if not np.isfinite(found.value) and not self.where:
            self.where = _first_bad(term, (a, b))
        self.noise = float(np.hypot(self.noise, term.factor * found.noise))
        return found

    def pull(self, *parts: Gradients) -> None:
        for part in parts:
            for path, gradient in part.items():
                self.gradients[path] = self.gradients[path] + gradient if path in self.gradients else gradient


def _first_bad(term: Term, images: Sequence[Images]) -> str:
    for image in images:
        bad = np.argwhere(~np.isfinite(image[term.what]).all(axis=2) & (term.weight[..., 0] > 0))
        if len(bad):
            y, x = bad[0]
            what = "" if term.what == IMAGE else f", {term.what}"
            return f" at pixel (x={x}, y={y}) of camera '{term.camera}'{what}"
    return ""
