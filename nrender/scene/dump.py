"""A scene as a document again: as a dict, and as files."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ..files import open_regular
from ..image import write_image
from ..image.atomic import as_write_error, replacing
from .cameras import CAMERAS
from .document import resolve_scalar
from .lights import LIGHTS
from .models import Shape
from .optimize import with_files as with_files_of_fit
from .paths import SECTIONS_OF_OBJECTS
from .schema import Derived

if TYPE_CHECKING:
    from .scene import Scene

PLY_START = b"ply\nformat binary_little_endian 1.0\n"
FAMILIES = {"cameras": CAMERAS, "lights": LIGHTS}
INLINE = 1000
"""Meshes of up to so many vertices are written into the YAML file."""
WRITTEN = "# nrender wrote beside this file: "


def plain(value: Any) -> Any:
    """Plain Python: lists for arrays, and no list or dict twice."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def merged(scene: Scene) -> dict[str, Any]:
    """The source with the changed values in their places, arrays still arrays, and file names
    absolute; the maps are new, values may be shared."""
    data = dict(scene._source.data)
    for path, value in scene._changes.items():
        *outer, leaf = place(path)
        here = data
        for key in outer:
            here[key] = here = dict(here.get(key) or {})
        here[leaf] = value
        if leaf == "image":
            for key in ("file", "raw"):
                here.pop(key, None)
    base = scene._source.base
    data = _with_files(data, lambda file: str(base / file))
    for name, entry in (data.get("shapes") or {}).items():
        if f"shapes.{name}.vertices" in scene._changes:
            _give_mesh(entry, scene.shapes[name])
    for section, name in {tuple(path.split(".")[:2]) for path in scene._changes}:
        # A default that follows another key must not follow it when the file is read again.
        if section in FAMILIES:
            thing = getattr(scene, section)[name]
            for key, declared in FAMILIES[section].keys(thing.type).items():
                if isinstance(declared.default, Derived):
                    data[section][name][key] = thing.values[key]
    if not data.get("shapes"):
        data.pop("shapes", None)
    return data


def place(path: str) -> list[str]:
    """Where a parameter stands in the document: its path, but in the map of a checkerboard."""
    words = path.split(".")
    return [*words[:3], "checkerboard", words[3]] if words[3:] in (["a"], ["b"]) else words


