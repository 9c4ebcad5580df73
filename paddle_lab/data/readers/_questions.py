"""Documents of questions about contexts, for the readers whose JSON nests them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paddle_lab.data.answers import answers_of, document_of
from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

HEADER: Final = ("id", "question", "context", "answers", "document")
_HEAD: Final = 1 << 20
_BROKEN: Final = (ValueError, RecursionError)


@dataclass(frozen=True)
class Keys:
    """What one layout calls a context, a question and a question's id."""

    context: str
    question: tuple[str, ...]
    id: tuple[str, ...]


def has_keys(text: str, *keys: str) -> bool:
    """Whether a text begins like JSON and has objects with all ``keys``, not inside strings."""
    head = text[:_HEAD]
    if head.lstrip()[:1] not in ("{", "["):
        return False
    return all(re.search(rf'(?<!\\)"{re.escape(key)}"\s*:', head) for key in keys)


def read_documents(text: str, name: str, title: Text, keys: Keys) -> Records:
    """The questions of all documents: of one JSON value, or of one a line. Raises DataError."""
    records = Records(list(HEADER), unit="row")
    values, of_lines = _values(text, name)
    records.unit = "line" if of_lines else "row"
    records.layout["format"] = title.en
    passed = _Passed()
    number = 0
    for line, value in values:
        if isinstance(value, ValueError):
            records.bad.append((line, T("not JSON ({error})", "不是 JSON（{error}）",
                                        error=str(value)[:120])))  # fmt: skip
            continue
        for context, question in _questions(value, keys):
            number += 1
            position = line if of_lines else number
            cells = _cells(context, question, keys, passed)
            if isinstance(cells, Text):
                records.bad.append((position, cells))
            else:
                records.add(position, cells)
    records.notices += passed.notices()
    return records


@dataclass
class _Passed:
    """What is read in a way that people should know of."""

    empty: int = 0
    plausible: int = 0
    contradicted: int = 0

    def notices(self) -> list[Text]:
        said = []
        if self.empty:
            said.append(
                T("{n} questions have an empty list of answers and do not say why "
                  "(is_impossible): they are taken as unanswerable.",
                  "有 {n} 个问题的答案列表为空且未说明原因（is_impossible）：视为无法回答的问题。",
                  n=self.empty)
            )  # fmt: skip
        if self.plausible:
            said.append(
                T("{n} unanswerable questions carry plausible answers: these are not used.",
                  "有 {n} 个无法回答的问题带有 plausible_answers：不使用它们。", n=self.plausible)
            )  # fmt: skip
        if self.contradicted:
            said.append(
                T("{n} questions are marked as impossible and have answers: they are taken as "
                  "unanswerable.",
                  "有 {n} 个问题标为 is_impossible 却带有答案：视为无法回答的问题。",
                  n=self.contradicted)
            )  # fmt: skip
        return said


def _cells(context: Any, question: Any, keys: Keys, passed: _Passed) -> Sequence[Any] | Text:
    if not isinstance(question, Mapping):
        return T("a question is {kind}, not an object", "问题是 {kind}，不是对象",
                 kind=type(question).__name__)  # fmt: skip
    name = _first(question, keys.id)
    asked = _first(question, keys.question)
    answers = _answers(question, passed)
    if isinstance(answers, Text):
        if name is None:
            return answers
        return T("question {id}: {reason}", "问题 {id}：{reason}",
                 id=excerpt(str(name)), reason=answers)  # fmt: skip
    document = document_of(context) if isinstance(context, str) else ""
    return (None if name is None else str(name), asked, context, answers, document)


def _answers(question: Mapping[str, Any], passed: _Passed) -> list[dict[str, Any]] | Text | None:
    """The answers of one question: none when it has none, None when nobody answered it."""
    found = answers_of(question.get("answers"))
    impossible = question.get("is_impossible")
    if isinstance(found, Text):
        return found
    if impossible is True:
        passed.plausible += bool(question.get("plausible_answers"))
        passed.contradicted += bool(found)
        return []
    if found == []:
        if impossible is False:
            return T("it is said to have an answer, and none is given",
                     "标明可以回答，却没有给出答案")  # fmt: skip
        passed.empty += 1
    return found


def _questions(value: Any, keys: Keys) -> Iterator[tuple[Any, Any]]:
    """Contexts with one question each, whatever nests them."""
    if isinstance(value, list):
        for item in value:
            yield from _questions(item, keys)
    elif isinstance(value, Mapping):
        for nest in ("data", "paragraphs"):
            if isinstance(value.get(nest), list):
                yield from _questions(value[nest], keys)
        if isinstance(value.get("qas"), list):
            for question in value["qas"]:
                yield value.get(keys.context), question


def _first(item: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), None)


def _values(text: str, name: str) -> tuple[list[tuple[int, Any]], bool]:
    """The JSON values with their lines, and whether there is one a line."""
    try:
        return [(1, json.loads(text))], False
    except _BROKEN as error:
        whole = error
    lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    values = [(n, _value(line)) for n, line in lines]
    if len(values) > 1 and not isinstance(values[0][1], ValueError):
        return values, True
    line = text.count("\n", 0, whole.pos) + 1 if isinstance(whole, json.JSONDecodeError) else 1
    raise DataError(
        T("{name} line {line}: not valid JSON.", "{name} 第 {line} 行：不是有效的 JSON。",
          name=name, line=line),
        T("{error}", "{error}", error=_reason(whole)),
        T("Is the file whole? Questions are one JSON document, or one document a line.",
          "文件是否完整？问答数据应为一个 JSON 文档，或每行一个文档。"),
        code="data.json",
    ) from whole  # fmt: skip


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except _BROKEN as error:
        return ValueError(_reason(error))


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
