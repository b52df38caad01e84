"""nrender check SCENE"""

from __future__ import annotations

import click

from .console import print_json
from .options import json_option, scene_argument, set_option
from .settings import apply_settings


@click.command()
@scene_argument
@set_option
@json_option
def check(scene: str, settings: tuple[str, ...], as_json: bool) -> int:
    """Say what is wrong with SCENE.

    If nothing is, list its parameters and their shapes.
    """
    from nrender.errors import Problem, SceneError
    from nrender.scene import load_scene

    problems: list[Problem] = []
    parameters = {}
    try:
        loaded = apply_settings(load_scene(scene), settings)
        parameters = {path: list(value.shape) for path, value in loaded.parameters.items()}
    except SceneError as error:
        problems = error.problems
    if as_json:
        print_json(
            {
                "ok": not problems,
                "problems": [problem._asdict() for problem in problems],
                "parameters": parameters,
            }
        )
    elif problems:
        for problem in problems:
            click.echo(str(problem), err=True)
    else:
        click.echo("ok")
        width = max(map(len, parameters), default=0)
        for path, shape in parameters.items():
            click.echo(f"{path:{width}}  {' x '.join(map(str, shape)) or 'number'}")
    return 2 if problems else 0
