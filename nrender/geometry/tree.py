"""The tree over a scene's triangles that rays walk: eight children a node, eight triangles a leaf. Its links come from
`build.py` and `collapse.py`, its numbers from `fit.py`; both are the same on any number of threads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .build import DEEP, grow
from .collapse import LEVELS, collapse
from .fit import extent, fit, other_width
from .wide import EIGHT


class Tree(NamedTuple):
    """nodes, corners: float32, see fit.py; links, order, levels: see collapse.py."""

    nodes: np.ndarray
    links: np.ndarray
    corners: np.ndarray
    order: np.ndarray
    levels: np.ndarray


def build(vertices: np.ndarray, faces: np.ndarray, together: int = EIGHT) -> Tree:
    """A tree for vertices (n, 3) and faces (m, 3), m >= 1. together: how many triangles a ray meets at once, EIGHT or
    1."""
    vertices, faces = np.ascontiguousarray(vertices, np.float64), np.ascontiguousarray(faces, np.int32)
    for deep in (DEEP, DEEP // 2, 0):
        links, order, levels = collapse(grow(vertices, faces, deep, together), together)
        if len(levels) <= LEVELS + 1:
            break
    nodes, corners = fit(vertices, faces, links, order, levels)
    return Tree(nodes, links, corners, order, levels)


def refit(tree: Tree, vertices: np.ndarray, faces: np.ndarray) -> Tree:
    """The same tree when vertices have moved."""
    vertices, faces = np.ascontiguousarray(vertices, np.float64), np.ascontiguousarray(faces, np.int32)
    nodes, corners = fit(vertices, faces, tree.links, tree.order, tree.levels)
    return tree._replace(nodes=nodes, corners=corners)


def corners_of(tree: Tree, vertices: np.ndarray, faces: np.ndarray, real: type) -> np.ndarray:
    """The tree's corners as numbers of another type."""
    if real is np.float32:
        return tree.corners
    return other_width(np.ascontiguousarray(vertices, np.float64), faces, tree.order, real)


def extent_of(tree: Tree) -> float:
    """Surface of all boxes over that of those in the root: what a walk costs, roughly."""
    surface = np.zeros(2)
    extent(tree.nodes, surface)
    return float(surface[0] / max(surface[1], 1e-300))
