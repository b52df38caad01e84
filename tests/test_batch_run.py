"""nrender batch: its summary, reruns, failures of every kind, signals. Jobs are processes with the fake renderer."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from batch_files import HERE, batch, make_folder, start, summary, timeless
from fake_renderer import REFLECTANCE, TRANSLATE, blob_scene

from nrender.batch import Local, process
from nrender.batch.process import THREADS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

COLUMNS = ["name", "status", "iterations", "evaluations", "loss_initial", "loss_final", "error", "seconds", "seed"]
COLUMNS.append("method")
SCALARS = [f"{TRANSLATE}[0]", f"{TRANSLATE}[1]", *(f"{REFLECTANCE}[{i}]" for i in range(3))]
JOB = "  - {name: %s, scene: scene.yaml, targets: [target.exr], %s}\n"


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path)


def write(folder, *jobs, workers=2):
    """jobs.yaml of (name, the rest)."""
    text = f"output: out\nworkers: {workers}\njobs:\n" + "".join(JOB % job for job in jobs)
    (folder / "jobs.yaml").write_text(text, encoding="utf-8")


def alone(folder, *args):
    """`nrender optimize` with the same renderer."""
    command = [sys.executable, str(HERE / "cli_run.py"), "0", "optimize", "scene.yaml", "target.exr", *args, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    return json.loads(done.stdout)


def test_summary_report_and_rerun(folder):
    write(folder, ("a", "method: adam, iterations: 12, seed: 3, spp: 8"), ("b", f"set: {{{REFLECTANCE}: 0.9}}"))
    code, report, stderr = batch(folder, "jobs.yaml")
    assert code == 0
    assert list(report) == ["output", "jobs", "finished", "failed", "skipped", "seconds"]
    assert (report["finished"], report["failed"], report["skipped"]) == (2, 0, 0)
    assert "a: iterations: 12 iterations" in stderr
    rows = summary(folder / "out")
    assert list(rows[0]) == [*COLUMNS, *SCALARS, "message"]
    assert [(row["name"], row["seed"], row["method"]) for row in rows] == [("a", "3", "adam"), ("b", "0", "l-bfgs-b")]
    for row, said in zip(rows, report["jobs"], strict=True):
        assert {name: float(row[name]) for name in SCALARS} == said["parameters"]
        assert float(row["loss_final"]) == said["loss_final"]
        assert (folder / "out" / row["name"] / "report.html").exists()

    # The same bits as alone.
    args = ("--method", "adam", "--iterations", "12", "--seed", "3", "--spp", "8")
    ours = (alone(folder, "-o", "a", *args), alone(folder, "-o", "b", "--set", f"{REFLECTANCE}=0.9"))
    for row, found in zip(report["jobs"], ours, strict=True):
        assert row["parameters"][SCALARS[2]] == found["parameters"][REFLECTANCE][0]
        same = ("status", "iterations", "evaluations", "loss_initial", "loss_final")
        assert [row[key] for key in same] == [found[key] for key in same]
    assert (folder / "out/a/result.yaml").read_bytes() == (folder / "a/result.yaml").read_bytes()

    # Again: nothing runs, and the summary stays.
    code, again, stderr = batch(folder, "jobs.yaml")
    assert (code, again["finished"], again["skipped"], stderr) == (0, 0, 2, "")
    assert again["jobs"] == report["jobs"]
    assert summary(folder / "out") == rows

    # One is asked otherwise: said in a line, and only that one runs.
    write(folder, ("a", "method: adam, iterations: 12, seed: 4, spp: 8"), ("b", f"set: {{{REFLECTANCE}: 0.9}}"))
    code, changed, stderr = batch(folder, "jobs.yaml")
    assert (code, changed["finished"], changed["skipped"]) == (0, 1, 1)
    assert stderr.splitlines()[0] == "a: is asked otherwise than before: begun anew"
    assert changed["jobs"][0]["parameters"] != report["jobs"][0]["parameters"]
    assert changed["jobs"][1] == report["jobs"][1]

    # So it is if the target, or the scene, is another.
    (folder / "target.exr").write_bytes((folder / "a/final.exr").read_bytes())
    code, _, stderr = batch(folder, "jobs.yaml", "--only", "b")
    assert (code, stderr.splitlines()[0]) == (0, "b: is asked otherwise than before: begun anew")


def test_targets_that_are_rendered(folder):
    text = f"""
