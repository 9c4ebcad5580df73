"""CMRC 2018's older JSON: a list of contexts, with answers that are mere texts."""

from __future__ import annotations

from typing import Final

from paddle_lab.data.readers import TextReading
from paddle_lab.data.readers._questions import Keys, has_keys, read_documents
from paddle_lab.data.records import Records
from paddle_lab.i18n import T

_KEYS: Final = Keys("context_text", ("query_text", "query"), ("query_id", "id"))


class Cmrc:
    """``[{"context_id", "context_text", "qas": [{"query_id", "query_text", "answers": [text]}]}]``.

    It gives no starts: an answer is looked for in its context.
    """

    title: Final = T("questions in CMRC 2018's older layout", "CMRC 2018 旧格式的问答数据")
    form: Final = "questions"
    order: Final = 100

    def recognises(self, text: str, suffix: str) -> bool:
        """Whether there are contexts with questions."""
        return has_keys(text, "context_text", "qas")

    def read(self, text: str, how: TextReading) -> Records:
        """A row for each question."""
        return read_documents(text, how.name, self.title, _KEYS)


READER: Final = Cmrc()
