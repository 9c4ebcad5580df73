"""Which column is the text and which the label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paddle_lab.data.records import LABEL_NAMES, TEXT_NAMES, Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text


def choose_columns(
    records: Records, name: str, text: str | None, label: str | None
) -> tuple[int, int, list[Text]]:
    """Places of the text and label columns, and what was guessed, for the report.

    Given names (or numbers, from 0) win; then well-known names; then the shape of the values.
    Raises DataError when a given column is missing or none can be told.
    """
    text_place = _given(records, name, text, "--text")
    label_place = _given(records, name, label, "--label")
    header = [str(column).strip().lower() for column in records.header or []]
    if label_place is None:
        label_place = _known(header, LABEL_NAMES, {text_place})
    if text_place is None:
        text_place = _known(header, TEXT_NAMES, {label_place})
    if text_place is not None and label_place is not None:
        return text_place, label_place, []
    return _by_shape(records, name, text_place, label_place)


def _given(records: Records, name: str, column: str | None, option: str) -> int | None:
    if column is None:
        return None
    header = records.header or []
    if column in header:
        return header.index(column)
    width = len(header) or (len(records.cells[0]) if records.cells else 0)
    if not header and column.isdigit() and int(column) < width:
        return int(column)
    raise DataError(
        T(
            "{name} has no column '{column}'.",
            "{name} 中没有列“{column}”。",
            name=name,
            column=column,
        ),
        T(
            "Its columns: {columns}.",
            "已有的列：{columns}。",
            columns=", ".join(map(str, header)) or f"0 … {max(0, width - 1)}",
        ),
        T("Name one of them with {option}.", "请用 {option} 指定其中之一。", option=option),
    )


def _known(header: Sequence[str], names: Sequence[str], taken: set[int | None]) -> int | None:
    for known in names:
        if known in header and header.index(known) not in taken:
            return header.index(known)
    return None


def _by_shape(
    records: Records, name: str, text: int | None, label: int | None
) -> tuple[int, int, list[Text]]:
    """The longest values are texts; the fewest different ones are labels."""
    width = len(records.cells[0]) if records.cells else 0
    if width < 2:
        raise DataError(
            T("{name} has no column for a label.", "{name} 中没有标签列。", name=name),
            T("Columns found: {n}.", "找到的列数：{n}。", n=width),
            T(
                "Each row needs a text and a label, e.g. text<TAB>label.",
                "每行需要一条文本和一个标签，例如 文本<TAB>标签。",
            ),
        )
    sample = records.cells[:2000]
    values = [[_as_text(row[place]) for row in sample] for place in range(width)]
    places = [place for place in range(width) if place not in (text, label)]
    if text is None:
        text = max(places, key=lambda place: sum(map(len, values[place])))
        places.remove(text)
    if label is None:
        label = min(places, key=lambda place: (len(set(values[place])), place))
    shown = records.header or [f"#{place}" for place in range(width)]
    guessed = T(
        "{name}: taking column {text} as text and column {label} as label.",
        "{name}：把列 {text} 作为文本，列 {label} 作为标签。",
        name=name,
        text=shown[text],
        label=shown[label],
    )
    return text, label, [guessed]


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)
