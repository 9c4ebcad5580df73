"""What a person may say of question answering beside what holds for all tasks."""

from __future__ import annotations

from dataclasses import dataclass

from paddle_lab.i18n import T
from paddle_lab.options import option


@dataclass(frozen=True)
class AnswerOptions:
    """Given as ``--set NAME=VALUE``."""

    answer_length: int = option(
        80,
        T("characters of an answer at most", "答案的最大字符数"),
        example="60", at_least=1, at_most=2000,
    )  # fmt: skip
    empty_windows: float = option(
        1.0,
        T("windows without the answer that are trained on, for each that holds it",
          "训练时每个含答案的窗口搭配多少个不含答案的窗口"),
        example="0.5", at_least=0, at_most=1000,
    )  # fmt: skip
