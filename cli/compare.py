"""nrender compare A B"""

from __future__ import annotations

import click

from .console import print_json
from .options import check_output_file, json_option

NAMES = {"mse": "MSE", "mae": "MAE", "psnr": "PSNR (dB)", "ssim": "SSIM", "flip": "FLIP"}


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("-o", "--output", metavar="OUT", help="Write the difference as a picture (.png).")
@json_option
def compare(a: str, b: str, output: str | None, as_json: bool) -> None:
    """Measure how much B differs from A.

    Both are images; A is the reference.  The picture of the difference is red where B is brighter,
    blue where it is darker.  PSNR is null in JSON where the images are equal.
    """
    if output is not None:
        check_output_file(output, (".png",))
    from nrender.compare import compare as measure
    from nrender.compare import difference_image
    from nrender.errors import ImageError
    from nrender.image import check_target, read_image, write_image

    first, second = read_image(a), read_image(b)
    height, width = first.shape[:2]
    try:
        check_target(second, width, height, b)
    except ImageError as error:
        raise ImageError(f"{error} (the size of {a})") from None
    measures = measure(first, second)
    if output is not None:
        write_image(output, difference_image(first, second))
    if as_json:
        print_json(measures)
    else:
        for key, value in measures.items():
            text = "infinite (equal images)" if value is None else f"{value:.6g}"
            click.echo(f"{NAMES.get(key, key):10} {text}")
