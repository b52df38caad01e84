"""A process that reads one input after the other: `python fuzz_child.py SEED FIRST LAST`.

It prints a line of JSON before each input and one for each finding; the parent sees from them which input killed it.
An input that takes more than SECONDS ends the process with a traceback; the memory of each is measured by itself.
"""

from __future__ import annotations

import faulthandler
import json
import random
import resource
import sys
import zlib
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

SECONDS = 60
MEMORY = 2 * 2**30
"""Bytes of resident memory of one input."""


def peak(reset: bool = False) -> int:
    """Bytes of resident memory at the most since the last reset."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
        return 1024 * int(status.split("VmHWM:")[1].split()[0])
    except (OSError, IndexError):
        return 0


def case(number: int, seed: int) -> tuple:
    """(Seed, content) of an input: the same whatever came before it."""
    from fuzz_mutate import mutate
    from fuzz_seeds import seeds

    known = seeds()
    start = known[number % len(known)]
    rng = random.Random(zlib.crc32(f"{seed} {number}".encode()))
    data = start.files[start.main]
    return start, mutate(data, start.main, rng) if number >= len(known) else data  # the seeds themselves come first


def main(seed: int, first: int, last: int) -> None:
    from fuzz_readers import read

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    say = sys.stdout
    for number in range(first, last):
        start, data = case(number, seed)
        print(json.dumps({"number": number, "name": start.name}), file=say, flush=True)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        peak(reset=True)
        found = read(start, data)
        faulthandler.cancel_dump_traceback_later()
        if peak() > MEMORY:
            found.append(f"{peak() / 2**30:.1f} GiB of memory")
        if found:
            print(json.dumps({"number": number, "name": start.name, "found": found}), file=say, flush=True)
    print(json.dumps({"done": True}), file=say, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
