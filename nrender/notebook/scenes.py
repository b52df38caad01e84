"""A scene in a notebook: a small picture of each camera, and what there is by name."""

from __future__ import annotations

import base64
from html import escape

from ..errors import NrenderError
from ..render import render
from ..scene import Scene
from .picture import show

LONGEST, SPP = 160, 16  # pixels of a side, samples a pixel
CAMERAS, NAMES = 4, 12  # so many are shown
SECTIONS = ("cameras", "materials", "shapes", "lights", "parameters")


def scene_html(scene: Scene) -> str:
    """HTML with a picture of up to four cameras, of few samples, and the names of all objects.

    The first picture of all may wait for kernels to be compiled. What can't be rendered is a line of text.
    """
    views = "".join(_view(scene, name) for name in list(scene.cameras)[:CAMERAS])
    names = {what: list(getattr(scene, what)) for what in SECTIONS}
    table = "".join(f"<tr><th>{what}</th><td>{len(n)}</td><td>{_listed(n)}</td></tr>" for what, n in names.items())
    file = escape(scene.file.name) if scene.file else "scene"
    about = f"{file}: {escape(repr(scene.integrator))}"
    return f'<div><div style="display:flex;gap:8px">{views}</div><p>{about}</p><table>{table}</table></div>'


def _listed(names: list[str]) -> str:
    more = f", … {len(names) - NAMES} more" if len(names) > NAMES else ""
    return escape(", ".join(names[:NAMES])) + more


def _view(scene: Scene, name: str) -> str:
    view = scene.cameras[name]
    scale = min(LONGEST / max(view.width, view.height), 1.0)
    size = max(round(view.width * scale), 1), max(round(view.height * scale), 1)
    try:
        image = render(scene.with_resolution(name, *size), spp=SPP, camera=name)
    except NrenderError as error:
        return f"<p>{escape(name)}: {escape(str(error))}</p>"
    image = image[..., :1] if scene.integrator.aovs else image  # of AOVs the first number
    data = base64.b64encode(show(image)._repr_png_()).decode("ascii")
    text = escape(name)
    return f'<figure><img src="data:image/png;base64,{data}" alt="{text}"><figcaption>{text}</figcaption></figure>'
