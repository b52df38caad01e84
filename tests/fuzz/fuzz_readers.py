"""The ways in, as users reach them: each takes a folder with an input and says what is wrong with how it ended.

Right is: it works, or it ends with lines of errors, exit status 2, nothing half-written and nothing touched elsewhere.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import numpy as np
from fake_renderer import FakeRenderer
from fuzz_seeds import Seed

from nrender.errors import NrenderError

LONGEST = 2500
"""Characters of a line of an error."""


def command(*words: str) -> tuple[int, str, str]:
    """(exit status, stdout, stderr) of the command, run in this process."""
    from nrender_cli import main

    out, err = io.StringIO(), io.StringIO()
    status: object = 0

    def show(message: Warning, category: type[Warning], *place: object) -> None:
        err.write(f"warning: {message}\n" if category.__module__.startswith("nrender") else
                  f"internal error: a warning of a library: {category.__name__}: {message} {place}\n")

    quiet = mock.patch.object(main, "show_warning", show)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), quiet:
        try:
            main.cli.main(list(words))
        except SystemExit as ended:
            status = ended.code
    return (status if isinstance(status, int) else 0), out.getvalue(), err.getvalue()


def wrong_text(text: str) -> list[str]:
    """What no line on a terminal should be."""
    found = []
    for line in text.split("\n"):
        if not line.isprintable():
            found.append(f"a control character in {line[:200]!r}")
        if len(line) > LONGEST:
            found.append(f"a line of {len(line)} characters: {line[:80]!r}")
        if "Traceback" in line or line.startswith("internal error"):
            found.append(line[:300])
    return found


def wrong_run(status: int, out: str, err: str, allowed: tuple[int, ...] = (0, 2)) -> list[str]:
    found = wrong_text(err)
    if status not in allowed:
        found.append(f"exit status {status}: {err[-300:]!r}")
    if status and not err.strip():
        found.append(f"exit status {status} without a word")
    return found


def check(folder: Path, main: str) -> list[str]:
    scene = main if main.endswith(".yaml") else "s.yaml"
    return wrong_run(*command("check", str(folder / scene)))


def batch(folder: Path, main: str) -> list[str]:
    found = wrong_run(*command("batch", str(folder / main), "--dry-run"))
    return found + [f"--dry-run made {name}" for name in os.listdir(folder) if name not in (main, "s.yaml", "t.exr")]


def convert(folder: Path, main: str) -> list[str]:
    source = {"m.mtl": "m.obj", "m.serialized": "s.xml"}.get(main, main)
    out = folder / "out"
    out.mkdir()
    status, *texts = command("convert", str(folder / source), str(out / "scene.yaml"))
    found = wrong_run(status, *texts)
    left = sorted(os.listdir(out))
    if status and left:
        found.append(f"left behind: {left}")
    if status == 0:
        again, *texts = command("check", str(out / "scene.yaml"))
        found += [f"the converted scene: {line}" for line in wrong_run(again, *texts, allowed=(0,))]
    return found


def image(folder: Path, main: str) -> list[str]:
    from nrender.image import read_image

    for channels in (None, True):
        try:
            found = read_image(folder / main, channels)
            pixels = found[0] if channels else found
            if not (np.asarray(pixels).dtype == np.float32 and np.isfinite(pixels).all()):
                return ["no finite float32 image"]
        except NrenderError as error:
            text = str(error)
            if "\n" in text or wrong_text(text):
                return [f"not one line: {text[:200]!r}"]
    return []


def fit(folder: Path, method: str, resume: bool) -> None:
    """A few iterations with the fake renderer."""
    from nrender.optimize import optimize
    from nrender.scene import load_scene

    optimize(load_scene(folder / "s.yaml"), str(folder / "t.exr"), method=method, output=str(folder / "out"),
             resume=resume, renderer=FakeRenderer(sigma=0.1), intervals=False)


def resume(folder: Path, main: str) -> list[str]:
    (folder / "out").mkdir()
    (folder / main).rename(folder / "out" / "checkpoint.npz")
    before = (folder / "out" / "checkpoint.npz").read_bytes()
    try:
        fit(folder, "adam" if main.startswith("adam") else "l-bfgs-b", resume=True)
    except NrenderError as error:
        left = sorted(os.listdir(folder / "out"))
        found = [f"left behind: {left}"] if left != ["checkpoint.npz"] else []
        if (folder / "out" / "checkpoint.npz").read_bytes() != before:
            found.append("the checkpoint was changed")
        return found + ([f"not one line: {error!s:.200}"] if "\n" in str(error) else []) + wrong_text(str(error))
    return []


READERS: dict[str, Callable[[Path, str], list[str]]] = {
    "check": check, "batch": batch, "convert": convert, "image": image, "resume": resume}


def read(seed: Seed, data: bytes) -> list[str]:
    """What is wrong with how nrender takes this content of the seed's main file; empty if nothing is."""
    with tempfile.TemporaryDirectory(prefix="fuzz") as name, warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        folder = Path(name)
        for file, content in {**seed.files, seed.main: data}.items():
            (folder / file).write_bytes(content)
        with watched(folder) as touched:
            try:
                found = READERS[seed.kind](folder, seed.main)
            except Exception as error:
                import traceback

                where = traceback.extract_tb(error.__traceback__)[-1]
                found = [f"{type(error).__name__}: {error!s:.300} ({where.filename}:{where.lineno})"]
    found += [f"a warning of a library: {w.category.__name__}: {w.message!s:.200} ({w.filename}:{w.lineno})"
              for w in raised if not w.category.__module__.startswith("nrender")]
    # A scene and an XML file may name what lies elsewhere; models from elsewhere may not.
    bound = seed.main.endswith((".gltf", ".glb", ".obj", ".mtl"))
    return found + [line for line in touched if bound or not line.startswith("read outside")]


# What happens elsewhere

_watch: list[tuple[str, list[str]]] = []
FORBIDDEN = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "socket.getaddrinfo",
             "pickle.find_class")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def _hook(event: str, arguments: tuple) -> None:
    if not _watch:
        return
    folder, touched = _watch[-1]
    if event in FORBIDDEN:
        touched.append(f"{event} {str(arguments)[:200]}")
    elif event == "open" and isinstance(arguments[0], (str, bytes)) and isinstance(arguments[2], int):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if arguments[2] & WRITING and not path.startswith((folder, "/dev/null")) and "__pycache__" not in path:
            touched.append(f"written outside: {path}")
        elif path.startswith("/dev/zero"):
            touched.append(f"opened {path}")
        elif path.startswith("/etc/passwd"):
            touched.append(f"read outside: {path}")
    elif event in ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "shutil.rmtree"):
        path = os.path.realpath(os.fsdecode(arguments[0])) if isinstance(arguments[0], (str, bytes)) else folder
        if not path.startswith(folder) and "__pycache__" not in path:
            touched.append(f"{event} outside: {path}")


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[list[str]]:
    """What is written elsewhere, started or connected to while it lasts."""
    if not _watch and not getattr(sys, "_nrender_fuzz_hook", False):
        sys.addaudithook(_hook)
        sys._nrender_fuzz_hook = True  # type: ignore[attr-defined]
    touched: list[str] = []
    _watch.append((os.path.realpath(folder), touched))
    try:
        yield touched
    finally:
        _watch.pop()
