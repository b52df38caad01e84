"""The blocks of code of a page of docs/, in order, for tests that follow it."""

import re
from typing import NamedTuple

from sources import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """section: the last heading of the second level before it; language: what its fence says."""

    section: str
    language: str
    text: str


def blocks(page):
    text = (ROOT / "docs" / page).read_text("utf-8")
    headings = [(m.start(), m[1]) for m in re.finditer(r"^## (.+)$", FENCE.sub(lambda m: " " * len(m[0]), text), re.M)]
    found = []
    for match in FENCE.finditer(text):
        before = [title for start, title in headings if start < match.start()]
        found.append(Block(before[-1] if before else "", match[1], match[2]))
    return found
