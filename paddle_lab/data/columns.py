"""Which column is the text and which the label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import LABEL_NAMES, PAIR_NAMES, TEXT_NAMES, folded
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T
from paddle_lab.text.close_names import did_you_mean

_SAMPLE: Final = 2000
# A column with more different values than this share of its rows is no class.
_MOSTLY_DIFFERENT: Final = 0.5
_ENOUGH_ROWS: Final = 20


@dataclass(frozen=True)
class Columns:
    """Places of the two columns, from 0. ``guessed``: told by shape alone, by no name."""

    text: int
    label: int
    guessed: bool


def choose_columns(
    records: Records,
    name: str,
    asked: tuple[str | None, str | None],
    like: tuple[str, str] | None = None,
) -> Columns:
    """Places of the text and the label column.

    Columns that were ``asked`` for win (by name, or by number from 0 where there is no header);
    then well-known names; then those of another part, ``like``; then the shape: texts are long,
    labels repeat.

    Raises DataError when a column that was asked for is missing, when none can be told, or when
    the rows look like pairs of texts.
    """
    _refuse_single_column(records, name)
    text = _given(records, name, asked[0], "--text")
    label = _given(records, name, asked[1], "--label")
    header = [folded(column) for column in records.header or []]
    if text is None:
        _refuse_named_pairs(header, name)
    if label is None:
        label = _known(header, LABEL_NAMES, text)
    if text is None:
        text = _known(header, TEXT_NAMES, label)
    if like is not None and set(like) <= set(records.column_names()):
        text = records.column_names().index(like[0]) if text is None else text
        label = records.column_names().index(like[1]) if label is None else label
    if text is None or label is None:
        return _by_shape(records, name, text, label)
    _refuse_same_column(text, label, records, name)
    return Columns(text, label, guessed=False)


def _given(records: Records, name: str, column: str | None, option: str) -> int | None:
    if column is None:
        return None
    names = records.column_names()
    if column in names:
        return names.index(column)
    folds = [folded(known) for known in names]
    if folded(column) in folds:
        return folds.index(folded(column))
    raise DataError(
        T("{name} has no column '{column}'.", "{name} 中没有列“{column}”。",
          name=name, column=excerpt(column)),
        T("Its columns: {columns}.", "已有的列：{columns}。",
          columns=excerpt(", ".join(names), 300) or "-")
        if records.header is not None
        else T("It has no header; its columns are 0 to {last}.",
               "文件没有表头；列编号为 0 到 {last}。", last=max(0, records.width - 1)),
        did_you_mean(column, names, show=lambda close: f"{option} {excerpt(close)}")
        or T("Name one of them with {option}.", "请用 {option} 指定其中之一。", option=option),
    )  # fmt: skip


def _known(header: list[str], names: tuple[str, ...], taken: int | None) -> int | None:
    for known in names:
        if known in header and header.index(known) != taken:
            return header.index(known)
    return None


def _by_shape(records: Records, name: str, text: int | None, label: int | None) -> Columns:
    """The long, different values are texts; of the others, the fewest different ones are labels."""
    sample = records.cells[:_SAMPLE]
    values = [[_shown(row[place]) for row in sample] for place in range(records.width)]
    free = [place for place in range(records.width) if place not in (text, label)]
    if text is None:
        texts = [place for place in free if _like_text(values[place])]
        # In two columns of a few rows the label may look like a text, too.
        if len(texts) > 1 and (records.width > 2 or len(sample) >= _ENOUGH_ROWS):
            raise _several_texts(records, name, texts)
        # Names of classes may be longer than what people say: what repeats is no text.
        likely = texts if len(texts) == 1 else free
        text = max(likely, key=lambda place: sum(map(len, values[place])))
        free.remove(text)
    if label is None:
        kinds = {place: len(set(values[place])) for place in free}
        # A column of one value (a split's name, a year) teaches nothing.
        label = min(free, key=lambda place: (kinds[place] < 2, kinds[place], place))
        if len(sample) >= _ENOUGH_ROWS and kinds[label] > _MOSTLY_DIFFERENT * len(sample):
            raise _no_label(records, name, kinds[label], len(sample))
    return Columns(text, label, guessed=True)


def _like_text(values: list[str]) -> bool:
    """Long, mostly different, and not mere numbers or identifiers."""
    worded = sum(len(value) >= 4 and (not value.isascii() or " " in value) for value in values)
    return 2 * worded > len(values) and len(set(values)) > _MOSTLY_DIFFERENT * len(values)


def _shown(value: Any) -> str:
    try:
        return "" if value is None else str(value)
    except Exception:  # whatever a stranger's class does
        return type(value).__name__


# -- refusals -----------------------------------------------------------------------------------

_CHOOSE: Final = T(
    "Name the columns: --text COLUMN --label COLUMN (a name, or a number from 0).",
    "请指定列：--text 列 --label 列（列名，或从 0 开始的编号）。",
)


def _refuse_single_column(records: Records, name: str) -> None:
    if records.width >= 2:
        return
    raise DataError(
        T("{name} has no column for a label.", "{name} 中没有标签列。", name=name),
        T("Columns found: {columns}.", "找到的列：{columns}。",
          columns=excerpt(", ".join(records.column_names()), 200) or "-"),
        T("Each row needs a text and a label, e.g. text<TAB>label.",
          "每行需要一条文本和一个标签，例如 文本<TAB>标签。"),
    )  # fmt: skip


def _refuse_same_column(text: int, label: int, records: Records, name: str) -> None:
    if text != label:
        return
    raise DataError(
        T("{name}: column '{column}' cannot be both text and label.",
          "{name}：列“{column}”不能既是文本又是标签。",
          name=name, column=excerpt(records.column_names()[text])),
        T("Columns found: {columns}.", "找到的列：{columns}。",
          columns=excerpt(", ".join(records.column_names()), 200)),
        _CHOOSE,
    )  # fmt: skip


def _refuse_named_pairs(header: list[str], name: str) -> None:
    for first, second in PAIR_NAMES:
        if first in header and second in header:
            raise _pairs(name, first, second)


def _several_texts(records: Records, name: str, places: list[int]) -> DataError:
    names = records.column_names()
    return _pairs(name, excerpt(names[places[0]]), excerpt(names[places[1]]))


def _pairs(name: str, first: str, second: str) -> DataError:
    return DataError(
        T("{name} has two columns of texts: {first} and {second}.",
          "{name} 有两列文本：{first} 和 {second}。", name=name, first=first, second=second),
        T("Classification reads one text a row; rows of two texts are for matching.",
          "文本分类每行只读一条文本；两条文本的数据用于文本匹配。"),
        T("Choose one of them: --text {first}", "请选择其中一列：--text {first}", first=first),
    )  # fmt: skip


def _no_label(records: Records, name: str, kinds: int, rows: int) -> DataError:
    return DataError(
        T("{name}: no column looks like a label.", "{name}：没有像标签的列。", name=name),
        T("Columns: {columns}. The best has {kinds} different values in {rows} rows.",
          "列：{columns}。最接近的一列在 {rows} 行中有 {kinds} 种取值。",
          columns=excerpt(", ".join(records.column_names()), 200), kinds=kinds, rows=rows),
        _CHOOSE,
    )  # fmt: skip
