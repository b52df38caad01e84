"""python fuzz_keep.py SEED NUMBER WHAT: make an input, smaller if it fails as small, a file of the corpus."""

from __future__ import annotations

import sys
from pathlib import Path

from fuzz_child import case


def smaller(seed: object, data: bytes) -> bytes:
    """With parts left out that aren't needed to fail, as long as reading it ends in this process."""
    from fuzz_readers import read

    step = len(data) // 2
    while step:
        at = 0
        while at < len(data):
            shorter = data[:at] + data[at + step :]
            if read(seed, shorter):  # type: ignore[arg-type]
                data = shorter
            else:
                at += step
        step //= 2
    return data


if __name__ == "__main__":
    seed, data = case(int(sys.argv[2]), int(sys.argv[1]))
    data = smaller(seed, data)
    file = Path(__file__).with_name("corpus") / f"{seed.kind}--{seed.main}--{sys.argv[3]}"
    file.write_bytes(data)
    print(f"{file}: {len(data)} bytes")
