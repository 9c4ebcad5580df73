"""Questions with their contexts and answers, from documents and from tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.data.answer_positions import Repairs, located
from paddle_lab.data.answers import answers_of, document_of
from paddle_lab.data.cells import text_of, whole
from paddle_lab.data.columns import all_names, choose, column_names, named_columns
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.records import Records
from paddle_lab.data.schema import Reading, Recognition, Role, RowsRead
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text
from paddle_lab.tasks.answer.options import AnswerOptions

QUESTION: Final = Role(
    "question", T("question", "问题"), ("question", "query", "query_text", "问题", "提问", "问句")
)
CONTEXT: Final = Role(
    "context",
    T("context", "上下文"),
    ("context", "context_text", "passage", "paragraph", "document", "article", "上下文", "段落",
     "文章", "原文", "正文"),
)  # fmt: skip
START: Final = Role(
    "start", T("start of the answer", "答案起始位置"),
    ("answer_start", "answer_starts", "start", "起始位置", "答案位置"), optional=True,
)  # fmt: skip
ID: Final = Role(
    "id", T("id of the question", "问题编号"), ("id", "qid", "query_id"), optional=True
)
ROLES: Final = (QUESTION, CONTEXT, START, ID)
TARGET: Final = Role(
    "answer", T("answer", "答案"), ("answer", "answers", "answer_text", "答案", "回答")
)


@dataclass(frozen=True)
class _Row:
    line: int
    id: str | None
    question: Any
    context: Any
    answers: list[dict[str, Any]] | Text | None
    document: str | None = None


def read_rows(records: Records, reading: Reading) -> RowsRead:
    """Questions, contexts and answers, each answer at its position. Raises DataError."""
    if records.form == "questions":
        columns: dict[str, int] = {}
        rows = _of_documents(records)
    else:
        columns = _columns(records, reading)
        rows = _of_table(records, columns)
    read = RowsRead({"question": [], "context": []}, columns=column_names(records, columns))
    repairs = Repairs()
    longest = (reading.options or AnswerOptions()).answer_length
    broken, groups = 0, []
    for row in rows:
        target = _target(row, repairs)
        if isinstance(target, Text):
            read.bad.append((row.line, _named(row, target)))
            continue
        plain = (str(row.question), str(row.context))
        given = (whole(plain[0]), whole(plain[1]))
        broken += given != plain
        read.add(row.line, given, target)
        groups.append(row.document or document_of(given[1]))
    read.groups = groups
    read.notices += [*repairs.notices(), *_notices(records, read, broken, longest)]
    return read


def recognise(records: Records) -> Recognition | None:
    """Documents of questions surely; a table when it has a question, a context and an answer."""
    if records.form == "questions":
        return "certain"
    try:
        columns = _columns(records, Reading("data"))
    except DataError:
        return None
    rows = [row for row in _of_table(records, columns) if row.answers]
    inside = sum(not isinstance(_target(row, Repairs()), Text) for row in rows)
    return "certain" if rows and 2 * inside > len(rows) else "possible"


def _target(row: _Row, repairs: Repairs) -> dict[str, Any] | Text:
    """What a row should answer, or why it cannot be used."""
    for content, what in (
        (row.question, T("the question", "问题")),
        (row.context, T("the context", "上下文")),
    ):
        found = text_of(content)
        if isinstance(found, Text):
            return _empty(what) if content is None or isinstance(content, str) else found
    if isinstance(row.answers, Text):
        return row.answers
    if row.answers is None:
        return T("nobody has answered the question (one without an answer has an empty list)",
                 "问题没有标注答案（无法回答的问题应给出空列表）")  # fmt: skip
    answers = [{**one, "text": whole(one["text"])} for one in row.answers]
    kept = located(whole(str(row.context)), answers, repairs) if answers else answers
    return kept if isinstance(kept, Text) else {"id": row.id, "answers": kept}


def _of_documents(records: Records) -> Iterator[_Row]:
    for line, cells in zip(records.lines, records.cells, strict=True):
        yield _Row(line, *cells)


def _of_table(records: Records, columns: dict[str, int]) -> Iterator[_Row]:
    start, name = columns.get("start"), columns.get("id")
    for line, cells in zip(records.lines, records.cells, strict=True):
        first = None if start is None else cells[start]
        # A table cannot say "no answer" but by an empty cell.
        answers = answers_of(cells[columns["answer"]], first)
        yield _Row(
            line,
            None if name is None or cells[name] is None else str(cells[name]),
            cells[columns["question"]],
            cells[columns["context"]],
            [] if answers is None else answers,
        )


def _columns(records: Records, reading: Reading) -> dict[str, int]:
    """Indices of the columns by role. Raises DataError when one that is needed has no name."""
    found = named_columns(records, reading, ROLES, TARGET)
    missing = [one for one in (QUESTION, CONTEXT, TARGET) if one.name not in found]
    if missing:
        raise DataError(
            T("{name} has no column for {missing}.", "{name} 中没有{missing}列。",
              name=reading.name, missing=_listed([role.title for role in missing])),
            T("Columns found: {columns}.", "找到的列：{columns}。", columns=all_names(records)),
            choose((QUESTION, CONTEXT), TARGET),
            code="data.columns",
        )  # fmt: skip
    return found


def _notices(records: Records, read: RowsRead, broken: int, longest: int) -> Iterator[Text]:
    if broken:
        yield T("{n} rows held broken characters (lone surrogates); they are read as U+FFFD.",
                "有 {n} 行含有损坏的字符（单独的代理项），已替换为 U+FFFD。",
                n=broken)  # fmt: skip
    sizes = [[len(one["text"]) for one in target["answers"]] for target in read.targets]
    empty = sum(not found for found in sizes)
    if empty and records.form == "table":
        yield T("{n} rows have an empty answer: they are taken as questions that their context "
                "does not answer.",
                "有 {n} 行的答案为空：视为上下文无法回答的问题。",
                n=empty)  # fmt: skip
    long = sum(min(found, default=0) > longest for found in sizes)
    if long:
        yield T("{n} answers are longer than {longest} characters and cannot be given whole "
                "(--set answer_length={longest} says how long).",
                "有 {n} 个答案超过 {longest} 个字符，无法完整给出"
                "（可用 --set answer_length={longest} 调整上限）。",
                n=long, longest=longest)  # fmt: skip


def _named(row: _Row, reason: Text) -> Text:
    if not row.id:
        return reason
    return T("question {id}: {reason}", "问题 {id}：{reason}", id=excerpt(row.id), reason=reason)


def _empty(what: Text) -> Text:
    return T("{what} is missing or empty", "{what}缺失或为空", what=what)


def _listed(items: list[Text]) -> Text:
    return Text(", ".join(item.en for item in items), "、".join(item.zh for item in items))
