"""What each kernel takes on a GPU, by the registers that a thread may have, by its block, and by a pixel's samples.

    python benchmarks/gpu_kernels.py [--registers 128 64] [--blocks 128] [--samples 1 4 16 64] [--scene WORD]

Milliseconds of the kernel alone (the launch and the wait for its end), the least of three, and of the whole call. Every
number of registers is compiled anew, in this process: a minute or two for each. Without a GPU: one line, and status 2.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from common import machine, save, table
from gpu import Ours, gpu_name
from peer_scenes import SCENES

import nrender as nr

ROUNDS = 3
KINDS = ("image", "backward", "boundary")


@contextmanager
def kernels_timed() -> Iterator[dict[str, float]]:
    """{kernel: its seconds so far}."""
    from nrender.backend import cuda, cuda_aovs, cuda_launch, cuda_strata, cuda_weights

    spent: dict[str, float] = defaultdict(float)
    plain, modules = cuda_launch.launch, (cuda, cuda_aovs, cuda_strata, cuda_weights)

    def launch(kernel: Any, *rest: Any) -> None:
        start = time.perf_counter()
        plain(kernel, *rest)
        spent[kernel.body.__name__] += time.perf_counter() - start

    for module in modules:
        module.launch = launch
    try:
        yield spent
    finally:
        for module in modules:
            module.launch = plain


@contextmanager
def limits(registers: int, block: int) -> Iterator[None]:
    """Kernels compiled for so many registers, in blocks of so many threads."""
    from nrender.backend import cuda_launch

    before = cuda_launch.REGISTERS, cuda_launch.BLOCK
    if registers != cuda_launch.REGISTERS:
        cuda_launch.compiled.cache_clear()
    cuda_launch.REGISTERS, cuda_launch.BLOCK = registers, block
    plain = cuda_launch.on_disk
    cuda_launch.on_disk = plain if registers == before[0] else lambda dispatcher, *_: dispatcher
    try:
        yield
    finally:
        cuda_launch.REGISTERS, cuda_launch.BLOCK = before
        cuda_launch.on_disk = plain
        cuda_launch.compiled.cache_clear()


def measured(call: Callable[[int], Any], spent: dict[str, float]) -> tuple[float, dict[str, float]]:
    """(seconds of the call, those of its kernels), of the quickest of a few calls."""
    call(1)
    found = []
    for _ in range(ROUNDS):
        spent.clear()
        start = time.perf_counter()
        call(1)
        found.append((time.perf_counter() - start, dict(spent)))
    return min(found, key=lambda one: one[0])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--registers", type=int, nargs="+", default=[128])
    parser.add_argument("--blocks", type=int, nargs="+", default=[128])
    parser.add_argument("--samples", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--scene", default="", help="only the scenes whose name has this word")
    options = parser.parse_args()
    gpu = gpu_name()
    warnings.simplefilter("ignore", nr.RenderWarning)
    rows, data = [], []
    head = ["scene", "what", "registers", "block", "spp", "M samples/s", "call, ms", "kernels, ms"]
    for name in [name for name in SCENES if options.scene in name]:
        scene = SCENES[name]((options.size, options.size))
        for registers in options.registers:
            for block in options.blocks:
                with limits(registers, block), kernels_timed() as spent:
                    for spp in options.samples:
                        ours = Ours(scene, spp, "cuda")
                        for kind in options.kinds:
                            whole, kernels = measured(getattr(ours, kind), spent)
                            rate = options.size**2 * spp / whole / 1e6
                            parts = ", ".join(f"{k} {1e3 * s:.1f}" for k, s in kernels.items())
                            numbers = [registers, block, spp, f"{rate:.1f}", f"{1e3 * whole:.1f}"]
                            rows.append([name, kind, *map(str, numbers), parts])
                            data.append([name, kind, registers, block, spp, whole, kernels])
                            print(" | ".join(rows[-1]), flush=True)
    page = f"{options.size} x {options.size}; the quickest of {ROUNDS} calls.\n\n{table(head, rows)}"
    save("gpu_kernels", f"Kernels on a GPU: {gpu}", {"gpu": gpu, **machine("numba-cuda")}, {"rows": data}, page)


if __name__ == "__main__":
    main()
