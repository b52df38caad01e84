"""Line charts as SVG text: no library, no script; colours come from the page (currentColor)."""

from __future__ import annotations

import math
from html import escape

import numpy as np

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 70, 12, 12, 34
MAX_POINTS = 1000


def line_chart(
    y: np.ndarray,
    title: str,
    log: bool = False,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> str:
    """A chart of y (N,) over 0 … N - 1.

    Values that can't be drawn (not finite; not positive with `log`) break the line.  Bounds are
    drawn dashed where they are near enough to be seen.
    """
    shown = _thin(np.asarray(y, np.float64))
    values = _log10(shown[:, 1]) if log else shown[:, 1]
    finite = values[np.isfinite(values)]
    if not finite.size:
        return _svg(title, _text(WIDTH / 2, HEIGHT / 2, "nothing to draw", "middle"))
    low, high = _range(finite)
    near = [b for b in bounds if np.isfinite(b) and low - (high - low) <= b <= high + (high - low)]
    if near and not log:
        low, high = min(low, *near), max(high, *near)
    last = max(float(len(y) - 1), 1.0)

    def place(x: float, v: float) -> tuple[float, float]:
        right, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + right * x / last, TOP + down * (high - v) / (high - low)

    parts = [*_y_axis(low, high, log, place), *_x_axis(last, place)]
    if not log:
        parts += [_rule(place(0, b)[1], "dashed") for b in near]
    for piece in _pieces(shown[:, 0], values):
        corners = [place(x, v) for x, v in piece]
        if len(corners) == 1:
            parts.append(f'<circle cx="{corners[0][0]:.1f}" cy="{corners[0][1]:.1f}" r="2"/>')
        else:
            points = " ".join(f"{px:.1f},{py:.1f}" for px, py in corners)
            parts.append(f'<polyline points="{points}"/>')
    return _svg(title, "".join(parts))


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


def _y_axis(low: float, high: float, log: bool, place: object) -> list[str]:
    parts = []
    for tick in ticks(low, high):
        y = place(0, tick)[1]  # type: ignore[operator]
        label = f"{10**tick:.1e}" if log else f"{tick:.6g}"
        parts += [_rule(y, "grid"), _text(LEFT - 6, y + 4, label, "end")]
    return parts


def _x_axis(last: float, place: object) -> list[str]:
    whole = [t for t in ticks(0, last, 6) if float(t).is_integer()]
    labels = [_text(place(t, 0)[0], HEIGHT - 16, f"{t:.0f}", "middle") for t in whole]  # type: ignore[operator]
    return [*labels, _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 2, "iteration", "middle")]


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


def _svg(title: str, inside: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">'
        f"{inside}</svg>"
    )
