"""The whole page."""

from __future__ import annotations

import platform
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from nrender.optimize.report.contents import Extras, View
from nrender.optimize.report.film import way
from nrender.optimize.report.html import bullets, number, paragraph, section, table
from nrender.optimize.report.numbers import gradient_check, loss_charts, starts, timings
from nrender.optimize.report.parameters import parameter_charts, parameter_table
from nrender.optimize.report.pictures import derivatives, pictures
from nrender.optimize.report.style import STYLE
from nrender.optimize.variables import Variables

if TYPE_CHECKING:
    from nrender.optimize.scipy_result import OptimizeResult

PACKAGES = ("nrender", "numpy", "scipy", "numba")
NOTHING = Extras()

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
    result: OptimizeResult,
    variables: Variables,
    views: list[View],
    settings: dict[str, object],
    extras: Extras = NOTHING,
) -> str:
    """The page as text."""
    title = f"nrender: {result.status_name}"
    versions = [[name, _version(name)] for name in PACKAGES] + [["python", platform.python_version()]]
    body = [
        paragraph(_summary(result)),
        bullets("Findings", result.findings),
        bullets("Notes", result.notes),
        *(pictures(view) for view in views),
        way(extras.film, {int(row["iteration"]): row["loss"] for row in result.history}),
        loss_charts(result),
        parameter_table(result, variables),
        parameter_charts(result, variables),
        derivatives(extras.derivatives),
        starts(result.starts),
        gradient_check(extras.check),
        bullets("Rejected steps", result.rejected),
        section("Settings", table([], [[key, str(value)] for key, value in settings.items()], texts=2)),
        timings(result, extras),
        section("Versions", table([], versions, texts=2)),
    ]
    return PAGE.format(title=escape(title), style=STYLE, body="\n".join(part for part in body if part))


def _summary(result: OptimizeResult) -> str:
    message = result.message[:1].upper() + result.message[1:]
    return (
        f"{message}. Loss {number(result.loss_initial)} at the start, {number(result.fun)} at the end; "
        f"{result.nit} iterations, {result.nfev} evaluations, {result.seconds:.1f} s."
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
