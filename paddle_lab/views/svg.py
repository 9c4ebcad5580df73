"""The curve as a static SVG: readable on light and on dark, without a script or a font file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Final

from paddle_lab.text.html import escape
from paddle_lab.text.numbers import figure, is_share
from paddle_lab.views.curve import Curve, Point, Range, curve_of, padded, ticks, with_room
from paddle_lab.views.words import Words

WIDTH: Final = 720
HEIGHT: Final = 250
LEFT, RIGHT, TOP, BOTTOM = 60, 60, 30, 42

# Each stands out from a white and from a black page by 3:1 and more.
LOSS: Final = "#4a8fd8"
METRIC: Final = "#cf7a24"
LR: Final = "#389b79"
INK: Final = "#777b82"
SERIES: Final = (LOSS, METRIC, LR, "#a66bbf", "#c95f5f", "#7d8a2e")

Mark = tuple[str, str, str]


def run_svg(snapshot: dict[str, Any], words: Words) -> str:
    """The curve of one run: loss raw and smoothed, learning rate, evaluations with the best."""
    curve = curve_of(snapshot)
    losses = [value for _, value in curve.loss]
    plot = Plot(with_room(curve.steps), padded(losses, 0.02))
    metric = padded([value for _, value in curve.evals], 0.02)
    rates = (0.0, max((value for _, value in curve.lr), default=1.0) * 1.05 or 1.0)
    parts = [plot.frame(words("chart.step"), words("chart.loss"))]
    if curve.lr:
        parts.append(plot.line(curve.lr, LR, width=1, dash="3 3", span=rates))
    parts.append(plot.line(curve.loss, INK, width=0.8))
    parts.append(plot.line(curve.smoothed, LOSS, width=2))
    if curve.evals:
        share = is_share(curve.metric)
        title = words("chart.eval", metric=curve.metric)
        parts.append(plot.right_axis(metric, title, share=share))
        parts.append(plot.line(curve.evals, METRIC, width=1.5, span=metric))
        parts.extend(plot.dot(point, METRIC, metric, point == curve.best) for point in curve.evals)
    if curve.empty:
        parts.append(_text(WIDTH / 2, HEIGHT / 2, words("chart.empty"), "middle"))
    return _document(parts + _legend(_marks(curve, words)), words("chart.label"))


def compare_svg_of(curves: Sequence[tuple[str, Curve]], words: Words) -> str:
    """The smoothed losses of several runs in one picture."""
    points = [point for _, curve in curves for point in curve.smoothed]
    steps = [step for step, _ in points] or [0.0, 1.0]
    plot = Plot(
        (min(steps), max(*steps, min(steps) + 1)), padded([value for _, value in points], 0.02)
    )
    parts = [plot.frame(words("chart.step"), words("chart.loss"))]
    marks: list[Mark] = []
    for index, (name, curve) in enumerate(curves):
        color = SERIES[index % len(SERIES)]
        parts.append(plot.line(curve.smoothed, color, width=2))
        marks.append((color, "line", name[:40]))
    return _document(parts + _legend(marks), words("chart.label"))


def as_image(svg: str, alternative: str) -> str:
    """An ``<img>`` with the SVG inside: unlike inline SVG it survives sanitising."""
    data = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    return (
        f'<img alt="{escape(alternative)}" style="max-width:{WIDTH}px;width:100%" '
        f'src="data:image/svg+xml;base64,{data}">'
    )


class Plot:
    """Maps steps and values to the picture."""

    def __init__(self, steps: Range, values: Range) -> None:
        self.steps = steps
        self.values = values

    def frame(self, bottom: str, left: str) -> str:
        """Grid, left axis and bottom axis, each with its title."""
        parts = [_sideways(14, left)]
        for value in ticks(*self.values, 4):
            y = self.y(value, self.values)
            parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{INK}" opacity=".2"/>')
            parts.append(_text(LEFT - 6, y + 4, _tick(value), "end"))
        for step in ticks(*self.steps, 6):
            if step == int(step):
                parts.append(_text(self.x(step), HEIGHT - BOTTOM + 17, f"{step:.0f}", "middle"))
        parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, bottom, "middle"))
        return "".join(parts)

    def right_axis(self, span: Range, title: str, *, share: bool) -> str:
        """Ticks of the metric, and its title."""
        labels = "".join(
            _text(WIDTH - RIGHT + 6, self.y(value, span) + 4, _tick(value, share), "start")
            for value in ticks(*span, 4)
        )
        return labels + _sideways(WIDTH - 5, title)

    def line(
        self,
        points: Sequence[Point],
        color: str,
        *,
        width: float,
        span: Range | None = None,
        dash: str = "",
    ) -> str:
        """A polyline; one point alone is drawn as a dot by the round cap."""
        span = span or self.values
        if not points:
            return ""
        path = _polyline([(self.x(step), self.y(value, span)) for step, value in points])
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        return (
            f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width}" '
            f'stroke-linejoin="round" stroke-linecap="round"{dashes}/>'
        )

    def dot(self, point: Point, color: str, span: Range, best: bool) -> str:
        """An evaluation; the best is larger and ringed."""
        x, y = self.x(point[0]), self.y(point[1], span)
        ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="{color}"/>'
        dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>'
        return dot + (ring if best else "")

    def x(self, step: float) -> float:
        """Where a step is, in pixels."""
        low, high = self.steps
        return LEFT + (step - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float, span: Range) -> float:
        """Where a value of an axis is, in pixels."""
        low, high = span
        share = (value - low) / (high - low) if high > low else 0.5
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _polyline(points: Sequence[tuple[float, float]]) -> str:
    """Whole pixels to the right, tenths of one down, each from the one before: a third shorter."""
    places = [(round(x), round(10 * y)) for x, y in points]
    x, y = places[0]
    moves = [f"M{x} {y / 10:g}l"]
    for right, down in places[1:] or places:
        moves.append(f"{right - x} {(down - y) / 10:g}")
        x, y = right, down
    return moves[0] + " ".join(moves[1:])


def _marks(curve: Curve, words: Words) -> list[Mark]:
    marks: list[Mark] = [
        (INK, "line", words("chart.loss")),
        (LOSS, "line", words("chart.smooth")),
    ]
    if curve.evals:
        label = words("chart.eval", metric=curve.metric)
        if curve.best is not None:
            label += f" ({words('chart.best')} {figure(curve.metric, curve.best[1])})"
        marks.append((METRIC, "dot", label))
    if curve.lr:
        marks.append((LR, "line", words("chart.lr")))
    return marks


def _legend(marks: Sequence[Mark]) -> list[str]:
    parts, x = [], float(LEFT)
    for color, kind, label in marks:
        if kind == "dot":
            parts.append(f'<circle cx="{x + 8:.0f}" cy="13" r="4" fill="{color}"/>')
        else:
            parts.append(f'<path d="M{x:.0f} 13h16" stroke="{color}" stroke-width="3"/>')
        parts.append(_text(x + 21, 17, label, "start"))
        x += 40 + sum(12 if ord(letter) > 0x2E80 else 6.6 for letter in label)
    return parts


def _document(parts: Sequence[str], title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="system-ui,sans-serif" font-size="12" fill="{INK}" role="img">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _sideways(x: float, text: str) -> str:
    y = (TOP + HEIGHT - BOTTOM) / 2
    return (
        f'<text transform="translate({x:.0f} {y:.0f}) rotate(-90)" text-anchor="middle">'
        f"{escape(text)}</text>"
    )


def _tick(value: float, share: bool = False) -> str:
    return f"{100 * value:.4g}%" if share else f"{value:.4g}"
