"""Where the loss says that an answer begins and ends; what it must not depend on."""

from __future__ import annotations

import numpy as np
import pytest
from bundle.tiny import build_tokenizer_json

from paddle_lab.tasks import get_task
from paddle_lab.tasks.answer.codec import AnswerCodec
from paddle_lab.tasks.answer.scored import right_texts
from paddle_lab.tasks.answer.spans import RowSpans, Span
from paddle_lab.tasks.answer.targets import tokens_of, window_targets
from paddle_lab.tasks.answer.threshold import best_threshold

ANSWER = get_task("answer")
CODEC = AnswerCodec(build_tokenizer_json(), 16, 80)


def target(text: str, start: int) -> dict[str, object]:
    return {"id": None, "answers": [{"text": text, "start": start}]}


def test_every_window_points_to_the_answer_or_to_its_first_token() -> None:
    context = "还行，" * 20 + "推荐" + "一般，" * 20
    rows = CODEC.rows_of([("好？", context)])
    windows = CODEC.encode(rows, "windows")
    found = window_targets(windows, [target("推荐", context.index("推荐"))])
    assert windows.offsets is not None and windows.sequence is not None
    holding = 0
    for index in range(len(windows.ids)):
        start, end = int(found["start"][index]), int(found["end"][index])
        offsets = windows.offsets[index]
        if start:
            holding += 1
            assert context[offsets[start][0] : offsets[end][1]] == "推荐"
            assert windows.sequence[index][start] == 1
        else:
            assert end == 0
            seen = context[offsets[windows.sequence[index] == 1][0][0] : offsets[-2][1]]
            assert "推荐" not in seen
    assert 1 <= holding < len(windows.ids)
    choices = found["choices"]
    assert all(one[0] == 1 and one[1] == 0 and one[-1] == 0 for one in choices)
    assert [one.sum() for one in choices] == [
        1 + (sequence == 1).sum() for sequence in windows.sequence
    ]


def test_no_answer_and_one_that_stands_nowhere_point_to_the_first_token() -> None:
    rows = CODEC.rows_of([("好？", "推荐"), ("好？", "推荐"), ("好？", "推荐")])
    windows = CODEC.encode(rows, "windows")
    found = window_targets(
        windows,
        [{"id": None, "answers": []}, target("一般", -1),
         {"id": None, "answers": [{"text": "一般", "start": -1}, {"text": "荐", "start": 1}]}],
    )  # fmt: skip
    assert found["start"].tolist()[:2] == found["end"].tolist()[:2] == [0, 0]  # type: ignore[union-attr]
    assert found["start"][2] == found["end"][2] > 0


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(10, 14, (1, 2)), (11, 13, (1, 2)), (10, 12, (1, 1)), (14, 15, None), (15, 18, (3, 3)),
     (5, 9, (0, 0)), (4, 9, None), (15, 21, None), (0, 2, None), (30, 40, None)],
)  # fmt: skip
def test_spans_are_widened_to_whole_tokens_and_never_cut(
    start: int, end: int, expected: tuple[int, int] | None
) -> None:
    # A blank, which has no token, at 9 and at 14.
    offsets = np.array([[5, 9], [10, 12], [12, 14], [15, 20]])
    assert tokens_of(offsets, start, end) == expected


def test_the_loss_of_a_window_depends_on_no_padding_and_on_no_other_window() -> None:
    import paddle

    rng = np.random.default_rng(0)
    logits = [rng.normal(size=(3, 7)).astype(np.float32) for _ in range(2)]
    choices = np.array([[1, 0, 1, 1, 1, 0, 0], [1, 0, 0, 1, 1, 1, 0], [1, 0, 1, 0, 0, 0, 0]])
    targets = {
        "start": paddle.to_tensor(np.array([2, 0, 2])),
        "end": paddle.to_tensor(np.array([4, 0, 2])),
        "choices": paddle.to_tensor(choices.astype(np.float32)),
    }
    outputs = tuple(paddle.to_tensor(one) for one in logits)
    losses = ANSWER.loss(None, outputs, targets).numpy()
    assert losses.shape == (3,)
    for row, (start, end) in enumerate(zip([2, 0, 2], [4, 0, 2], strict=True)):
        expected = 0.0
        for values, position in zip(logits, (start, end), strict=True):
            allowed = values[row][choices[row] == 1].astype(np.float64)
            expected += np.log(np.exp(allowed).sum()) - values[row][position]
        assert losses[row] == pytest.approx(expected / 2, abs=1e-5)
    wider = tuple(
        paddle.to_tensor(np.pad(one, ((0, 0), (0, 4)), constant_values=99.0)) for one in logits
    )
    padded = np.pad(choices, ((0, 0), (0, 4))).astype(np.float32)
    again = ANSWER.loss(None, wider, {**targets, "choices": paddle.to_tensor(padded)}).numpy()
    assert again == pytest.approx(losses, abs=1e-6)
    part = {name: value[:1] for name, value in targets.items()}
    alone = ANSWER.loss(None, tuple(one[:1] for one in outputs), part).numpy()
    assert alone[0] == pytest.approx(losses[0], abs=1e-6)


def spans(score: float, doubt: float) -> RowSpans:
    return RowSpans([Span(0, 2, score)], score + doubt)


def test_the_threshold_is_the_one_that_is_best_on_these_rows() -> None:
    found = [spans(-1, -5), spans(-1, -1), spans(-1, 1), spans(-1, 4)]
    contexts = ["推荐"] * 4
    yes, no = target("推荐", 0), {"id": None, "answers": []}
    assert -1 < best_threshold(found, contexts, [yes, yes, no, no]) < 1
    assert 1 < best_threshold(found, contexts, [yes, yes, yes, no]) < 4
    assert -5 < best_threshold(found, contexts, [yes, no, no, no]) < -1
    assert best_threshold(found, contexts, [no] * 4) < -5
    assert best_threshold(found, contexts, [yes] * 4) > 4
    # A wrong answer gains nothing over none, and none is as wrong: the plainest threshold is kept.
    assert best_threshold(found, ["一般"] * 4, [yes] * 4) == 0.0
    assert best_threshold([RowSpans([], 0.0)], [""], [yes]) == 0.0
    assert right_texts(yes) == ["推荐"] and right_texts(no) == []


def test_equal_doubts_are_on_one_side() -> None:
    found = [spans(-1, 1.0), spans(-1, 1.0), spans(-1, 1.0)]
    yes, no = target("推荐", 0), {"id": None, "answers": []}
    assert best_threshold(found, ["推荐"] * 3, [yes, no, no]) < 1.0
    assert best_threshold(found, ["推荐"] * 3, [yes, yes, no]) > 1.0
