"""Names of jobs: of those that users name, whether they can be folders; of a sweep's, made from its values.

A made name says the values themselves, not their places in a list: it stays the same, and what is finished stays
finished, when a list gets longer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

MAX_LENGTH = 100
MAX_NUMBERS = 4  # that a name spells out
RESERVED = ("summary.csv", "batch.lock")  # files of the batch's own
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", re.ASCII)
_OTHERS = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)


def wrong_with(name: str) -> str:
    """Why a job can't have this name, or an empty string.  It is that of a folder, on any system."""
    if len(name) > MAX_LENGTH or not _NAME.fullmatch(name) or name.endswith("."):
        expected = f"expected letters, digits, _, - and . (not first or last), at most {MAX_LENGTH} characters"
        return f"{expected}, got {' '.join(repr(name[:40]).split())}"
    return f"'{name}' is a file of the batch's own" if name.lower() in RESERVED else ""


def safe(text: str) -> str:
    """The text with what can't be in a name replaced."""
    return _OTHERS.sub("_", text).strip("_.") or "job"


def of_value(value: Any) -> str:
    """What a value is called: its numbers if they are few, else a hash of them."""
    numbers = list(_flat(value))
    if len(numbers) <= MAX_NUMBERS and all(isinstance(n, int | float | str) for n in numbers):
        text = "_".join(map(_spell, numbers))
        if len(text) <= 40:
            return safe(text) if text != safe(text) else text
    return hashlib.sha256(repr(value).encode()).hexdigest()[:8]


def _flat(value: Any) -> Any:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _spell(item: float | str) -> str:
    """As short as reads back as the same number: two values never have one name."""
    return repr(item).removesuffix(".0").replace("e+", "e") if isinstance(item, int | float) else item


def label_of(key: str, others: Sequence[str]) -> str:
    """What a path or option is called in a name: its last word, or all of them if another has the same."""
    last = _last(key)
    alone = sum(_last(other) == last for other in others) <= 1
    return safe(last if alone else key)


def _last(key: str) -> str:
    *_, last = key.split("[")[0].split(".")
    index = key.partition("[")[2].rstrip("] ").replace(" ", "").replace(",", ".")
    return f"{last}.{index}-" if index else last


def joined(parts: Sequence[str]) -> str:
    """The parts as one name; a hash stands for the end of one that is too long."""
    name = "-".join(parts)
    if len(name) <= MAX_LENGTH:
        return name
    return f"{name[:80]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
