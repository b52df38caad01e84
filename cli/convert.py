"""nrender convert FILE SCENE.yaml"""

from __future__ import annotations

import click

from .console import error_line, print_json
from .options import check_output_file, json_option

NOT_AS_IT_WAS = 1


@click.command()
@click.argument("file", metavar="FILE")
@click.argument("output", metavar="SCENE.yaml")
@click.option("-D", "defines", metavar="NAME=VALUE", multiple=True, help="A value for $NAME in XML. Repeatable.")
@click.option("--strict", is_flag=True, help="Write nothing, and fail, if something would be approximated or left out.")
@json_option
def convert(file: str, output: str, defines: tuple[str, ...], strict: bool, as_json: bool) -> int:
    """Make a scene from a file of another program.

    FILE is Mitsuba 3's (XML), glTF (.gltf, .glb), or a mesh: .obj with its MTL, .ply, .stl.

    Meshes that nrender can't read are written beside SCENE.yaml as PLY, images that FILE holds as PNG, JPEG or EXR.
    What isn't as it was is listed on stderr and at the top of SCENE.yaml.
    """
    check_output_file(output, (".yaml", ".yml"))
    values = {}
    for define in defines:
        name, equals, value = define.partition("=")
        if not name or not equals:
            raise click.UsageError(f"-D {define}: expected NAME=VALUE")
        values[name] = value
    from nrender.convert import convert as converted

    result = converted(file, output, values, strict)
    for what, problems in (("approximated", result.approximated), ("refused", result.refused)):
        for problem in problems:
            error_line(f"{what}: {problem}")
    failed = result.output is None
    if as_json:
        print_json({
            "output": None if failed else str(result.output),
            "approximated": [str(problem) for problem in result.approximated],
            "refused": [str(problem) for problem in result.refused],
        })
    elif not failed:
        for name in (output, *result.meshes):
            click.echo(name)
    return NOT_AS_IT_WAS if failed else 0
