"""nrender example [NAME]"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Any

import click

PACKAGE = "nrender_scenes"


@click.command()
@click.argument("name", required=False)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def example(name: str | None, force: bool) -> None:
    """Write a bundled scene to the folder you are in.

    Without NAME, list the names.  Files that are there already stay if they are the same.
    """
    folder = bundled()
    names = sorted(f.name[: -len(".yaml")] for f in folder.iterdir() if f.name.endswith(".yaml"))
    if name is None:
        for known in names:
            click.echo(known)
        return
    name = name.removesuffix(".yaml")
    if name not in names:
        from nrender.errors import did_you_mean

        hint = did_you_mean(name, names) or f"; there are {', '.join(names)}"
        raise click.UsageError(f"no example is named '{name}'{hint}")
    files = [f"{name}.yaml", *_files_of(folder, f"{name}.yaml")]
    there = [file for file in files if Path(file).exists() and not _same(folder, file)]
    if there and not force:
        verb = "is" if len(there) == 1 else "are"
        raise click.UsageError(f"{', '.join(there)} {verb} there; --force overwrites")
    from nrender.image.atomic import replacing

    for file in files:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        with replacing(file) as temporary:
            temporary.write_bytes(folder.joinpath(file).read_bytes())
        click.echo(file)


def _same(folder: Traversable, file: str) -> bool:
    return Path(file).is_file() and Path(file).read_bytes() == folder.joinpath(file).read_bytes()


def bundled() -> Traversable:
    """The folder of the bundled scenes: installed, or beside us in a checkout."""
    try:
        return resources.files(PACKAGE)
    except ModuleNotFoundError:
        return Path(__file__).resolve().parents[1] / "scenes"


def _files_of(folder: Traversable, scene: str) -> list[str]:
    """Files that a bundled scene, or file of jobs, refers to, as it names them: all below the folder."""
    import yaml

    document = yaml.safe_load(folder.joinpath(scene).read_text(encoding="utf-8"))
    names = dict.fromkeys(_file_names(document))
    found = [n for n in names if ".." not in PurePosixPath(n).parts and not n.startswith("/")]
    scenes = [n for n in found if n.endswith(".yaml")]
    return list(dict.fromkeys([*found, *(file for name in scenes for file in _files_of(folder, name))]))


def _file_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key in ("file", "scene"):
            if isinstance(value.get(key), str):
                yield value[key]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _file_names(item)
