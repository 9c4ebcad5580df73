"""The static curve: what its axes are, and colours that are seen on white and on black."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from paddle_lab.views.curve import Curve, with_room
from paddle_lab.views.picture import run_png
from paddle_lab.views.svg import INK, LOSS, LR, METRIC, SERIES, Plot, compare_svg_of, run_svg
from paddle_lab.views.words import Words


def brightness(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


def run(metric: str = "accuracy", value: float = 0.81) -> dict[str, Any]:
    columns = {"step": [1, 2, 3], "loss": [0.7, 0.6, 0.5], "lr": [1e-4, 2e-4, 1e-4]}
    evals = [{"step": 3, "metrics": {metric: value}, "best": True}]
    return {"columns": columns, "evals": evals, "metric": metric}


@pytest.mark.parametrize("color", sorted({INK, LOSS, LR, METRIC, *SERIES}))
@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_every_line_stands_out_from_the_page(color: str, page: str) -> None:
    assert contrast(color, page) >= 3


def test_no_line_of_the_curve_is_drawn_pale() -> None:
    lines = re.findall(r"<path [^>]*fill=\"none\"[^>]*>", run_svg(run(), Words("en")))
    assert len(lines) == 4 and not any("opacity" in line for line in lines)


def test_a_long_line_ends_where_its_last_point_is() -> None:
    steps = list(range(1, 502))
    columns = {"step": steps, "loss": [1 / step for step in steps], "lr": [1e-4] * 501}
    picture = run_svg({"columns": columns, "evals": [], "metric": "accuracy"}, Words("en"))
    drawn = re.findall(r'd="M(\d+) ([\d.]+)l([-\d. ]+)"', picture)
    start, low, moves = max(drawn, key=lambda path: len(path[2]))
    numbers = [float(number) for number in moves.split()]
    axis = float(re.findall(r'd="M60 ([\d.]+)H', picture)[0])
    assert float(start) + sum(numbers[::2]) == pytest.approx(648, abs=1)
    assert float(low) + sum(numbers[1::2]) == pytest.approx(axis, abs=1)


@pytest.mark.parametrize(
    ("language", "titles"),
    [("en", ["step", "loss", "dev accuracy"]), ("zh", ["步", "损失", "验证集准确率"])],
)
def test_every_axis_has_its_title(language: str, titles: list[str]) -> None:
    picture = run_svg(run(), Words(language))
    for title in titles:
        assert re.search(rf"<text [^>]*middle\">{title}</text>", picture), title


@pytest.mark.parametrize(
    ("metric", "value", "written"),
    [
        ("accuracy", 0.81, "81%"),
        ("macro_f1", 0.4, "40%"),
        ("spearman", 0.4, "0.4"),
        ("mae", 2, "2"),
    ],
)
def test_the_axis_of_a_metric_is_written_as_the_metric(
    metric: str, value: float, written: str
) -> None:
    assert f'"start">{written}</text>' in run_svg(run(metric, value), Words("en"))


def test_the_mark_of_the_best_stays_clear_of_the_axis() -> None:
    last = Plot(with_room((1, 3)), (0, 1)).x(3)
    edge = Plot(with_room((1, 3)), (0, 1)).x(with_room((1, 3))[1])
    assert edge - last > 7  # the radius of its ring


def test_runs_beside_each_other_have_titles_too() -> None:
    points = [(1.0, 0.7), (2.0, 0.6)]
    curve = Curve(points, points, [], [], None, "accuracy")
    picture = compare_svg_of([("a", curve), ("b", curve)], Words("en"))
    assert picture.count("rotate(-90)") == 1 and ">loss</text>" in picture


@pytest.mark.parametrize("metric", ["accuracy", "spearman", "自定义"])
def test_the_png_is_drawn_for_every_metric(metric: str) -> None:
    assert base64.b64decode(run_png(run(metric))).startswith(b"\x89PNG")
