"""Pieces of HTML.  Texts are escaped here; `Markup` is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

Markup = str


def section(title: str, *inside: Markup) -> Markup:
    """A heading and what is below it."""
    return f"<section><h2>{escape(title)}</h2>{''.join(inside)}</section>"


def paragraph(text: str) -> Markup:
    return f"<p>{words(text)}</p>"


def words(text: str) -> Markup:
    """The text, in which the path of a parameter may be broken after a dot."""
    return re.sub(r"(?<=[\w\]])\.(?=[a-z_])", ".<wbr>", escape(text))


def figure(inside: Markup, caption: str) -> Markup:
    return f"<figure>{inside}<figcaption>{words(caption)}</figcaption></figure>"


def bullets(title: str, lines: Sequence[str]) -> Markup:
    """A section with a list; nothing for no lines."""
    items = "".join(f"<li>{words(line)}</li>" for line in lines)
    return section(title, f"<ul>{items}</ul>") if lines else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1, marked: int | None = None) -> Markup:
    """Rows of cells; the first `texts` columns are words, the rest numbers, set to the right.  marked: a row in bold.

    It scrolls sideways where the screen is narrow.
    """
    top = "".join(f"<th{_numeric(k, texts)}>{escape(title)}</th>" for k, title in enumerate(head))
    best = ' class="best"'
    lines = [
        f"<tr{best if number == marked else ''}>"
        + "".join(f"<td{_numeric(k, texts)}>{words(cell)}</td>" for k, cell in enumerate(row))
        + "</tr>"
        for number, row in enumerate(rows)
    ]
    titles = f"<thead><tr>{top}</tr></thead>" if head else ""
    # A part that scrolls must be reached by keys too.
    return f'<div class="scroll" tabindex="0"><table>{titles}<tbody>{"".join(lines)}</tbody></table></div>'


def number(value: float) -> str:
    """Six digits."""
    return f"{value:.6g}".replace("inf", "∞").replace("nan", "–")


def _numeric(column: int, texts: int) -> str:
    return "" if column < texts else ' class="n"'
