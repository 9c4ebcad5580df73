"""Label Studio's export CoNLL2003, which cannot hold Chinese: it is recognised and refused.

It cuts texts at spaces, so a Chinese sentence is one token with one tag.
"""

from __future__ import annotations

import re
from typing import Final

from paddle_lab.data.excerpt import excerpt
from paddle_lab.data.readers import TextReading
from paddle_lab.data.records import Records
from paddle_lab.errors import DataError
from paddle_lab.i18n import T

_LINE: Final = re.compile(r"^\S.* -X- _ \S+\r?$", re.MULTILINE)


class LabelStudioConll:
    """CoNLL2003 of Label Studio."""

    title: Final = T("Label Studio's CoNLL2003", "Label Studio 的 CoNLL2003")
    form: Final = "spans"
    order: Final = 150

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether it begins as Label Studio's file does, or has its columns."""
        return text.lstrip().startswith("-DOCSTART- -X- O") or bool(_LINE.match(text.lstrip()))

    def read(self, text: str, how: TextReading) -> Records:
        """Raises DataError."""
        raise DataError(
            T("{name} is Label Studio's export CoNLL2003.",
              "{name} 是 Label Studio 的 CoNLL2003 导出。", name=excerpt(how.name, 120)),
            T("It is cut at spaces: a whole Chinese sentence is one token there, and where its "
              "spans were is lost.",
              "它按空格切分：整个中文句子成为一个词，片段的位置已经丢失。"),
            T("Export JSON from the same project.", "请从同一项目导出 JSON。"),
            code="data.conll_of_label_studio",
        )  # fmt: skip


READER: Final = LabelStudioConll()
