"""How well a fit is determined: covariance of the parameters, intervals, and what the pictures can't tell apart.

Near the answer the loss is |r|^2 with residuals r = R (I - T), which mix pixels where the loss has levels; the noise of
I - T is independent from pixel to pixel.  With the derivative D of the images, J = R D, the scores s_p of each pixel,
its part of (R^T J)^T (I - T) = J^T r, and A = J^T J (priors included),

    covariance = A^-1 (sum over pixels of s_p s_p^T) A^-1

whatever the variance of each pixel: noise of the target, of the render, and what the scene can't explain count
alike (the "sandwich" of White 1980).  J is noisy too, and J^T J of one estimate would be too large by its variance,
so A is the mean of the products of any two of DRAWS independent ones; and r has the noise of the answer.

A direction v whose curvature v^T A v may as well be noise is not determined at all: its interval is infinite.  How
noisy it is, is seen by leaving out each of the draws in turn (Tukey's jackknife).
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from nrender.optimize.run import Run

STREAM = 0x43455254
MOST = 64  # free scalars: DRAWS tangent renders each
NORMAL_95 = 1.959963984540054
ALIKE = 0.9  # correlation from which two are named
LOOSE = 1.0  # typical steps: a direction less certain than this is named
NAMED = 6
UNSEEN = 1e-6  # of the largest noise: a parameter with less curvature isn't seen
DRAWS = 4  # of the derivative images
SURE = 3.0  # standard errors
ROUNDING = 1e-12
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
    products, scores = _estimate(run, x)
    without = np.array([_mean_of_pairs(products, left_out) for left_out in range(DRAWS)])
    unit = _units(without)
    values, vectors = np.linalg.eigh(_mean_of_pairs(products) * np.outer(unit, unit))
    along = np.einsum("ij,kil,lj->kj", vectors, without * np.outer(unit, unit), vectors)
    loose = values <= np.maximum(SURE * _jackknife(along), ROUNDING * values.max())
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


def _mean_of_pairs(products: np.ndarray, left_out: int = -1) -> np.ndarray:
    """products: (DRAWS, DRAWS, n, n), those of the k-th and the l-th draw; (n, n), symmetric."""
    pairs = itertools.combinations([k for k in range(DRAWS) if k != left_out], 2)
    mean = np.mean([products[pair] for pair in pairs], axis=0)
    return 0.5 * np.asarray(mean + mean.T)


def _jackknife(without: np.ndarray) -> np.ndarray:
    """The standard error of what is known without each of the draws, (DRAWS, ...)."""
    return np.asarray((DRAWS - 1) / np.sqrt(DRAWS) * without.std(axis=0))


def _units(without: np.ndarray) -> np.ndarray:
    """One over the root of each parameter's own curvature, or of the noise of that where it is nothing else."""
    own = np.diagonal(without, axis1=1, axis2=2)
    mean = own.mean(axis=0)
    least = max(UNSEEN * float(_jackknife(own).max()), ROUNDING * float(mean.max()), 1e-300)
    return np.asarray(1.0 / np.sqrt(np.maximum(mean, least)))


def _estimate(run: Run, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(J^T J of any two draws (DRAWS, DRAWS, n, n), sum of s s^T), all in scaled units."""
    objective, variables = run.objective, run.variables
    scene, axes = variables.apply(x), np.eye(x.size)
    directions = [variables.directions(x, axis) for axis in axes]
    spp = max(1, objective.derivative_spp // DRAWS)
    products, scores = np.zeros((DRAWS, DRAWS, x.size, x.size)), np.zeros((x.size, x.size))
    for camera in objective.cameras:
        draws = [objective.tangents(scene, camera, directions, spp, STREAM + k) for k in range(DRAWS)]
        pictures = _answered(run, scene, camera)
        for number, (term, picture) in enumerate(zip(objective.terms_of(camera), pictures, strict=True)):
            residual = objective.residual(term, picture)
            rows = np.array([[residual.jvp(tangent) for tangent in draw[number]] for draw in draws])
            products += term.factor * np.einsum("kip,ljp->klij", rows, rows, optimize=True)
            off = np.where(term.weight > 0, picture - term.target, 0.0)
            pulled = [np.sum(residual.vjp(row) * off, axis=-1).reshape(-1) for row in rows.mean(axis=0)]
            scores += term.factor**2 * (np.array(pulled) @ np.transpose(pulled))
    for prior in run.priors.residual_tangents(x, axes):
        products += prior @ prior.T
    return products, scores


def _answered(run: Run, scene: Any, camera: str) -> list[np.ndarray]:
    """What the camera sees, with the noise of the answer: the mean of as many renders, of as many samples, as its
    gradients were made of. (One render of all these samples together, well spread as they are, has less noise.)"""
    count, spp = 2 * run.averaged, (run.objective.spp + 1) // 2
    streams = (STREAM + DRAWS + k for k in range(count))
    seen = [run.objective.pictures(scene, camera, spp, stream) for stream in streams]
    return [np.mean(images, axis=0) for images in zip(*seen, strict=True)]


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
