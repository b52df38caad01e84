"""nrender export SCENE OUT"""

from __future__ import annotations

import click

from .console import error_line, print_json
from .options import check_output_file, json_option, scene_argument


@click.command()
@scene_argument
@click.argument("output", metavar="OUT")
@json_option
def export(scene: str, output: str, as_json: bool) -> int:
    """Write a scene for other programs.

    SCENE may be the result of a fit. OUT ends in .glb, .gltf, .obj (its MTL goes beside it) or .ply. What the format
    can't say is listed on stderr.
    """
    from nrender.export import SUFFIXES
    from nrender.export import export as exported
    from nrender.scene import load_scene

    check_output_file(output, SUFFIXES)
    notes = exported(load_scene(scene), output)
    for note in notes:
        error_line(note)
    if as_json:
        print_json({"output": output, "notes": notes})
    else:
        click.echo(output)
    return 0
