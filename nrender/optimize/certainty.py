"""How well a fit is determined: covariance of the parameters, intervals, and what the pictures can't tell apart.

Near the answer the loss is |r|^2 with residuals r = R (I - T), which mix pixels where the loss has levels; the noise of
I - T is independent from pixel to pixel.  With the derivative D of the images, J = R D, the scores s_p of each pixel,
its part of (R^T J)^T (I - T) = J^T r, and A = J^T J (priors included),

    covariance = A^-1 (sum over pixels of s_p s_p^T) A^-1

whatever the variance of each pixel: noise of the target, of the render, and what the scene can't explain count
alike (the "sandwich" of White 1980).  J is noisy too, and J^T J of one estimate would be too large by its variance,
so A is taken between two independent ones; and r from a third, of as many samples as the answer is the mean of.

A direction v whose curvature v^T A v may as well be the noise of A is not determined at all: its interval is infinite.
The symmetric part of D_1^T D_2 is m^T m - d^T d / 2, with the mean m and the difference d (over root 2) of the two
estimates, and from pixel to pixel the noise of both has independent signs.  So random signs of d make examples of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nrender.optimize.run import Run

STREAM = 0x43455254
MOST = 64  # free scalars: two tangent renders each
NORMAL_95 = 1.959963984540054
ALIKE = 0.9  # correlation from which two are named
LOOSE = 1.0  # typical steps: a direction less certain than this is named
NAMED = 6
UNSEEN = 1e-6  # of the largest noise: a parameter with less curvature isn't seen
EXAMPLES = 16  # of the noise of the curvature
SURE = 3.0  # standard errors
SMALL = 0.3  # of the largest component of a direction: what is less isn't named


class Certainty(NamedTuple):
    """covariance (n, n), standard_error (n,), interval (n, 2) of 95 %, all of the free scalars in their own
    units; infinite where the pictures say nothing.  findings: sentences."""

    covariance: np.ndarray
    standard_error: np.ndarray
    interval: np.ndarray
    findings: list[str]


def certainty(run: Run, x: np.ndarray) -> Certainty | None:
    """None for a loss that is no sum of squares, and for more than MOST scalars."""
    if not run.objective.is_sum_of_squares or x.size > MOST:
        return None
    curvature, noises, scores = _estimate(run, x)
    unit = _units(curvature, noises)
    values, vectors = np.linalg.eigh(curvature * np.outer(unit, unit))
    along = np.einsum("ij,kil,lj->kj", vectors, noises * np.outer(unit, unit), vectors)
    loose = values <= SURE * np.sqrt(np.mean(along**2, axis=0))
    with np.errstate(divide="ignore"):
        inverse = np.outer(unit, unit) * ((vectors / np.where(loose, np.inf, values)) @ vectors.T)
    scaled = inverse @ scores @ inverse
    unknown = np.any(np.abs(vectors[:, loose]) > SMALL, axis=1)
    vectors = vectors * unit[:, None]
    vectors = vectors / np.linalg.norm(vectors, axis=0)
    slopes = run.variables.slopes(x)
    covariance = slopes @ scaled @ slopes.T
    covariance[unknown, unknown] = np.inf
    error = np.sqrt(np.diagonal(covariance))
    names, value = run.variables.names, run.variables.scalars(x)
    interval = np.stack([value - NORMAL_95 * error, value + NORMAL_95 * error], axis=1)
    findings = [
        *_unknown(names, vectors[:, loose]),
        *_alike(names, scaled, unknown),
        *_vague(names, vectors[:, ~loose], scaled),
    ]
    return Certainty(covariance, error, interval, findings)


def _units(curvature: np.ndarray, noises: np.ndarray) -> np.ndarray:
    """One over the root of each parameter's own curvature, or of the noise of that where it is nothing else."""
    least = max(float(np.abs(noises).max()), 1e-300) * UNSEEN
    return 1.0 / np.sqrt(np.maximum(np.diagonal(curvature), least))


