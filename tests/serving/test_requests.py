"""What a request may hold: each task's rows in every form, and a plain word for what is none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from bundle.tiny import build_tokenizer_json

from paddle_lab.errors import DataError
from paddle_lab.serving.problems import Refused
from paddle_lab.serving.requests import Bounds, body_of, read, rows_of
from paddle_lab.tasks import get_task

BOUNDS = Bounds(body=1000, rows=3, chars=20, deadline_s=2.0)
CODECS: dict[str, dict[str, Any]] = {
    "classify": {"labels": ["a", "b"]},
    "pair": {"labels": ["a", "b"]},
    "answer": {"answer_length": 5, "threshold": None},
}


def rows(task: str, **content: Any) -> Any:
    codec = get_task(task).codec_from(build_tokenizer_json(), 32, CODECS[task])
    asked = read(json.dumps(content).encode(), BOUNDS)
    return rows_of(codec, list(codec.neutral_rows()), asked, BOUNDS)


def refusal(**content: Any) -> str:
    with pytest.raises(Refused) as refused:
        rows("classify", **content)
    assert refused.value.error.code in ("server.bad_request", "server.body_too_large")
    return refused.value.error.in_language("en")


def test_one_text_or_several() -> None:
    assert rows("classify", text="好") == {"text": ["好"]}
    assert rows("classify", texts=["好", {"text": "差"}]) == {"text": ["好", "差"]}
    assert read(b'{"text": "x"}', BOUNDS).single and not read(b'{"texts": ["x"]}', BOUNDS).single


def test_rows_of_two_texts_in_every_form() -> None:
    two = {"text": ["a"], "text2": ["b"]}
    assert rows("pair", text="a", text2="b") == two
    for row in (["a", "b"], "a\tb", {"text": "a", "text2": "b"}):
        assert rows("pair", texts=[row]) == two
    assert rows("pair", texts=[["a", "b"], ["c", "d"]]) == {"text": ["a", "c"], "text2": ["b", "d"]}
    asked = rows("answer", question="q", context="c")
    assert asked == {"question": ["q"], "context": ["c"]}


def test_two_texts_in_a_list_are_two_rows_and_not_one_pair() -> None:
    for task in ("pair", "answer"):
        with pytest.raises(DataError, match="1"):
            rows(task, texts=["a", "b"])


def test_what_the_notebook_refuses_is_refused_in_the_same_words() -> None:
    with pytest.raises(DataError, match="Text 2 is int") as refused:
        rows("classify", texts=["好", 3])
    assert refused.value.code == "data.texts"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({}, "no text"),
        ({"model": "x"}, "no text"),
        ({"texts": []}, "empty"),
        ({"texts": "x"}, "not a list"),
        ({"texts": ["x"], "text": "x"}, "both"),
        ({"text": "x", "textt": "y"}, "reads text"),
        ({"question": "x"}, "reads text"),
        ({"texts": [{}]}, "reads text"),
        ({"text": "x", "long_text": "all"}, "long_text"),
        ({"text": "x", "model": 3}, "model"),
        ({"text": "x", "deadline_ms": "1"}, "deadline_ms"),
        ({"text": "x", "deadline_ms": True}, "deadline_ms"),
        ({"text": "x", "deadline_ms": 0}, "deadline_ms"),
        ({"texts": ["x"] * 4}, "4 rows"),
        ({"text": "x" * 21}, "21 characters"),
    ],
)
def test_what_is_not_understood_is_said(content: dict[str, Any], why: str) -> None:
    assert why in refusal(**content)


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[]", b'"x"', b"null", b"\xff", b'{"text": NaN}', b'{"texts": ' + b"[" * 50,
     b'{"text": "\\ud800"}'],
)  # fmt: skip
def test_a_body_that_is_no_object_of_json_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read(body, BOUNDS)
    assert refused.value.status == 400


def test_a_deadline_is_the_clients_within_what_is_allowed() -> None:
    assert read(b'{"text": "x"}', BOUNDS).deadline_s == 2.0
    assert read(b'{"text": "x", "deadline_ms": 500}', BOUNDS).deadline_s == 0.5
    assert read(b'{"text": "x", "deadline_ms": 60000}', BOUNDS).deadline_s == 2.0


def test_a_body_is_refused_before_all_of_it_was_read() -> None:
    read_parts: list[int] = []

    async def stream() -> AsyncIterator[bytes]:
        for number in range(100):
            read_parts.append(number)
            yield b"x" * 400

    def body(headers: dict[str, str]) -> bytes:
        return asyncio.run(body_of(stream(), headers, BOUNDS))

    for headers, most in (({"content-length": "1001"}, 0), ({}, 3), ({"content-length": "x"}, 3)):
        read_parts.clear()
        with pytest.raises(Refused) as refused:
            body(headers)
        assert refused.value.status == 413 and len(read_parts) == most
