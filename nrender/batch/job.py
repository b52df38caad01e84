"""One fit of a batch, and a batch: what JOBS.yaml says, read and checked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nrender.aov_table import IMAGE
from nrender.errors import SceneError
from nrender.scene.paths import KeyPath

Value = Any  # a number, or nested lists of numbers


class JobsError(SceneError):
    """A file of jobs that can't be run.  `problems` lists everything found."""


class Target(NamedTuple):
    """What is rendered from the scene as a target: with these values, spp and seed, for these cameras; "image" and AOVs
    of each."""

    settings: dict[str, Value]
    spp: int | None
    seed: int
    cameras: tuple[str, ...]  # the default camera where it is empty
    aovs: tuple[str, ...] = (IMAGE,)


class Job(NamedTuple):
    """One fit.  Paths are absolute.

    targets      files as on the command line, `FILE` or `CAMERA=FILE`; empty if `render` says how to make them
    settings     {PATH or PATH[i]: value}: where the fit starts
    options      keywords of `nrender.optimize`, those that were given
    where        the place in the document, for messages
    """

    name: str
    scene: Path
    targets: tuple[str, ...]
    render: Target | None
    settings: dict[str, Value]
    resolution: tuple[int, int] | None
    timeout: float | None
    options: dict[str, Any]
    where: KeyPath


class Batch(NamedTuple):
    """A file of jobs.  `methods` and `digests` are by the name of the job: what is run, and a hash of all that is
    asked, with the contents of the files that it needs."""

    file: str
    output: Path
    workers: int
    jobs: tuple[Job, ...]
    methods: dict[str, str]
    digests: dict[str, str]


def ask(job: Job) -> dict[str, Any]:
    """The job as plain data, as JSON can say it: what its process is given."""
    return {
        "name": job.name,
        "scene": str(job.scene),
        "targets": list(job.targets),
        "render": None if job.render is None else job.render._asdict(),
        "settings": job.settings,
        "resolution": job.resolution,
        "options": job.options,
    }


def digest(job: Job, contents: Sequence[str]) -> str:
    """A hash of what is asked; `contents` are hashes of the scene and the targets.

    Neither the name nor where files lie is a part of it: a folder of jobs may be moved.
    """
    asked = ask(job)
    for key in ("name", "scene", "targets"):
        del asked[key]
    text = json.dumps([asked, list(contents)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def absolute(base: Path, name: str) -> str:
    """`name`, relative to the folder `base`, as an absolute path; symbolic links stay what they are."""
    return os.path.normpath(base / name)