def _estimate(run: Run, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(A, EXAMPLES of its noise, sum of s s^T), all in scaled units."""
    objective, variables = run.objective, run.variables
    scene, axes = variables.apply(x), np.eye(x.size)
    directions = [variables.directions(x, axis) for axis in axes]
    spp = max(1, objective.spp // 2)
    curvature, scores = np.zeros((x.size, x.size)), np.zeros((x.size, x.size))
    noises, signs = np.zeros((EXAMPLES, x.size, x.size)), np.random.default_rng(objective.seed)
    pairs = zip(
        objective.tangents(scene, directions, spp, STREAM),
        objective.tangents(scene, directions, spp, STREAM + 1),
        objective.pictures(scene, objective.spp * run.averaged, STREAM + 2),
        strict=True,
    )
    for (term, image, one), (_, _, other), (_, picture) in pairs:
        residual = objective.residual(term, image)
        first, second = (np.array([residual.jvp(t) for t in tangents]) for tangents in (one, other))
        curvature += term.factor * (first @ second.T)
        noises += term.factor * _noises(first, second, signs)
        off = np.where(term.weight > 0, picture - term.target, 0.0)
        mean = 0.5 * (first + second)
        s = term.factor * np.stack([np.sum(residual.vjp(row) * off, axis=-1).reshape(-1) for row in mean])
        scores += s @ s.T
    for rows in run.priors.residual_tangents(x, axes):
        curvature += rows @ rows.T
    return 0.5 * (curvature + curvature.T), noises, scores


def _noises(first: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Examples of the noise of the symmetric part of first @ second.T, (EXAMPLES, n, n); both are (n, numbers)."""
    mean, off = 0.5 * (first + second), (first - second) / np.sqrt(2)
    found = []
    for _ in range(EXAMPLES):
        one, other = rng.choice([-1.0, 1.0], size=(2, off.shape[1]))
        cross = (mean * one) @ off.T / np.sqrt(2)
        found.append(cross + cross.T + (off * other) @ off.T / np.sqrt(3))
    return np.array(found)


def _direction(names: list[str], v: np.ndarray) -> str:
    """`0.8 a - 0.6 b`: the components that matter, the largest first."""
    v = v * np.sign(v[np.argmax(np.abs(v))])
    order = [i for i in np.argsort(-np.abs(v)) if abs(v[i]) > SMALL * np.abs(v).max()][:NAMED]
    if len(order) == 1:
        return names[order[0]]
    parts = [f"{'-' if v[i] < 0 else '+'} {abs(v[i]):.2g} {names[i]}" for i in order]
    return " ".join(parts).removeprefix("+ ")


def _unknown(names: list[str], directions: np.ndarray) -> list[str]:
    return [f"the pictures don't determine {_direction(names, v)}" for v in directions.T[:NAMED]]


def _alike(names: list[str], covariance: np.ndarray, unknown: np.ndarray) -> list[str]:
    size = np.sqrt(np.maximum(np.diagonal(covariance), 1e-300))
    correlation = covariance / np.outer(size, size)
    pairs = [
        (abs(correlation[i, j]), i, j)
        for i in range(len(names))
        for j in range(i)
        if not unknown[i] and not unknown[j] and abs(correlation[i, j]) > ALIKE
    ]
    text = "{} and {} can't be told apart well: their errors have a correlation of {:.2f}"
    worst = sorted(pairs, reverse=True)[:NAMED]
    return [text.format(names[j], names[i], correlation[i, j]) for _, i, j in worst]


def _vague(names: list[str], directions: np.ndarray, covariance: np.ndarray) -> list[str]:
    found = []
    for v in directions.T:
        spread = float(np.sqrt(max(v @ covariance @ v, 0.0)))
        if spread > LOOSE:
            found.append(f"{_direction(names, v)} is uncertain by {spread:.2g} typical steps")
    return found[:NAMED]
