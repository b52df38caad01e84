"""What the CUDA kernels take of a thread: registers, memory, spilled registers. Needs ptxas and NVVM, no GPU.

    python benchmarks/ptx.py [--accept]

Prints the numbers next to the accepted ones, results/ptx.json, with which tests/test_ptx.py compares; --accept takes
them over. A register more costs nothing until fewer warps fit, spilled registers cost memory traffic in every walk.
"""

from __future__ import annotations

import argparse
import json
import sys

from common import RESULTS, table

COLUMNS = ("registers", "stack", "spill stores", "spill loads", "lines")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accept", action="store_true", help="take the numbers over")
    options = parser.parse_args()
    import ptx

    if not ptx.has_assembler():
        print("no ptxas on the PATH: it is part of the CUDA toolkit", file=sys.stderr)
        raise SystemExit(2)
    before = json.loads(ptx.TABLE.read_text())["kernels"] if ptx.TABLE.exists() else {}
    with ptx.compiler() as compiled:
        found = {name: ptx.assembled(name, compiled(name)) for name in [*ptx.KERNELS, *ptx.WALKS]}
    rows = []
    for name, numbers in found.items():
        old = before.get(name, {})
        rows.append([name, *(f"{numbers[c]}" + _change(numbers[c], old.get(c)) for c in COLUMNS)])
    page = table(["kernel", "registers", "stack, bytes", "spill stores", "spill loads", "lines of PTX"], rows)
    print(page)
    if options.accept:
        versions = ptx.versions()
        ptx.TABLE.write_text(json.dumps({"versions": versions, "kernels": found}, indent=1) + "\n", encoding="utf-8")
        about = ", ".join(f"{name} {version}" for name, version in versions.items())
        text = f"# What the assembler says of the kernels\n\n{page}\n"
        text += f"Of one thread, by `ptxas -v -arch=sm_80 -maxrregcount {ptx.most_registers()}`. {about}\n"
        (RESULTS / "ptx.md").write_text(text, encoding="utf-8")


def _change(new: int, old: int | None) -> str:
    return "" if old in (None, new) else f" (was {old})"


if __name__ == "__main__":
    main()
