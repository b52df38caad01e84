"""A scene as a document again: as a dict, and as files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ..errors import NrenderError
from .document import resolve_scalar

if TYPE_CHECKING:
    from .scene import Scene

PLY_START = b"ply\nformat binary_little_endian 1.0\n"
INLINE = 1000
"""Meshes of up to so many vertices are written into the YAML file."""


def plain(value: Any) -> Any:
    """Plain Python: lists for arrays, and no list or dict twice."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def merged(scene: Scene) -> dict[str, Any]:
    """The source with the changed values in their places, arrays still arrays; the shapes' maps
    are new, everything else may be shared."""
    data = dict(scene._source.data)
    for path, value in scene._changes.items():
        *outer, leaf = path.split(".")
        here = data
        for key in outer:
            here[key] = here = dict(here.get(key) or {})
        here[leaf] = value
    data["shapes"] = {name: dict(entry) for name, entry in (data.get("shapes") or {}).items()}
    for name, entry in data["shapes"].items():
        if f"shapes.{name}.vertices" in scene._changes:
            # The faces as they are now: of a file they aren't in the document, and some were
            # perhaps dropped.
            entry["faces"] = scene.shapes[name].faces
            entry.pop("file", None)
        if "file" in entry:
            entry["file"] = str(scene._source.base / entry["file"])
    if not data["shapes"]:
        del data["shapes"]
    return data


def document(scene: Scene) -> dict[str, Any]:
    result: dict[str, Any] = plain(merged(scene))
    return result


def dump(scene: Scene, path: Path) -> None:
    """Write the YAML file, and the PLY files of meshes that are too large for it, before it."""
    folder = path.resolve().parent
    data = merged(scene)
    sources = {(scene._source.base / shape.options["file"]).resolve()
               for shape in scene.shapes.values() if shape.options.get("file")}
    taken: set[Path] = set()
    for name, entry in data.get("shapes", {}).items():
        if len(entry.get("vertices", ())) > INLINE:
            mesh = _free_name(folder, path.name, name, sources | taken)
            taken.add(mesh)
            shape = scene.shapes[name]
            write_atomically(mesh, lambda out, shape=shape: write_ply(  # type: ignore[misc]
                out, shape.vertices, shape.faces, _comment(path.name)))
            entry["file"] = str(mesh)
            del entry["vertices"], entry["faces"]
        if "file" in entry:
            entry["file"] = _relative(Path(entry["file"]), folder)
    text = to_yaml(plain(data)).encode()
    write_atomically(path, lambda out: out.write(text))


def _comment(scene_name: str) -> str:
    return f"nrender {scene_name}".encode("ascii", "replace").decode()


def _free_name(folder: Path, scene_name: str, name: str, avoid: set[Path]) -> Path:
    """NAME.ply, or a longer name if that is taken: nothing is overwritten but what was written
    with the same scene file before, and not even that if this scene's own mesh comes from it."""
    mark = PLY_START + f"comment {_comment(scene_name)}\n".encode()
    stem = Path(scene_name).stem

    def usable(candidate: Path) -> bool:
        if candidate in avoid:
            return False
        if not candidate.exists():
            return True
        if not candidate.is_file():
            return False
        with open(candidate, "rb") as stream:
            return stream.read(len(mark)) == mark

    candidate, count = folder / f"{name}.ply", 1
    while not usable(candidate):
        candidate = folder / (f"{stem}-{name}.ply" if count == 1 else f"{stem}-{name}-{count}.ply")
        count += 1
    return candidate


def _relative(file: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:      # on another drive
        return file.as_posix()


def to_yaml(data: Any) -> str:
    """YAML with a line for each object's simple map or list, numbers in full precision."""
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def quoted(dumper: Any, value: str) -> Any:
        # The library's dumper knows YAML 1.1, in which `1e5` is a word; here it is a number.
        style = None if isinstance(resolve_scalar(value), str) else "'"
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, quoted)
    text: str = yaml.dump(data, Dumper=Dumper, default_flow_style=None, sort_keys=False,
                          width=2**20, allow_unicode=True)
    return text


def write_ply(out: IO[bytes], vertices: np.ndarray, faces: np.ndarray, comment: str) -> None:
    """Binary little-endian PLY with positions as float64."""
    header = (f"comment {comment}\n"
              f"element vertex {len(vertices)}\n"
              "property double x\nproperty double y\nproperty double z\n"
              f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n")
    rows = np.empty(len(faces), dtype=[("count", "u1"), ("corner", "<i4", 3)])
    rows["count"], rows["corner"] = 3, faces
    out.write(PLY_START + header.encode() + vertices.astype("<f8").tobytes() + rows.tobytes())


def write_atomically(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Write beside `path` and rename: a reader sees the old file or the whole new one."""
    try:
        handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.")
    except OSError as error:
        raise NrenderError(f"{path}: cannot write: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as out:
            write(out)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError):
            raise NrenderError(f"{path}: cannot write: {error.strerror}") from None
        raise
