"""The codec travels as JSON, and says when two outputs mean the same spans."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from paddle_lab.errors import DataError
from paddle_lab.tasks.tag import TASK
from paddle_lab.tasks.tag.codec import TagCodec

TEXTS = ["李明在北京工作", "", "没有"]


@pytest.fixture
def codec(tokenizer: str) -> TagCodec:
    chance = np.random.default_rng(0)
    return TagCodec(tokenizer, 32, ["LOC", "PER"], chance.normal(size=(5, 5)))


def outputs(codec: TagCodec, seed: int = 1) -> tuple[Any, dict[str, list[Any]]]:
    windows = codec.encode({"text": TEXTS})
    chance = np.random.default_rng(seed)
    scores = [chance.normal(size=(len(ids), 5)).astype(np.float32) for ids in windows.ids]
    return windows, {"emissions": scores}


def test_it_is_the_same_after_a_journey_as_json(codec: TagCodec, tokenizer: str) -> None:
    again = TASK.codec_from(tokenizer, 32, json.loads(json.dumps(codec.to_json())))
    windows, found = outputs(codec)
    rows = {"text": TEXTS}
    assert again.decode(rows, windows, found) == codec.decode(rows, windows, found)
    assert again.signature == codec.signature
    assert codec.signature.outputs[0].dims == ("rows", "tokens", 5)


def test_transitions_count(codec: TagCodec) -> None:
    windows, found = outputs(codec)
    plain = TagCodec(codec._json, 32, codec.types).decode({"text": TEXTS}, windows, found)
    forced = codec.with_transitions(np.diag([9.0, 0, 0, 0, 0])).decode(
        {"text": TEXTS}, windows, found
    )
    assert plain != forced


def test_answers_as_json(codec: TagCodec) -> None:
    windows = codec.encode({"text": TEXTS})
    scores = [np.zeros((len(ids), 5), np.float32) for ids in windows.ids]
    scores[0][[4, 5], [1, 2]] = 50
    found = codec.with_transitions(np.zeros((5, 5))).decode(
        {"text": TEXTS}, windows, {"emissions": scores}
    )
    assert found[0].to_json()["spans"] == [{"start": 3, "end": 5, "label": "LOC", "text": "北京"}]
    assert found[1].to_json()["empty"] is True
    assert TASK.cells(found[0], 1) == ["北京 (LOC)"] and TASK.cells(found[1], 1) == ["-"]
    (mark,) = TASK.marks(found[0])["text"]
    assert (mark.start, mark.end, mark.label) == (3, 5, "LOC")


def test_outputs_that_differ_slightly_agree_and_others_do_not(codec: TagCodec) -> None:
    windows, found = outputs(codec)
    rows = {"text": TEXTS}
    near = {"emissions": [scores + 1e-6 for scores in found["emissions"]]}
    far = {"emissions": [scores[:, ::-1].copy() for scores in found["emissions"]]}
    assert codec.agree(rows, windows, found, near, 1e-4).equal
    assert not codec.agree(rows, windows, found, far, 1e-4).equal
    flat = {"emissions": [np.zeros_like(scores) for scores in found["emissions"]]}
    tie = {"emissions": [np.zeros_like(scores) for scores in found["emissions"]]}
    still = codec.with_transitions(np.zeros((5, 5)))
    tie["emissions"][0][:, 1] = 1e-6
    agreement = still.agree(rows, windows, flat, tie, 1e-4)
    assert agreement.equal and agreement.ties == 1


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"types": []},
        {"types": ["A", "A"]},
        {"types": [1]},
        {"types": "AB"},
        {"types": ["A"] * 1000},
        {"types": ["A"], "transitions": [[0, 0], [0, 0]]},
        {"types": ["A"], "transitions": [[0, 0, "x"]] * 3},
        {"types": ["A"], "transitions": [[0, 0, float("inf")]] * 3},
        {"types": ["A"], "transitions": {}},
    ],
)
def test_what_is_no_codec_is_refused(tokenizer: str, content: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        TASK.codec_from(tokenizer, 32, content)


def test_what_is_no_text_is_refused_by_number(codec: TagCodec) -> None:
    with pytest.raises(DataError, match="Text 2"):
        codec.rows_of(["好", 3])
