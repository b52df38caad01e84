"""The process of a job with the fake renderer in the place of `nrender.render`: batch_child.py SECONDS [TROUBLE].

Each render takes so many seconds.  TROUBLE is what befalls a job in whose folder a file `trouble` is: a signal's name,
`exit` or `error`, at the fifth render; the file says how many times.
"""

import os
import signal
import sys
import time
from pathlib import Path

from fake_renderer import FakeRenderer

import nrender.batch.child as child


def trouble(kind):
    file = Path.cwd() / "trouble"
    left = int(file.read_text()) if file.exists() else 0
    if left:
        file.write_text(str(left - 1))
        if kind == "exit":
            os._exit(3)
        if kind == "error":
            raise ValueError("of all things")
        os.kill(os.getpid(), getattr(signal, kind))


def before(number):
    if number == 5 and len(sys.argv) > 2:
        trouble(sys.argv[2])
    time.sleep(float(sys.argv[1]))


if __name__ == "__main__":
    sys.modules["nrender.render"] = FakeRenderer(0.5, before=before)
    child.main()
