"""One or two texts and a number from a table."""

from __future__ import annotations

import math
from typing import Any, Final

from paddle_lab.data.cells import label_of, text_of, whole
from paddle_lab.data.columns import all_names, choose, column_names, sample_values
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import LABEL_NAMES, TEXT_NAMES, folded
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Recognition, Role, RowsRead
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.pair_columns import (
    FIRST_NAMES,
    SECOND_NAMES,
    TEXT,
    TEXT2,
    Shape,
    are_document,
    named_pair,
    number_of,
    numbers_in,
    pair_of,
    shape_of,
    two_texts,
)

_SCORES: Final = ("score", "similarity", "similarity_score", "stars", "star", "rating", "value",
                  "target", "评分", "分数", "得分", "星级", "相似度")  # fmt: skip
ROLES: Final = (
    Role(TEXT, T("text", "文本"), (*FIRST_NAMES, *TEXT_NAMES)),
    Role(TEXT2, T("second text", "第二条文本"), SECOND_NAMES, optional=True),
)
TARGET: Final = Role("score", T("score", "分数"), tuple(dict.fromkeys((*_SCORES, *LABEL_NAMES))))
SCORE: Final = TARGET.name
_ONE_TEXT: Final = (ROLES[0],)


def read_rows(records: Records, reading: Reading) -> RowsRead:
    """Texts with a finite number each, and the rows that lack one of them. Raises DataError."""
    columns, guessed = choose_columns(records, reading)
    roles = [role for role in (TEXT, TEXT2) if role in columns]
    read = RowsRead({role: [] for role in roles}, columns=column_names(records, columns),
                    guessed=guessed)  # fmt: skip
    for line, cells in zip(records.lines, records.cells, strict=True):
        texts: tuple[str, ...] | Text
        if TEXT2 in columns:
            texts = pair_of(cells, columns[TEXT], columns[TEXT2])
        else:
            text = text_of(cells[columns[TEXT]])
            texts = text if isinstance(text, Text) else (whole(text),)
        score = score_of(cells[columns[SCORE]])
        if isinstance(texts, Text):
            read.bad.append((line, texts))
        elif isinstance(score, Text):
            read.bad.append((line, score))
        else:
            read.add(line, texts, score)
    return read


def score_of(cell: Any) -> float | Text:
    """A cell as a finite number, or why it is none."""
    shown = label_of(cell)
    if isinstance(shown, Text):
        return T("the score is missing", "缺少分数")
    if isinstance(cell, bool):
        return T("the score is a bool, not a number", "分数是布尔值，不是数字")
    number = number_of(shown)
    if number is not None:
        return number
    try:
        infinite = math.isfinite(float(shown)) is False
    except ValueError:
        infinite = False
    if infinite:
        return T("the score '{value}' is not finite", "分数“{value}”不是有限数",
                 value=excerpt(shown))  # fmt: skip
    return T("the score '{value}' is not a number", "分数“{value}”不是数字", value=excerpt(shown))


def recognise(records: Records) -> Recognition | None:
    """Certain of texts beside numbers with fractions, where no column of classes stands by.

    Possible where the numbers are whole: 1 to 5 may be classes as well. Whole numbers that hardly
    repeat and are not called a score are those of the rows.
    """
    try:
        columns, _ = choose_columns(records, Reading("data"))
    except DataError:
        return None
    values = [value.strip() for value in sample_values(records)[columns[SCORE]] if value.strip()]
    numbers = numbers_in(values)
    if numbers is None:
        return None
    named = records.header is not None and folded(records.header[columns[SCORE]]) in TARGET.names
    if all(map(float.is_integer, numbers)):
        return "possible" if named or columns[SCORE] in shape_of(records).classes else None
    rest = shape_of(records, list(columns.values()))
    others = [index for index in (*rest.classes, *rest.scores)
              if records.header is None or not named or _is_label(records, index)]  # fmt: skip
    return "possible" if others else "certain"


