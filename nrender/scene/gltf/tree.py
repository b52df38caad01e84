"""The tree of a scene's nodes.

Source: Khronos glTF 2.0.1 specification, section 3.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from .container import Container
from .item import Item, refer

MOST_NODES = 100_000


def placed_nodes(file: Container) -> Iterator[tuple[Item, np.ndarray]]:
    """Every node of the scene with its matrix (4, 4), local to world.  Raises SceneError for a circle."""
    root = file.root
    nodes = root.entries("nodes")
    if root.entries("scenes"):
        scene = refer(root, root, "scene", "scenes") if "scene" in root else root.item("scenes", 0)
        tops = scene.indices("nodes", len(nodes))
    else:
        inner = {child for node in root.items("nodes") for child in node.indices("children", len(nodes))}
        tops = [n for n in range(len(nodes)) if n not in inner]
    waiting = [(n, np.eye(4)) for n in reversed(tops)]
    seen: set[int] = set()
    while waiting:
        number, above = waiting.pop()
        node = root.item("nodes", number)
        if number in seen or len(seen) >= MOST_NODES:
            raise node.error("children", "expected a tree, got a node that is in it twice")
        seen.add(number)
        matrix = above @ local_matrix(node)
        yield node, matrix
        waiting += [(child, matrix) for child in reversed(node.indices("children", len(nodes)))]


def local_matrix(node: Item) -> np.ndarray:
    """(4, 4) of a node: its `matrix`, by columns, or translation, rotation and scale."""
    if "matrix" in node:
        matrix = node.numbers("matrix", 16).reshape(4, 4).T
        if np.abs(matrix[3] - (0, 0, 0, 1)).max() > 1e-6:
            raise node.error("matrix", f"expected 0, 0, 0, 1 in the last row, got {matrix[3].tolist()}")
        matrix[3] = (0, 0, 0, 1)
        return np.asarray(matrix)
    x, y, z, w = node.numbers("rotation", 4, (0, 0, 0, 1))
    length = math.sqrt(x * x + y * y + z * z + w * w)
    if length == 0:
        raise node.error("rotation", "expected a quaternion, got [0, 0, 0, 0]")
    x, y, z, w = x / length, y / length, z / length, w / length
    turn = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])
    matrix = np.eye(4)
    matrix[:3, :3] = turn * node.numbers("scale", 3, (1, 1, 1))
    matrix[:3, 3] = node.numbers("translation", 3, (0, 0, 0))
    return matrix
