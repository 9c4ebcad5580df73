"""The sample ``cmrc``: 303 questions about paragraphs of Wikipedia, out of CMRC 2018.

They are files of this package, under their own licence (CC BY-SA 4.0): ``cmrc2018/NOTICE.md`` says
where they come from and how they were chosen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from paddle_lab.data.answers import document_of
from paddle_lab.data.dataset import Dataset
from paddle_lab.errors import DataError
from paddle_lab.i18n import T

FOLDER: Final = Path(__file__).parent / "cmrc2018"
PARTS: Final = ("train", "dev", "test")


class CmrcSample:
    """Questions about contexts; too few to learn to answer from: they show how it is done."""

    task: Final = "answer"
    title: Final = T(
        "303 questions about paragraphs of Wikipedia, out of CMRC 2018",
        "CMRC 2018 中关于维基百科段落的 303 个问题",
    )
    licence: Final = "CC BY-SA 4.0 (CMRC 2018, https://github.com/ymcui/cmrc2018)"
    advised: Final[Mapping[str, Any]] = {"epochs": 2.0}

    def load(self) -> dict[str, Dataset]:
        """Its parts. Raises DataError when its files are damaged."""
        return {part: _part(part) for part in PARTS}


SAMPLE: Final = CmrcSample()


def _part(part: str) -> Dataset:
    path = FOLDER / f"{part}.json"
    try:
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
        rows = [
            (question, paragraph["context"])
            for article in articles
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        ]
        return Dataset(
            f"cmrc:{part}",
            {
                "question": [question["question"] for question, _ in rows],
                "context": [context for _, context in rows],
            },
            [_target(question) for question, _ in rows],
            [None] * len(rows),
            (_NOTICE,) if part == "train" else (),
            {"sample": "cmrc", "part": part},
            "row",
            [document_of(context) for _, context in rows],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            T("Cannot read the sample cmrc in {file}", "无法读取示例数据 {file}", file=path),
            T("{error}", "{error}", error=error),
            T("Install Paddle Lab again.", "请重新安装 Paddle Lab。"),
            code="data.sample_damaged",
        ) from error


_NOTICE: Final = T(
    "200 questions of CMRC 2018 (CC BY-SA 4.0): enough to see how it is done, not to learn to "
    "answer; that takes some thousands.",
    "CMRC 2018 的 200 个问题（CC BY-SA 4.0）：足以了解流程，但不足以学会回答；后者需要数千个问题。",
)


def _target(question: Mapping[str, Any]) -> dict[str, Any]:
    answers = [
        {"text": answer["text"], "start": answer["answer_start"]} for answer in question["answers"]
    ]
    return {"id": question["id"], "answers": answers}
