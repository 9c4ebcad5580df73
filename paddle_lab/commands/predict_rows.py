"""Where the rows come from that ``predict`` answers: the line, a variable, a file, the cell."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.commands.context import Context
from paddle_lab.data.encoding import decode
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.files import read_text
from paddle_lab.data.inputs import (
    InputReading,
    Inputs,
    inputs_of,
    inputs_of_texts,
    is_table,
    read_inputs,
    text_is_table,
    text_reading,
    undecided,
)
from paddle_lab.data.opening import opened, read_stream
from paddle_lab.data.schema import columns_by_role
from paddle_lab.data.several import files_of_pattern
from paddle_lab.errors import DataError, UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.options import find_option
from paddle_lab.options.data import TableOptions
from paddle_lab.paths import expanded
from paddle_lab.tasks import Task, get_task
from paddle_lab.text.close_names import did_you_mean

if TYPE_CHECKING:
    from paddle_lab.bundle import Predictor

# df, df.review and df[review] (whose quotation marks the line has taken away).
_VARIABLE: Final = re.compile(r"([^\W\d]\w*)(?:\.([^\W\d]\w*)|\[([^\[\]]+)\])?")


_OF_TABLES: Final = ("text", "label", "column", "sep", "sheet", "skip_bad")


@dataclass(frozen=True)
class Asked:
    """The rows, the value that they are from where that is a variable, and what to tell of it."""

    inputs: Inputs
    data: Any = None
    said: tuple[Text, ...] = ()


def rows_asked(args: argparse.Namespace, context: Context, predictor: Predictor) -> Asked:
    """The rows to answer. Raises UsageError without any, DataError for what cannot be read."""
    from paddle_lab.bundle.tables import reading_of

    task = get_task(predictor.task)
    reading = reading_of(
        predictor, columns_by_role(task, args.text, args.label, args.column),
        sep=args.sep, encoding=args.encoding, sheet=args.sheet, skip_bad=args.skip_bad,
    )  # fmt: skip
    words = [word for word in args.texts if word != "-"]
    _refuse_unknown_columns(words, context.names)
    variables = [word for word in words if _value(word, context.names) is not None]
    sources = len(variables) + ("-" in args.texts) + (args.file is not None)
    sources += (context.cell is not None) + (len(words) > len(variables))
    if sources > 1 and (variables or args.file is not None):
        raise _several(variables or [args.file])
    if args.lines:
        _refuse_useless(args, _OF_TABLES, "--lines")
    elif len(words) > len(variables) and sources == 1:
        _refuse_useless(args, (*_OF_TABLES, "encoding"), T("a text on the line", "命令行中的文本"))
    if variables:
        return _of_variable(predictor, variables[0], context.names, reading)
    if args.file is not None:
        return _of_file(predictor, task, args, reading)
    said = tuple(_name_as_text(word, context.names) for word in words
                 if _names_variable(word, context.names))  # fmt: skip
    texts = list(words)
    if "-" in args.texts:
        content = _standard_input(context)
        if not words and not args.lines:
            table = _table_in(task, content, "-", reading)
            if table is not None:
                return Asked(table, said=(as_table(table, task),))
        texts += _lines(content)
    if context.cell is not None:
        if not words and not args.lines:
            table = _table_in(task, context.cell, str(T("the cell", "单元")), reading)
            if table is not None:
                return Asked(table, said=(as_table(table, task),))
        texts += _lines(context.cell)
    if not texts:
        raise _no_text()
    return Asked(_typed(predictor, texts, reading), said=said)


def _refuse_useless(args: argparse.Namespace, names: Sequence[str], beside: Text | str) -> None:
    """Options that say how a table is read, where none is: an error, rather than passed over."""
    options = (find_option(TableOptions, name) for name in names)
    useless = [one.shown for one in options if getattr(args, one.name) != one.default]
    if useless:
        raise UsageError(
            T("{flags} says nothing beside {beside}.", "{flags} 与{beside}同时给出时不起作用。",
              flags=", ".join(useless), beside=beside),
            T("It says how a table is read, and here each text is answered as it is.",
              "它说明如何读取表格，而这里每条文本按原样预测。"),
            T("Leave one of them out.", "请去掉其中之一。"),
            code="usage.conflict",
        )  # fmt: skip


def as_table(inputs: Inputs, task: Task) -> Text:
    """How a table was read: which column has which role."""
    titles = {role.name: role.title for role in task.roles}
    names = inputs.column_names()
    found = [(titles[role], excerpt(names[index])) for role, index in inputs.columns.items()]
    return T("{name}: {n} rows, read as a table; {columns}.",
             "{name}：{n} 行，按表格读取；{columns}。", name=inputs.name, n=len(inputs),
             columns=Text(
                 ", ".join(f"{title.en}: column {name}" for title, name in found),
                 "，".join(f"{title.zh}：列 {name}" for title, name in found)))  # fmt: skip


# -- variables ----------------------------------------------------------------------------------


def _value(word: str, names: Mapping[str, Any]) -> Any:
    """What a word stands for that names a variable with rows or texts; None for any other word."""
    found = _VARIABLE.fullmatch(word)
    if found is None or found[1] not in names:
        return None
    value, column = names[found[1]], found[2] or found[3]
    if column is not None:
        try:
            value = value[column] if hasattr(value, "__getitem__") else None
        except (KeyError, TypeError, IndexError, ValueError):
            return None
    return value if _holds_texts(value) else None


def _holds_texts(value: Any) -> bool:
    if isinstance(value, (str, list, tuple, Mapping)):
        return True
    if isinstance(value, type) or (callable(value) and not hasattr(value, "__len__")):
        return False
    shaped = any(hasattr(value, name) for name in ("columns", "column_names", "to_pandas", "given"))
    return shaped or (hasattr(value, "tolist") and getattr(value, "ndim", 0) == 1)


def _refuse_unknown_columns(words: Sequence[str], names: Mapping[str, Any]) -> None:
    """Raise DataError for ``df.reveiw``: the table is a variable, and has no such column."""
    for word in words:
        found = _VARIABLE.fullmatch(word)
        column = (found[2] or found[3]) if found is not None else None
        if found is None or column is None or _value(word, names) is not None:
            continue
        columns = getattr(names.get(found[1]), "columns", None)
        if columns is not None:
            raise DataError(
                T("{name} has no column of texts '{column}'.", "{name} 中没有文本列“{column}”。",
                  name=found[1], column=excerpt(column)),
                T("Its columns: {columns}.", "已有的列：{columns}。",
                  columns=excerpt(", ".join(map(str, columns)), 300)),
                did_you_mean(column, map(str, columns)),
                code="data.column",
            )  # fmt: skip


def _names_variable(word: str, names: Mapping[str, Any]) -> bool:
    found = _VARIABLE.match(word)
    if found is None or found[1] not in names:
        return False
    return word == found[1] or word[found.end(1) : found.end(1) + 1] in (".", "[")


def _of_variable(
    predictor: Predictor, word: str, names: Mapping[str, Any], reading: InputReading
) -> Asked:
    from paddle_lab.bundle.tables import inputs_from

    value = _value(word, names)
    if isinstance(value, str):
        said = T("{name} is a variable: its text is answered.", "{name} 是变量：预测其中的文本。",
                 name=word)  # fmt: skip
        return Asked(_typed(predictor, [value], reading), said=(said,))
    inputs = inputs_from(predictor, value, word, reading)
    known = isinstance(value, (list, tuple)) or getattr(value, "ndim", 2) == 1
    said = as_table(inputs, get_task(predictor.task)) if not known else T(
        "{name}: {n} texts of the variable.", "{name}：变量中的 {n} 条文本。",
        name=word, n=len(inputs))  # fmt: skip
    return Asked(inputs, value, (said, *inputs.notices))


def _name_as_text(word: str, names: Mapping[str, Any]) -> Text:
    name = word.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
    kind = type(names[name]).__name__
    return T("'{word}' is answered as a text: the variable {name} is a {kind}, which holds none.",
             "“{word}”按文本预测：变量 {name} 的类型是 {kind}，其中没有文本。",
             word=excerpt(word), name=name, kind=kind)  # fmt: skip


# -- files --------------------------------------------------------------------------------------


def _of_file(
    predictor: Predictor, task: Task, args: argparse.Namespace, reading: InputReading
) -> Asked:
    table = False if args.lines else is_table(task, args.file, reading)
    if table is None:
        raise undecided(args.file)
    if table:
        inputs = read_inputs(task, args.file, reading)
        return Asked(inputs, said=(as_table(inputs, task), *inputs.notices))
    place = expanded(args.file)
    if files_of_pattern(place) is not None:
        raise _texts_of_several(args.file)
    found = opened(place)
    if found.binary is not None:
        inputs = read_inputs(task, args.file, reading)
        return Asked(inputs, said=(as_table(inputs, task), *inputs.notices))
    name = excerpt(found.name, 120)
    text = decode(found.content, name, args.encoding)[0]
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise _no_text()
    said = _one_a_line(name, len(lines))
    if len(reading.needed) > 1:
        kept = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
        inputs = _typed(predictor, [line for _, line in kept], reading, [n for n, _ in kept])
        return Asked(inputs, said=(said,))
    role = reading.needed[0]
    inputs = inputs_of_texts(name, role, lines, range(1, len(lines) + 1), role)
    return Asked(inputs, said=(said,))


def _one_a_line(name: str, count: int) -> Text:
    return T("{name}: {n} lines, read as one text a line (--sep or --text say that it is a table).",
             "{name}：{n} 行，按每行一条文本读取（若是表格，请用 --sep 或 --text 说明）。",
             name=name, n=count)  # fmt: skip


def _table_in(task: Task, content: str, name: str, reading: InputReading) -> Inputs | None:
    """The table that a text holds; None for one text a line. Raises DataError when undecided."""
    if not content.strip():
        return None
    try:
        records = read_text(content, text_reading(task, name, reading))
    except DataError:
        if reading.columns or reading.sep:
            raise
        return None  # texts may look like anything
    asked = bool(reading.columns or reading.sep)
    table = True if asked else text_is_table(records)
    if table is None:
        raise undecided(name)
    return inputs_of(task, records, name, reading) if table else None


def _typed(
    predictor: Predictor,
    texts: Sequence[str],
    reading: InputReading,
    lines: Sequence[int] | None = None,
) -> Inputs:
    """Texts as a person types them: two with a tab between for a task that reads two."""
    from paddle_lab.data.column_cells import ColumnCells

    rows = predictor.rows_of(list(texts))
    given = {role: list(values) for role, values in rows.items()}
    count = len(next(iter(given.values())))
    cells, roles = ColumnCells(list(given.values())), {role: n for n, role in enumerate(given)}
    return Inputs("", list(given), cells, given, {}, lines or range(1, count + 1), roles)


def _lines(content: str) -> list[str]:
    """Lines that are not blank. Only line feeds part texts: they may hold exotic separators."""
    return [line.strip("\r") for line in content.split("\n") if line.strip()]


def _standard_input(context: Context) -> str:
    if context.notebook:
        raise UsageError(
            T("A notebook has no standard input.", "笔记本中没有标准输入。"),
            fix=T("Write the texts in the cell, one a line.", "请把文本写在单元格中，每行一条。"),
            code="usage.terminal_only",
        )
    reader = getattr(sys.stdin, "buffer", None)
    return decode(read_stream(reader, "-"), "-")[0] if reader is not None else sys.stdin.read()


def _several(named: Sequence[str]) -> UsageError:
    return UsageError(
        T("{name} gives the rows; other texts cannot stand beside it.",
          "数据行来自 {name}，不能同时给出其他文本。", name=excerpt(str(named[0]))),
        T("Answers stand in the order of the rows of one source.",
          "结果按同一来源的行顺序排列。"),
        T("Ask twice, or put all into one variable or file.",
          "请分两次预测，或放入同一个变量或文件。"),
        code="usage.conflict",
    )  # fmt: skip


def _texts_of_several(pattern: str) -> UsageError:
    return UsageError(
        T("{pattern} names several files of texts.", "{pattern} 指的是多个文本文件。",
          pattern=excerpt(pattern, 200)),
        T("Several files are read as one where they hold a table; of texts one a line, one file is "
          "read.",
          "多个表格文件可以合为一份读取；每行一条文本的文件一次只读取一个。"),
        T("Join them: cat {pattern} | paddle-lab predict RUN - (or --sep, --text where they are "
          "tables).",
          "请合并：cat {pattern} | paddle-lab predict 运行 -（若是表格，请用 --sep、--text）。",
          pattern=excerpt(pattern, 200)),
        code="usage.conflict",
    )  # fmt: skip


def _no_text() -> UsageError:
    return UsageError(
        T("There is no text to predict.", "没有要预测的文本。"),
        fix=T(
            'Give one: predict last "质量很好" - or one a line in the cell or in --file FILE.',
            '请给出文本：predict last "质量很好"，或在单元格、--file 文件中每行一条。',
        ),
        code="usage.no_text",
    )
