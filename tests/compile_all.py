"""python compile_all.py float32|float64: all kernels of the CPU, on disk before they are used."""

import sys

from nrender.backend.devices import pick
from nrender.real import FLOAT64
from nrender.warm import ensure
from nrender.warm_kernels import KERNELS, device_of

if __name__ == "__main__":
    if sys.argv[1] == "float64":
        for name, call in KERNELS.items():
            if device_of(name, "cpu"):
                call(pick("cpu", "float64")._replace(width=FLOAT64))
    ensure(list(KERNELS))  # what another process has not begun
