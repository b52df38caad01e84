"""JOBS.yaml to a checked batch: everything that is wrong is found before anything runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nrender.aov_table import AOVS, IMAGE, OWN
from nrender.batch import names
from nrender.batch.job import Batch, Job, Target, Value, absolute, digest
from nrender.batch.options import BESIDE, COMMON, OPTIONS, RENDER, RENDER_LISTS, TOP
from nrender.batch.report import JobsReport
from nrender.batch.scenes import Scenes
from nrender.batch.sweep import MAX_JOBS, SWEEP_KEYS, expand
from nrender.errors import did_you_mean
from nrender.scene.document import read_document
from nrender.scene.paths import KeyPath
from nrender.scene.read import read_keys
from nrender.scene.values import Bad, read_array, show

MAX_DIMENSIONS = 4  # of a parameter


def load_batch(path: str | Path) -> Batch:
    """Read a file of jobs.  SceneError (JobsError) lists everything that is wrong with it and its scenes."""
    document = read_document(path)
    report = JobsReport(document)
    data = document.data
    if not isinstance(data, Mapping):
        report.add((), f"expected a map with the keys output and jobs, got {show(data)}")
        report.stop_if_wrong()
    rest = {key: value for key, value in data.items() if key not in ("jobs", "sweep")}
    top = read_keys(report, (), TOP, rest, ("jobs", "sweep"))
    scenes = Scenes(report)
    jobs = _jobs(report, data, scenes)
    if "jobs" not in data and "sweep" not in data:
        report.add((), "expected jobs or a sweep, got neither")
    output = Path(absolute(document.base, top["output"])) if "output" in top else document.base
    _check_names(report, jobs, output)
    methods, digests = {}, {}
    for job in jobs:
        found = scenes.check(job)
        if found is not None:
            methods[job.name], digests[job.name] = scenes.method(job), digest(job, found)
    report.stop_if_wrong()
    if not jobs:
        report.add((), "expected at least one job, got none")
        report.stop_if_wrong()
    return Batch(document.file, output, top["workers"], tuple(jobs), methods, digests)


def _jobs(report: JobsReport, data: Mapping[str, Any], scenes: Scenes) -> list[Job]:
    found: list[Job | None] = []
    given = data.get("jobs", [])
    if not isinstance(given, list):
        report.add(("jobs",), f"expected a list, got {show(given)}")
        given = []
    for number, entry in enumerate(given):
        found.append(_job(report, ("jobs", number), entry))
    sweeps = data.get("sweep", [])
    for number, entry in enumerate(sweeps if isinstance(sweeps, list) else [sweeps]):
        where: KeyPath = ("sweep", number) if isinstance(sweeps, list) else ("sweep",)
        for made in _swept(report, where, entry, scenes):
            found.append(_job(report, where, made))
    if len(found) > MAX_JOBS:
        report.add((), f"expected at most {MAX_JOBS} jobs, got {len(found)}")
    return [job for job in found if job is not None]


def _swept(report: JobsReport, where: KeyPath, entry: Any, scenes: Scenes) -> list[dict[str, Any]]:
    if not isinstance(entry, Mapping):
        report.add(where, f"expected a map, got {show(entry)}")
        return []
    before = report.found
    for key in entry:
        if key not in (*SWEEP_KEYS, *BESIDE):
            report.unknown_key((*where, key), (*SWEEP_KEYS, *BESIDE))
    name = entry.get("name", "job")
    wrong = names.wrong_with(name) if isinstance(name, str) else f"expected a name, got {show(name)}"
    if wrong:
        report.add((*where, "name"), wrong)
    if not isinstance(entry.get("scene"), str):
        report.add((*where, "scene"), f"expected a file name, got {show(entry.get('scene'))}")
    if report.found > before:
        return []
    file = absolute(report.document.base, entry["scene"])
    if scenes.scene(file, where) is None:
        return []
    return expand(report, where, entry, lambda name: scenes.shape(file, name))


def _job(report: JobsReport, where: KeyPath, entry: Any) -> Job | None:
    """A job of which each key is right by itself."""
    if not isinstance(entry, Mapping):
        report.add(where, f"expected a map, got {show(entry)}")
        return None
    before = report.found
    name = entry.get("name")
    wrong = names.wrong_with(name) if isinstance(name, str) else f"expected a name, got {show(name)}"
    if wrong:
        report.add((*where, "name"), wrong)
    rest = {key: value for key, value in entry.items() if key not in ("name", *BESIDE)}
    values = read_keys(report, where, {**COMMON, **OPTIONS}, rest, ("name", *BESIDE))  # type: ignore[arg-type]
    if ("targets" in entry) == ("render" in entry):
        got = "both" if "render" in entry else "neither"
        report.add(where, f"expected targets or render, got {got}")
    base = report.document.base
    targets = _targets(report, (*where, "targets"), entry["targets"], base) if "targets" in entry else ()
    render = _render(report, (*where, "render"), entry["render"]) if "render" in entry else None
    settings = _settings(report, (*where, "set"), entry.get("set", {}))
    if report.found > before:
        return None
    size = values["resolution"]
    return Job(
        name=str(name),
        scene=Path(absolute(base, values["scene"])),
        targets=targets,
        render=render,
        settings=settings,
        resolution=None if size is None else (int(size[0]), int(size[1])),
        timeout=None if values["timeout"] is None else float(values["timeout"]),
        options={key: values[key] for key in OPTIONS if values[key] is not None},
        where=where,
    )


def _targets(report: JobsReport, path: KeyPath, given: Any, base: Path) -> tuple[str, ...]:
    """`FILE` or `CAMERA=FILE`, with absolute files."""
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not listed or not all(isinstance(t, str) and t for t in listed):
        report.add(path, f"expected a list of FILE or CAMERA=FILE, got {show(given)}")
        return ()
    found = []
    for target in listed:
        camera, equals, file = target.partition("=")
        whole = absolute(base, target)
        # Whether what stands before = is a camera is known with the scene; a file may have a = in its name.
        found.append(whole if not equals or os.path.exists(whole) else f"{camera}={absolute(base, file)}")
    return tuple(found)


def _render(report: JobsReport, path: KeyPath, given: Any) -> Target | None:
    if not isinstance(given, Mapping):
        report.add(path, f"expected a map, got {show(given)}")
        return None
    rest = {key: value for key, value in given.items() if key not in RENDER_LISTS}
    before = report.found
    values = read_keys(report, path, RENDER, rest, RENDER_LISTS)  # type: ignore[arg-type]
    settings = _settings(report, (*path, "set"), given.get("set", {}))
    cameras = given.get("cameras", [])
    words = isinstance(cameras, list) and all(isinstance(camera, str) for camera in cameras)
    if not words or len(set(cameras)) < len(cameras):
        report.add((*path, "cameras"), f"expected a list of different cameras, got {show(cameras)}")
    aovs = given.get("aovs", [IMAGE])
    known = [IMAGE, *(name for name, aov in AOVS.items() if aov.differentiable)]
    if not isinstance(aovs, list) or not aovs or len(set(map(str, aovs))) < len(aovs):
        report.add((*path, "aovs"), f"expected a list of different names, got {show(aovs)}")
    else:
        for aov in aovs:
            if aov not in known and not str(aov).startswith(OWN):  # channels are the scene's
                hint = did_you_mean(str(aov), known)
                report.add((*path, "aovs"), f"expected any of {', '.join(known)}; got {show(aov)}{hint}")
    if report.found > before:
        return None
    return Target(settings, values["spp"], values["seed"], tuple(cameras), tuple(aovs))


def _settings(report: JobsReport, path: KeyPath, given: Any) -> dict[str, Value]:
    if not isinstance(given, Mapping):
        report.add(path, f"expected a map of parameters, got {show(given)}")
        return {}
    found = {}
    for name, value in given.items():
        try:
            found[name] = read_array(value, tuple((None,) * n for n in range(MAX_DIMENSIONS + 1))).tolist()
        except Bad as bad:
            # What may stand there is said by the parameter; here it is no number at all.
            text = str(bad) if "finite" in str(bad) or "beyond" in str(bad) else f"expected numbers, got {show(value)}"
            report.add((*path, name), text)
    return found


def _check_names(report: JobsReport, jobs: list[Job], output: Path) -> None:
    """Each once, in any case of letters: some file systems see none.  None leads out of the output folder."""
    seen: dict[str, str] = {}
    inside = os.path.realpath(output)
    for job in jobs:
        lower = job.name.lower()
        if lower in seen:
            same = seen[lower] == job.name
            text = "is given twice" if same else f"and '{seen[lower]}' differ in case only"
            report.add((*job.where, "name"), f"'{job.name}' {text}")
        seen.setdefault(lower, job.name)
        if os.path.dirname(os.path.realpath(output / job.name)) != inside:
            report.add((*job.where, "name"), f"{output / job.name} leads out of {output}")
