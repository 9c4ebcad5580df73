"""Answers on the person's own scale, alone, in windows, and after a journey as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tasks.regress.evaluations import TOKENIZER, scored_rows

from paddle_lab.errors import DataError
from paddle_lab.tasks import get_task
from paddle_lab.tasks.regress.codec import RegressCodec, Scale

REGRESS = get_task("regress")
SCALE = Scale(mean=3.0, std=1.5, low=1.0, high=5.0)
CODEC = RegressCodec(TOKENIZER, 16, SCALE, pair=False)
PAIRS = RegressCodec(TOKENIZER, 16, SCALE, pair=True)


def test_outputs_become_numbers_of_the_scale_and_may_lie_beyond_it() -> None:
    rows = CODEC.rows_of(["好", "坏", ""])
    outputs = {"score": np.array([[0.0], [2.0], [-1.0]], np.float32)}
    answers = CODEC.decode(rows, CODEC.encode(rows), outputs)
    assert [answer.score for answer in answers] == [3.0, 6.0, 1.5]
    assert answers[2].empty and (answers[0].low, answers[0].high) == (1.0, 5.0)
    assert str(REGRESS.cells(answers[1], 1)[0]) == "6.0" and len(REGRESS.headings(1)) == 2
    assert "1" in REGRESS.cells(answers[1], 1)[1] and "5" in REGRESS.cells(answers[1], 1)[1]


def test_of_several_windows_the_mean_counts() -> None:
    rows = CODEC.rows_of(["好" * 40, "坏"])
    windows = CODEC.encode(rows, "windows")
    outputs = np.zeros((len(windows.ids), 1), np.float32)
    outputs[0] = len(windows.ids) - 1
    long, short = CODEC.decode(rows, windows, {"score": outputs})
    assert long.score == pytest.approx(4.5) and long.windows > 2 and short.score == 3.0


def test_rows_of_two_texts_want_two() -> None:
    assert PAIRS.rows_of("好\t坏") == {"text": ["好"], "text2": ["坏"]}
    assert PAIRS.encode(PAIRS.rows_of("好\t坏")).type_ids is not None
    with pytest.raises(DataError):
        PAIRS.rows_of("好")
    with pytest.raises(DataError):
        CODEC.rows_of([("好", "坏")])
    assert set(PAIRS.neutral_rows()) == {"text", "text2"}


def test_the_model_learns_deviations_from_the_mean() -> None:
    data = scored_rows([1.0, 2.0, 6.0])
    codec = REGRESS.codec(TOKENIZER, 16, data, None)
    targets = REGRESS.encode_targets(codec, codec.encode(data.given), data)["scores"]
    values = np.asarray(targets)
    assert values.mean() == pytest.approx(0, abs=1e-6) and values.std() == pytest.approx(1)
    assert codec.to_json()["low"] == 1.0 and codec.to_json()["high"] == 6.0


def test_answers_agree_within_the_tolerance_of_outputs() -> None:
    rows = CODEC.rows_of(["好"])
    windows = CODEC.encode(rows)
    one = {"score": np.array([[1.0]], np.float32)}
    near, far = ({"score": one["score"] + step} for step in (5e-5, 5e-4))
    assert CODEC.agree(rows, windows, one, near, 1e-4).equal
    assert not CODEC.agree(rows, windows, one, far, 1e-4).equal


def test_it_travels_as_json() -> None:
    content = PAIRS.to_json()
    assert content == {"pair": True, "mean": 3.0, "std": 1.5, "low": 1.0, "high": 5.0}
    assert REGRESS.codec_from(TOKENIZER, 16, {**content, "later": 1}).to_json() == content


@pytest.mark.parametrize(
    "change",
    [{"std": 0}, {"std": -1.0}, {"std": float("nan")}, {"mean": "3"}, {"mean": True},
     {"low": 6.0}, {"pair": 1}, {"pair": None}, {"high": float("inf")}],
)  # fmt: skip
def test_what_is_no_codec_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        REGRESS.codec_from(TOKENIZER, 16, {**CODEC.to_json(), **change})
    with pytest.raises(KeyError):
        REGRESS.codec_from(TOKENIZER, 16, {})
