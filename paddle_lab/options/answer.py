"""What every command takes: in which form and language it answers, and where the answer goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from paddle_lab.i18n import LANGUAGES, T
from paddle_lab.options.declare import ANSWER, option


@dataclass(frozen=True, kw_only=True)
class AnswerOptions:
    """The options of every command."""

    output: str | None = option(
        None,
        T("notebook variable that gets the result", "保存结果的笔记本变量名"),
        short="-o", metavar="NAME", example="result", group=ANSWER, stored=False,
    )  # fmt: skip
    json: bool = option(
        False,
        T("print the result for programs", "以 JSON 输出，供程序使用"),
        group=ANSWER, stored=False,
    )  # fmt: skip
    quiet: bool = option(
        False,
        T("show nothing but errors", "只显示错误"),
        short="-q", group=ANSWER, stored=False,
    )  # fmt: skip
    lang: str | None = option(
        None,
        T("language of this answer", "本次输出的语言"),
        choices=LANGUAGES, example="zh", group=ANSWER, stored=False,
    )  # fmt: skip


def asked_language(words: Sequence[str]) -> str | None:
    """The language that ``--lang`` names among the words, also for help and errors."""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name != "--lang":
            continue
        given = value if equals else (words[index + 1] if index + 1 < len(words) else "")
        if given in LANGUAGES:
            return given
    return None
