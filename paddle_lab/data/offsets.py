"""Where a marked span stands in a text, whatever its tool counts in.

People's tools count in other units than Python: UTF-16 units (an emoji is two), a line end
``\\r\\n`` as one, the last character included. Every reader of spans repairs offsets here, by one
rule: what the file itself says (the mention, or that a span lies outside the text) decides, each
repair is counted and told, and what cannot be repaired is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.i18n import T, Text

Offsets = tuple[int, int]
#: A unit: the characters (from 0) at which each of its positions lies, one more than positions.
Positions = Sequence[int]

CHARACTERS: Final = "characters"
_BLANKS: Final = re.compile(r"\s+")

_SAID: Final[dict[str, Text]] = {
    "utf16": T("counted in UTF-16 units", "按 UTF-16 单元计数"),
    "line_ends": T("counted with each \\r\\n as one", "把 \\r\\n 计为一个字符"),
    "utf16_line_ends": T(
        "counted in UTF-16 units, with each \\r\\n as one",
        "按 UTF-16 单元计数，并把 \\r\\n 计为一个字符",
    ),
    "double_line_ends": T("counted with each line end as two", "把每个换行计为两个字符"),
    "inclusive": T("counted with the last character", "包含最后一个字符"),
    "blanks": T("right, but the mention has other blanks", "位置正确，但提及中的空白不同"),
    "only": T(
        "wrong, and taken from the mention's only occurrence",
        "不正确，已按提及在文本中唯一的出现位置修正",
    ),
}


@dataclass
class Repairs:
    """Counts of what had to be repaired, told once at the end.

    ``unproven`` counts spans behind a character of two UTF-16 units that were taken as they are
    because nothing in the file says otherwise.
    """

    spans: Counter[str] = field(default_factory=Counter)
    unproven: int = 0

    def notices(self) -> list[Text]:
        """One sentence for each kind of repair."""
        said = [
            T(
                "{n} spans had offsets that were {rule}.",
                "有 {n} 个片段的位置{rule}。",
                n=count,
                rule=_SAID[rule],
            )
            for rule, count in sorted(self.spans.items())
        ]
        if self.unproven:
            said.append(
                T(
                    "{n} spans stand behind an emoji or another character of two UTF-16 units; "
                    "their offsets are taken as characters, which nothing in the file can prove. "
                    "Look at one of them.",
                    "有 {n} 个片段位于表情等占两个 UTF-16 单元的字符之后；其位置按字符计，"
                    "但文件中没有可供核对的信息，请抽查其中一个。",
                    n=self.unproven,
                )
            )
        return said


def located(
    text: str, start: int, end: int, mention: str, repairs: Repairs
) -> tuple[int, int] | Text:
    """Where ``mention`` stands, beginning with ``text[start:end]``; why it cannot be told else."""
    if start >= 0 and text[start:end] == mention and mention:
        return start, end
    for rule, make in _readings(text).items():
        offsets = _in_unit(make(), start, end)
        if offsets is not None and text[offsets[0] : offsets[1]] == mention:
            repairs.spans[rule] += 1
            return offsets
    if start >= 0 and text[start : end + 1] == mention:
        repairs.spans["inclusive"] += 1
        return start, end + 1
    if 0 <= start < end <= len(text) and _same_but_blanks(text[start:end], mention):
        repairs.spans["blanks"] += 1
        return start, end
    first = text.find(mention) if mention.strip() else -1
    if first >= 0 and text.find(mention, first + 1) < 0:
        repairs.spans["only"] += 1
        return first, first + len(mention)
    return _not_there(text, start, end, mention)


def outside(text: str, start: int, end: int) -> Text | None:
    """Why ``start`` and ``end`` are no span of the text; None when they are."""
    if 0 <= start < end <= len(text):
        return None
    if start == end:
        return T("the span {start}-{end} is empty", "片段 {start}-{end} 为空", start=start, end=end)
    return T(
        "the span {start}-{end} lies outside the text of {length} characters",
        "片段 {start}-{end} 超出文本范围（共 {length} 个字符）",
        start=start,
        end=end,
        length=len(text),
    )


def same_unit(rows: Iterable[tuple[str, Sequence[Offsets]]], repairs: Repairs) -> str:
    """The unit in which all offsets of a file without mentions are counted.

    One tool wrote them all, so a span that only makes sense in another unit speaks for all, unless
    half as many speak against that unit. A span makes sense when it lies in the text and cuts no
    Latin word or number: read in a wrong unit, hardly one of those does.
    """
    against: Counter[str] = Counter()
    unproven = 0
    for text, spans in rows:
        readings = _readings(text)
        if not readings or not spans:
            continue
        units = {rule: make() for rule, make in readings.items()}
        for start, end in spans:
            plain = _senseless(text, (start, end))
            against[CHARACTERS] += plain
            for rule in _UNITS:
                positions = units.get(rule)
                against[rule] += (
                    plain
                    if positions is None
                    else _senseless(text, _in_unit(positions, start, end))
                )
            astral = units.get("utf16")
            unproven += astral is not None and _in_unit(astral, start, end) != (start, end)
    best = min((CHARACTERS, *_UNITS), key=lambda rule: against[rule])
    if 2 * against[best] >= against[CHARACTERS]:
        best = CHARACTERS
        repairs.unproven += unproven
    return best


def in_unit(text: str, start: int, end: int, unit: str, repairs: Repairs) -> Offsets:
    """A span counted in ``unit`` (of :func:`same_unit`) in characters; told where it differs."""
    make = None if unit == CHARACTERS else _readings(text).get(unit)
    offsets = _in_unit(make(), start, end) if make is not None else None
    if offsets is None or offsets == (start, end):
        return start, end
    repairs.spans[unit] += 1
    return offsets


# -- units --------------------------------------------------------------------------------------


def _utf16(text: str) -> list[int]:
    """The character at each UTF-16 position."""
    indices: list[int] = []
    for index, char in enumerate(text):
        indices += [index] * (2 if char > "\uffff" else 1)
    return [*indices, len(text)]


def _line_ends(text: str) -> list[int]:
    """The character at each position where ``\\r\\n`` counts as one."""
    indices = [i for i in range(len(text)) if not (text[i] == "\n" and text[i - 1 : i] == "\r")]
    return [*indices, len(text)]


def _utf16_line_ends(text: str) -> list[int]:
    indices: list[int] = []
    for index in _line_ends(text)[:-1]:
        indices += [index] * (2 if text[index] > "\uffff" else 1)
    return [*indices, len(text)]


def _double_line_ends(text: str) -> list[int]:
    """The character at each position where a line end, here ``\\n`` alone, counts as two."""
    indices: list[int] = []
    for index, char in enumerate(text):
        indices += [index] * (2 if char == "\n" else 1)
    return [*indices, len(text)]


_UNITS: Final[Mapping[str, Callable[[str], list[int]]]] = {
    "utf16": _utf16,
    "line_ends": _line_ends,
    "utf16_line_ends": _utf16_line_ends,
    "double_line_ends": _double_line_ends,
}


def _readings(text: str) -> dict[str, Callable[[], list[int]]]:
    """The other units that make a difference in this text."""
    if text.isascii() and "\n" not in text:
        return {}
    astral = max(text) > "\uffff"
    pairs = "\r\n" in text
    useful = {
        "utf16": astral,
        "line_ends": pairs,
        "utf16_line_ends": astral and pairs,
        "double_line_ends": "\n" in text and not pairs,
    }
    return {
        rule: (lambda make=make: make(text))  # type: ignore[misc]
        for rule, make in _UNITS.items()
        if useful[rule]
    }


def _in_unit(positions: Positions, start: int, end: int) -> Offsets | None:
    """A span of a unit in characters; None when it lies outside."""
    if not 0 <= start < end < len(positions):
        return None
    return positions[start], positions[end]


def _senseless(text: str, offsets: Offsets | None) -> bool:
    """Whether a span lies outside the text, or cuts a Latin word or number.

    A blank at an end proves nothing: people mark one too many now and then.
    """
    if offsets is None or outside(text, *offsets) is not None:
        return True
    return _cuts(text, offsets[0]) or _cuts(text, offsets[1])


def _cuts(text: str, index: int) -> bool:
    around = text[max(0, index - 1) : index + 1]
    return 0 < index < len(text) and around.isascii() and around.isalnum()


# -- mentions -----------------------------------------------------------------------------------


def _same_but_blanks(found: str, mention: str) -> bool:
    return (
        bool(found.strip()) and _BLANKS.sub(" ", found).strip() == _BLANKS.sub(" ", mention).strip()
    )


def _not_there(text: str, start: int, end: int, mention: str) -> Text:
    times = text.count(mention) if mention else 0
    values: dict[str, Any] = {
        "mention": excerpt(mention),
        "start": start,
        "end": end,
        "found": excerpt(text[max(0, start) : max(0, end)]),
        "times": times,
    }
    if not times:
        return T(
            '"{mention}" does not stand in the text; "{found}" is at {start}-{end}',
            "文本中没有“{mention}”；{start}-{end} 处是“{found}”",
            **values,
        )
    return T(
        '"{mention}" is not at {start}-{end} ("{found}") but stands in the text {times} times: '
        "which one is meant cannot be told",
        "“{mention}”不在 {start}-{end}（该处是“{found}”），而在文本中出现 {times} 次，"
        "无法确定是哪一处",
        **values,
    )
