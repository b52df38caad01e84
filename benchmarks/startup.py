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
if sys.argv[1] == "picture":
    nr.render(scene, spp=1)
else:
    import numpy as np, warnings
    warnings.simplefilter("ignore")
    nr.render_vjp(scene, ["shapes.square.transform.rotate"], spp=1)[1](np.ones((128, 128, 3)))
print(json.dumps([imported - start, time.perf_counter() - imported]))
"""


def run(what: str, cache: str) -> list[float]:
    """Seconds to import, to what is asked for; and of the whole process."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}  # as pip installs it
    env |= {"NRENDER_CACHE_DIR": cache, "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", WORK, what], env=env, cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [*json.loads(done.stdout), time.perf_counter() - start]


def main() -> None:
    about = machine()
    names = {}
    for what in ("picture", "gradient"):
        with tempfile.TemporaryDirectory() as cache:
            names[f"empty cache, {what}"] = run(what, cache)
            names[f"full cache, {what}"] = sorted((run(what, cache) for _ in range(5)), key=lambda row: row[2])[2]
    head = ["", "import, s", "load and render, s", "whole process, s"]
    page = "The square, 128 x 128, 1 spp; the gradient is that of a pose, with its picture. Medians of 5 new "
    page += "processes, one for the empty cache.\n\n"
    page += table(head, [[name, *(f"{x:.2f}" for x in row)] for name, row in names.items()])
    save("startup", "Start", about, {"seconds": names}, page)


if __name__ == "__main__":
    main()
