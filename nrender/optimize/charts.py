"""Line charts as SVG text: no library, no script; colours come from the page (currentColor)."""

from __future__ import annotations

import math
from html import escape
from typing import NamedTuple

import numpy as np

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 70, 12, 12, 42
MAX_POINTS = 1000
BAR = 12


def line_chart(
    y: np.ndarray,
    title: str,
    log: bool = False,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    band: tuple[float, float] | None = None,
) -> str:
    """A chart of y (N,) over 0 … N - 1.

    Values that can't be drawn (not finite; not positive with `log`) break the line.  Bounds are
    drawn dashed where they are near enough to be seen.  band: what the last value may be, a bar at
    the end of the line, cut off where it is much longer than the line is high.
    """
    shown = _thin(np.asarray(y, np.float64))
    values = _log10(shown[:, 1]) if log else shown[:, 1]
    finite = values[np.isfinite(values)]
    if not finite.size:
        return _nothing(title)
    low, high = _range(finite)
    marks = [] if log else [m for m in (*bounds, *(band or ())) if np.isfinite(m)]
    near = [m for m in marks if low - (high - low) <= m <= high + (high - low)]
    low, high = min(low, *near, low), max(high, *near, high)
    place = _Place(max(float(len(y) - 1), 1.0), low, high)
    parts = [*_y_axis(place, log), *_x_axis(place, "iteration")]
    parts += [_rule(place(0, b)[1], "dashed") for b in bounds if b in near]
    if band is not None and not log:
        parts.append(_bar(place, band))
    for piece in _pieces(shown[:, 0], values):
        corners = [place(x, v) for x, v in piece]
        if len(corners) == 1:
            parts.append(_dot(*corners[0], 2))
        else:
            points = " ".join(f"{px:.1f},{py:.1f}" for px, py in corners)
            parts.append(f'<polyline points="{points}"/>')
    return _svg(title, "".join(parts))


def dot_chart(y: np.ndarray, title: str, best: int | None = None) -> str:
    """y (N,) over 1 … N as dots, logarithmic if all are positive; the one of index `best` has a ring."""
    values = np.asarray(y, np.float64)
    log = bool(np.all(values[np.isfinite(values)] > 0))
    values = _log10(values) if log else values
    finite = values[np.isfinite(values)]
    if not finite.size:
        return _nothing(title)
    place = _Place(float(len(values) + 1), *_range(finite))
    parts = [*_y_axis(place, log), *_x_axis(place, "start", ends=False)]
    for k in np.flatnonzero(np.isfinite(values)):
        x, v = place(float(k + 1), float(values[k]))
        parts.append(_dot(x, v, 4))
        if k == best:
            parts.append(f'<circle class="best" cx="{x:.1f}" cy="{v:.1f}" r="8"/>')
    return _svg(title, "".join(parts))


class _Place(NamedTuple):
    """Where a value is on the chart: x in [0, last], v in [low, high]."""

    last: float
    low: float
    high: float

    def __call__(self, x: float, v: float) -> tuple[float, float]:
        right, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + right * x / self.last, TOP + down * (self.high - v) / (self.high - self.low)


def _thin(y: np.ndarray) -> np.ndarray:
    """(n, 2) of index and value; at most about MAX_POINTS of them, the last one always."""
    index = np.arange(0, len(y), max(1, math.ceil(len(y) / MAX_POINTS)))
    if len(y) and index[-1] != len(y) - 1:
        index = np.append(index, len(y) - 1)
    return np.stack([index.astype(np.float64), y[index]], axis=1)


def _log10(values: np.ndarray) -> np.ndarray:
    return np.array([math.log10(v) if v > 0 and np.isfinite(v) else np.nan for v in values])


def _range(finite: np.ndarray) -> tuple[float, float]:
    low, high = float(finite.min()), float(finite.max())
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About `count` round numbers (1, 2 or 5 times a power of ten) in [low, high]."""
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _y_axis(place: _Place, log: bool) -> list[str]:
    parts = []
    for tick in ticks(place.low, place.high):
        y = place(0, tick)[1]
        label = f"{10**tick:.1e}" if log else f"{tick:.6g}"
        parts += [_rule(y, "grid"), _text(LEFT - 6, y + 4, label, "end")]
    return parts


def _x_axis(place: _Place, name: str, ends: bool = True) -> list[str]:
    whole = [t for t in ticks(0, place.last, 6) if float(t).is_integer() and (ends or 0 < t < place.last)]
    labels = [_text(place(t, place.low)[0], HEIGHT - 22, f"{t:.0f}", "middle") for t in whole]
    return [*labels, _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 2, name, "middle")]


def _bar(place: _Place, band: tuple[float, float]) -> str:
    lower, upper = (min(max(end, place.low), place.high) for end in band)
    x, top = place(place.last, upper)
    bottom = place(place.last, lower)[1]
    height = max(bottom - top, 1.0)  # a sure number has a bar too
    return f'<rect class="band" x="{x - BAR / 2:.1f}" y="{top:.1f}" width="{BAR}" height="{height:.1f}"/>'


def _dot(x: float, y: float, radius: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>'


def _pieces(x: np.ndarray, y: np.ndarray) -> list[list[tuple[float, float]]]:
    """The runs of finite points."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for px, py in zip(x, y, strict=True):
        if np.isfinite(py):
            pieces[-1].append((float(px), float(py)))
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _rule(y: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _nothing(title: str) -> str:
    return _svg(title, _text(WIDTH / 2, HEIGHT / 2, "nothing to draw", "middle"))


def _svg(title: str, inside: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">'
        f"{inside}</svg>"
    )
