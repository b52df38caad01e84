"""nrender info"""

from __future__ import annotations

from typing import Any

import click

from .console import print_json
from .options import json_option


@click.command()
@click.option("--warm", "ahead", is_flag=True, help="Compile all kernels now, so that no later process waits for them.")
@json_option
def info(ahead: bool, as_json: bool) -> None:
    """Versions, devices, and where compiled kernels are kept."""
    from nrender import __version__
    from nrender.backend.info import info as facts

    found: dict[str, Any] = {"version": __version__, **facts()}
    if ahead:
        from nrender.warm import warm

        found["warm"] = round(warm(), 1)
    if as_json:
        print_json(found)
    else:
        for key, value in found.items():
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
            click.echo(f"{key:10} {text}")
