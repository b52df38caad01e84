"""What a converted scene doesn't have as its source has it: approximated, left out, or wrong."""

from __future__ import annotations

from ..errors import Problem
from ..scene.place import Place, problem


class Notes:
    """Lists of problems, each of which is there once.

    approximated  something else stands for it
    refused       left out
    wrong         makes the whole useless: a file that isn't there
    """

    def __init__(self) -> None:
        self.approximated: list[Problem] = []
        self.refused: list[Problem] = []
        self.wrong: list[Problem] = []

    def approximate(self, place: Place, of: str, message: str, key: str = "") -> None:
        _add(self.approximated, problem(place, of, key, message))

    def refuse(self, place: Place, of: str, message: str, key: str = "") -> None:
        _add(self.refused, problem(place, of, key, message))

    def error(self, place: Place, of: str, message: str, key: str = "") -> None:
        _add(self.wrong, problem(place, of, key, message))


def _add(to: list[Problem], new: Problem) -> None:
    if new not in to:
        to.append(new)
