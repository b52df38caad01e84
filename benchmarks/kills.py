"""A fit that is killed by SIGKILL again and again, at random moments, next to one that isn't.

    python benchmarks/kills.py [--kills 100] [--method adam]

Each time it goes on from its checkpoint.  At the end both must have the same bits, and what a kill cost is at most
the time since the last checkpoint: that is what the table shows.  tests/test_kills.py does a few, with this code.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCENE = ROOT / "scenes" / "square.yaml"
NRENDER = [sys.executable, "-c", "from nrender_cli.main import main; main()"]


def command(folder: Path, target: Path, method: str, iterations: int) -> list[str]:
    fit = ["optimize", str(SCENE), str(target), "-o", str(folder), "--method", method, "--resume", "--json"]
    return [*NRENDER, *fit, "--iterations", str(iterations), "--spp", "16", "--no-intervals"]


def run_killed(arguments: list[str], kills: int, longest: float, seed: int = 0) -> tuple[dict[str, object], int]:
    """The JSON of the run that came to its end, and how many were killed before, 0.5 to `longest` seconds after they
    began."""
    rng = random.Random(seed)
    done = 0
    while True:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            text, _ = process.communicate(timeout=rng.uniform(0.5, longest) if done < kills else None)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            done += 1
            continue
        if process.returncode:
            raise SystemExit(f"a resumed run ended with status {process.returncode}")
        return json.loads(text), done


def rows_of(folder: Path) -> list[str]:
    """history.csv but for its seconds, which no two runs have in common."""
    table = (row.split(",") for row in (folder / "history.csv").read_text().splitlines())
    return [",".join(cell for k, cell in enumerate(row) if k != 3) for row in table]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--method", default="adam")
    parser.add_argument("--iterations", type=int, default=4000)
    parser.add_argument("--longest", type=float, default=6.0, help="seconds from a start to a kill, at most")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        target = folder / "target.exr"
        upright = ["--spp", "256", "--set", "shapes.square.transform.rotate=0,0,0"]
        subprocess.run([*NRENDER, "render", str(SCENE), "-o", str(target), *upright], check=True, capture_output=True)
        began = time.perf_counter()
        arguments = command(folder / "whole", target, options.method, options.iterations)
        whole = json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)
        unbroken = time.perf_counter() - began
        began = time.perf_counter()
        broken, killed = run_killed(
            command(folder / "broken", target, options.method, options.iterations), options.kills, options.longest
        )
        total = time.perf_counter() - began
        rows = [rows_of(folder / name) for name in ("whole", "broken")]
    same = whole["parameters"] == broken["parameters"]
    print(f"method {options.method}: {killed} kills; the same parameters, bit for bit: {same}; the same history but "
          f"for its seconds: {rows[0] == rows[1]} ({len(rows[0]) - 1} rows)")
    print(f"unbroken {unbroken:.1f} s; killed {total:.1f} s, of which work {broken['seconds']:.1f} s")
    if not same or rows[0] != rows[1]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
