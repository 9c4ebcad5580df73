"""Kinds of questions and lengths of answers, by which a report divides its figures."""

from __future__ import annotations

import re
from typing import Final

from paddle_lab.i18n import T, Text

#: Kinds of questions by the words that ask, the first that fits.
KINDS: Final[tuple[tuple[Text, re.Pattern[str]], ...]] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (T("why", "为什么"), r"为什么|为何|为啥|什么原因|原因|缘故|\bwhy\b"),
        (T("how", "怎么"),
         r"怎么|怎样|如何|\bhow\b(?!\s+(?:many|much|long|old|far|big|tall|large))"),
        (T("when", "什么时候"),
         r"什么时候|何时|哪一?年|哪一?天|几年|几月|几号|什么时间|什么年代|时间是|哪个时期|\bwhen\b"
         r"|\b(?:what|which)\s+(?:year|day|date|month|century)\b"),
        (T("how many", "多少"),
         r"多少|几[个位名种次人集部首本场]|多大|多长|多高|多远|多久|多重|多宽|几岁"
         r"|\bhow\s+(?:many|much|long|old|far|big|tall|large)\b"),
        (T("where", "哪里"),
         r"哪里|哪儿|何处|什么地方|哪个?(?:国家?|城市|省|市|地方|地区)|位于|在哪|\bwhere\b"),
        (T("who", "谁"), r"谁|哪位|何人|什么人|哪个人|\bwho(?:m|se)?\b"),
        (T("what, which", "什么、哪个"), r"什么|哪|何|啥|是\?|是？|\bwhat\b|\bwhich\b"),
    )
)  # fmt: skip
OTHER: Final = T("other", "其他")

#: Edges of the lengths of answers, in characters; the last is open.
LENGTHS: Final = (1, 5, 10, 20, 40)


def kind_of(question: str) -> Text:
    """What a question asks for."""
    return next((name for name, pattern in KINDS if pattern.search(question)), OTHER)


def length_class(characters: int) -> int:
    """The index in :data:`LENGTHS` of the class that a length falls into."""
    return max(0, sum(characters >= edge for edge in LENGTHS) - 1)


def length_name(index: int) -> str:
    """``5 – 9``, and ``40 +`` for the last."""
    if index == len(LENGTHS) - 1:
        return f"{LENGTHS[index]} +"
    return f"{LENGTHS[index]} – {LENGTHS[index + 1] - 1}"
