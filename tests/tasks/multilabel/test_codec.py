"""The codec: rebuilt from JSON that may be anything, the same answers alone and in windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bundle.tiny import build_tokenizer_json

from paddle_lab.tasks import get_task
from paddle_lab.tasks.multilabel.codec import MultiLabelCodec, sigmoid

MULTILABEL = get_task("multilabel")
TOKENIZER = build_tokenizer_json()
LABELS = ["住房", "住房##租赁", "工资"]


def codec(labels: list[str] = LABELS, thresholds: list[float] | None = None) -> MultiLabelCodec:
    return MultiLabelCodec(TOKENIZER, 16, labels, thresholds)


def test_it_travels_as_json_with_its_thresholds() -> None:
    content = codec(thresholds=[0.5, 0.3, 0.7]).to_json()
    assert content == {"labels": LABELS, "thresholds": [0.5, 0.3, 0.7]}
    again = MULTILABEL.codec_from(TOKENIZER, 16, {**content, "later": 1})
    assert again.to_json() == content


@pytest.mark.parametrize(
    "content",
    [{}, {"labels": ["a"]}, {"labels": [], "thresholds": []},
     {"labels": ["a", "a"], "thresholds": [0.5, 0.5]}, {"labels": "ab", "thresholds": [0.5, 0.5]},
     {"labels": ["a", 1], "thresholds": [0.5, 0.5]}, {"labels": ["a"], "thresholds": [0.5, 0.5]},
     {"labels": ["a"], "thresholds": [0]}, {"labels": ["a"], "thresholds": [1.0]},
     {"labels": ["a"], "thresholds": ["0.5"]}, {"labels": ["a"], "thresholds": [True]},
     {"labels": ["a"], "thresholds": [float("nan")]}, {"labels": ["a"], "thresholds": 0.5}],
)  # fmt: skip
def test_what_is_no_codec_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        MULTILABEL.codec_from(TOKENIZER, 16, content)


def answers(made: MultiLabelCodec, logits: list[list[float]]) -> list[Any]:
    rows = made.rows_of(["好"] * len(logits))
    return list(
        made.decode(rows, made.encode(rows), {"logits": np.array(logits, dtype=np.float32)})
    )


def test_answers_carry_names_with_their_probability_and_may_be_none() -> None:
    some, none = answers(codec(["甲", "乙", "丙"]), [[2.0, -3.0, 0.5], [-1.0, -2.0, -3.0]])
    assert some.labels == ["甲", "丙"]
    assert list(some.probabilities) == ["甲", "丙", "乙"]
    assert some.probabilities["甲"] == pytest.approx(1 / (1 + np.exp(-2)))
    assert none.labels == [] and set(none.probabilities) == {"甲", "乙", "丙"}
    assert MULTILABEL.cells(none, 2)[0] in ("(none)", "（无）")
    assert [str(cell) for cell in MULTILABEL.cells(some, 2)] == ["甲 88.1%  丙 62.2%", "乙 4.7%"]


def test_a_threshold_of_its_own_decides_for_a_label() -> None:
    (answer,) = answers(codec(["甲", "乙"], [0.9, 0.3]), [[1.0, -0.5]])
    assert answer.labels == ["乙"]


def test_a_label_never_comes_without_those_above_it() -> None:
    (answer,) = answers(codec(thresholds=[0.9, 0.5, 0.5]), [[-3.0, 1.0, -3.0]])
    assert set(answer.labels) == {"住房", "住房##租赁"}
    assert answer.probabilities["住房"] == answer.probabilities["住房##租赁"]


def test_a_long_text_has_a_label_where_one_of_its_windows_has_it() -> None:
    made = codec(["甲", "乙"])
    rows = made.rows_of(["好", "很好" * 20])
    windows = made.encode(rows, "windows")
    logits = np.full((len(windows.ids), 2), -3.0, np.float32)
    logits[-1, 1] = 2.0
    short, long = made.decode(rows, windows, {"logits": logits})
    assert short.labels == [] and long.labels == ["乙"]
    assert long.windows == len(windows.ids) - 1


def test_answers_that_hang_on_less_than_the_tolerance_are_equal_either_way() -> None:
    made = codec(["甲", "乙"], [0.5, 0.9])
    limit = float(np.log(9))
    expected = np.array([[0.00004, -1.0], [2.0, limit + 0.00005]], np.float32)
    moved = expected - np.float32(0.0001)
    outputs = {"logits": expected}, {"logits": moved}
    agreement = made.agree({}, made.encode(made.rows_of(["好", "差"])), *outputs, 1e-4)
    assert agreement.equal and agreement.ties == 2
    far = {"logits": expected * np.float32(-1)}
    assert not made.agree({}, made.encode(made.rows_of(["好", "差"])), outputs[0], far, 1e-4).equal


def test_huge_logits_stay_probabilities() -> None:
    found = sigmoid(np.array([[-1e4, 0.0, 1e4]], np.float32))
    assert found.tolist() == [[0.0, 0.5, 1.0]]
