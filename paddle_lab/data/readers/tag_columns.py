"""Column files: a token and its tag a line, an empty line between texts (BIO, BIOES, BMES, ...).

Columns stand apart by spaces or a tab, mixed even; the first is the token, the last its tag. The
token may be a space, or missing where a tool dropped it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._tokens import Sentence, add_sentences
from paddle_lab.data.records import Records
from paddle_lab.data.span_cells import span_records
from paddle_lab.data.tag_schemes import OUTSIDE, is_sure_tag, is_tag
from paddle_lab.i18n import T

_HEAD: Final = 400
_LEAST: Final = 0.95  # of the first lines are a token and a tag
_MEAN_TOKEN: Final = 12  # characters, at most
_PAIR: Final = re.compile(r"(.*?)[ \t]+(\S+)", re.DOTALL)
_BOUNDARY: Final = re.compile(r"-DOCSTART-.*|#\s.*=.*")


class TagColumns:
    """A token and a tag a line."""

    title: Final = T("a column file of tokens and tags (BIO and the like)",
                     "词元与标签的列文件（BIO 等）")  # fmt: skip
    form: Final = "spans"
    order: Final = 200

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether nearly all of the first lines are a token and a tag, and some tag has a type."""
        head = _plain(text[: 64 * 1024])
        lines = [line for line in head.split("\n")[:_HEAD] if line.strip()]
        multi = _has_more_columns(lines)
        pairs = [_tagged(line, multi) for line in lines]
        # The first line may name the columns; the last one may end anywhere.
        pairs = pairs[pairs[:1] == [None] : len(pairs) - (pairs[-1:] == [None])]
        found = [pair for pair in pairs if pair is not None]
        if not found or len(found) < _LEAST * len(pairs):
            return False
        kinds = {tag for _, tag in found}
        single = sum(len(token) <= 1 for token, _ in found) >= _LEAST * len(found)
        parted = "\n\n" in head.strip()
        if sum(len(token) for token, _ in found) > _MEAN_TOKEN * len(found):
            return False  # a table whose labels look like tags
        if any(map(is_sure_tag, kinds)):
            return OUTSIDE in kinds or parted or single
        return single and parted

    def read(self, text: str, how: TextReading) -> Records:
        """A row for each text between empty lines."""
        records = span_records("columns")
        sentences = list(_sentences(text))
        missing = sum(sentence.tokens.count("") for sentence in sentences)
        for sentence in sentences:
            sentence.tokens = [token or " " for token in sentence.tokens]
        add_sentences(records, sentences)
        if missing:
            records.notices.append(
                T(
                    "{n} lines have a tag and no character: it was a space, and is read as one.",
                    "有 {n} 行只有标签而没有字符：该字符原为空格，按空格读取。",
                    n=missing,
                )
            )
        return records


READER: Final = TagColumns()


def _sentences(text: str) -> Iterator[Sentence]:
    lines = _lines(text)
    multi = _has_more_columns(lines)
    current: Sentence | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip() or _BOUNDARY.fullmatch(line):
            if current is not None:
                yield current
            current = None
            continue
        pair = _pair(line, multi)
        if pair is None or not is_tag(pair[1]):
            if number == 1:  # names of the columns
                continue
            current = current or Sentence(number)
            current.wrong = current.wrong or (
                number,
                T(
                    'a token and a tag expected, found "{line}"',
                    "应为词元和标签，实际为“{line}”",
                    line=excerpt(line),
                ),
            )
            continue
        current = current or Sentence(number)
        current.tokens.append(pair[0])
        current.tags.append(pair[1])
    if current is not None:
        yield current


def _lines(text: str) -> list[str]:
    return _plain(text).split("\n")


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _tagged(line: str, multi: bool) -> tuple[str, str] | None:
    pair = _pair(line, multi)
    return pair if pair is not None and is_tag(pair[1]) else None


def _pair(line: str, multi: bool = False) -> tuple[str, str] | None:
    """Token and tag; the token of a line that has a tag alone is empty."""
    line = line.rstrip(" \t")
    found = _PAIR.fullmatch(line)
    if found is None:  # nothing stands before a tag
        return ("", line) if line == OUTSIDE or is_sure_tag(line) else None
    token, tag = found[1], found[2]
    if multi:
        return re.split(r"[ \t]", token)[0], tag
    return token, tag


def _has_more_columns(lines: list[str]) -> bool:
    """Whether most lines have more than a token and a tag: word, part of speech, ..., tag."""
    widths = Counter(len(line.split()) for line in lines[: 4 * _HEAD] if line.strip())
    return bool(widths) and widths.most_common(1)[0][0] > 2
