"""A batch that is killed outright, again and again, and run again: every row once, with the bits of an unbroken run."""

import os
import random
import time

import numpy as np
import pytest
from batch_files import batch, make_folder, start, summary, timeless

from nrender.batch import state

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

TEXT = """
output: {output}
workers: 2
sweep:
  name: fit
  scene: scene.yaml
  targets: target.exr
  seed: [0, 1, 2]
  method: {methods}
  iterations: {iterations}
"""


def write(folder, output, methods="[adam]", iterations=60):
    text = TEXT.format(output=output, methods=methods, iterations=iterations)
    (folder / "jobs.yaml").write_text(text)


def wait_for(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def newer(files, since):
    """Whether each was written after that time."""
    return [file.stat().st_mtime > since for file in files if file.exists()]


@pytest.mark.slow
@pytest.mark.parametrize(
    "methods, iterations", [pytest.param("[adam]", 60, marks=pytest.mark.nightly), ("[l-bfgs-b]", 8)]
)
def test_killed_at_random_moments(tmp_path, methods, iterations):
    folder = make_folder(tmp_path)
    write(folder, "broken", methods, iterations)
    moments = random.Random(iterations)
    reached = []
    for _ in range(3):
        began = time.time()
        process = start(folder, "jobs.yaml", child="0.15")
        try:
            wait_for(
                lambda since=began, p=process: p.poll() is not None
                or any(newer(folder.glob("broken/*/job.json"), since))
            )
            time.sleep(moments.uniform(0.0, 6.0))
        finally:
            process.kill()
            process.communicate()
        reached += [len(np.load(file)["table"]) for file in folder.glob("broken/*/checkpoint.npz")]
    code, broken, stderr = batch(folder, "jobs.yaml")
    assert code == 0, stderr
    assert reached  # it was killed in the midst of something
    write(folder, "whole", methods, iterations)
    _, whole, _ = batch(folder, "jobs.yaml")
    assert [row["name"] for row in broken["jobs"]] == [row["name"] for row in whole["jobs"]]
    assert timeless(broken["jobs"]) == timeless(whole["jobs"])
    assert timeless(summary(folder / "broken")) == timeless(summary(folder / "whole"))
    for row in whole["jobs"]:
        files = [folder / output / row["name"] / "result.yaml" for output in ("broken", "whole")]
        assert files[0].read_bytes() == files[1].read_bytes()
    assert not [*folder.glob("broken/.nrender-*"), *folder.glob("broken/*/.nrender-*")]


def test_jobs_end_with_the_batch_that_is_killed(tmp_path):
    """At once, in the midst of a render: the folders are free for the next one."""
    folder = make_folder(tmp_path)
    write(folder, "out", iterations=10_000)
    process = start(folder, "jobs.yaml", child="100")
    locks = [folder / "out" / f"fit-seed{seed}-adam" / "job.lock" for seed in (0, 1)]
    wait_for(lambda: all((lock.parent / "job.json").exists() for lock in locks))
    for lock in locks:
        with pytest.raises(state.BusyError, match="another process works there"):
            state.lock(lock, 0.0)
    process.kill()
    process.communicate()
    for lock in locks:
        state.lock(lock, 5.0).close()
