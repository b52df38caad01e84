"""corpus/KIND--MAIN--WHAT: inputs that once went wrong, small ones, by the seed whose main file they replace."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_seeds import seeds

FOLDER = Path(__file__).with_name("corpus")


def corpus() -> list:
    """Parameters (seed, data) of a test."""
    known = {(seed.kind, seed.main): seed for seed in seeds()}
    found = []
    for file in sorted(FOLDER.iterdir()):
        kind, main, _ = file.name.split("--")
        found.append(pytest.param(known[kind, main], file.read_bytes(), id=file.name))
    return found
