"""JOBS.yaml: what it may say, and that all that is wrong is found before anything runs, each in one line."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from batch_files import make_folder
from click.testing import CliRunner
from fake_renderer import REFLECTANCE, TRANSLATE
from nrender_cli.main import cli

from nrender.batch import load_batch, names
from nrender.batch.options import OPTIONS
from nrender.batch.points import points
from nrender.batch.report import JobsReport
from nrender.errors import SceneError
from nrender.optimize import optimize
from nrender.scene.document import read_document


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return make_folder(tmp_path)


def load(text):
    Path("jobs.yaml").write_text(text, encoding="utf-8")
    return load_batch("jobs.yaml")


def sweep(text, **more):
    """The jobs of a sweep with these lines."""
    lines = ["output: out", "sweep:", "  scene: scene.yaml", "  targets: target.exr"]
    return load("\n".join([*lines, *(f"  {line}" for line in text.strip().split("\n"))])).jobs


def problems(text):
    with pytest.raises(SceneError) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]


def job(rest, name="a"):
    return f"output: out\njobs:\n  - {{name: {name}, scene: scene.yaml, targets: [target.exr], {rest}}}\n"


def rendered(rest):
    return job(f"render: {{{rest}}}").replace("targets: [target.exr], ", "")


def test_every_option_is_a_keyword_of_optimize():
    assert set(OPTIONS) <= set(inspect.signature(optimize).parameters)


def test_a_job_has_what_it_says_and_defaults(folder):
    (found,) = load(job(f"set: {{{REFLECTANCE}: [0.1, 0.2, 0.3]}}, method: adam, spp: 4, seed: 3")).jobs
    assert found.name == "a"
    assert found.targets == (str(folder / "target.exr"),)
    assert found.settings == {REFLECTANCE: [0.1, 0.2, 0.3]}
    assert found.options == {"method": "adam", "spp": 4, "seed": 3, "device": "auto"}
    assert load("output: out\njobs: [{name: a, scene: scene.yaml, targets: target.exr}]").output == folder / "out"


def test_files_are_relative_to_the_file_of_jobs(folder, monkeypatch):
    (folder / "below").mkdir()
    Path("below/jobs.yaml").write_text(job("seed: 1").replace("scene.yaml", "../scene.yaml")
                                       .replace("[target.exr]", "[main=../target.exr]"))  # fmt: skip
    found = load_batch("below/jobs.yaml")
    assert found.output == folder / "below" / "out"
    assert found.jobs[0].targets == (f"main={folder / 'target.exr'}",)


def test_a_target_may_have_an_equals_sign_in_its_name(folder):
    Path("target.exr").rename("a=b.exr")
    for target in ("a=b.exr", "main=a=b.exr"):
        (found,) = load(job("seed: 1").replace("target.exr", target)).jobs
        assert found.targets[0].endswith(f"{folder}/a=b.exr")


@pytest.mark.parametrize(
    "text, line",
    [
        (job("methd: adam"), "jobs.yaml:3: jobs 'a': methd: unknown key; did you mean 'method'?"),
        (job("method: adm"), "jobs.yaml:3: jobs 'a': method: expected one of l-bfgs-b, trust-constr"),
        (job("iterations: 0"), "jobs.yaml:3: jobs 'a': iterations: expected an integer in [1, 1000000000], got 0"),
        (job("seed: -1"), "jobs 'a': seed: expected an integer in [0, 2147483647], got -1"),
        (job("device: gpu"), "jobs 'a': device: expected one of auto, cpu, cuda, got 'gpu'"),
        (job("render: {}"), "jobs 'a': expected targets or render, got both"),
        (rendered("aovs: [depht]"), "jobs 'a': render.aovs: expected any of image, depth"),
        (rendered("aovs: [depht]"), "; got 'depht'; did you mean 'depth'?"),
        (rendered("aovs: [shape_id]"), "; got 'shape_id'"),
        (rendered("aovs: [depth, depth]"), "expected a list of different names, got a list of 2"),
        (rendered("aovs: [channels.heat]"), "jobs 'a': render.aovs: target: expected image or an AOV (depth"),
        (rendered("aovs: []"), "expected a list of different names, got "),
        (rendered("aovs: depth"), "expected a list of different names, got 'depth'"),
        (job("timeout: 0"), "jobs 'a': timeout: expected a number > 0, got 0"),
        (job("resolution: [3, 3]"), "target.exr: expected 3x3, got 12x12"),
        (job("set: {materials.whit.reflectance: 1}"), f"no such parameter; did you mean '{REFLECTANCE}'?"),
        (job(f"set: {{{REFLECTANCE}: [1, 0]}}"), f"jobs 'a': set.{REFLECTANCE}: expected 3 numbers, or one"),
        (job(f"set: {{{REFLECTANCE}: 1.5}}"), f"jobs 'a': set.{REFLECTANCE}: expected numbers in [0, 1], got 1.5"),
        (job(f"set: {{{REFLECTANCE}: red}}"), f"jobs 'a': set.{REFLECTANCE}: expected numbers, got 'red'"),
        (job(f"set: {{{TRANSLATE}: 9}}"), "expected the scene's value within the bounds [-2, 2], got 9.0"),
        (job("seed: 1").replace("target.exr", "none.exr"), "none.exr: no such file"),
        (job("seed: 1").replace("[target.exr]", "[target.exr, target.exr]"), "more targets than cameras (1)"),
        (job("seed: 1").replace("scene.yaml", "none.yaml"), "none.yaml: cannot read: No such file"),
        (job("seed: 1").replace("output: out\n", ""), "jobs.yaml:1: output: missing; expected a file name"),
        (job("seed: 1", name="../x"), "jobs '../x': name: expected letters, digits, _, - and ."),
        (job("seed: 1", name=".."), "jobs '..': name: expected letters"),
        (job("seed: 1", name="summary.csv"), "'summary.csv' is a file of the batch's own"),
        (job("seed: 1", name="3"), "jobs[0]: name: expected a name, got 3"),
        (job("seed: 1").replace("jobs:", "job:"), "jobs.yaml:2: job: unknown key; did you mean 'jobs'?"),
        ("output: out\njobs: []", "expected at least one job, got none"),
        ("output: out", "expected jobs or a sweep, got neither"),
        ("output: out\njobs: 3", "jobs: expected a list, got 3"),
        ("output: out\nworkers: 0\njobs: []", "workers: expected an integer in [1, 1024], got 0"),
        ("- 1", "expected a map with the keys output and jobs, got a list of 1"),
        ("output: [", "jobs.yaml:2: not YAML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder, text, line):
    found = problems(text)
    assert line in "\n".join(found)
    assert all("\n" not in problem for problem in found)


def test_all_problems_come_at_once_and_nothing_runs(folder):
    text = job("methd: adam") + (
        "  - {name: a, scene: scene.yaml, targets: [no.exr]}\n"
        "  - {name: B, scene: none.yaml, targets: [target.exr]}\n"
        "  - {name: b, scene: scene.yaml, render: {sp: 3}}\n"
        "sweep: {scene: scene.yaml, targets: target.exr, sed: [1]}\n"
    )
    Path("jobs.yaml").write_text(text)
    found = CliRunner().invoke(cli, ["batch", "jobs.yaml"])
    assert found.exit_code == 2
    assert "Traceback" not in found.stderr
    for line in ("3: jobs 'a': methd", "4: jobs 'a': targets", "5: jobs 'B': scene", "6: jobs 'b': render.sp",
                 "7: sweep: sed: unknown key; did you mean 'seed'?"):  # fmt: skip
        assert f"jobs.yaml:{line}" in found.stderr, found.stderr
    assert not Path("out").exists()


def test_names_are_given_once_in_any_case_of_letters(folder):
    two = job("seed: 1") + "  - {name: %s, scene: scene.yaml, targets: [target.exr]}\n"
    assert problems(two % "a") == ["jobs.yaml:4: jobs 'a': name: 'a' is given twice"]
    assert problems(two % "A") == ["jobs.yaml:4: jobs 'A': name: 'A' and 'a' differ in case only"]


def test_no_name_leads_out_of_the_output_folder(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    Path("out").mkdir()
    Path("out/a").symlink_to(elsewhere)
    assert "leads out of" in "\n".join(problems(job("seed: 1")))
    assert not any(elsewhere.iterdir())


@pytest.mark.parametrize("name", ["a/b", "a\\b", "", ".a", "a.", "ü", "a\n", "x" * 101, "a b", "Summary.CSV"])
def test_names_that_are_no_folders(name):
    assert names.wrong_with(name)


# Sweeps


def test_a_sweep_is_a_cross_product_named_after_its_values(folder):
    found = sweep(f"seed: [0, 1]\nmethod: [adam, l-bfgs-b]\nset: {{{REFLECTANCE}: [0.5, [0.1, 0.2, 0.3]]}}")
    assert len(found) == 8
    assert [found[0].name, found[-1].name] == [
        "scene-seed0-adam-reflectance0.5",
        "scene-seed1-l-bfgs-b-reflectance0.1_0.2_0.3",
    ]
    assert found[-1].settings == {REFLECTANCE: [0.1, 0.2, 0.3]}
    assert found[-1].options == {"seed": 1, "method": "l-bfgs-b", "device": "auto"}


def test_zip_makes_lists_advance_together(folder):
    found = sweep(f"seed: [4, 5]\nspp: [2, 8]\nzip: [seed, {REFLECTANCE}]\nset: {{{REFLECTANCE}: [0.5, 0.25]}}")
    seen = [(one.options["seed"], one.settings[REFLECTANCE], one.options["spp"]) for one in found]
    assert seen == [(4, 0.5, 2), (4, 0.5, 8), (5, 0.25, 2), (5, 0.25, 8)]
    assert found[0].name == "scene-seed4-reflectance0.5-spp2"


def test_random_ranges_are_one_axis_of_points_within(folder):
    part = f'"{TRANSLATE}[0]"'
    ranges = "uniform: {}, count: {}, seed: 7"
    found = sweep(f"set:\n  {part}: {{{ranges.format('[-1, 1]', 16)}}}\n"
                  f"  {REFLECTANCE}: {{{ranges.format('[0.2, [0.3, 0.4, 0.2]]', 16)}}}")  # fmt: skip
    assert len(found) == 16
    x = np.array([[one.settings[f"{TRANSLATE}[0]"], *one.settings[REFLECTANCE]] for one in found])
    assert np.all((x >= [-1, 0.2, 0.2, 0.2]) & (x <= [1, 0.3, 0.4, 0.2]))
    np.testing.assert_allclose(np.diff(np.sort(x[:, 0])), 2 / 16, rtol=1e-12)
    longer = sweep(f"set:\n  {part}: {{uniform: [-1, 1], count: 4}}")
    again = sweep(f"set:\n  {part}: {{uniform: [-1, 1], count: 8}}")
    assert [(a.name, a.settings) for a in longer] == [(a.name, a.settings) for a in again[:4]]


def test_points_fill_each_axis_evenly_and_differ_by_seed():
    even = points(64, 5, seed=3)
    for axis in even.T:
        shifted = np.sort((axis - axis.min()) % 1)
        np.testing.assert_allclose(shifted, np.arange(64) / 64, atol=1e-12)
    assert np.abs(even - points(64, 5, seed=4)).max() > 0.01
    np.testing.assert_array_equal(even[:16], points(16, 5, seed=3))


def test_log_uniform_is_even_in_the_logarithm(folder):
    part = f'"{REFLECTANCE}[0]"'
    found = sweep(f"set: {{{part}: {{log_uniform: [0.001, 1], count: 32}}}}")
    values = np.array([one.settings[f"{REFLECTANCE}[0]"] for one in found])
    assert np.sum(values < 0.0316) in (15, 16, 17)


def test_long_values_and_names_are_cut_by_a_hash(folder):
    long = [[i / 7, i / 13, i / 17] for i in range(1, 3)]
    found = sweep(f"name: {'x' * 90}\nset: {{{REFLECTANCE}: {long}}}")
    assert len({one.name for one in found}) == 2
    assert all(names.wrong_with(one.name) == "" for one in found)


@pytest.mark.parametrize(
    "text, line",
    [
        ("seed: [1, 1]", "sweep: seed: 1 is given twice"),
        ("seed: []", "sweep: seed: expected a list of values, got an empty one"),
        ("seed: [1, x]", "jobs.yaml:5: sweep: seed: expected an integer, got 'x'"),
        ("method: [adam, adm]", "jobs.yaml:5: sweep: method: expected one of l-bfgs-b, trust-constr"),
        (f"set: {{{REFLECTANCE}: [0.1, 0.2, 0.3]}}", "expected a list of values of 3 numbers, got one; write [[…]]"),
        (f"set: {{{REFLECTANCE}: [0.1, 2]}}", f"sweep: set.{REFLECTANCE}: expected numbers in [0, 1], got 2.0"),
        (f"set: {{{REFLECTANCE}: {{uniform: [0, 1]}}}}", "count: missing; expected an integer in [1, 10000]"),
        (f"set: {{{REFLECTANCE}: {{unform: [0, 1], count: 1}}}}", "unform: unknown key; did you mean 'uniform'?"),
        (f"set: {{{REFLECTANCE}: {{uniform: [1, 0], count: 1}}}}", "expected lower <= upper, got the opposite"),
        (f"set: {{{REFLECTANCE}: {{log_uniform: [0, 1], count: 1}}}}", "expected ends above 0"),
        ("seed: [1, 2]\nspp: [1, 2, 3]\nzip: [seed, spp]", "sweep: zip: expected lists of one length, got 2 and 3"),
        ("seed: [1, 2]\nzip: [sed]", "sweep: zip: 'sed' is nothing that varies; did you mean 'seed'?"),
        (f"seed: {list(range(200))}\nspp: {list(range(1, 200))}", "sweep: expected at most 10000 jobs, got 39800"),
        ("name: ../x", "sweep: name: expected letters"),
        ("set: 3", "sweep: set: expected a map of parameters, got 3"),
    ],
)
def test_what_is_wrong_with_a_sweep(folder, text, line):
    with pytest.raises(SceneError) as caught:
        sweep(text)
    assert line in str(caught.value)
    assert len(caught.value.problems) <= 2


def test_ranges_are_drawn_together(folder):
    text = (f"set: {{{REFLECTANCE}: {{uniform: [0, 1], count: 2}}, "
            f"{TRANSLATE}: {{uniform: [0, 1], count: 3}}}}")  # fmt: skip
    with pytest.raises(SceneError, match="expected the count and seed of the other ranges"):
        sweep(text)


def test_an_alias_bomb_is_refused(folder):
    lines = ["a0: &a0 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "more than 4000000 values" in problems("\n".join(lines))[0]


def test_dry_run_lists_and_runs_nothing(folder):
    Path("jobs.yaml").write_text(job("seed: 1"))
    found = CliRunner().invoke(cli, ["batch", "jobs.yaml", "--dry-run"])
    assert (found.exit_code, found.stdout) == (0, "run     a  method l-bfgs-b, seed 1, device auto\n")
    assert not Path("out").exists()
    wrong = CliRunner().invoke(cli, ["batch", "jobs.yaml", "--only", "b"])
    assert (wrong.exit_code, wrong.stderr) == (2, "jobs.yaml: no job is named 'b'\n")


def test_what_is_wrong_with_all_jobs_of_a_sweep_is_said_once_and_counts_for_each(folder):
    assert problems("output: out\nsweep: {scene: scene.yaml, targets: target.exr, seed: [0, 1], resolution: 3}\n") == [
        "jobs.yaml:2: sweep: resolution: expected 2 integers, got 3"]
    report = JobsReport(read_document("jobs.yaml"))
    for _ in range(2):
        report.add(("sweep", "resolution"), "no good")
    assert (report.found, len(report.problems)) == (2, 1)