output: out
jobs:
  - name: a
    scene: scene.yaml
    resolution: [8, 6]
    render: {{spp: 64, seed: 5, set: {{{REFLECTANCE}: [0.2, 0.3, 0.4]}}}}
    method: adam
    iterations: 3
"""
    (folder / "jobs.yaml").write_text(text)
    code, report, _ = batch(folder, "jobs.yaml")
    assert code == 0
    command = [sys.executable, str(HERE / "cli_run.py"), "0", "render", "small.yaml", "-o", "t.exr"]
    blob_scene().with_resolution("main", 8, 6).dump(folder / "small.yaml")
    more = ["--spp", "64", "--seed", "5", "--set", f"{REFLECTANCE}=0.2,0.3,0.4"]
    subprocess.run([*command, *more], cwd=folder, check=True, capture_output=True, timeout=300)
    assert (folder / "out/a/target.exr").read_bytes() == (folder / "t.exr").read_bytes()


    # A target of ours that becomes a target of the user's isn't removed.
    text = text.replace("render: {", "targets: [out/a/target.exr]  # ")
    (folder / "jobs.yaml").write_text(text)
    code, report, stderr = batch(folder, "jobs.yaml")
    assert (code, report["finished"]) == (0, 1), stderr


def test_a_job_that_fails_stops_no_other(folder):
    write(folder, ("a", "iterations: 3"), ("b", "iterations: 3"), workers=1)
    (folder / "trouble").write_text("1")
    code, report, stderr = batch(folder, "jobs.yaml", child="0 error")
    assert code == 1
    assert [row["status"] for row in report["jobs"]] == ["failed", "iterations"]
    assert report["jobs"][0]["message"] == "internal error: ValueError: of all things"
    assert "ValueError: of all things" in (folder / "out/a/log.txt").read_text()
    assert [row["message"] for row in summary(folder / "out")][0] == report["jobs"][0]["message"]
    _, again, _ = batch(folder, "jobs.yaml", "--only", "b")
    assert (again["jobs"], again["failed"], again["skipped"]) == (report["jobs"], 0, 1)
    code, report, _ = batch(folder, "jobs.yaml")
    assert (code, report["finished"], report["skipped"]) == (0, 1, 1)


@pytest.mark.parametrize("kind, why", [("exit", "its process ended with status 3"), ("SIGKILL", "killed by SIGKILL")])
def test_processes_that_die(folder, kind, why):
    write(folder, ("a", "iterations: 3"), ("b", "iterations: 3"), workers=1)
    (folder / "trouble").write_text("1" if kind == "exit" else "3")
    code, report, stderr = batch(folder, "jobs.yaml", child=f"0 {kind}")
    assert code == 1
    assert [row["status"] for row in report["jobs"]] == ["failed", "iterations"]
    assert report["jobs"][0]["message"].startswith(why)
    _, again, _ = batch(folder, "jobs.yaml", "--only", "b")
    assert again["jobs"] == report["jobs"]
    assert stderr.count("a: killed by SIGKILL; begun again from its checkpoint") == (2 if kind == "SIGKILL" else 0)


def test_what_a_signal_kills_is_begun_again(folder):
    write(folder, ("a", "iterations: 3"))
    (folder / "trouble").write_text("2")
    code, report, stderr = batch(folder, "jobs.yaml", child="0 SIGSEGV")
    assert (code, report["finished"]) == (0, 1)
    assert stderr.count("a: killed by SIGSEGV; begun again from its checkpoint") == 2
    assert "Segmentation fault" in (folder / "out/a/log.txt").read_text()


def test_a_hang_is_ended_by_its_timeout(folder):
    write(folder, ("a", "timeout: 4, method: adam, iterations: 100000"), ("b", "iterations: 3"))
    code, report, _ = batch(folder, "jobs.yaml", child="0.05")
    assert code == 1
    assert [row["status"] for row in report["jobs"]] == ["failed", "iterations"]
    assert report["jobs"][0]["message"] == "not done in 4 s"
    assert (folder / "out/a/checkpoint.npz").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_keep_checkpoints_and_the_summary(folder, number):
    jobs = [(name, "method: adam, iterations: 60, seed: 1") for name in ("a", "b", "c")]
    write(folder, *jobs)
    process = start(folder, "jobs.yaml", "--json", child="0.1")
    wait_for(lambda: all((folder / "out" / name / "checkpoint.npz").exists() for name in ("a", "b")))
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, stderr
    report = json.loads(stdout)
    assert [(row["name"], row["status"]) for row in report["jobs"]] == [("a", "interrupted"), ("b", "interrupted")]
    assert [row["status"] for row in summary(folder / "out")] == ["interrupted"] * 2
    assert not (folder / "out/c").exists()
    assert "Traceback" not in stderr

    if number == signal.SIGTERM:
        return
    history = (folder / "out/a/history.csv").read_text()
    assert history.count("\n") > 2
    code, report, stderr = batch(folder, "jobs.yaml")
    assert (code, report["finished"], report["skipped"]) == (0, 3, 0)
    assert "a: goes on from its checkpoint" in stderr
    assert (folder / "out/a/history.csv").read_text().startswith(history)  # to the seconds
    text = (folder / "jobs.yaml").read_text().replace("output: out", "output: whole")
    (folder / "jobs.yaml").write_text(text)
    _, whole, _ = batch(folder, "jobs.yaml")
    assert timeless(report["jobs"]) == timeless(whole["jobs"])


def wait_for(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_only_some_and_one_batch_at_a_time(folder):
    write(folder, *((name, "method: adam, iterations: 30") for name in "abc"))
    process = start(folder, "jobs.yaml", "--only", "b", "--json", child="0.1")
    wait_for(lambda: (folder / "out/b/job.json").exists())
    code, _, stderr = batch(folder, "jobs.yaml")
    assert (code, stderr) == (2, f"{folder / 'out'}: another nrender batch runs there\n")
    report = json.loads(process.communicate(timeout=120)[0])
    assert process.returncode == 0
    assert [row["name"] for row in report["jobs"]] == ["b"]
    code, report, _ = batch(folder, "jobs.yaml", "--only", "c")
    assert [row["name"] for row in report["jobs"]] == ["b", "c"]
    code, report, _ = batch(folder, "jobs.yaml", "--dry-run")
    assert [(row["name"], row["action"]) for row in report["jobs"]] == [("a", "run"), ("b", "skip"), ("c", "skip")]


@pytest.mark.parametrize("workers, jobs", [(1, 2), (2, 2), (64, 2), (2, 1)])
def test_workers_share_the_threads(folder, monkeypatch, workers, jobs):
    """Those that are there, among those that work at once."""
    script = folder / "show.py"
    script.write_text("import os, sys\nprint(*(os.environ[k] for k in sys.argv[1:]), file=sys.stderr)\n")
    monkeypatch.setattr(process, "CHILD", (str(script), *THREADS))
    monkeypatch.setenv("NRENDER_THREADS", "7")
    works = [{"folder": str(folder / n), "ask": {"name": n}, "digest": "", "timeout": None} for n in "ab"[:jobs]]
    said = []
    local = Local(workers)
    local.begin(works, lambda name, line: said.append(line), lambda: 0)
    wait_for(lambda: sum("row" in line for line in said) == jobs)
    local.end()
    each = 7 // min(workers, jobs)
    expected = f"its process ended with status 0: {' '.join([str(each)] * len(THREADS))}"
    assert [line["row"]["message"] for line in said if "row" in line] == [expected] * jobs


def test_a_full_disk_is_one_line(folder, monkeypatch):
    """A summary that can't be written ends the batch, and its jobs, with status 1."""
    write(folder, ("a", "iterations: 3"))
    (folder / "out" / "summary.csv").mkdir(parents=True)
    code, report, stderr = batch(folder, "jobs.yaml")
    assert (code, report) == (1, None)
    assert stderr.count("\n") == 1
    assert not any(Path(folder / "out").glob(".nrender-*"))


def test_on_a_terminal_it_is_a_table(folder):
    """What runs, how far it is, and a line for each job that has ended."""
    pty = pytest.importorskip("pty")
    write(folder, ("a", "method: adam, iterations: 20"), ("b", "iterations: 3"))
    ours, theirs = pty.openpty()
    command = [sys.executable, str(HERE / "batch_run.py"), "0.1", "batch", "jobs.yaml"]
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm"}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(ours)
    last = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0
    for text in ("0 finished, 0 failed, 0 skipped", r"iteration \d+/20", "b: iterations: 3 iterations", r"\(2 of 2\)"):
        assert re.search(text, shown.decode()), shown.decode()
    *table, counts = last.splitlines()
    assert counts.startswith("2 finished, 0 failed, 0 skipped, ")
    assert [line.split()[:2] for line in table] == [["job", "status"], ["a", "iterations"], ["b", "iterations"]]
