"""What the benchmarks share: the machine, commands, alternating rounds, results as JSON and a short Markdown page."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"

# From a checkout, without an installation; and the scenes and finite differences of the tests.
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def machine(*packages: str) -> dict[str, Any]:
    """CPU, threads, load, versions."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    from nrender.sharing import threads

    versions = {name: _version(name) for name in ("numba", "llvmlite", "numpy", *packages)}
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {
        "cpu": model,
        "threads": threads(),
        "load before": round(load, 2),
        "system": platform.system(),
        "python": platform.python_version(),
        **versions,
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def nrender(*arguments: str) -> str:
    """What a command of this checkout prints on stdout."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def rounds(
    functions: Mapping[str, Callable[[int], object]], count: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Seconds of function(round), the functions by turns, so that what else the machine does meets all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for k in range(count):
        for name, function in functions.items():
            start = clock()
            function(k)
            seconds[name].append(clock() - start)
    return seconds


def spread(values: list[float]) -> dict[str, float]:
    """Median, and the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": middle, "low": low, "high": high}


def text(s: Mapping[str, float], digits: int = 3) -> str:
    return f"{s['median']:.{digits}g} ({s['low']:.{digits}g} to {s['high']:.{digits}g})"


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def save(name: str, title: str, about: dict[str, Any], data: Any, page: str) -> None:
    """Print the page, and write it and the data to results/NAME.md and NAME.json."""
    where = ", ".join(f"{key} {value}" for key, value in about.items())
    page = f"# {title}\n\n{page}\n{where}\n"
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": about, **data}, indent=1) + "\n", encoding="utf-8")
    print(page)
