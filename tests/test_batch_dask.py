"""nrender batch on a Dask cluster of processes: the same rows as here, whoever is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from batch_files import HERE, batch, make_folder, start, timeless
from click.testing import CliRunner
from nrender_cli.main import cli

from nrender.batch import state

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

TEXT = """
output: {output}
workers: 2
sweep: {{name: fit, scene: scene.yaml, targets: target.exr, seed: [0, 1, 2], method: adam, iterations: {iterations}}}
"""


def write(folder, output, iterations):
    (folder / "jobs.yaml").write_text(TEXT.format(output=output, iterations=iterations))


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path)


@pytest.fixture
def cluster():
    """{address, workers}."""
    pytest.importorskip("distributed")
    command = [sys.executable, str(HERE / "batch_cluster.py")]
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, **quiet) as process:
        yield json.loads(process.stdout.readline())
        process.stdin.close()
        process.wait(60)


def wait_for(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def has_checkpoints(folder, *seeds):
    return all((folder / f"fit-seed{seed}" / "checkpoint.npz").exists() for seed in seeds)


def test_a_worker_killed_loses_no_row(folder, cluster):
    write(folder, "there", 60)
    process = start(folder, "jobs.yaml", "--json", "--scheduler", cluster["address"], child="0.06")
    wait_for(lambda: has_checkpoints(folder / "there", 0, 1))
    os.kill(cluster["workers"][0], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=200)
    assert process.returncode == 0, stderr
    assert "its worker is gone; goes on from its checkpoint" in stderr
    report = json.loads(stdout)
    write(folder, "here", 60)
    _, here, _ = batch(folder, "jobs.yaml")
    assert timeless(report["jobs"]) == timeless(here["jobs"])


@pytest.mark.nightly
def test_interrupted_and_gone_on_with(folder, cluster):
    write(folder, "there", 60)
    scheduler = ("--scheduler", cluster["address"])
    process = start(folder, "jobs.yaml", "--json", *scheduler, child="0.1")
    wait_for(lambda: has_checkpoints(folder / "there", 0, 1))
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, stderr
    assert [row["status"] for row in json.loads(stdout)["jobs"]] == ["interrupted"] * 2

    code, report, _ = batch(folder, "jobs.yaml", *scheduler)
    assert code == 0
    write(folder, "here", 60)
    _, here, _ = batch(folder, "jobs.yaml")
    assert timeless(report["jobs"]) == timeless(here["jobs"])


def test_jobs_on_the_cluster_end_with_the_batch_that_is_killed(folder, cluster):
    write(folder, "there", 100_000)
    process = start(folder, "jobs.yaml", "--scheduler", cluster["address"], child="0.05")
    wait_for(lambda: has_checkpoints(folder / "there", 0, 1))
    process.kill()
    process.communicate()
    for seed in (0, 1):
        state.lock(folder / "there" / f"fit-seed{seed}" / "job.lock", 30.0).close()
    assert not (folder / "there" / "fit-seed2").exists()


def test_no_scheduler_is_one_line(folder, monkeypatch):
    pytest.importorskip("distributed")
    write(folder, "there", 3)
    process = start(folder, "jobs.yaml", "--scheduler", "tcp://127.0.0.1:9", "--timeout", "1")
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (2, "")
    assert stderr.startswith("tcp://127.0.0.1:9: no scheduler answers within 1 s")
    assert stderr.count("\n") == 1


def test_without_distributed_it_is_one_line(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.chdir(folder)
    write(folder, "there", 3)
    found = CliRunner().invoke(cli, ["batch", "jobs.yaml", "--scheduler", "tcp://127.0.0.1:9"])
    assert found.exit_code == 2
    assert found.stderr == (
        "--scheduler: the package distributed isn't installed: pip install 'nrender[dask]'\n"
    )
