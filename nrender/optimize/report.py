"""report.html: one file that shows what a run did; no network, no script.

Everything that comes from a scene (names above all) is escaped.
"""

from __future__ import annotations

import base64
import io
import platform
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nrender.compare import difference_image
from nrender.image import tonemap
from nrender.optimize.charts import line_chart
from nrender.optimize.run import MAX_COLUMNS
from nrender.optimize.variables import Variables

if TYPE_CHECKING:
    from nrender.optimize.scipy_result import OptimizeResult

MAX_CHARTS = 16
PACKAGES = ("nrender", "numpy", "scipy", "numba")


class View(NamedTuple):
    """The pictures of one camera, linear (H, W, 3)."""

    camera: str
    initial: np.ndarray
    target: np.ndarray
    final: np.ndarray


STYLE = """
:root{color-scheme:light dark;--line:#1463c4;--soft:#8888}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:1.5rem 0 .5rem}
.row{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1rem}
figure{margin:0}figcaption{font-size:.85rem}
img{width:100%;image-rendering:pixelated;border:1px solid var(--soft);box-sizing:border-box}
svg{width:100%;height:auto}svg text{font-size:13px;fill:currentColor}
svg polyline{fill:none;stroke:var(--line);stroke-width:2}svg circle{fill:var(--line)}
svg .grid{stroke:var(--soft);stroke-width:.5}svg .dashed{stroke:currentColor;stroke-dasharray:6 4}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}
td,th{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--soft)}
td.n{text-align:right;font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){:root{--line:#6db1ff}}
"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def report(
    result: OptimizeResult, variables: Variables, views: list[View], settings: dict[str, object]
) -> str:
    """The page as text."""
    versions = [(name, _version(name)) for name in PACKAGES]
    title = f"nrender: {result.status_name}"
    message = result.message.capitalize()
    body = [
        f"<p>{escape(message)}. Loss {_number(result.loss_initial)} at the start, "
        f"{_number(result.fun)} at the end; "
        f"{result.nit} iterations, {result.nfev} evaluations, {result.seconds:.1f} s.</p>",
        *[_pictures(view) for view in views],
        _loss_charts(result),
        _parameter_charts(result, variables),
        _parameters(result, variables),
        _rejected(result.rejected),
        _table("Settings", [(k, str(v)) for k, v in settings.items()]),
        _table("Timings", _timings(result)),
        _table("Versions", [*versions, ("python", platform.python_version())]),
    ]
    return PAGE.format(title=escape(title), style=STYLE, body="\n".join(p for p in body if p))


def _pictures(view: View) -> str:
    residual = difference_image(view.target, view.final)
    pictures = [
        ("initial", tonemap(view.initial)),
        ("target", tonemap(view.target)),
        ("final", tonemap(view.final)),
        ("difference (red: too bright, blue: too dark)", residual),
    ]
    figures = "".join(
        f'<figure><img src="data:image/png;base64,{_png(pixels)}" alt="{escape(name, quote=True)}">'
        f"<figcaption>{escape(name)}</figcaption></figure>"
        for name, pixels in pictures
    )
    return f'<h2>Camera {escape(view.camera)}</h2><div class="row">{figures}</div>'


def _png(pixels: np.ndarray) -> str:
    import imageio.v3 as iio

    stream = io.BytesIO()
    iio.imwrite(stream, pixels, plugin="pillow", extension=".png")
    return base64.b64encode(stream.getvalue()).decode("ascii")


def _figure(chart: str, caption: str) -> str:
    return f"<figure>{chart}<figcaption>{escape(caption)}</figcaption></figure>"


def _loss_charts(result: OptimizeResult) -> str:
    loss = np.array([row["loss"] for row in result.history])
    norm = np.array([row["gradient_norm"] for row in result.history])
    hidden = int(np.count_nonzero(~(loss > 0)))
    note = f"; {hidden} estimates not above 0, which noise can make, aren't drawn" if hidden else ""
    figures = [
        _figure(line_chart(loss, "loss", log=True), f"loss, logarithmic{note}"),
        _figure(
            line_chart(norm, "gradient norm", log=True),
            "norm of the gradient by typical steps, logarithmic",
        ),
    ]
    return f'<h2>Loss</h2><div class="charts">{"".join(figures)}</div>'


def _parameter_charts(result: OptimizeResult, variables: Variables) -> str:
    low, high = variables.scalar_bounds
    figures = []
    for i, name in enumerate(variables.names[:MAX_CHARTS]):
        values = np.array([row[name] for row in result.history])
        chart = line_chart(values, name, bounds=(float(low[i]), float(high[i])))
        figures.append(_figure(chart, name))
    more = variables.size - len(figures)
    note = f"<p>The first {len(figures)} of {variables.size} free scalars.</p>" if more > 0 else ""
    return f'<h2>Parameters over iterations</h2>{note}<div class="charts">{"".join(figures)}</div>'


def _parameters(result: OptimizeResult, variables: Variables) -> str:
    low, high = variables.scalar_bounds
    start = variables.scalars(variables.x0)
    rows = []
    for i, name in enumerate(variables.names[:MAX_COLUMNS]):
        numbers = (start[i], result.x[i], low[i], high[i])
        cells = "".join(f'<td class="n">{_number(number)}</td>' for number in numbers)
        rows.append(f"<tr><td>{escape(name)}</td>{cells}</tr>")
    more = variables.size - len(rows)
    note = f"<p>{more} more are in result.yaml.</p>" if more > 0 else ""
    head = "".join(f"<th>{h}</th>" for h in ("parameter", "start", "final", "lower", "upper"))
    table = f"<table><tr>{head}</tr>{''.join(rows)}</table>"
    return f'<h2>Parameters</h2><div class="scroll">{table}</div>{note}'


def _rejected(lines: list[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>Rejected steps</h2><ul>{items}</ul>" if lines else ""


def _timings(result: OptimizeResult) -> list[tuple[str, str]]:
    each = result.seconds / max(result.nfev, 1)
    return [
        ("seconds", f"{result.seconds:.3f}"),
        ("evaluations", str(result.nfev)),
        ("seconds per evaluation, compilation included", f"{each:.4f}"),
    ]


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><td>{escape(k)}</td><td>{escape(v)}</td></tr>" for k, v in rows)
    return f'<h2>{escape(title)}</h2><div class="scroll"><table>{lines}</table></div>'


def _number(value: float) -> str:
    return f"{value:.6g}".replace("inf", "∞").replace("nan", "–")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
