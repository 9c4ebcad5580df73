"""One text and one label from a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from paddle_lab.data.cells import labels_of, make_whole, texts_of
from paddle_lab.data.columns import (
    ENOUGH_ROWS,
    MOSTLY_DIFFERENT,
    all_names,
    asked_columns,
    choose,
    column_names,
    like_text,
    named_columns,
    sample_values,
)
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import LABEL_NAMES, PAIR_NAMES, TEXT_NAMES, folded
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Recognition, Role, RowsRead
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.label_names import apply_names, column_of_names
from paddle_lab.tasks.recognition import advice_of

ROLES: Final = (Role("text", T("text", "文本"), TEXT_NAMES),)
_GAPS: Final = 0.05
TARGET: Final = Role("label", T("label", "标签"), LABEL_NAMES)


def read_rows(records: Records, reading: Reading) -> RowsRead:
    """Texts with a label each, and the rows that lack one of them.

    Labels are named where a column or a file beside the data has names for their numbers. Raises
    DataError, also for rows of another task unless a person named a column.
    """
    columns, guessed = choose_columns(records, reading)
    if not reading.columns and not reading.like:
        _refuse_other_task(records, reading.name)
    told = _use_names(records, reading, columns)
    text, label = columns["text"], columns["label"]
    texts: list[str] = []
    read = RowsRead({"text": texts}, columns=column_names(records, columns), guessed=guessed)
    contents, tags = texts_of(records.column(text)), labels_of(records.column(label))
    repaired = {*make_whole(contents), *make_whole(tags)}
    for line, content, tag in zip(records.lines, contents, tags, strict=True):
        if isinstance(content, Text):
            read.bad.append((line, content))
        elif isinstance(tag, Text):
            read.bad.append((line, tag))
        else:
            texts.append(content)
            read.targets.append(tag)
            read.lines.append(line)
    if repaired:
        read.notices.append(broken_characters(len(repaired)))
    names, notices = apply_names(read.targets, records, reading, read.settings)
    if names is not None:
        read.targets = [names.name(tag) for tag in read.targets]
    read.notices += told + notices
    return read


def _use_names(records: Records, reading: Reading, columns: dict[str, int]) -> list[Text]:
    """Take the column that names the labels in place of their numbers, if none was asked for."""
    if "label" in reading.columns:
        return []
    found = column_of_names(records, columns["label"])
    if found is None or found == columns["text"]:
        return []
    numbers, columns["label"] = columns["label"], found
    header = records.column_names()
    return [
        T("{name}: labels are read from {names}, which names the numbers of {numbers} "
          "(--label {numbers} says otherwise).",
          "{name}：标签取自 {names}，它是 {numbers} 中数字的名称（可用 --label {numbers} 指定）。",
          name=reading.name, names=excerpt(header[found]), numbers=excerpt(header[numbers]))
    ]  # fmt: skip


def _refuse_other_task(records: Records, name: str) -> None:
    """Raise DataError for rows that are certainly of another task, such as several labels a row."""
    other = advice_of(records, "classify")
    if other is None:
        return
    raise DataError(
        T("{name} is not data for one label a row.", "{name} 不是每行一个标签的数据。",
          name=excerpt(name, 120)),
        T("Its columns: {columns}.", "它的列：{columns}。", columns=all_names(records)),
        T("{other} Or name the label's column: --label COLUMN", "{other}或指定标签列：--label 列",
          other=other),
        code="data.other_task",
    )  # fmt: skip


def recognise(records: Records) -> Recognition | None:
    """Classification is never certain: another task may read its table otherwise."""
    try:
        choose_columns(records, Reading("data"))
    except DataError:
        return None
    return "possible"


def broken_characters(rows: int) -> Text:
    """The notice of rows that held halves of surrogate pairs."""
    return T(
        "{n} rows held broken characters (lone surrogates); they are read as U+FFFD.",
        "有 {n} 行含有损坏的字符（单独的代理项），已替换为 U+FFFD。",
        n=rows,
    )


def choose_columns(records: Records, reading: Reading) -> tuple[dict[str, int], bool]:
    """Indices of text and label, and whether their shape alone told one of them.

    What no name tells is told by the shape: texts are long, labels repeat. Raises DataError when
    none can be told, or when the rows look like pairs of texts.
    """
    if records.width < 2:
        raise _single_column(records, reading.name)
    if "text" not in asked_columns(records, reading, ROLES, TARGET):
        header = [folded(column) for column in records.header or []]
        for first, second in PAIR_NAMES:
            if first in header and second in header:
                raise _pairs(records, reading.name, first, second)
    found = named_columns(records, reading, ROLES, TARGET)
    if len(found) == 2:
        return found, False
    return _by_shape(records, reading.name, found), True


def _by_shape(records: Records, name: str, found: dict[str, int]) -> dict[str, int]:
    """The long, different values are texts; of the others, the fewest different ones are labels."""
    values = sample_values(records)
    rows = len(values[0])
    free = [index for index in range(records.width) if index not in found.values()]
    text, label = found.get("text"), found.get("label")
    if text is None:
        texts = [index for index in free if like_text(values[index])]
        if len(texts) > 1:  # a column with gaps, such as key words, is not what each row says
            texts = [index for index in texts if not _has_gaps(values[index])] or texts
        # In two columns of a few rows the label may look like a text, too.
        if len(texts) > 1 and (records.width > 2 or rows >= ENOUGH_ROWS):
            names = records.column_names()
            raise _pairs(records, name, excerpt(names[texts[0]]), excerpt(names[texts[1]]))
        # Names of classes may be longer than what people say: what repeats is no text.
        likely = texts if len(texts) == 1 else free
        text = max(likely, key=lambda index: sum(map(len, values[index])))
        free.remove(text)
    if label is None:
        kinds = {index: len(set(values[index])) for index in free}
        # A column of one value (a split's name, a year) teaches nothing; names say more than codes.
        label = min(
            free,
            key=lambda index: (kinds[index] < 2, kinds[index], _are_numbers(values[index]), index),
        )
        if rows >= ENOUGH_ROWS and kinds[label] > MOSTLY_DIFFERENT * rows:
            raise _no_label(records, name, kinds[label], rows)
    return {"text": text, "label": label}


def _has_gaps(values: Sequence[str]) -> bool:
    return sum(not value.strip() for value in values) > _GAPS * len(values)


def _are_numbers(values: Sequence[str]) -> bool:
    return all(value.strip().isdecimal() for value in values)


def _single_column(records: Records, name: str) -> DataError:
    return DataError(
        T("{name} has no column for a label.", "{name} 中没有标签列。", name=name),
        T("Columns found: {columns}.", "找到的列：{columns}。", columns=all_names(records)),
        T("Each row needs a text and a label, e.g. text<TAB>label.",
          "每行需要一条文本和一个标签，例如 文本<TAB>标签。"),
        code="data.columns",
    )  # fmt: skip


def _pairs(records: Records, name: str, first: str, second: str) -> DataError:
    other = advice_of(records, "classify")
    one = T("Choose one of them: --text {first}", "请选择其中一列：--text {first}", first=first)
    return DataError(
        T("{name} has two columns of texts: {first} and {second}.",
          "{name} 有两列文本：{first} 和 {second}。", name=name, first=first, second=second),
        T("Classification reads one text a row; rows of two texts are for matching.",
          "文本分类每行只读一条文本；两条文本的数据用于文本匹配。"),
        one if other is None else T("{other} Or: {one}", "{other}或：{one}", other=other, one=one),
        code="data.other_task",
    )  # fmt: skip


def _no_label(records: Records, name: str, kinds: int, rows: int) -> DataError:
    return DataError(
        T("{name}: no column looks like a label.", "{name}：没有像标签的列。", name=name),
        T("Columns: {columns}. The best has {kinds} different values in {rows} rows.",
          "列：{columns}。最接近的一列在 {rows} 行中有 {kinds} 种取值。",
          columns=all_names(records), kinds=kinds, rows=rows),
        choose(ROLES, TARGET),
        code="data.columns",
    )  # fmt: skip
