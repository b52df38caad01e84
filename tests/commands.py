"""A command, called as from the command line."""

from click.testing import CliRunner
from nrender_cli.main import cli


def run(*args):
    return CliRunner().invoke(cli, list(args))


def wrong_use(*args):
    """The line of a command that ends with 2."""
    found = run(*args)
    assert found.exit_code == 2
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1
    return found.stderr
