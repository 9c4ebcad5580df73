"""Rows of three texts, a query with one that fits and one that does not: two pairs each."""

from __future__ import annotations

from typing import Final

from paddle_lab.data.cells import text_of, whole
from paddle_lab.data.excerpt import same_text
from paddle_lab.data.names import TRIPLE_NAMES, folded
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, RowsRead
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.pair.options import PairOptions
from paddle_lab.tasks.pair_columns import TEXT, TEXT2, shape_of

FITS, FITS_NOT = "1", "0"
_TITLES: Final = (
    T("the query", "查询"),
    T("the text that fits", "匹配文本"),
    T("the text that does not fit", "不匹配文本"),
)


def triple_columns(records: Records, reading: Reading) -> tuple[int, int, int] | None:
    """Indices of query, positive and negative where names or the person say so; else None."""
    header = [folded(column) for column in records.header or []]
    if "label" not in reading.columns:
        for names in TRIPLE_NAMES:
            if set(names) <= set(header):
                query, fits, other = (header.index(name) for name in names)
                return query, fits, other
    if not isinstance(reading.options, PairOptions) or not reading.options.triples:
        return None
    texts = shape_of(records).texts
    if len(texts) != 3 and records.width == 3:
        texts = [0, 1, 2]
    return (texts[0], texts[1], texts[2]) if len(texts) == 3 else None


def read_triples(records: Records, reading: Reading, columns: tuple[int, int, int]) -> RowsRead:
    """Two pairs of each row, labels "1" and "0"; pairs of one query stay on one side of a split."""
    names = records.column_names()
    read = RowsRead({TEXT: [], TEXT2: []}, columns={TEXT: names[columns[0]]}, groups=[])
    assert read.groups is not None
    for line, cells in zip(records.lines, records.cells, strict=True):
        texts: list[str] = []
        for index, title in zip(columns, _TITLES, strict=True):
            text = text_of(cells[index])
            if isinstance(text, Text):
                read.bad.append(
                    (line, T("{which}: {why}", "{which}：{why}", which=title, why=text))
                )
                break
            texts.append(whole(text))
        else:
            query, fits, other = texts
            read.add(line, (query, fits), FITS)
            read.add(line, (query, other), FITS_NOT)
            read.groups += [same_text(query)] * 2
    read.notices.append(
        T("{name}: rows of three texts ({columns}) are read as two pairs each: the first with the "
          "second is 1, with the third 0.",
          "{name}：每行三条文本（{columns}）作为两对读取：第一条与第二条标为 1，与第三条标为 0。",
          name=reading.name, columns=", ".join(names[index] for index in columns))
    )  # fmt: skip
    return read
