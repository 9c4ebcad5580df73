"""PaddleNLP's and ERNIEKit's TSV of sequence labelling: characters and tags parted by U+0002."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._tokens import Sentence, add_sentences
from paddle_lab.data.records import Records
from paddle_lab.data.span_cells import span_records
from paddle_lab.data.tag_schemes import is_tag
from paddle_lab.i18n import T

MARK: Final = "\x02"


class PaddleTags:
    """Characters and tags parted by U+0002, a text and its tags parted by a tab."""

    title: Final = T("PaddleNLP's TSV of tagged characters", "PaddleNLP 的序列标注 TSV")
    form: Final = "spans"
    order: Final = 110

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether a line of the beginning has U+0002 on both sides of a tab."""
        return any(
            sum(MARK in cell for cell in line.split("\t")) >= 2
            for line in text[: 64 * 1024].split("\n")[:20]
        )

    def read(self, text: str, how: TextReading) -> Records:
        """A row a line; one with fewer tags than characters is bad."""
        records = span_records("PaddleNLP")
        rows = [
            (number, line.removesuffix("\r").split("\t"))
            for number, line in enumerate(text.split("\n"), start=1)
            if line.strip()
        ]
        columns = _columns([cells for _, cells in rows])
        add_sentences(records, [
            _sentence(number, cells, columns)
            for index, (number, cells) in enumerate(rows)
            if index or any(MARK in cell for cell in cells)
        ])  # fmt: skip
        return records


READER: Final = PaddleTags()


def _columns(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Which columns hold the characters and the tags."""
    for cells in rows:
        marked = [column for column, cell in enumerate(cells) if MARK in cell]
        tagged = [column for column in marked if all(map(is_tag, cells[column].split(MARK)))]
        if len(marked) == 2 and len(tagged) == 1:
            (tags,) = tagged
            return next(column for column in marked if column != tags), tags
    return 0, 1


def _sentence(line: int, cells: Sequence[str], columns: tuple[int, int]) -> Sentence:
    sentence = Sentence(line)
    if len(cells) <= max(columns):
        sentence.wrong = line, T("the row has no tags", "该行没有标签")
        return sentence
    sentence.tokens, sentence.tags = (cells[column].split(MARK) for column in columns)
    sentence.tags = [tag.strip() for tag in sentence.tags]
    if len(sentence.tokens) != len(sentence.tags):
        sentence.wrong = (
            line,
            T(
                "{tokens} characters but {tags} tags",
                "有 {tokens} 个字符，却有 {tags} 个标签",
                tokens=len(sentence.tokens),
                tags=len(sentence.tags),
            ),
        )
    return sentence
