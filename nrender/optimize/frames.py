"""What a fit looked like on its way: small pictures of at most MOST iterations, for its report.

An evaluation leaves a thumbnail, and an iteration keeps that of the point that it came to.  Which iterations stay is
decided by their numbers alone: when there is one too many, the one goes whose neighbours are nearest to each other
in log(iteration + 1), never the first or the last.  So early ones, where much happens, stay close to each other.

A checkpoint has them (see checkpoint.py).  A method that replays its log renders nothing while it does: then an
iteration takes the picture that it had before, and a point that has not become one yet its thumbnail.  Iterations
whose picture was dropped by then have none, and are dropped again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from nrender.optimize.objective import Term
from nrender.optimize.shown import first_term, shown_as, smaller

MOST = 24
LARGEST = 128  # pixels of a side
RECENT = 16  # points since the last iteration: as many as a line search may take, and ask for again

Pixels = np.ndarray
"""(h, w, 3) uint8, as it is shown."""


class Snapshot(NamedTuple):
    """kept: {iteration: pixels}; recent: {bytes of x: pixels} of what may become the next one."""

    kept: Mapping[int, Pixels]
    recent: Mapping[bytes, Pixels]


EMPTY = Snapshot({}, {})


class Frames:
    """`kept` in the order of iterations; None stands for a picture that a replay has not to give."""

    def __init__(self, terms: list[Term]) -> None:
        term = first_term(terms)
        self.camera, self._shown = term.camera, shown_as(term)
        self.kept: dict[int, Pixels | None] = {}
        self._recent: dict[bytes, Pixels | None] = {}
        self._earlier = EMPTY

    def see(self, x: np.ndarray, latest: Mapping[str, np.ndarray]) -> None:
        """x was evaluated; latest: {camera: picture (H, W, C)}."""
        picture = latest.get(self.camera)
        self._remember(x.tobytes(), None if picture is None else self.thumbnail(picture))

    def see_again(self, x: np.ndarray) -> None:
        """x was found in a log."""
        self._remember(x.tobytes(), self._earlier.recent.get(x.tobytes()))

    def record(self, iteration: int, x: np.ndarray) -> None:
        """x is what this iteration came to."""
        key = x.tobytes()
        self.kept[iteration] = self._earlier.kept.get(iteration, self._recent.get(key))
        self._recent = {key: self.kept[iteration]}
        if len(self.kept) > MOST:
            del self.kept[_least_missed(list(self.kept))]

    def thumbnail(self, picture: np.ndarray) -> Pixels:
        """The picture as a frame has it."""
        return self._shown.pixels(smaller(picture, LARGEST))

    # Checkpoints

    def snapshot(self) -> Snapshot:
        """All that a resumed run needs, and what it has of an earlier run and did not come to yet."""
        kept = {**self._earlier.kept, **{i: p for i, p in self.kept.items() if p is not None}}
        recent = {**self._earlier.recent, **{k: p for k, p in self._recent.items() if p is not None}}
        return Snapshot(dict(sorted(kept.items())), recent)

    def go_on_from(self, earlier: Snapshot) -> None:
        """As the run was then."""
        self.kept, self._recent = dict(earlier.kept), dict(earlier.recent)

    def replay(self, earlier: Snapshot) -> None:
        """The run will begin anew, with a log in the place of evaluations."""
        self._earlier = earlier

    def end_replay(self) -> None:
        """What is left of the earlier run belongs to another way, or was come to."""
        self._earlier = EMPTY

    def _remember(self, key: bytes, pixels: Pixels | None) -> None:
        self._recent.pop(key, None)
        self._recent[key] = pixels
        while len(self._recent) > RECENT:
            self._recent.pop(next(iter(self._recent)))


def _least_missed(iterations: list[int]) -> int:
    inner = range(1, len(iterations) - 1)
    return iterations[min(inner, key=lambda k: math.log((iterations[k + 1] + 1) / (iterations[k - 1] + 1)))]
