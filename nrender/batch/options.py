"""What may stand in JOBS.yaml: the tables of its keys.

OPTIONS is what goes to `nrender.optimize` by keyword: to let jobs say more, add a line there.  The checks, the
axes of a sweep, names, digests and the job's process read the table.
"""

from __future__ import annotations

from nrender.backend.devices import DEVICES
from nrender.loss import LOSSES
from nrender.optimize import METHODS
from nrender.scene.schema import Key, choice, integer, integers, number, text

MAX_SEED = 2**31 - 1

OPTIONS: dict[str, Key] = {
    "method": choice("the scene's where it is left out", *METHODS, default=None),
    "iterations": integer("at most so many; the scene's where it is left out", low=1, high=10**9, default=None),
    "spp": integer("samples per pixel; the scene's where it is left out", low=1, default=None),
    "seed": integer("names all random numbers", low=0, high=MAX_SEED, default=0),
    "loss": choice("the scene's where it is left out", *LOSSES, default=None),
    "starts": integer("so many fits, the best of which counts", low=1, high=10**6, default=None),
    "max_spp": integer("what noise may raise the samples per pixel to", low=1, default=None),
    "device": choice("what renders", *DEVICES, default="auto"),
}
"""Keywords of `nrender.optimize`; a value of None isn't passed on.  In a sweep each may be a list."""

RENDER: dict[str, Key] = {
    "spp": integer("samples per pixel; the scene's where it is left out", low=1, default=None),
    "seed": integer("names all random numbers", low=0, high=MAX_SEED, default=0),
}
RENDER_LISTS = ("set", "cameras", "aovs")
"""Of a target that is rendered; what is no single value is read beside it."""

COMMON: dict[str, Key] = {
    "scene": text("a scene file, relative to the file of jobs", "file"),
    "resolution": integers("of all cameras, [width, height], instead of the scene's", (2,), low=1, default=None),
    "timeout": number("seconds after which the job is ended as failed", low=0, open_ends=True, default=None),
}
"""Of a job and of a sweep, beside `targets`, `render` and `set`, which aren't single values."""

TOP: dict[str, Key] = {
    "output": text("the folder of the results, relative to the file", "file"),
    "workers": integer("jobs at once on this machine", low=1, high=1024, default=1),
}

BESIDE = ("targets", "render", "set")
RANGE = {
    "count": integer("points", low=1, high=10_000),
    "seed": integer("shifts the points", low=0, high=MAX_SEED, default=0),
}
"""Of a random range, beside `uniform` or `log_uniform`."""