def choose_columns(records: Records, reading: Reading) -> tuple[dict[str, int], bool]:
    """Indices of the texts and of the score, and whether their shape alone told one of them.

    There is a second text where a column is asked for or called so, or where there are two columns
    of texts and nothing says that they are one document. Raises DataError when none can be told.
    """
    if records.width < 2:
        raise _no_columns(records, reading.name)
    found = named_pair(records, reading, ROLES, TARGET)
    guessed = SCORE not in found or TEXT not in found
    shape = shape_of(records, list(found.values()))
    if SCORE not in found:
        score = _score_by_shape(shape)
        if score is None:
            raise _no_score(records, reading.name)
        found[SCORE] = score
    elif not _holds_numbers(records, found[SCORE]):
        raise _no_numbers(records, reading.name, found[SCORE])
    if TEXT not in found:
        found = _texts(records, found, shape)
    if TEXT not in found:
        raise _no_columns(records, reading.name)
    return {role: found[role] for role in (TEXT, TEXT2, SCORE) if role in found}, guessed


def _texts(records: Records, found: dict[str, int], shape: Shape) -> dict[str, int]:
    """``found`` with a text by name or shape, and a second one where there surely is."""
    header = [folded(column) for column in records.header or []]
    for name in TEXT_NAMES:
        if name in header and header.index(name) not in found.values():
            return {**found, TEXT: header.index(name)}
    texts = [index for index in shape.texts if index not in found.values()]
    if len(texts) == 2 and TEXT2 not in found and not are_document(records, texts):
        return two_texts(records, found, shape)
    if len(texts) != 1:
        values = sample_values(records)
        known = (*found.values(), *shape.counts, *shape.scores)
        free = [index for index in range(records.width) if index not in known]
        longest = max(free, key=lambda index: sum(map(len, values[index])), default=None)
        return found if longest is None else {**found, TEXT: longest}
    return {**found, TEXT: texts[0]}


def _score_by_shape(shape: Shape) -> int | None:
    """The one column of numbers with fractions; else the one of few whole ones, else of many."""
    few = [index for index in shape.classes if index in shape.counts]
    for columns in (shape.scores, few, shape.counts):
        if len(columns) == 1:
            return columns[0]
    return None


def _holds_numbers(records: Records, index: int) -> bool:
    """Whether half of the filled cells are numbers: then the others are bad rows."""
    filled = [value.strip() for value in sample_values(records)[index] if value.strip()]
    numbers = sum(score is not None for score in map(number_of, filled))
    return not filled or 2 * numbers >= len(filled)


def _is_label(records: Records, index: int) -> bool:
    return records.header is not None and folded(records.header[index]) in LABEL_NAMES


# -- what is said -------------------------------------------------------------------------------


def _no_columns(records: Records, name: str) -> DataError:
    return DataError(
        T("{name} has no column of texts beside one of numbers.",
          "{name} 没有文本列和数字列。", name=name),
        T("Columns found: {columns}.", "找到的列：{columns}。", columns=all_names(records)),
        T("Each row needs a text, or two, and a number: text<TAB>4.5. {choose}",
          "每行需要一条或两条文本和一个数字：文本<TAB>4.5。{choose}", choose=choose(ROLES, TARGET)),
        code="data.columns",
    )  # fmt: skip


def _no_score(records: Records, name: str) -> DataError:
    return DataError(
        T("{name} has no column of numbers, or several that could be the score.",
          "{name} 没有数字列，或有多列都可能是分数。", name=name),
        T("Columns found: {columns}.", "找到的列：{columns}。", columns=all_names(records)),
        choose(ROLES, TARGET),
        code="data.columns",
    )  # fmt: skip


def _no_numbers(records: Records, name: str, column: int) -> DataError:
    values = list(dict.fromkeys(sample_values(records)[column]))[:5]
    return DataError(
        T("{name}: column {column} holds words, not numbers.",
          "{name}：列 {column} 是文字，不是数字。",
          name=name, column=excerpt(records.column_names()[column])),
        T("Its values: {values} …", "它的取值：{values}……", values=excerpt(", ".join(values), 80)),
        T("Name the column of the score with --label, or learn these classes with --task "
          "classify (one text) or --task pair (two).",
          "请用 --label 指定分数列，或用 --task classify（一条文本）、--task pair（两条文本）"
          "学习这些类别。"),
        code="data.other_task",
    )  # fmt: skip
