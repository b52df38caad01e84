"""The group: help, one-line errors, exit statuses, warnings, pipes."""

import json
import subprocess
import sys
import time
import warnings
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from fake_renderer import blob_scene
from nrender_cli.console import plain, print_json
from nrender_cli.main import cli
from nrender_cli.options import check_output_file
from nrender_cli.progress import describe

from nrender.optimize import Progress

COMMANDS = ["batch", "check", "compare", "convert", "example", "export", "grad", "gradcheck", "info", "optimize",
            "render"]
RUN = [sys.executable, "-c", "from nrender_cli.main import main; main()"]


def run(*args):
    return CliRunner().invoke(cli, list(args))


def raising(error):
    """A command named `raise` that raises `error`."""

    @click.command("raise")
    def command():
        raise error

    return command


@pytest.fixture
def command_that():
    """`command_that(error)`: what the group makes of a command that raises it."""

    def call(error):
        cli.add_command(raising(error))
        try:
            return run("raise")
        finally:
            del cli.commands["raise"]

    return call


def test_help_lists_the_commands():
    found = run("--help")
    assert found.exit_code == 0
    assert sorted(cli.commands) == COMMANDS
    assert all(name in found.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    found = run(name, "--help")
    assert found.exit_code == 0
    assert len(cli.commands[name].get_short_help_str(60)) > 10
    assert not cli.commands[name].get_short_help_str(60).endswith("...")
    assert found.stdout.startswith(f"Usage: nrender {name}")


def test_help_is_quick():
    """No heavy import: none of the numeric packages is even loaded."""
    script = (
        "import sys\nfrom nrender_cli.main import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('numpy', 'numba', 'scipy', 'yaml', 'rich') if m in sys.modules])"
    )
    began = time.perf_counter()
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.stdout.splitlines()[-1] == "[]", found.stderr
    assert time.perf_counter() - began < 5  # 0.1 s on an idle machine


def test_no_arguments_is_wrong_use():
    found = run()
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith("Usage: nrender")


@pytest.mark.parametrize(
    "args, line",
    [
        (["rendr"], "nrender: No such command 'rendr'"),
        (["check"], "nrender check: Missing argument 'SCENE'"),
        (["check", "a", "--jsn"], "nrender check: No such option '--jsn'"),
    ],
)
def test_wrong_use_is_one_line(args, line):
    found = run(*args)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith(line)
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "error, status, line",
    [
        (ValueError("two\nlines"), 1, "internal error: ValueError: two lines\n"),
        (OSError(28, "No space left on device", "a.exr"), 1, "a.exr: No space left on device\n"),
        (MemoryError("no memory"), 1, "internal error: MemoryError: no memory\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (click.UsageError("no"), 2, "nrender raise: no\n"),
    ],
)
def test_every_error_is_one_line(command_that, error, status, line):
    found = command_that(error)
    assert (found.exit_code, found.stdout) == (status, "")
    assert found.stderr.strip().splitlines()[-1] + "\n" == line


def test_the_traceback_is_there_when_asked_for(command_that, monkeypatch):
    assert "Traceback" not in command_that(ValueError("x")).stderr
    monkeypatch.setenv("NRENDER_DEBUG", "1")
    found = command_that(ValueError("x"))
    assert "Traceback" in found.stderr
    assert found.stderr.endswith("internal error: ValueError: x\n")


def test_warnings_do_not_show_our_source():
    @click.command("warn")
    def warn():
        warnings.warn("something\nis odd", UserWarning, stacklevel=1)

    cli.add_command(warn)
    try:
        found = run("warn")
    finally:
        del cli.commands["warn"]
    assert (found.exit_code, found.stderr) == (0, "warning: something is odd\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_closed_pipe_is_quiet(tmp_path):
    blob_scene().dump(tmp_path / "scene.yaml")
    command = subprocess.Popen(
        [*RUN, "check", str(tmp_path / "scene.yaml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    command.stdout.close()  # before anything is written
    assert command.stderr.read() == ""
    command.stderr.close()
    assert command.wait(60) == 1


def test_the_installed_command(tmp_path):
    blob_scene().dump(tmp_path / "scene.yaml")
    arguments = [*RUN, "check", "scene.yaml", "--json"]
    found = subprocess.run(arguments, capture_output=True, text=True, cwd=tmp_path)
    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout)["ok"] is True


def test_json_is_exact_and_strict(capsys):
    third = np.float64(1) / 3
    print_json({"a": third, "b": np.array([third, np.nan]), "c": (np.int64(2), None), "d": np.inf})
    text = capsys.readouterr().out
    assert json.loads(text) == {"a": 1 / 3, "b": [1 / 3, None], "c": [2, None], "d": None}
    assert "NaN" not in text
    assert text.count("\n") == 1


def test_float32_is_written_as_the_number_it_is():
    assert plain(np.float32(0.1)) == float(np.float32(0.1))


def test_an_output_file_in_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(click.UsageError, match="no such folder"):
        check_output_file(str(tmp_path / "no" / "a.exr"), (".exr",))
    check_output_file(str(Path(tmp_path) / "a.EXR"), (".exr",))


def test_the_progress_line():
    first = Progress(0, 100, 1, 0.5, 1.0, 2.0, {})
    later = Progress(20, 100, 25, 0.00123, 1.0, 12.0, {})
    assert describe(first, first) == "iteration 0/100  loss 5.000e-01"
    assert describe(later, first) == "iteration 20/100  loss 1.230e-03  2 it/s  0:40 left"
