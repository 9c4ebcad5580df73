"""The curve as a PNG, for places that show neither our chart nor an SVG (PDF, some mail)."""

from __future__ import annotations

import base64
import io
from typing import Any

from paddle_lab.text.numbers import is_share
from paddle_lab.views.curve import Curve, curve_of
from paddle_lab.views.svg import INK, LOSS, METRIC
from paddle_lab.views.words import name_of


def run_png(snapshot: dict[str, Any]) -> str:
    """A PNG of the curve in base64. English only: no font for Chinese can be counted on."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 2.4), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    _draw(figure, curve_of(snapshot))
    content = io.BytesIO()
    figure.savefig(content, format="png", pil_kwargs={"optimize": True})
    return base64.b64encode(_fewer_colors(content)).decode("ascii")


def _draw(figure: Any, curve: Curve) -> None:
    axes = figure.add_subplot()
    axes.plot(*_columns(curve.loss), color=INK, linewidth=0.6)
    axes.plot(*_columns(curve.smoothed), color=LOSS, linewidth=1.6)
    axes.set_xlabel("step", color=INK)
    axes.set_ylabel("loss", color=LOSS)
    sides = [axes]
    if curve.evals:
        right = axes.twinx()
        right.plot(*_columns(curve.evals), color=METRIC, marker="o", markersize=4, linewidth=1)
        right.set_ylabel(f"dev {_name(curve.metric)}", color=METRIC)
        if is_share(curve.metric):
            right.yaxis.set_major_formatter("{x:.1%}")
        sides.append(right)
    for side in sides:
        side.tick_params(colors=INK, labelsize=8)
        for spine in side.spines.values():
            spine.set_visible(False)
    axes.grid(axis="y", color=INK, alpha=0.2)


def _name(metric: str) -> str:
    name = name_of("metric", metric).en
    return name if name.isascii() else "metric"


def _columns(points: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [step for step, _ in points], [value for _, value in points]


def _fewer_colors(content: io.BytesIO) -> bytes:
    """The same picture in 16 colours: half the bytes in the saved notebook."""
    from PIL import Image

    content.seek(0)
    small = io.BytesIO()
    Image.open(content).convert("RGB").quantize(16).save(small, format="png", optimize=True)
    return small.getvalue()
