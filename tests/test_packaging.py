"""What is installed, and that README, Dockerfile and CI take the same steps."""

import configparser
import importlib.metadata
import json
import re
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from sources import ROOT, dotted, imported, modules

TOOL = ".venv/bin/"
OPTIONAL = {  # projects of extras, and the file or folder where alone they are imported
    "distributed": "nrender/batch/cluster.py",
    "jax": "nrender/jax",
    "matplotlib": "nrender/notebook/plots.py",
    "torch": "nrender/torch",
    "xatlas": "nrender/uvs.py",
}


def steps(shell):
    """The single commands of a piece of shell: comments off, long lines joined, split at &&."""
    joined = shell.replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if not line.lstrip().startswith("#")]
    commands = [part.strip() for line in lines for part in line.split("&&")]
    return [re.sub(r"\s+", " ", command) for command in commands if command]


def readme_steps(heading):
    """The commands of the first code block after a heading of the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(rf"^## {heading}\n.*?^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert block, f"README.md has no code block after '## {heading}'"
    return steps(block[1])


def docker_steps():
    """The commands of RUN in order, and those of CMD."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    run = [step for line in re.findall(r"^RUN (.*)", text, re.MULTILINE) for step in steps(line)]
    shell, option, command = json.loads(re.search(r"^CMD (\[.*\])", text, re.MULTILINE)[1])
    assert (shell, option) == ("sh", "-c")
    return run, steps(command)


def test_steps_are_read_as_a_shell_would():
    shell = "# a comment\na b \\\n  c && d\n\ne\n"
    assert steps(shell) == ["a b c", "d", "e"]


def test_docker_sets_up_and_runs_what_the_readme_says():
    readme = readme_steps("Run it")
    setup = [step for step in readme if not step.startswith(f"{TOOL}nrender ")]
    example = [step.removeprefix(TOOL) for step in readme if step not in setup]
    assert len(setup) >= 2
    assert [step.split()[1] for step in example] == ["example", "render", "optimize"]
    run, command = docker_steps()
    assert (run[: len(setup)], command) == (setup, example)
    assert f"{TOOL}nrender info --warm" in run[len(setup) :]


def test_ci_runs_what_the_readme_says():
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    commands = readme_steps("Test it")
    assert f"{TOOL}pytest" in commands
    for command in commands:
        assert re.search(rf"(^| ){re.escape(command)}( |$)", ci, re.MULTILINE), command


@pytest.fixture(scope="module")
def config():
    found = configparser.ConfigParser()
    found.read(ROOT / "setup.cfg", encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def options(config):
    return config["options"]


@pytest.fixture(scope="module")
def required(config):
    """What setup.cfg asks for, always or for an extra."""
    texts = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    lines = [line for text in texts for line in text.splitlines() if line and not line.startswith("#")]
    return [Requirement(line) for line in lines if not line.startswith("nrender[")]


def test_every_library_has_a_known_version(required):
    """constraints.txt: one version of each, by its canonical name, that setup.cfg allows."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert [name for name in pins if name != canonicalize_name(name)] == []
    assert list(pins) == sorted(pins)
    assert len(pins) == sum("==" in line for line in lines)
    for one in required:
        assert Version(pins[canonicalize_name(one.name)]) in one.specifier, one


def test_what_is_installed_is_what_setup_cfg_asks_for(required):
    here = {canonicalize_name(found.metadata["Name"]): found.version for found in importlib.metadata.distributions()}
    found = [one for one in required if canonicalize_name(one.name) in here]
    assert {"numba", "numpy", "pytest"} <= {one.name for one in found}
    wrong = [f"{one}, got {here[canonicalize_name(one.name)]}" for one in found
             if not one.specifier.contains(here[canonicalize_name(one.name)], prereleases=True)]  # fmt: skip
    assert wrong == []


def test_every_package_is_installed(options):
    """setup.cfg lists the packages by name, since two folders are named differently."""
    mapped = dict(line.split(" = ") for line in options["package_dir"].split("\n") if line)
    folders = {file.parent for file in (ROOT / "nrender").rglob("*.py")}
    packages = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    for name, folder in mapped.items():
        below = {file.parent.relative_to(ROOT / folder) for file in (ROOT / folder).rglob("*.py")}
        packages |= {".".join([name, *path.parts]) for path in below} | {name}
    assert sorted(options["packages"].split()) == sorted(packages)


@pytest.mark.parametrize("folder, package", [("nrender", "nrender"), ("cli", "nrender_cli")])
def test_every_import_is_a_dependency(options, folder, package):
    """Third-party modules that are imported are required by name, not just there by chance."""
    projects = {"yaml": "pyyaml", "OpenEXR": "openexr", "PIL": "pillow"}
    required = set(re.findall(r"^([\w-]+)", options["install_requires"], re.MULTILINE))
    known = {*sys.stdlib_module_names, "nrender", "nrender_cli", "nrender_scenes"}
    for path in modules(folder):
        required -= OPTIONAL.keys()
        required |= {project for project, user in OPTIONAL.items() if path.is_relative_to(ROOT / user)}
        name = dotted(path, folder, package)
        for target in imported(path.read_text("utf-8"), name, path.name == "__init__.py"):
            module = target.split(".")[0]
            assert module in known or projects.get(module, module) in required, f"{path}: {module}"
