"""Where the answers to a question stand in their context.

People's files count in other units than Python (UTF-16, ``\\r\\n`` as one), say -1, or nothing. The
answer's own text decides: every repair is counted and told, and what does not stand in the context
is no position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text

#: What scores count although it stands nowhere in the context.
NOWHERE: Final = -1
_MOST_OCCURRENCES: Final = 1000

Span = tuple[int, int]

_SAID: Final[dict[str, Text]] = {
    "utf16": T("counted in UTF-16 units", "按 UTF-16 单元计数，已换算"),
    "line_ends": T("counted with each \\r\\n as one", "把 \\r\\n 计为一个字符，已换算"),
    "only": T("wrong or missing, and are taken from the answer's only occurrence",
              "不正确或缺失，已取答案在上下文中唯一的出现位置"),
    "nearest": T("wrong, and are taken from the occurrence that is nearest",
                 "不正确，已取最接近的出现位置"),
    "first": T("missing although the answer occurs several times; the first is taken, look at some",
               "缺失，而答案多次出现；取第一处，请抽查"),
}  # fmt: skip


@dataclass
class Repairs:
    """Counts of what had to be repaired, told once at the end; ``first`` names an example of each.

    ``blanks`` answers differ from the context in white space alone, ``nowhere`` do not stand in it
    while another answer to their question does.
    """

    starts: Counter[str] = field(default_factory=Counter)
    blanks: int = 0
    nowhere: int = 0
    first: dict[str, str] = field(default_factory=dict)

    def notices(self) -> list[Text]:
        """One sentence for each kind."""
        said = [
            T("{n} answers have a start that is {rule}{example}.",
              "{n} 个答案的起始位置{rule}{example}。",
              n=self.starts[rule], rule=_SAID[rule], example=self._example(rule))
            for rule in _SAID if self.starts[rule]
        ]  # fmt: skip
        if self.blanks:
            said.append(
                T("{n} answers have other white space than their context, whose wording is "
                  "taken{example}.",
                  "{n} 个答案的空白与上下文不同，已采用上下文中的写法{example}。",
                  n=self.blanks, example=self._example("blanks"))
            )  # fmt: skip
        if self.nowhere:
            said.append(
                T("{n} answers do not stand in their context, but another answer to the same "
                  "question does: they count in scores and are not learnt{example}.",
                  "{n} 个答案不在上下文中，但同一问题的其他答案在："
                  "它们计入评分，不用于学习{example}。",
                  n=self.nowhere, example=self._example("nowhere"))
            )  # fmt: skip
        return said

    def _example(self, kind: str) -> Text:
        if kind not in self.first:
            return Text("", "")
        return T(' (the first: "{text}")', "（第一个：“{text}”）", text=self.first[kind])

    def remember(self, kind: str, text: str) -> None:
        """Remember the first of a kind."""
        self.first.setdefault(kind, excerpt(text))


def located(
    context: str, answers: Sequence[Mapping[str, Any]], repairs: Repairs
) -> list[dict[str, Any]] | Text:
    """Answers with their position, ``{"text", "start"}``; why not, when none stands in the context.

    An answer beside one that does is kept with the start :data:`NOWHERE`.
    """
    found: list[dict[str, Any]] = []
    for answer in answers:
        text, start = answer["text"], _number(answer.get("start"))
        if start is not None and start >= 0 and context.startswith(text, start):
            found.append({"text": text, "start": start})
            continue
        span = _repaired(context, text, start, repairs)
        if span is None:
            found.append({"text": text, "start": NOWHERE})
        else:
            found.append({"text": context[span[0] : span[1]], "start": span[0]})
    lost = [answer["text"] for answer in found if answer["start"] == NOWHERE]
    if len(lost) == len(found):
        return T('the answer "{text}" does not stand in the context',
                 "答案“{text}”不在上下文中", text=excerpt(lost[0]))  # fmt: skip
    for text in lost:
        repairs.nowhere += 1
        repairs.remember("nowhere", text)
    return found


def _repaired(context: str, text: str, start: int | None, repairs: Repairs) -> Span | None:
    spans = _occurrences(context, text)
    if not spans:
        spans = _loose_occurrences(context, text)
        if not spans:
            return None
        repairs.blanks += 1
        repairs.remember("blanks", text)
        for span in spans:
            if span[0] == start:
                return span
    span, rule = _chosen(context, spans, start)
    repairs.starts[rule] += 1
    repairs.remember(rule, text)
    return span


def _chosen(context: str, spans: Sequence[Span], start: int | None) -> tuple[Span, str]:
    """The occurrence that is meant by ``start``, and the rule that tells."""
    if start is None or start < 0:
        return spans[0], "only" if len(spans) == 1 else "first"
    by_start = {span[0]: span for span in spans}
    for rule, unit in (("utf16", _utf16), ("line_ends", _line_ends)):
        positions = unit(context)
        if start < len(positions) and positions[start] in by_start:
            return by_start[positions[start]], rule
    if len(spans) == 1:
        return spans[0], "only"
    return min(spans, key=lambda span: abs(span[0] - start)), "nearest"


def _occurrences(context: str, text: str) -> list[Span]:
    found: list[Span] = []
    position = context.find(text)
    while position >= 0 and len(found) < _MOST_OCCURRENCES:
        found.append((position, position + len(text)))
        position = context.find(text, position + 1)
    return found


def _loose_occurrences(context: str, text: str) -> list[Span]:
    """Where ``text`` stands when no white space counts."""
    wanted = "".join(text.split())
    if not wanted:
        return []
    squeezed, positions = _squeezed(context)
    return [(positions[a], positions[b - 1] + 1) for a, b in _occurrences(squeezed, wanted)]


# The questions of one context follow each other.
@lru_cache(maxsize=4)
def _squeezed(context: str) -> tuple[str, list[int]]:
    """The context without white space, and where each of its characters stood."""
    positions = [index for index, char in enumerate(context) if not char.isspace()]
    return "".join(context[index] for index in positions), positions


@lru_cache(maxsize=4)
def _utf16(context: str) -> list[int]:
    """The character at each UTF-16 position."""
    return [index for index, char in enumerate(context) for _ in range(1 + (char > "\uffff"))]


@lru_cache(maxsize=4)
def _line_ends(context: str) -> list[int]:
    """The character at each position where ``\\r\\n`` counts as one."""
    return [i for i, char in enumerate(context) if char != "\n" or context[i - 1 : i] != "\r"]


def _number(start: Any) -> int | None:
    """A start as a whole number; tables hold 12.0 and "12" as well."""
    if isinstance(start, bool):
        return None
    try:
        return int(start) if float(start) == int(start) else None
    except (TypeError, ValueError, OverflowError):
        return None
