"""Whatever a file holds, nrender takes it, or says in one line a problem why not.

    pytest tests/fuzz                          300 inputs, in less than a minute
    NRENDER_FUZZ=10000 pytest tests/fuzz       so many, as it should be done every night
    NRENDER_FUZZ_SEED=7 …                      others

An input is known by its number and the seed: `python tests/fuzz/fuzz_child.py SEED NUMBER NUMBER+1` reads that one,
and `python tests/fuzz/fuzz_keep.py SEED NUMBER WHAT` puts it into the corpus, which every run reads.
"""

import os

import fuzz_readers
import pytest
from fuzz_corpus import corpus
from fuzz_readers import read
from fuzz_run import findings
from fuzz_seeds import seeds

COUNT = int(os.environ.get("NRENDER_FUZZ", "300"))
SEED = int(os.environ.get("NRENDER_FUZZ_SEED", "0"))
PARTS = max(COUNT // 5000, 1) * 2


@pytest.mark.parametrize("part", range(PARTS))
def test_any_file_works_or_is_refused(part):
    first, last = (COUNT * k // PARTS for k in (part, part + 1))
    found = findings(SEED, first, last)
    assert not found, "\n".join(f"{one['number']} {one['name']}: {text}" for one in found for text in one["found"])


@pytest.mark.parametrize("seed, data", corpus())
def test_what_once_failed(seed, data):
    assert read(seed, data) == []


@pytest.mark.parametrize("seed", seeds(), ids=lambda seed: seed.name)
def test_seeds_are_good(seed, monkeypatch):
    """What is mutated works: else mutations would find nothing but the first error."""
    statuses = []
    command = fuzz_readers.command

    def noted(*words):
        statuses.append(command(*words))
        return statuses[-1]

    monkeypatch.setattr(fuzz_readers, "command", noted)
    assert read(seed, seed.files[seed.main]) == []
    assert all(status == 0 for status, _, _ in statuses), statuses
