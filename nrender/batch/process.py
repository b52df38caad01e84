"""A job in a process of its own: begun, listened to, ended, and begun again if something kills it.

What a job's process does, a crash or a hang or using all memory, touches no other job.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nrender.batch import state
from nrender.files import read_regular

CHILD: tuple[str, ...] = ("-m", "nrender.batch.child")
"""What Python runs for a job."""

RETRIES = 2  # after a signal
GRACE = 60.0  # seconds between asking a process to end and killing it
POLL = 0.1  # seconds
THREADS = ("NRENDER_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Tell = Callable[[dict[str, Any]], None]


def run_job(
    work: dict[str, Any],
    threads: int,
    tell: Tell,
    stop: Callable[[], int] = lambda: 0,
    child: Sequence[str] = (),
) -> dict[str, Any]:
    """Do one job, to its row: status, iterations, evaluations, loss_initial, loss_final, seconds, parameters, message.

    Where its process can't say how it ended, the row says so, and job.json too.

    work   ask, folder, digest and timeout (seconds or None)
    tell   gets what the process says: {"iteration", …} or {"note": text}
    stop   asked again and again: 1, end soon and keep a checkpoint; 2, at once
    """
    began = time.monotonic()
    row, status, message = _tries(work, threads, tell, stop, child or CHILD)
    if row is None:
        row = {"status": status, "seconds": time.monotonic() - began, "message": message}
        with contextlib.suppress(OSError):
            state.write(Path(work["folder"]), work["digest"], row)
    return row


def _tries(
    work: dict[str, Any], threads: int, tell: Tell, stop: Callable[[], int], child: Sequence[str]
) -> tuple[dict[str, Any] | None, str, str]:
    """The row, or None, a status and why."""
    folder = Path(work["folder"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(RETRIES + 1):
            with open(folder / "log.txt", "wb" if attempt == 0 else "ab") as log:
                row, code, why = _attempt(work, threads, tell, stop, child, log)
            if row is not None:
                return row, "", ""
            if why or code >= 0:
                break
            if attempt < RETRIES:
                tell({"note": f"killed by {_name(-code)}; begun again from its checkpoint"})
    except OSError as error:
        return None, "failed", f"{error.filename or folder}: {error.strerror or error}"
    if why:
        return None, *why
    if code < 0:
        hint = "; was there enough memory?" if -code == getattr(signal, "SIGKILL", 9) else ""
        return None, "failed", f"killed by {_name(-code)}, {RETRIES + 1} times{hint}"
    return None, "failed", f"its process ended with status {code}: {_last_line(folder / 'log.txt')}"


def _attempt(
    work: dict[str, Any], threads: int, tell: Tell, stop: Callable[[], int], child: Sequence[str], log: Any
) -> tuple[dict[str, Any] | None, int, tuple[str, str] | None]:
    """(row or None, exit status, what to say instead of it if we ended the process)."""
    process = _start(threads, child, log)
    lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_listen, args=(process, lines), daemon=True).start()
    row, why, kill_at = None, None, float("inf")
    deadline = time.monotonic() + (work.get("timeout") or float("inf"))
    try:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended at once; its status says why
            process.stdin.write(json.dumps(work).encode() + b"\n")
            process.stdin.flush()
        while True:
            try:
                line = lines.get(timeout=POLL)
                if line is None:
                    break
                row = line.get("row", row)
                if "row" not in line:
                    tell(line)
            except queue.Empty:
                pass
            wanted, now = stop(), time.monotonic()
            if why is None and (wanted or now > deadline):
                why = ("interrupted", "ended early") if wanted else ("failed", f"not done in {work['timeout']:g} s")
                kill_at = now + GRACE
                process.terminate()
            if wanted > 1 or now > kill_at:
                process.kill()
        code = _wait(process)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            _close(pipe)
    if why and why[0] == "failed" and row is not None and row["status"] == "interrupted":
        row = {**row, "status": why[0], "message": why[1]}
    return row, code, why


def _start(threads: int, child: Sequence[str], log: Any) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(part for part in sys.path if part)
    environment = {**os.environ, "PYTHONPATH": path, **dict.fromkeys(THREADS, str(threads))}
    return subprocess.Popen(
        [sys.executable, "-P", *child],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=environment,
        start_new_session=True,  # Ctrl-C is the batch's, which then says what to do
    )


def _listen(process: subprocess.Popen[bytes], lines: queue.Queue[dict[str, Any] | None]) -> None:
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.put(json.loads(line))
    except ValueError:  # closed, or half a line of one that was killed
        pass
    lines.put(None)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Its status, soon: it has closed its stdout, so it is done."""
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _close(pipe: Any) -> None:
    with contextlib.suppress(OSError):
        pipe.close()


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_line(log: Path) -> str:
    try:
        lines = read_regular(log).decode("utf-8", errors="replace").split("\n")
    except OSError:
        return "no log"
    return next((" ".join(line.split()) for line in reversed(lines) if line.strip()), "nothing in its log")
