"""Two pictures of a search: how its trials came out one after the other, and which values they had.

Drawn into the page itself, so that lines have the page's own colours and the Tab key reaches every
trial; a page that takes no drawings shows the table beside them, which says the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from paddle_lab.i18n import T
from paddle_lab.text.html import escape
from paddle_lab.text.html_table import QUIET
from paddle_lab.text.numbers import figure
from paddle_lab.views.curve import padded, ticks
from paddle_lab.views.words import name_of

WIDTH: Final = 720
HEIGHT: Final = 220
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 18, 34
MOST_DRAWN: Final = 200

_INK: Final = "var(--jp-ui-font-color2,#757575)"
_GRID: Final = "var(--jp-border-color2,rgba(128,128,128,.35))"
_BEST: Final = "var(--jp-warn-color1,#cf7a24)"
_LINE: Final = "var(--jp-brand-color1,#2196f3)"
_FAILED: Final = "var(--jp-error-color1,#d32f2f)"

Row = Mapping[str, Any]


def history_svg(plan: Row, rows: Sequence[Row], best: int | None) -> str:
    """The figure of each trial, and the best so far as a line."""
    drawn = [row for row in rows if row["value"] is not None][-MOST_DRAWN:]
    values = [row["value"] for row in drawn]
    span = padded(values, 0.02)
    last = max([row["number"] for row in rows], default=0)
    first = drawn[0]["number"] if drawn else 0

    def x(trial: int) -> float:
        return LEFT + (trial - first + 0.5) / (last - first + 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - span[0]) / (span[1] - span[0]) * (HEIGHT - TOP - BOTTOM)

    parts = []
    for value in ticks(*span, 4):
        parts.append(_path(f"M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}", _GRID, 1))
        parts.append(_text(LEFT - 6, y(value) + 4, figure(plan["metric"], value), "end"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, str(T("trial", "试验")), "middle"))
    for row in drawn[:: max(1, len(drawn) // 12)]:
        parts.append(_text(x(row["number"]), HEIGHT - BOTTOM + 15, row["number"] + 1, "middle"))
    steps = _best_so_far(drawn, plan["higher"])
    if steps:
        path = f"M{x(steps[0][0]):.1f} {y(steps[0][1]):.1f}"
        path += "".join(f"H{x(trial):.1f}V{y(value):.1f}" for trial, value in steps[1:])
        parts.append(_path(path, _LINE, 1.5))
    for row in drawn:
        color = _BEST if row["number"] == best else _LINE
        filled = color if row["state"] == "complete" else "none"
        radius = 6 if row["number"] == best else 4
        dot = (
            f'<circle cx="{x(row["number"]):.1f}" cy="{y(row["value"]):.1f}" r="{radius}" '
            f'style="fill:{filled};stroke:{color}"/>'
        )
        parts.append(_reached(dot, described(plan, row)))
    said = T("Trials in order; filled: whole, hollow: left early.",
             "按顺序的试验；实心：完整，空心：提前停止。")  # fmt: skip
    return _svg(parts, str(said), HEIGHT) + _caption(said)


def parallel_svg(plan: Row, rows: Sequence[Row], best: int | None) -> str:
    """A line for each trial over its values and its figure: where the good ones pass."""
    drawn = [row for row in rows if row["value"] is not None][-MOST_DRAWN:]
    axes = [_axis(one) for one in plan["space"]]
    span = padded([row["value"] for row in drawn], 0.02)
    axes.append((str(name_of("metric", plan["metric"])), lambda row: _share(row["value"], *span),
                 (figure(plan["metric"], span[0]), figure(plan["metric"], span[1]))))  # fmt: skip
    wide = (WIDTH - LEFT - RIGHT - 30) / max(1, len(axes) - 1)
    parts = []
    for place, (name, _, ends) in enumerate(axes):
        x = LEFT + place * wide
        parts.append(_path(f"M{x:.1f} {TOP + 14}V{HEIGHT - BOTTOM}", _GRID, 1))
        parts.append(_text(x, HEIGHT - 4, name, "middle"))
        parts.append(_text(x, HEIGHT - BOTTOM + 14, ends[0], "middle"))
        parts.append(_text(x, TOP + 8, ends[1], "middle"))
    ordered = sorted(drawn, key=lambda row: row["number"] == best)
    ranks = _ranks(drawn, plan["higher"])
    for row in ordered:
        is_best = row["number"] == best
        color = _BEST if is_best else _LINE
        points = []
        for place, (_, share, _) in enumerate(axes):
            height = HEIGHT - BOTTOM - share(row) * (HEIGHT - TOP - BOTTOM - 14)
            points.append(f"{LEFT + place * wide:.1f} {height:.1f}")
        # The better, the thicker; the palest still has a contrast of 3:1 on light and dark.
        rank = ranks[row["number"]]
        line = _path("M" + "L".join(points), color, 3.5 if is_best else 1 + rank,
                     1.0 if is_best else 0.75 + 0.25 * rank,
                     row["state"] != "complete")  # fmt: skip
        parts.append(_reached(line, described(plan, row)))
    said = T("Values of each trial, thicker where it came out better; dashed: left early.",
             "每次试验的取值，结果越好线越粗；虚线：提前停止。")  # fmt: skip
    return _svg(parts, str(said), HEIGHT) + _caption(said)


def importance_svg(shares: Mapping[str, float], names: Mapping[str, str]) -> str:
    """A bar for each option: its share in what made figures differ."""
    parts, height = [], 22 * len(shares) + 6
    for place, (name, share) in enumerate(sorted(shares.items(), key=lambda one: -one[1])):
        y = 22 * place + 4
        width = max(1.0, share * (WIDTH - 300))
        parts.append(_text(190, y + 13, names.get(name, name), "end"))
        parts.append(f'<rect x="200" y="{y}" width="{width:.1f}" height="16" '
                     f'style="fill:{_LINE}"/>')  # fmt: skip
        parts.append(_text(206 + width, y + 13, f"{100 * share:.0f}%", "start"))
    said = T("Importance of each option.", "各选项的重要性。")
    return _svg(parts, str(said), height)


def flag_of(name: str) -> str:
    """A dimension as people write its option."""
    setting = name.removeprefix("set.")
    return f"--set {setting}" if setting != name else "--" + name.replace("_", "-")


def described(plan: Row, row: Row) -> str:
    """A trial in one line, for who hears it."""
    params = ", ".join(f"{flag_of(name)} {_plain(value)}" for name, value in row["params"].items())
    value = figure(plan["metric"], row["value"])
    return str(
        T("trial {n}: {value}; {params}", "试验 {n}：{value}；{params}",
          n=row["number"] + 1, value=value, params=params)
    )  # fmt: skip


def _axis(one: Mapping[str, Any]) -> tuple[str, Callable[[Row], float], tuple[str, str]]:
    name = one["name"]
    title = flag_of(name)
    if one["values"]:
        values = list(one["values"])
        return title, lambda row: _place(values, row["params"].get(name)), (
            _plain(values[0]), _plain(values[-1])
        )  # fmt: skip
    low, high = one["low"], one["high"]
    by = math.log if one["log"] else float

    def share(row: Row) -> float:
        value = row["params"].get(name)
        if not isinstance(value, (int, float)) or value < low:
            return 0.0
        return _share(by(value), by(low), by(high))

    return title, share, (_plain(low), _plain(high))


def _place(values: Sequence[Any], value: Any) -> float:
    if value not in values or len(values) < 2:
        return 0.0
    return values.index(value) / (len(values) - 1)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)[:24]


def _best_so_far(rows: Sequence[Row], higher: bool) -> list[tuple[int, float]]:
    best, found = None, []
    for row in rows:
        if row["state"] != "complete":
            continue
        if best is None or (row["value"] > best if higher else row["value"] < best):
            best = row["value"]
        found.append((row["number"], best))
    return found


def _ranks(rows: Sequence[Row], higher: bool) -> dict[int, float]:
    ordered = sorted(rows, key=lambda row: row["value"], reverse=not higher)
    return {row["number"]: place / max(1, len(rows) - 1) for place, row in enumerate(ordered)}


def _reached(inside: str, label: str) -> str:
    told = escape(label)
    return f'<g tabindex="0" role="img" aria-label="{told}"><title>{told}</title>{inside}</g>'


def _path(d: str, color: str, width: float, opacity: float = 1.0, dashed: bool = False) -> str:
    dash = "stroke-dasharray:4 3;" if dashed else ""
    return (
        f'<path d="{d}" style="fill:none;stroke:{color};stroke-width:{width:g};{dash}'
        f'stroke-opacity:{opacity:.2f}"/>'
    )


def _text(x: float, y: float, text: object, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _caption(said: object) -> str:
    """What the marks mean, below the picture; who hears the picture has heard it."""
    return f'<p style="{QUIET};margin:0 0 8px" aria-hidden="true">{escape(said)}</p>'


def _svg(parts: Sequence[str], title: str, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="group" '
        f'aria-label="{escape(title)}" style="max-width:{WIDTH}px;width:100%;fill:{_INK};'
        f'font-family:system-ui,sans-serif;font-size:12px"><title>{escape(title)}</title>'
        f"{''.join(parts)}</svg>"
    )
