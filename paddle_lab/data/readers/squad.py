"""SQuAD's JSON: articles of paragraphs of questions; CMRC 2018 and DuReader-robust write it too."""

from __future__ import annotations

from typing import Final

from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._questions import Keys, has_keys, read_documents
from paddle_lab.data.records import Records
from paddle_lab.i18n import T

_KEYS: Final = Keys("context", ("question",), ("id", "qid"))


class Squad:
    """``{"data": [{"paragraphs": [{"context", "qas": [{"question", "answers"}]}]}]}``.

    Also its inner lists and objects alone, whole or one a line. Version 2 marks questions without
    an answer (``is_impossible``).
    """

    title: Final = T("questions in SQuAD's layout", "SQuAD 格式的问答数据")
    form: Final = "questions"
    order: Final = 100

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether there are contexts with questions."""
        return has_keys(text, "context", "qas")

    def read(self, text: str, how: TextReading) -> Records:
        """A row for each question."""
        return read_documents(text, how.name, self.title, _KEYS)


READER: Final = Squad()
