"""Training files of UIE: ``{"content", "result_list": [{"text", "start", "end"}], "prompt"}``.

One text stands on many lines, one for each prompt; those without results are negatives. A prompt
is a type of span ("人物"), a relation ("公司的地址"), or a classification ("情感[正向，负向]").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.offsets import Repairs
from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._json_values import head_objects, json_values
from paddle_lab.data.records import Records
from paddle_lab.data.span_cells import Marked, add_row, as_offset, no_offsets, span_records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T, Text

_KEYS: Final = ("content", "result_list", "prompt")
_CHOICE: Final = re.compile(r"\[[^\[\]]*[,，][^\[\]]*\]\s*$")


class Uie:
    """Spans of UIE, all prompts of a text in one row."""

    title: Final = T("UIE's training JSON lines", "UIE 训练用 JSON lines")
    form: Final = "spans"
    order: Final = 100

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether the first object has UIE's three keys."""
        return any(all(key in row for key in _KEYS) for row in head_objects(text)[:1])

    def read(self, text: str, how: TextReading) -> Records:
        """One row a text; prompts for relations and classes are passed over and told.

        Raises DataError when there are no other prompts.
        """
        records, repairs = span_records("UIE"), Repairs()
        values = list(json_values(text, how.name, records))
        relations = _relations(value for _, value in values)
        rows: dict[str, tuple[int, dict[Marked, None]]] = {}
        passed: Counter[str] = Counter()
        for line, value in values:
            found = _prompt(value)
            if isinstance(found, Text):
                records.bad.append((line, found))
            elif isinstance(found, str) or value["prompt"] in relations:
                passed[found if isinstance(found, str) else "relation"] += 1
            else:
                rows.setdefault(value["content"], (line, {}))[1].update(dict.fromkeys(found))
        if passed and not rows:
            raise _no_types(how.name, passed)
        for content, (line, spans) in rows.items():
            add_row(records, line, content, list(spans), repairs)
        used = len(values) - sum(passed.values())
        records.notices += [*_told(passed), *_merged(used, len(rows))]
        records.notices += repairs.notices()
        return records


READER: Final = Uie()


def _prompt(value: Any) -> list[Marked] | str | Text:
    """The spans of a line; "choice" for a prompt of classes; why it cannot be used."""
    if not isinstance(value, dict) or not all(key in value for key in _KEYS):
        return T(
            "content, result_list and prompt are needed", "需要 content、result_list 和 prompt"
        )
    content, results, prompt = (value[key] for key in _KEYS)
    if not isinstance(content, str) or not content.strip():
        return T("the text is empty", "文本为空")
    if not isinstance(prompt, str) or not prompt.strip() or not isinstance(results, list):
        return no_offsets({"prompt": prompt, "result_list": results})
    spans = []
    for item in results:
        mention = item.get("text") if isinstance(item, dict) else None
        start, end = (as_offset(item.get(key)) if isinstance(item, dict) else None
                      for key in ("start", "end"))  # fmt: skip
        if not isinstance(mention, str) or start is None or end is None:
            return no_offsets(item)
        if start < 0:
            return "choice"
        spans.append(Marked(start, end, prompt.strip(), mention))
    return "choice" if _CHOICE.search(prompt) else spans


def _relations(values: Iterable[Any]) -> set[str]:
    """The prompts that ask for something of a mention: "百度的创始人", always beside "百度"."""
    found: dict[str, bool] = {}
    for value in values:
        content, prompt = (
            (value.get("content"), value.get("prompt")) if isinstance(value, dict) else ("", "")
        )
        if isinstance(content, str) and isinstance(prompt, str) and "的" in prompt:
            found[prompt] = found.get(prompt, True) and _of_a_mention(content, prompt)
    return {prompt for prompt, relation in found.items() if relation}


def _of_a_mention(content: str, prompt: str) -> bool:
    parts = prompt.split("的")
    return any("的".join(parts[:n]).strip() in content for n in range(1, len(parts)) if parts[0])


_WORDS: Final = {
    "relation": T("relations (something of a mention)", "关系类提示（某实体的某属性）"),
    "choice": T("classes (a choice in brackets)", "分类提示（方括号中的选项）"),
}


def _told(passed: Counter[str]) -> list[Text]:
    return [
        T(
            "{n} prompts for {kind} are passed over: only types of spans are learnt.",
            "忽略了 {n} 条{kind}：这里只学习片段类型。",
            n=count,
            kind=_WORDS[kind],
        )
        for kind, count in sorted(passed.items())
    ]


def _merged(lines: int, texts: int) -> list[Text]:
    if lines <= texts:
        return []
    return [
        T(
            "{lines} lines hold {texts} texts, one line for each prompt: they are put together.",
            "{lines} 行共有 {texts} 条文本（每个提示一行），已合并。",
            lines=lines,
            texts=texts,
        )
    ]


def _no_types(name: str, passed: Counter[str]) -> DataError:
    (kind, _), *_ = passed.most_common(1)
    return DataError(
        T("{name} has no prompt for a type of spans.", "{name} 中没有片段类型的提示。",
          name=excerpt(name, 120)),
        T("Its {n} prompts are for {kind}.", "其中 {n} 条都是{kind}。",
          n=passed[kind], kind=_WORDS[kind]),
        T("For classes give a table of texts and labels (--task classify); relations cannot be "
          "learnt here.",
          "分类任务请提供文本和标签的表格（--task classify）；这里不能学习关系。"),
        code="data.uie_prompts",
    )  # fmt: skip
