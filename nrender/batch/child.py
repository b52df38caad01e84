"""The process of one job: `python -m nrender.batch.child`.

Its work comes as one line of JSON on stdin: {ask, folder, digest, patience}.  What it has to say goes to stdout, a line
of JSON each: {"iteration", "iterations", "loss"}, {"note": text}, at last {"row": {…}}.  What others print goes to
stderr, a log.

Stdin stays open as long as somebody waits for the job.  When it closes they are gone, and the process ends at once,
as if it were killed: the last checkpoint counts, and the next batch finds the folder free.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

PATIENCE = 120.0  # seconds for whoever still works in the folder
INTERVAL = 0.2  # seconds between lines about progress, at least


class Channel:
    """Lines of JSON to whoever waits."""

    def __init__(self) -> None:
        # The descriptor is ours alone; whoever else prints to stdout prints to the log.
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._next = 0.0

    def send(self, **line: Any) -> None:
        try:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()
        except BrokenPipeError:  # nobody listens: see the top of the file
            os._exit(1)

    def progress(self, progress: Any) -> None:
        """For `nrender.optimize`: its callback."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + INTERVAL
            self.send(iteration=progress.iteration, iterations=progress.iterations, loss=_finite(progress.loss))


def main() -> None:
    """Do the job that stdin says."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    faulthandler.enable()
    channel = Channel()
    work = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    warnings.simplefilter("default", UserWarning)
    warnings.showwarning = _show_warning
    folder = Path(work["folder"])
    began = time.perf_counter()
    try:
        row = _locked(work, folder, channel)
    except KeyboardInterrupt:
        row = {"status": "interrupted", "message": "ended outside of its iterations"}
    except Exception as error:
        row = {"status": "failed", "message": _message(error)}
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # what is done shall not be lost now
    row = {"seconds": time.perf_counter() - began, **row}
    try:
        from nrender.batch import state

        state.write(folder, work["digest"], row)
    except OSError as error:
        row = {**row, "status": "failed", "message": f"{folder}: can't write there: {error.strerror or error}"}
    channel.send(row=row)


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os._exit(1)


def _locked(work: dict[str, Any], folder: Path, channel: Channel) -> dict[str, Any]:
    from nrender.batch import state

    patience = float(work.get("patience", PATIENCE))
    with state.lock(folder / "job.lock", patience, lambda: channel.send(note="waits for who still works there")):
        row = state.finished_row(folder, work["digest"])
        if row is not None:  # whoever held the lock has done it
            return row
        resume = state.begin(folder, work["digest"], work["ask"]["render"] is not None)
        return _fit(work["ask"], folder, resume, channel)


def _fit(ask: dict[str, Any], folder: Path, resume: bool, channel: Channel) -> dict[str, Any]:
    from nrender.batch.prepare import sized, start
    from nrender.batch.summary import MAX_SCALARS
    from nrender.optimize import CheckpointError, optimize
    from nrender.optimize.asked import name_targets
    from nrender.scene import load_scene

    scene = sized(load_scene(ask["scene"]), ask["resolution"])
    targets = _render_targets(ask, scene, folder) if ask["render"] else name_targets(scene, ask["targets"])
    begin = start(scene, ask["settings"])
    keys = {**ask["options"], "callback": channel.progress, "output": folder}
    try:
        result = optimize(begin, targets, resume=resume, **keys)
    except CheckpointError as error:
        channel.send(note=f"{error}; begun anew")
        result = optimize(begin, targets, **keys)
    return {
        "error": _error(ask, scene, begin, result) if ask["render"] else None,
        "status": result.status_name,
        "iterations": result.nit,
        "evaluations": result.nfev,
        "loss_initial": _finite(result.loss_initial),
        "loss_final": _finite(result.fun),
        "seconds": result.seconds,
        "parameters": dict(zip(result.names[:MAX_SCALARS], map(float, result.x), strict=False)),
        "message": result.message,
    }


def _error(ask: dict[str, Any], scene: Any, begin: Any, result: Any) -> float | None:
    """The distance of what was fitted from what the target was made of, in units of the start's."""
    from nrender.batch.prepare import distance_left, truth

    return _finite(distance_left(begin, truth(scene, ask["render"]["settings"]), result.parameters))


def _render_targets(ask: dict[str, Any], scene: Any, folder: Path) -> dict[str, dict[str, str]]:
    """{camera: {"image" or AOV: file}}: target.exr of the first camera, target-2.exr of the second, target-depth.exr …,
    as `nrender render` makes them."""
    from nrender.aov_table import IMAGE, file_channels, picture_channels, table_of
    from nrender.batch.prepare import truth
    from nrender.image import write_image
    from nrender.scene.cameras import default_camera

    render, device = ask["render"], ask["options"]["device"]
    true, keys = truth(scene, render["settings"]), {"seed": render["seed"], "device": device}
    keys["spp"] = render["spp"] or scene.integrator.spp
    found: dict[str, dict[str, str]] = {}
    table = table_of(scene.shapes)
    for number, camera in enumerate(render["cameras"] or [default_camera(scene.cameras)], start=1):
        for what in render["aovs"]:
            words = ["target", *([str(number)] if number > 1 else []), *([what] if what != IMAGE else [])]
            file = folder / f"{'-'.join(words)}.exr"
            if not file.exists():
                if what == IMAGE:
                    image = importlib.import_module("nrender.render").render(true, camera=camera, **keys)
                else:
                    aovs = importlib.import_module("nrender.render_aovs")
                    image = aovs.render_aovs(true, [what], camera=camera, **keys)[what]
                write_image(file, image, picture_channels(scene) if what == IMAGE else file_channels([what], table))
            found.setdefault(camera, {})[what] = str(file)
    return found


def _finite(value: float) -> float | None:
    return float(value) if abs(value) < float("inf") else None


def _message(error: Exception) -> str:
    from nrender.errors import NrenderError

    if isinstance(error, NrenderError):
        return str(error).splitlines()[0]
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    traceback.print_exc()
    return f"internal error: {type(error).__name__}: {' '.join(str(error).split())}"


def _show_warning(message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None) -> None:
    print(f"warning: {' '.join(str(message).split())}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
