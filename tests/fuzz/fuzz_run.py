"""Running many inputs in child processes, one after the other: a crash costs one process and one finding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("fuzz_child.py")
MOST = 20
"""Findings after which nothing more is looked for."""


def findings(seed: int, first: int, last: int) -> list[dict[str, Any]]:
    """[{number, name, found}] of the inputs first to last - 1; empty if all are taken as they should be."""
    found: list[dict[str, Any]] = []
    while first < last and len(found) < MOST:
        with subprocess.Popen([sys.executable, str(CHILD), str(seed), str(first), str(last)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)) as child:
            out, err = child.communicate()
        lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        found += [line for line in lines if "found" in line]
        if lines and lines[-1].get("done"):
            return found
        if not lines or "number" not in lines[-1]:
            raise RuntimeError(f"the child can't begin: {err[-3000:]}")
        found.append({**lines[-1], "found": [f"the process ended with {child.returncode}: {err[-1500:]}"]})
        first = lines[-1]["number"] + 1
    return found
