"""The scenes and targets of a batch, each read once however many jobs share it."""

from __future__ import annotations

from typing import Any

from nrender.batch import contents, prepare
from nrender.batch.job import Job
from nrender.batch.report import JobsReport
from nrender.errors import ImageError, SceneError, did_you_mean
from nrender.optimize.asked import AskedError, name_targets, read_selection
from nrender.optimize.targets import channels_of, read_targets
from nrender.optimize.variables import free_variables
from nrender.scene import load_scene
from nrender.scene.paths import KeyPath


class Scenes:
    """Reads, checks and hashes; what is wrong goes to the report."""

    def __init__(self, report: JobsReport) -> None:
        self.report = report
        self._scenes: dict[str, Any] = {}
        self._hashes: dict[str, str] = {}
        self._targets: dict[Any, str] = {}

    def scene(self, file: str, where: KeyPath) -> Any:
        """The scene, or None if it can't be used: said once a file."""
        if file not in self._scenes:
            self._scenes[file] = None
            try:
                scene = load_scene(file)
                free_variables(scene)
                self._scenes[file] = scene
            except SceneError as error:
                for problem in error.problems:
                    self.report.take(problem)
        if self._scenes[file] is None:
            self.report.add((*where, "scene"), f"{file} can't be used")
        return self._scenes[file]

    def shape(self, file: str, name: str) -> tuple[int, ...] | None:
        """That of a parameter, () for one number of it; None if there is no such scene or parameter."""
        scene = self._scenes.get(file)
        if scene is None:
            return None
        try:
            path, index = read_selection(scene, name)
        except AskedError:
            return None
        return scene.parameters[path].shape if index is None else ()

    def check(self, job: Job) -> list[str] | None:
        """Hashes of the scene and the targets of a job; None if it can't be run."""
        file, before = str(job.scene), self.report.found
        scene = self.scene(file, job.where)
        if scene is None:
            return None
        if file not in self._hashes:
            self._hashes[file] = contents.of_scene(scene)
        for name, message in prepare.wrong_with(prepare.start, scene, job.settings):
            self.report.add((*job.where, "set", *([name] if name else [])), message)
        found = [self._hashes[file]]
        if job.render is not None:
            self._check_render(job, scene)
        else:
            found.append(self._check_targets(job, scene))
        return found if self.report.found == before else None

    def method(self, job: Job) -> str:
        """The job's, or its scene's."""
        return job.options.get("method") or self._scenes[str(job.scene)].optimize.method

    def _check_render(self, job: Job, scene: Any) -> None:
        assert job.render is not None
        place = (*job.where, "render")
        for name, message in prepare.wrong_with(prepare.truth, scene, job.render.settings):
            self.report.add((*place, "set", *([name] if name else [])), message)
        for camera in job.render.cameras:
            if camera not in scene.cameras:
                hint = did_you_mean(camera, scene.cameras)
                self.report.add((*place, "cameras"), f"no camera is named '{camera}'{hint}")
        for aov in job.render.aovs:
            try:
                channels_of(scene, aov)
            except ImageError as error:
                self.report.add((*place, "aovs"), str(error))

    def _check_targets(self, job: Job, scene: Any) -> str:
        key = (job.scene, job.resolution, job.targets)
        if key not in self._targets:
            self._targets[key] = ""
            try:
                files = name_targets(scene, job.targets)
                read_targets(prepare.sized(scene, job.resolution), files)
                self._targets[key] = contents.of_files(files)
            except (AskedError, ImageError) as error:
                self.report.add((*job.where, "targets"), str(error))
        elif not self._targets[key]:
            self.report.add((*job.where, "targets"), "can't be used, as above")
        return self._targets[key]
