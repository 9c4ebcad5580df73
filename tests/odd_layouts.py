"""Good files of every form that tasks read, as they are before they are mutated."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any, Final

Rows = list[tuple[str, str]]


def _tsv(rows: Rows) -> str:
    return "".join(f"{text}\t{label}\n" for text, label in rows)


def _csv(rows: Rows) -> str:
    return _written([("text", "label"), *rows])


def _written(rows: list[Any]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    return written.getvalue()


def _lines(objects: list[Any]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)


def _json_lines(rows: Rows) -> str:
    return _lines([{"text": text, "label": label} for text, label in rows])


def _json(rows: Rows) -> str:
    objects = [{"text": text, "label": int(label)} for text, label in rows]
    return json.dumps(objects, ensure_ascii=False, indent=1)


def _one_line(rows: Rows) -> str:
    return json.dumps(rows)


def _pairs(rows: Rows) -> str:
    return "".join(f"{text}\t{text[::-1]}\t{int(label) % 2}\n" for text, label in rows)


def _scores(rows: Rows) -> str:
    return _written([("sentence1", "sentence2", "score"),
                     *((text, text[1:], int(label) + 0.5) for text, label in rows)])  # fmt: skip


def _several(rows: Rows) -> str:
    return "".join(f"{text}\t甲{label}" + ",乙" * (int(label) % 2) + "\n" for text, label in rows)


def _one_hot(rows: Rows) -> str:
    return _written([("text", "好", "坏"), *((text, int(label) % 2, 1) for text, label in rows)])


def _doccano(rows: Rows) -> str:
    return _lines([{"id": n, "text": text, "label": [[0, 2, f"类{label}"]]}
                   for n, (text, label) in enumerate(rows)])  # fmt: skip


def _label_studio(rows: Rows) -> str:
    def value(text: str, label: str) -> dict[str, Any]:
        return {"start": 1, "end": 3, "text": text[1:3], "labels": [f"类{label}"]}

    return json.dumps(
        [
            {"data": {"text": text},
             "annotations": [{"result": [{"type": "labels", "value": value(text, label)}]}]}
            for text, label in rows
        ],
        ensure_ascii=False,
    )  # fmt: skip


def _tags(rows: Rows) -> str:
    return "\n\n".join(
        "\n".join(f"{char} {'BIO'[min(n, 2)]}{'' if n > 1 else f'-类{label}'}"
                  for n, char in enumerate(text))
        for text, label in rows
    )  # fmt: skip


def _cluener(rows: Rows) -> str:
    return _lines([{"text": text, "label": {f"类{label}": {text[:2]: [[0, 1]]}}}
                   for text, label in rows])  # fmt: skip


def _uie(rows: Rows) -> str:
    return _lines(
        [{"content": text, "prompt": f"类{label}",
          "result_list": [{"text": text[:2], "start": 0, "end": 2}]} for text, label in rows]
    )  # fmt: skip


def _questions(rows: Rows) -> str:
    paragraphs = [
        {"context": text, "qas": [{"id": str(n), "question": f"第{label}问？",
                                   "answers": [{"text": text[1:3], "answer_start": 1}]}]}
        for n, (text, label) in enumerate(rows)
    ]  # fmt: skip
    return json.dumps({"version": "1", "data": [{"paragraphs": paragraphs}]}, ensure_ascii=False)


#: Each form by a file name that people give it.
LAYOUTS: Final[dict[str, Callable[[Rows], str]]] = {
    "rows.tsv": _tsv,
    "rows.csv": _csv,
    "rows.jsonl": _json_lines,
    "rows.json": _json,
    "one.json": _one_line,
    "pairs.tsv": _pairs,
    "scores.csv": _scores,
    "several.tsv": _several,
    "one_hot.csv": _one_hot,
    "doccano.jsonl": _doccano,
    "label_studio.json": _label_studio,
    "tags.txt": _tags,
    "cluener.jsonl": _cluener,
    "uie.jsonl": _uie,
    "questions.json": _questions,
}
