"""What the likeness of a sentence to the question counts, and how much of it is learnt."""

from __future__ import annotations

import numpy as np
import pytest
from bundle.tiny import build_tokenizer_json

from paddle_lab.tasks.answer.codec import AnswerCodec
from paddle_lab.tasks.answer.likeness import likeness
from paddle_lab.tasks.answer.sentences import sentence_spans
from paddle_lab.tasks.answer.spans import NONE, Preferences, RowSpans, Span
from paddle_lab.tasks.answer.targets import trained_windows
from paddle_lab.tasks.answer.threshold import TRIED, best_preferences

CONTEXT = "茶馆在杭州。书店开在北京的一条街上。天气很好。"


def test_the_sentence_that_shares_words_is_most_alike() -> None:
    values = likeness("书店开在哪里？", CONTEXT)
    assert len(values) == len(CONTEXT)
    tea, shop, sky = (values[start] for start, _ in sentence_spans(CONTEXT))
    assert 1 >= shop > tea >= sky >= 0 and shop > 0.2
    assert likeness(CONTEXT[6:17], CONTEXT)[6] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("question", "context"), [("", CONTEXT), ("？", CONTEXT), ("谁？", ""),
                                                   ("谁？", "。。"), ("xyz", CONTEXT)])  # fmt: skip
def test_nothing_shared_is_nothing_alike(question: str, context: str) -> None:
    values = likeness(question, context)
    assert len(values) == len(context) and not values.any()


def test_it_moves_the_answer_and_not_its_probability() -> None:
    context = "质量很好。物流快，包装好。"
    plain = AnswerCodec(build_tokenizer_json(), 32, 80)
    rows = plain.rows_of([("物流快？", context)])
    windows = plain.encode(rows, "windows")
    logits = [np.zeros(len(ids), np.float32) for ids in windows.ids]
    assert windows.offsets is not None
    for token, (start, _) in enumerate(windows.offsets[0].tolist()):
        if start == 0 and windows.sequence[0][token] == 1:  # type: ignore[index]
            logits[0][token] = 0.5
    outputs = {"start_logits": logits, "end_logits": logits}
    first = plain.decode(rows, windows, outputs)[0]
    leaning = plain.learnt(None, Preferences(likeness=16.0))
    other = leaning.decode(rows, windows, outputs)[0]
    assert first.start == 0 and other.start is not None and other.start >= context.index("物")
    assert 0 < other.score < first.score < 1
    assert leaning.agree(rows, windows, outputs, outputs, 1e-4).equal
    assert leaning.to_json()["likeness"] == 16.0
    again = AnswerCodec.from_json(build_tokenizer_json(), 32, leaning.to_json())
    assert again.decode(rows, windows, outputs) == leaning.decode(rows, windows, outputs)


def test_preferences_must_be_worth_something_on_the_dev_rows() -> None:
    targets = [{"id": None, "answers": [{"text": "书店", "start": 6}]}] * 4
    right, wrong = RowSpans([Span(6, 8, -1)], -1), RowSpans([Span(0, 2, -1)], -1)

    def at(good: Preferences) -> Preferences:
        return best_preferences(
            lambda one, only: [right if one == good else wrong] * 4, [CONTEXT] * 4, targets
        )

    assert [at(one) for one in TRIED] == list(TRIED) and TRIED[0] == NONE
    assert best_preferences(lambda one, only: [right] * 4, [CONTEXT] * 4, targets) == NONE
    unanswerable = [{"id": None, "answers": []}]
    assert best_preferences(lambda one, only: [wrong], [CONTEXT], unanswerable) == NONE


def test_brevity_takes_the_shorter_of_equally_likely_spans() -> None:
    plain = AnswerCodec(build_tokenizer_json(), 32, 80)
    rows = plain.rows_of([("好？", "质量很好，推荐！太差了")])
    windows = plain.encode(rows, "windows")
    starts, ends = ([np.full(len(windows.ids[0]), -9.0, np.float32)] for _ in range(2))
    first = int(np.flatnonzero(windows.sequence[0] == 1)[0])  # type: ignore[index]
    starts[0][first] = 5.0
    ends[0][first + 1], ends[0][first + 6] = 5.0, 5.1
    outputs = {"start_logits": starts, "end_logits": ends}
    (long,) = plain.decode(rows, windows, outputs)
    (short,) = plain.learnt(None, Preferences(brevity=0.1)).decode(rows, windows, outputs)
    assert (long.answer, short.answer) == ("质量很好，推荐", "质量")
    assert short.score < long.score and "brevity" in plain.to_json()


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, [1, 4]), (0.5, [0, 1, 4]), (1.0, [0, 1, 3, 4]), (99.0, [0, 1, 2, 3, 4, 5])],
)
def test_empty_windows_are_taken_evenly(share: float, expected: list[int]) -> None:
    starts = np.array([0, 7, 0, 0, 3, 0])
    chosen = trained_windows(starts, share)
    assert chosen.tolist() == expected


def test_without_any_answer_all_windows_are_read() -> None:
    assert trained_windows(np.zeros(3, np.int64), 0.0).tolist() == [0, 1, 2]
