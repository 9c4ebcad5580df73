"""One text and any number of labels from a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from paddle_lab.data.cells import text_of, whole
from paddle_lab.data.columns import all_names, column_names, named_columns
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.names import LABEL_NAMES, TEXT_NAMES
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Recognition, Role, RowsRead
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.label_names import LabelNames, apply_names
from paddle_lab.tasks.levels import with_ancestors
from paddle_lab.tasks.multilabel.cells import bit_of, bits_of, labels_of, not_a_bit
from paddle_lab.tasks.multilabel.checks import counts_of
from paddle_lab.tasks.multilabel.options import MultiLabelOptions
from paddle_lab.tasks.multilabel.separators import (
    LIKELY,
    WHOLE,
    Separator,
    find_separator,
    named,
    unlike,
)
from paddle_lab.tasks.multilabel.writing import (
    by_shape,
    class_beside,
    list_column,
    lists_in,
    one_hot_columns,
    separator_in,
    text_cells,
    vector_width,
)

ROLES: Final = (Role("text", T("text", "文本"), ("text", "data", "fact", *TEXT_NAMES)),)
TARGET: Final = Role("label", T("labels", "标签"), ("labels", "choices", *LABEL_NAMES))
#: Names of 0/1 columns, as one column's name in ``--label`` and in the provenance.
JOINT: Final = ","

_SEPARATOR: Final = "separator"

Cells = Sequence[Any]


@dataclass(frozen=True)
class Layout:
    """Which columns are read, and what turns a row's cells into labels (or says why not).

    ``expected`` are labels that the header promises; ``settings`` hold for other parts.
    """

    columns: dict[str, str]
    text: int
    labels_of: Callable[[Cells], list[str] | Text]
    notices: tuple[Text, ...] = ()
    guessed: bool = False
    expected: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


def read_rows(records: Records, reading: Reading) -> RowsRead:
    """Texts with their labels, and the rows that lack a text. Raises DataError."""
    if records.width < 2:
        raise _single_column(records, reading.name)
    layout = _layout(records, reading)
    read = RowsRead({"text": []}, columns=layout.columns, guessed=layout.guessed)
    read.settings |= layout.settings
    read.notices += layout.notices
    names, told = _names(records, reading, layout, read.settings)
    read.notices += told
    bare = lifted = 0
    for line, cells in zip(records.lines, records.cells, strict=True):
        content, labels = text_of(cells[layout.text]), layout.labels_of(cells)
        if isinstance(content, Text):
            read.bad.append((line, content))
        elif isinstance(labels, Text):
            read.bad.append((line, labels))
        else:
            if names is not None:
                labels = [names.name(label) for label in labels]
            target = with_ancestors(labels)
            bare += not target
            lifted += len(target) > len(labels)
            read.add(line, (whole(content),), target)
    met = counts_of(read.targets)
    unused = [label for label in layout.expected if label not in met]
    if unused and read.targets and not reading.like:
        read.notices.append(_no_row(unused, reading.name))
    if bare:
        read.notices.append(_no_label(bare, len(read.targets), reading.name))
    if lifted:
        read.notices.append(_lifted(lifted, reading.name))
    return read


def _names(
    records: Records, reading: Reading, layout: Layout, settings: dict[str, str]
) -> tuple[LabelNames | None, list[Text]]:
    """Names for labels that are numbers, where there are any."""
    if layout.expected:
        return None, []
    met = (layout.labels_of(cells) for cells in records.cells)
    kinds = {label for labels in met if not isinstance(labels, Text) for label in labels}
    return apply_names(kinds, records, reading, settings)


def recognise(records: Records) -> Recognition | None:
    """Certain of 0/1 columns, lists of several labels, and separators that make labels repeat."""
    if records.width < 2:
        return None
    try:
        found = named_columns(records, Reading("data"), ROLES, TARGET)
    except DataError:
        return None
    if one_hot_columns(records, found):
        return "certain"
    label = found.get("label")
    if label is None:
        label = list_column(records, found)
    return _by_cells(records, found, by_shape(records, found)["label"] if label is None else label)


def _by_cells(records: Records, found: dict[str, int], label: int) -> Recognition | None:
    """Whether the cells of one column hold several labels each."""
    if vector_width(records.column(label)) is not None:
        return "certain"
    lists = lists_in(records, label)
    if lists is not None:
        return "certain" if lists.several > 1 and lists.repeating else "possible"
    separator = separator_in(records, label)
    if separator is None or not separator.certain:
        return None
    # Key words beside a class are no labels: only a name says that they are.
    named = "label" in found
    return "certain" if named or not class_beside(records, found, label) else "possible"


def _layout(records: Records, reading: Reading) -> Layout:
    names = records.column_names()
    wanted = reading.columns.get("label") or reading.like.get("label", "")
    joint = [part.strip() for part in wanted.split(JOINT)]
    if wanted not in names and len(joint) > 1 and set(joint) <= set(names):
        found = named_columns(records, _without_label(reading), ROLES, TARGET)
        found.pop("label", None)
        return _one_hot(records, found, [names.index(part) for part in joint])
    found = named_columns(records, reading, ROLES, TARGET)
    binary = one_hot_columns(records, found)
    if binary:
        return _one_hot(records, found, binary)
    if "label" not in found and (label := list_column(records, found)) is not None:
        found["label"] = label
    guessed = len(found) < 2
    return _one_column(records, reading, by_shape(records, found), guessed)


def _without_label(reading: Reading) -> Reading:
    def rest(columns: Mapping[str, str]) -> dict[str, str]:
        return {role: column for role, column in columns.items() if role != "label"}

    return replace(reading, columns=rest(reading.columns), like=rest(reading.like))


def _one_hot(records: Records, found: dict[str, int], binary: list[int]) -> Layout:
    """Labels are the names of the columns that hold a 1."""
    names = records.column_names()
    if "text" not in found:
        rest = {f"#{index}": index for index in binary}
        found = {"text": by_shape(records, {**rest, "label": binary[0]})["text"]}

    def labels(cells: Cells) -> list[str] | Text:
        chosen = []
        for index in binary:
            bit = bit_of(cells[index])
            if bit is None:
                return not_a_bit(names[index], cells[index])
            if bit:
                chosen.append(whole(names[index]))
        return chosen

    shown = [names[index] for index in binary]
    notice = T("{n} columns of 0 and 1 are read as labels: {names}.",
               "{n} 个 0/1 列作为标签读取：{names}。",
               n=len(shown), names=excerpt(", ".join(shown), 200))  # fmt: skip
    columns = {"text": names[found["text"]], "label": JOINT.join(shown)}
    return Layout(columns, found["text"], labels, (notice,), expected=tuple(map(whole, shown)))


def _one_column(records: Records, reading: Reading, found: dict[str, int], guessed: bool) -> Layout:
    label = found["label"]
    cells = records.column(label)
    columns = column_names(records, found)
    width = vector_width(cells)
    if width is not None:
        return Layout(
            columns, found["text"], lambda row: _vector(row[label], width), (_places(width),)
        )
    separator, notices = _separator(cells, reading)
    return Layout(
        columns,
        found["text"],
        lambda row: labels_of(row[label], separator),
        notices,
        guessed,
        settings={_SEPARATOR: separator.signs},
    )


def _vector(cell: Any, width: int) -> list[str] | Text:
    bits = bits_of(cell)
    if bits is None:
        return T("the labels are not {n} zeros and ones", "标签不是 {n} 个 0/1", n=width)
    return [str(index) for index, bit in enumerate(bits) if bit]


def _separator(cells: Sequence[Any], reading: Reading) -> tuple[Separator, tuple[Text, ...]]:
    """The separator of text cells, and what to tell of it."""
    options = reading.options
    if isinstance(options, MultiLabelOptions) and options.separator:
        return named(options.separator), ()
    known = reading.found.get(_SEPARATOR)
    if known is not None:
        return Separator(known), ()
    written = text_cells(cells)
    found = find_separator(written)
    if found is None:
        return WHOLE, ()
    if found.support < LIKELY:
        return WHOLE, (_not_separated(found, reading.name),)
    others = unlike(written, found)
    notice = _separated(found, reading.name)
    return found, (notice, _other_signs(others, reading.name)) if others else (notice,)


# -- what is said -------------------------------------------------------------------------------


def _separated(separator: Separator, name: str) -> Text:
    return T("{name}: labels are separated by {sep} (--set separator=... says otherwise).",
             "{name}：标签以 {sep} 分隔（可用 --set separator=... 指定）。",
             name=name, sep=f"'{excerpt(separator.shown)}'")  # fmt: skip


def _not_separated(separator: Separator, name: str) -> Text:
    return T(
        "{name}: {n} cells hold '{sep}', but what it parts is not met in other cells: each is "
        "taken as one label. To part them: --set separator='{sep}'",
        "{name}：有 {n} 个单元格含有“{sep}”，但分开后的部分不在其他单元格中出现："
        "整体作为一个标签。如需拆分：--set separator='{sep}'",
        name=name, n=separator.split, sep=excerpt(separator.shown),
    )  # fmt: skip


def _other_signs(rows: int, name: str) -> Text:
    return T("{name}: {n} cells of labels also hold other signs that often separate; they are "
             "taken as part of a label.",
             "{name}：有 {n} 个标签单元格还含有其他常见分隔符，它们被视为标签的一部分。",
             name=name, n=rows)  # fmt: skip


def _places(width: int) -> Text:
    return T("Each row holds {n} zeros and ones: labels are their indices, 0 to {last}. Columns "
             "with names give names.",
             "每行是 {n} 个 0/1：标签用其位置 0 到 {last} 表示。使用带名称的列可得到标签名。",
             n=width, last=width - 1)  # fmt: skip


def _no_label(rows: int, total: int, name: str) -> Text:
    return T("{name}: {n} of {total} rows carry no label; they teach that there is none.",
             "{name}：{total} 行中有 {n} 行没有标签，按“没有任何标签”学习。",
             name=name, n=rows, total=total)  # fmt: skip


def _no_row(labels: Sequence[str], name: str) -> Text:
    return T("{name}: no row has a 1 in {labels}: left out as labels.",
             "{name}：没有任何一行在 {labels} 中为 1：不作为标签。",
             name=name, labels=excerpt(", ".join(labels), 120))  # fmt: skip


def _lifted(rows: int, name: str) -> Text:
    return T("{name}: {n} rows had a label without those above it (a##b without a); these were "
             "added.",
             "{name}：有 {n} 行缺少上级标签（有 a##b 而无 a），已补上。",
             name=name, n=rows)  # fmt: skip


def _single_column(records: Records, name: str) -> DataError:
    return DataError(
        T("{name} has no column for labels.", "{name} 中没有标签列。", name=name),
        T("Columns found: {columns}.", "找到的列：{columns}。", columns=all_names(records)),
        T("Each row needs a text and its labels, e.g. text<TAB>label1,label2.",
          "每行需要一条文本和它的标签，例如 文本<TAB>标签1,标签2。"),
        code="data.columns",
    )  # fmt: skip