def _with_files(data: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """A document with other names of all its files; the maps are new."""
    changed = {key: with_files(value, change) if key in SECTIONS_OF_OBJECTS else value for key, value in data.items()}
    if "optimize" in changed:
        changed["optimize"] = with_files_of_fit(changed["optimize"], change)
    return changed


def with_files(value: Any, change: Callable[[str], str]) -> Any:
    """Maps in maps, anew, with another name for each file."""
    if not isinstance(value, Mapping):
        return value
    return {key: change(item) if key == "file" and isinstance(item, str) else with_files(item, change)
            for key, item in value.items()}


def _give_mesh(entry: dict[str, Any], shape: Shape) -> None:
    """Put the mesh into the entry of a shape as it is now: a file's isn't in the document, and some
    triangles were perhaps dropped."""
    entry.pop("file", None)
    entry["faces"] = shape.faces
    for key in ("uvs", "corner_normals", "colors"):
        entry.pop(key, None)
        value = getattr(shape, key)
        if value is not None:
            entry[key] = value


def document(scene: Scene) -> dict[str, Any]:
    result: dict[str, Any] = plain(merged(scene))
    return result


def dump(scene: Scene, path: Path) -> None:
    """Write the YAML file, and before it the meshes and images that go beside it."""
    files = Files(path, {scene._source.base / name for name in _file_names(scene._source.data)})
    data = merged(scene)
    for name, entry in data.get("shapes", {}).items():
        if max(len(entry.get(key, ())) for key in ("vertices", "colors")) > INLINE:
            mesh = files.free(name, ".ply")
            shape = scene.shapes[name]
            with as_write_error(mesh), replacing(mesh) as temporary, open(temporary, "wb") as out:
                write_ply(out, shape.vertices, shape.faces, "nrender", shape.uvs, shape.corner_normals, shape.colors)
            for key in ("vertices", "faces", "uvs", "corner_normals", "colors"):
                entry.pop(key, None)
            entry["file"] = str(mesh)
    for section in ("materials", "shapes", "lights"):
        for name, entry in data.get(section, {}).items():
            _write_images(entry, name, files)
    folder = path.resolve().parent
    data = _with_files(data, lambda file: _relative(Path(file), folder))
    text = (files.header() + to_yaml(plain(data))).encode()
    with as_write_error(path), replacing(path) as temporary:
        temporary.write_bytes(text)


def _write_images(entry: dict[str, Any], name: str, files: Files) -> None:
    """Give the maps of textures in an object's, and its own, a file in place of their image."""
    for key, value in [("image", entry), *entry.items()]:
        if isinstance(value, dict) and value.get("image") is not None:
            file = files.free(f"{name}-{key}", ".exr")
            write_image(file, np.asarray(value.pop("image"), dtype=np.float64))
            value.pop("raw", None)
            value["file"] = str(file)


def _file_names(value: Any) -> Iterable[str]:
    """All files that a document names."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "file" and isinstance(item, str):
                yield item
            yield from _file_names(item)


class Files:
    """Names for what is written beside a scene file.  Nothing is overwritten but what was written
    with the same scene file before, as its first line says, and not even that if the scene that is
    written comes from it."""

    def __init__(self, path: Path, sources: Iterable[Path]) -> None:
        self.folder, self.stem = path.resolve().parent, path.stem
        self.avoid = {source.resolve() for source in sources}
        self.ours = _listed(path)
        self.written: list[str] = []

    def free(self, name: str, suffix: str) -> Path:
        """NAME, or a longer name if that is taken."""
        candidate, count = f"{name}{suffix}", 1
        while not self._usable(candidate):
            candidate = f"{self.stem}-{name}{'' if count == 1 else f'-{count}'}{suffix}"
            count += 1
        self.written.append(candidate)
        return self.folder / candidate

    def _usable(self, name: str) -> bool:
        file = self.folder / name
        if name in self.written or file.resolve() in self.avoid:
            return False
        return name in self.ours and file.is_file() or not os.path.lexists(file)

    def header(self) -> str:
        return f"{WRITTEN}{', '.join(self.written)}\n" if self.written else ""


def _listed(path: Path) -> set[str]:
    """What the first line of an earlier dump lists."""
    try:
        with io.TextIOWrapper(open_regular(path), encoding="utf-8") as stream:
            line = stream.readline(2**20)
    except (OSError, UnicodeDecodeError):
        return set()
    return set(line.rstrip("\n").removeprefix(WRITTEN).split(", ")) if line.startswith(WRITTEN) else set()


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


def write_ply(out: IO[bytes], vertices: np.ndarray, faces: np.ndarray, comment: str,
              uvs: np.ndarray | None = None, normals: np.ndarray | None = None,
              colors: np.ndarray | None = None) -> None:
    """Binary little-endian PLY in float64; uvs (M, 3, 2) and normals (M, 3, 3) as lists of the faces."""
    columns = [(name, vertices[:, k]) for k, name in enumerate("xyz")]
    columns += [] if colors is None else [(name, colors[:, k]) for k, name in enumerate(("red", "green", "blue"))]
    lists = [("int", "vertex_indices", "<i4", faces)]
    lists += [("double", name, "<f8", array.reshape(len(faces), -1))
              for name, array in (("texcoord", uvs), ("corner_normals", normals)) if array is not None]
    header = [f"comment {comment}", f"element vertex {len(vertices)}",
              *(f"property double {name}" for name, _ in columns), f"element face {len(faces)}",
              *(f"property list uchar {kind} {name}" for kind, name, _, _ in lists), "end_header\n"]
    rows = np.empty(len(faces), dtype=[field for _, name, kind, array in lists
                                       for field in ((f"{name} count", "u1"), (name, kind, array.shape[1:]))])
    for _, name, _, array in lists:
        rows[f"{name} count"], rows[name] = array.shape[1], array
    out.write(PLY_START + "\n".join(header).encode())
    out.write(np.stack([column for _, column in columns], axis=1).astype("<f8").tobytes() + rows.tobytes())
