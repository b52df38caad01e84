"""How long a new process takes: to import nrender, to its first picture and its first gradient, with an empty and with
a full cache of compiled kernels.

    python benchmarks/startup.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

from common import ROOT, machine, save, table

WORK = """
import json, sys, time
start = time.perf_counter()
import nrender as nr
imported = time.perf_counter()
scene = nr.load_scene("scenes/square.yaml")
nr.render(scene, spp=1)
pictured = time.perf_counter()
if sys.argv[1] == "gradient":
    import numpy as np, warnings
    warnings.simplefilter("ignore")
    nr.render_vjp(scene, ["shapes.square.transform.rotate"], spp=1)[1](np.ones((128, 128, 3)))
print(json.dumps([imported - start, pictured - imported, time.perf_counter() - pictured]))
"""


def run(what: str, cache: str) -> list[float]:
    """Seconds to import, to the picture, to the gradient; and of the whole process."""
    env = {**os.environ, "NRENDER_CACHE_DIR": cache, "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", WORK, what], env=env, cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [*json.loads(done.stdout), time.perf_counter() - start]


def main() -> None:
    about = machine()
    with tempfile.TemporaryDirectory() as cache:
        cold = run("gradient", cache)
        cached = sorted((run("gradient", cache) for _ in range(5)), key=lambda row: row[3])[2]
        picture = sorted((run("picture", cache) for _ in range(5)), key=lambda row: row[3])[2]
    names = {
        "empty cache, picture and gradient": cold,
        "full cache, picture and gradient": cached,
        "full cache, picture": picture,
    }
    head = ["", "import, s", "first picture, s", "first gradient, s", "whole process, s"]
    page = "The square, 128 x 128, 1 spp; medians of 5 new processes, one for the empty cache.\n\n"
    page += table(head, [[name, *(f"{x:.2f}" for x in row)] for name, row in names.items()])
    save("startup", "Start", about, {"seconds": names}, page)


if __name__ == "__main__":
    main()
