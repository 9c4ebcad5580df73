"""Several runs in one picture."""

from __future__ import annotations

from collections.abc import Sequence

from paddle_lab.runs import RunState
from paddle_lab.runs.curve import decimate
from paddle_lab.runs.snapshot import FROZEN_POINTS
from paddle_lab.views.curve import curve_of
from paddle_lab.views.svg import as_image, compare_svg_of
from paddle_lab.views.words import Words


def compare_svg(runs: Sequence[tuple[str, RunState]], language: str | None = None) -> str:
    """An ``<img>`` with the smoothed losses of the named runs; safe to put into a page."""
    words = Words(language)
    curves = [
        (name, curve_of({"columns": decimate(state.columns, FROZEN_POINTS), "evals": state.evals}))
        for name, state in runs
    ]
    return as_image(compare_svg_of(curves, words), words("chart.label"))
