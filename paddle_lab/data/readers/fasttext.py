"""fastText's lines: ``__label__x text``, with one label or several, before or behind the text."""

from __future__ import annotations

import itertools
import re
from typing import Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.readers import TextReading
from paddle_lab.data.records import Records
from paddle_lab.i18n import T

_HEAD: Final = 200
_NEARLY_ALL: Final = 0.9
_MARK: Final = "__label__"
_LABEL: Final = re.compile(r"[\s,]*__label__(\S+)")
_BETWEEN: Final = " \t\r,"


class FastText:
    """A text with labels that are marked in it."""

    title: Final = T("fastText's lines", "fastText 格式")
    form: Final = "table"
    order: Final = 300

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether nearly all of the first lines begin with a label, or end with one."""
        head = [line for line in text[: 256 * 1024].split("\n")[:_HEAD] if line.strip()]
        marked = sum(_parted(line) is not None for line in head)
        return bool(head) and marked >= _NEARLY_ALL * len(head)

    def read(self, text: str, how: TextReading) -> Records:
        """A text and the list of its labels for each line; a line without label is bad."""
        records = Records(["text", "label"], layout={"format": "fastText"})
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            found = _parted(line)
            if found is None:
                records.bad.append((number, T(
                    'no label (__label__x) at the beginning or the end. First 40 characters: '
                    '"{first}"',
                    "开头或结尾没有标签（__label__x）。前 40 个字符：“{first}”",
                    first=excerpt(line),
                )))  # fmt: skip
            else:
                records.add(number, found)
        return records


READER: Final = FastText()


def _parted(line: str) -> tuple[str, list[str]] | None:
    """Text and labels of a line; None where none is marked."""
    if _MARK not in line:
        return None
    labels: list[str] = []
    start = 0
    while (found := _LABEL.match(line, start)) is not None:
        labels.append(found[1].rstrip(","))
        start = found.end()
    if labels:
        return line[start:].lstrip(_BETWEEN).rstrip(), labels
    marked = itertools.takewhile(_is_label, reversed(line.split()))
    labels = [word[len(_MARK) :] for word in marked][::-1]
    if not labels:
        return None
    return " ".join(line.rsplit(None, len(labels))[: -len(labels)]).strip(), labels


def _is_label(word: str) -> bool:
    return word.startswith(_MARK) and word != _MARK
