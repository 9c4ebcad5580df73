"""The codec: rebuilt from JSON that may be anything, the same answers alone and in windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bundle.tiny import build_tokenizer_json

from paddle_lab.tasks import get_task
from paddle_lab.tasks.label_codec import same_choice

CLASSIFY = get_task("classify")
TOKENIZER = build_tokenizer_json()


def test_it_travels_as_json() -> None:
    codec = CLASSIFY.codec_from(TOKENIZER, 16, {"labels": ["差", "好"], "later": 1})
    again = CLASSIFY.codec_from(TOKENIZER, 16, codec.to_json())
    assert again.to_json() == codec.to_json() == {"labels": ["差", "好"]}
    assert again.signature == codec.signature


@pytest.mark.parametrize(
    "content",
    [{}, {"labels": []}, {"labels": ["a"]}, {"labels": ["a", "a"]}, {"labels": "ab"},
     {"labels": ["a", 1]}, {"labels": ["a", ""]}, {"labels": {"a": 0, "b": 1}}],
)  # fmt: skip
def test_what_is_no_codec_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        CLASSIFY.codec_from(TOKENIZER, 16, content)


def test_a_long_text_is_the_mean_of_its_windows() -> None:
    codec = CLASSIFY.codec_from(TOKENIZER, 8, {"labels": ["差", "好"]})
    rows = codec.rows_of(["好", "很好" * 20])
    windows = codec.encode(rows, "windows")
    assert windows.owner[0] == 0 and set(windows.owner[1:].tolist()) == {1}
    logits = np.zeros((len(windows.ids), 2), np.float32)
    logits[1:, 1] = np.linspace(-3, 3, len(windows.ids) - 1)
    short, long = codec.decode(rows, windows, {"logits": logits})
    assert short.windows == 1 and long.windows == len(windows.ids) - 1
    assert short.probability == 0.5
    chances = 1 / (1 + np.exp(-logits[1:, 1]))
    assert long.probabilities["好"] == pytest.approx(chances.mean(), abs=1e-6)


def test_answers_that_hang_on_less_than_the_tolerance_are_equal_either_way() -> None:
    expected = np.array([[0.0, 1.0], [0.5, 0.50005]], np.float32)
    agreement = same_choice(expected, expected[:, [0, 1]] - [[0, 0], [0, 1]], 1e-4)
    assert agreement.equal and agreement.ties == 1
    assert not same_choice(expected, expected[:, ::-1], 1e-4).equal
