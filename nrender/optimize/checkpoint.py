"""checkpoint.npz: what a run needs to go on, and digests of what it was a run of.

Written to a temporary file, flushed to the disk and renamed: there is always a whole one.
Nothing in it is pickled, so reading one executes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from nrender.files import read_npz
from nrender.image.atomic import replacing
from nrender.optimize.checkpoint_layout import LAYOUT, check
from nrender.optimize.frames import Snapshot
from nrender.optimize.run import CheckpointError, Committed, Point, Run

FORMAT = 2
# More iterations of the same run are still the same run.
NOT_INPUTS = ("iterations", "method")


def digests(
    scene: Any, targets: dict[str, Any], settings: Any, loss: str
) -> dict[str, str]:
    """{what: short hash or text} of all that decides the numbers of a run, but the device."""
    document = dict(scene.document)
    if isinstance(document.get("optimize"), dict):
        document["optimize"] = {
            k: v for k, v in document["optimize"].items() if k not in NOT_INPUTS
        }
    bases = {path: list(spec.basis) for path, spec in scene.optimize.parameters.items() if spec.basis is not None}
    meshes = {name: [shape.vertices, shape.faces] for name, shape in scene.shapes.items()}
    return {
        "scene": _digest([document, dict(scene.parameters), meshes, bases]),
        "target": _digest(targets),
        "method": settings.method,
        "loss": loss,
        "seed": str(settings.seed),
        "spp": str(settings.spp),
        "max_spp": str(settings.max_spp),
    }


def _digest(value: Any) -> str:
    hasher = hashlib.sha256()
    _feed(hasher, value)
    return hasher.hexdigest()[:16]


def _feed(hasher: Any, value: Any) -> None:
    if isinstance(value, dict):
        value = [list(pair) for pair in value.items()]
    if isinstance(value, list | tuple):
        hasher.update(f"[{len(value)}".encode())
        for item in value:
            _feed(hasher, item)
    elif isinstance(value, np.ndarray):
        hasher.update(f"{value.dtype}{value.shape}".encode())
        hasher.update(np.ascontiguousarray(value).tobytes())
    else:
        hasher.update(f"{type(value).__name__} {value!r};".encode())


def save(path: Path, run: Run, identity: dict[str, str]) -> None:
    """Write the run's last whole iteration and its log.  OSError if the disk won't take it."""
    # Interrupted while it replays, a run must not forget what it had not come to again.
    log, done = [*run.log, *run.to_replay], run.committed
    curvatures = [*run.curvatures, *run.curvatures_to_replay]
    size = run.variables.size
    arrays = {
        "format": np.array(FORMAT),
        "identity": np.array(json.dumps(identity)),
        "seconds": np.array(run.seconds),
        "table": run.table[: done.rows],
        "evaluations": np.array(done.evaluations),
        "rejected": np.array(done.rejected, dtype=str),
        "rejected_in_a_row": np.array(done.rejected_in_a_row),
        **_pack("log", log, size),
        **_pack("best", [done.best] if done.best else [], size),
        "curvature_x": np.array([x for x, _ in curvatures], np.float64).reshape(-1, size),
        "curvature_matrix": np.array([m for _, m in curvatures], np.float64).reshape(-1, size, size),
        # A log is replayed as far as it goes, a state is that of the last whole iteration.
        **_pack_frames(done.frames if done.state else run.frames.snapshot(), size),
        **{f"state_{name}": value for name, value in done.state.items()},
    }
    with replacing(path) as temporary, open(temporary, "wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
        stream.flush()
        os.fsync(stream.fileno())


def _pack(name: str, points: list[Point], size: int) -> dict[str, np.ndarray]:
    numbers = [(p.loss, p.noise, p.seconds) for p in points]
    return {
        f"{name}_x": np.array([p.x for p in points], np.float64).reshape(-1, size),
        f"{name}_gradient": np.array([p.gradient for p in points], np.float64).reshape(-1, size),
        f"{name}_numbers": np.array(numbers, np.float64).reshape(-1, 3),
    }


def _unpack(name: str, arrays: dict[str, np.ndarray], run: Run) -> list[Point]:
    columns = (arrays[f"{name}_{part}"] for part in ("x", "gradient", "numbers"))
    points = []
    for x, gradient, numbers in zip(*columns, strict=True):
        loss, noise, seconds = map(float, numbers)
        points.append(Point(x, loss, noise, gradient, seconds, run.fault(loss, gradient)))
    return points


def _pack_frames(frames: Snapshot, size: int) -> dict[str, np.ndarray]:
    x = [np.frombuffer(key, np.float64) for key in frames.recent]
    return {
        "frames_iteration": np.array(list(frames.kept), np.int64),
        "frames_kept": _stack(list(frames.kept.values())),
        "frames_x": np.array(x, np.float64).reshape(-1, size),
        "frames_recent": _stack(list(frames.recent.values())),
    }


def _stack(pictures: list[np.ndarray]) -> np.ndarray:
    return np.stack(pictures) if pictures else np.zeros((0, 0, 0, 3), np.uint8)


def _unpack_frames(arrays: dict[str, np.ndarray]) -> Snapshot:
    kept = zip(arrays["frames_iteration"], arrays["frames_kept"], strict=True)
    recent = zip(arrays["frames_x"], arrays["frames_recent"], strict=True)
    return Snapshot({int(i): pixels for i, pixels in kept}, {x.tobytes(): pixels for x, pixels in recent})


def load(path: Path, run: Run, identity: dict[str, str]) -> bool:
    """Put a checkpoint's content into a fresh run.  False if there is no checkpoint.

    CheckpointError if it can't be read, or is of another scene, target, method, loss, seed or spp.
    """
    try:
        arrays = read_npz(path)
        check(arrays, {"format": ("iu", ()), "identity": ("U", ())})
        if int(arrays["format"]) != FORMAT:
            raise CheckpointError(f"{path}: expected format {FORMAT}, got {arrays['format']}")
        theirs = json.loads(str(arrays["identity"]))
        if not isinstance(theirs, dict):
            raise ValueError("identity: expected a map")
        for what, ours in identity.items():
            if theirs.get(what) != ours:
                which = _which(what, theirs, ours)
                raise CheckpointError(f"{path}: belongs to a run with another {what}{which}")
        check(arrays, LAYOUT, size=run.variables.size, columns=run.table.shape[1])
        _restore(run, arrays)
    except FileNotFoundError:
        return False
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: can't be read as a checkpoint: {error}") from error
    return True


def _which(what: str, theirs: dict[str, str], ours: str) -> str:
    is_hash = what in ("scene", "target")
    return "" if is_hash else f": expected {ours}, got {theirs.get(what)}"


def _restore(run: Run, arrays: dict[str, np.ndarray]) -> None:
    best = _unpack("best", arrays, run)
    rejected = tuple(str(text) for text in arrays["rejected"])
    state = {n.removeprefix("state_"): a for n, a in arrays.items() if n.startswith("state_")}
    run.earlier_seconds = float(arrays["seconds"])
    run.to_replay = _unpack("log", arrays, run)
    frames = _unpack_frames(arrays)
    run.curvatures_to_replay = list(zip(arrays["curvature_x"], arrays["curvature_matrix"], strict=True))
    if state:
        done = Committed(
            state,
            len(arrays["table"]),
            int(arrays["evaluations"]),
            best[0] if best else None,
            rejected,
            int(arrays["rejected_in_a_row"]),
            frames,
        )
        run.go_on_from(done, arrays["table"])
    else:
        run.frames.replay(frames)
